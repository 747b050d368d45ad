"""The sessions of a batch that are worth a look: the earliest cuts, and those that an unlikely rule ended."""

from collections.abc import Iterable, Mapping, Sequence
from heapq import nsmallest
from typing import Any, Final, NamedTuple

from playback.engine.configuration.interruptions import BEFORE_RENDERING
from playback.engine.simulation.screening import LeanSession, Screening

EARLIEST: Final = 5
"""How many of the earliest cuts are kept."""

RARE: Final = 0.01
"""A rule that strikes no more often is unlikely."""

RARE_KEPT: Final = 3
"""How many sessions are kept of each unlikely rule, the first ones."""


class Extreme(NamedTuple):
    """One such session: its place in the batch, where in the ad it was cut (milliseconds), by which rule and why.
    `probability` is the rule's."""

    cut_ms: int
    place: int
    rule: str
    reason: str
    probability: float


class Extremes(NamedTuple):
    """`earliest` cuts after the first frame, the earliest first; `rare` sessions, the least likely rule first."""

    earliest: tuple[Extreme, ...] = ()
    rare: tuple[Extreme, ...] = ()

    @classmethod
    def of(cls, screening: Screening, start: int, sessions: Iterable[LeanSession]) -> "Extremes":
        """Those among consecutive sessions of which the first has the place `start`."""
        probabilities = {rule.event: _probability(rule) for rule, _ in screening.plan.rules}
        cut = [
            Extreme(one.cut_ms, place, one.rule, one.end_reason, probabilities.get(one.rule, 1.0))
            for place, one in enumerate(sessions, start)
            if one.ending.rule is not None and one.rule is not None
        ]
        return cls(_earliest(cut), _rare(cut))

    def __or__(self, other: "Extremes") -> "Extremes":
        """Those of both."""
        return Extremes(_earliest([*self.earliest, *other.earliest]), _rare([*self.rare, *other.rare]))

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values."""
        return {"earliest": [list(one) for one in self.earliest], "rare": [list(one) for one in self.rare]}

    @classmethod
    def from_dict(cls, record: Mapping[str, Sequence[Sequence[Any]]]) -> "Extremes":
        """The inverse of `to_dict`."""
        return cls(*(tuple(Extreme(*one) for one in record.get(name, ())) for name in cls._fields))


def _probability(rule: Any) -> float:
    return float(getattr(rule, "probability", 1.0))


def _earliest(cut: Sequence[Extreme]) -> tuple[Extreme, ...]:
    return tuple(nsmallest(EARLIEST, (one for one in cut if one.rule not in BEFORE_RENDERING)))


def _rare(cut: Sequence[Extreme]) -> tuple[Extreme, ...]:
    kept: dict[str, list[Extreme]] = {}
    for one in sorted(cut, key=lambda one: one.place):
        of_rule = kept.setdefault(one.rule, [])
        if one.probability <= RARE and len(of_rule) < RARE_KEPT:
            of_rule.append(one)
    found = [one for of_rule in kept.values() for one in of_rule]
    return tuple(sorted(found, key=lambda one: (one.probability, one.rule, one.place)))
