"""The interruption rules of a session of several ads: every rule is drawn once for each ad that is played."""

from typing import NamedTuple

from playback.engine.configuration.interruptions import InterruptionRule, Lot, Rng, RuleOutcome
from playback.engine.splitmix import stable_key


class Stage(NamedTuple):
    """Where an ad stands in its session: its place in the plan, among the ads that are played, and where it begins."""

    part: int = 0
    place: int = 0
    start_ms: int = 0


class StagedLot(NamedTuple):
    """The lot of a rule in a further ad: draws of its own, told in the session's milliseconds."""

    lot: Lot
    shift: int
    stage: Stage

    def draw(self, rng: Rng) -> RuleOutcome:
        outcome = self.lot.draw(lambda key: rng(key + self.shift))
        part, _, start = self.stage
        offset, window = outcome.offset_ms, outcome.window_ms
        return outcome._replace(
            offset_ms=None if offset is None else offset + start,
            window_ms=None if window is None else (window[0] + start, window[1] + start),
            part=part,
        )


def stage_lot(rule: InterruptionRule, duration_ms: int, stage: Stage) -> Lot:
    """The lot of a rule in one ad of a session.

    In the n-th further ad that is played its draws are named `"<event> n"`, so that what is drawn for one ad depends
    neither on the others nor on how many there are.
    """
    lot = rule.lot(duration_ms)
    shift = stable_key(f"{rule.event} {stage.place}") - stable_key(rule.event) if stage.place else 0
    return StagedLot(lot, shift, stage) if any(stage) else lot
