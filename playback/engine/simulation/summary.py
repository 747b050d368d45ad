"""What became of many sessions in number, and beside it what their rules made us expect (playback.md 2.4)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import sqrt
from operator import add
from typing import Any, Final

from playback.engine.configuration.survival import curve, survival
from playback.engine.playing.events import EVENTS, MOMENTS
from playback.engine.playing.plan import US, Plan
from playback.engine.playing.session import PlaybackSession
from playback.engine.simulation.screening import Ending, Screening

BUCKETS: Final = 30
"""Equal parts of the ad in the histogram of offsets."""

SIGMAS: Final = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of sessions: by how they ended; by event, how often one got to it; cuts after the first frame by part of
    the session's length."""

    endings: Counter[Ending]
    reached: Counter[str]
    buckets: tuple[int, ...]

    @classmethod
    def of(cls, plan: Plan, sessions: Iterable[PlaybackSession]) -> "Tally":
        """The tally of whole sessions, counted one by one."""
        stages = frozenset(stages_of(plan))
        endings, reached, buckets = Counter[Ending](), Counter[str](), [0] * BUCKETS
        for session in sessions:
            endings[Ending.of(session)] += 1
            reached.update(tracked.event for tracked in session.tracked if tracked.event in stages)
            if session.interrupted and session.start_time is not None:
                at_us = round(session.current_offset_sec * US)
                buckets[at_us * BUCKETS // plan.duration_us] += 1
        return cls(endings, reached, tuple(buckets))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.endings + other.endings,
            self.reached + other.reached,
            tuple(map(add, self.buckets, other.buckets)),
        )


def stages_of(plan: Plan) -> list[str]:
    """The events of the funnel, in their order."""
    there = {moment.event for moment in plan.moments}
    return [event for event in MOMENTS if EVENTS[event].always or event in there]


def reached_by(screening: Screening, behind: Sequence[int], undisturbed: int) -> Counter[str]:
    """By event how many sessions of one ad got to it: of those cut after the first frame `behind[n]` got to the first n
    moments, and the undisturbed ones to their end."""
    rest = list(accumulate(reversed(behind)))[::-1]
    found, stages = Counter[str](), stages_of(screening.plan)
    for place, moment in enumerate(screening.plan.moments, 1):
        if moment.event in stages:
            found[moment.event] += rest[place]
    for tracked in screening.undisturbed.tracked:
        if tracked.event in stages:
            found[tracked.event] += undisturbed
    return +found


def marks_ms(plan: Plan) -> list[int]:
    """For each moment the first whole millisecond of a cut that still lets it happen."""
    return [-(-moment.at_us // 1000) for moment in plan.moments]


def summary_of(screening: Screening, seed: int, tally: Tally) -> dict[str, Any]:
    """The summary of a batch as JSON-native values; see `Simulation.summary`."""
    cut, ends = tally.endings, Counter[str]()
    by_rule = {rule.event: 0 for rule, window in screening.plan.rules if window}
    reasons = {rule.reason.value: 0 for rule, window in screening.plan.rules if window}
    for (_, end_reason, rule), count in cut.items():
        ends[end_reason] += count
        if rule is not None:
            by_rule[rule] = by_rule.get(rule, 0) + count
            reasons[end_reason] = reasons.get(end_reason, 0) + count
    sessions = ends.total()
    return {
        "sessions": sessions,
        "seed": seed,
        "completed": ends["completed"],
        "interrupted": sum(by_rule.values()),
        "interrupted_by": by_rule,
        "reasons": reasons,
        "end_reasons": {reason: ends[reason] for reason in sorted(ends)},
        "funnel": {event: tally.reached[event] for event in stages_of(screening.plan)},
        "offsets": _histogram(screening.plan, tally),
        "expected": expected_of(screening, sessions),
    }


def _histogram(plan: Plan, tally: Tally) -> dict[str, Any]:
    return {"edges_sec": _edges_sec(plan), "counts": list(tally.buckets)}


def _edges_sec(plan: Plan) -> list[float]:
    return [plan.duration_us * edge / BUCKETS / 1_000_000 for edge in range(BUCKETS + 1)]


def expected_of(screening: Screening, sessions: int) -> dict[str, Any] | None:
    """What the rules make us expect, in closed form; None where there is none: a rule of another shape, or a session
    limit within a pod, whose ads can be skipped."""
    plan = screening.plan
    limited = plan.limit_us is not None and plan.limit_us < plan.duration_us
    if not all(rule.kind == "uniform" for rule, _ in plan.rules) or (limited and len(plan.parts) > 1):
        return None
    rules: dict[str, float] = {} if plan.fault else plan.expected_interruptions()
    shares = {} if plan.fault else plan.expected_funnel()
    interrupted = sum(rules.values())
    often = Counter(moment.event for moment in plan.moments)
    return {
        "completed": band(0.0 if limited or plan.fault else 1.0 - interrupted, sessions),
        "interrupted": band(interrupted, sessions),
        "interrupted_by": {event: band(share, sessions) for event, share in rules.items()},
        "reasons": {reason: band(share, sessions) for reason, share in _by_reason(plan, rules).items()},
        "funnel": {
            event: band(shares.get(event, 0.0), sessions, max(often[event], 1)) for event in stages_of(plan)
        },
        "offsets": [band(share, sessions) for share in _expected_offsets(plan)],
        "survival": survival_curve(plan) if len(plan.parts) == 1 and not plan.fault else [],
    }


def _by_reason(plan: Plan, rules: Mapping[str, float]) -> dict[str, float]:
    """How likely each reason ends a session, from how likely each rule does."""
    # A pod has each rule once for each ad.
    reasons = {rule.event: rule.reason.value for rule, _ in plan.rules if rule.event in rules}
    shares: dict[str, float] = {}
    for event, reason in reasons.items():
        shares[reason] = shares.get(reason, 0.0) + rules[event]
    return shares


def _expected_offsets(plan: Plan) -> list[float]:
    """The share of sessions cut in each part of the histogram; none for a pod, and for an ad that is not played."""
    if len(plan.parts) > 1 or plan.fault:
        return []
    end = _end_ms(plan)
    alive = [survival(plan.windows, min(edge * 1000, end)) for edge in _edges_sec(plan)]
    return [before - behind for before, behind in pairwise(alive)]


def _end_ms(plan: Plan) -> float:
    return (plan.duration_us if plan.limit_us is None else min(plan.duration_us, plan.limit_us)) / 1000


def band(share: float, sessions: int, most: int = 1) -> dict[str, float]:
    """An average per session as the expected count, with three standard deviations to either side.

    `most` is what one session can count; where it is more than once the deviation is the largest it can have.
    """
    share = min(max(share, 0.0), float(most))
    count = share * sessions
    spread = SIGMAS * sqrt(count * (most - share))
    return {
        "share": share,
        "count": count,
        "low": max(count - spread, 0.0),
        "high": min(count + spread, float(most * sessions)),
    }


def survival_curve(plan: Plan) -> list[list[float]]:
    """[seconds, S] where the curve can bend and at the edges of the histogram; a fall at one instant has two points."""
    points = curve(plan.windows, _end_ms(plan), [edge * 1000 for edge in _edges_sec(plan)])
    return [[at / 1000, share] for at, share in points]
