"""What a build decided, gravest first: why bids were rejected, and where markup and bid disagreed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

Decisions = Mapping[str, Any]

SHOWN = 20
_COLLISION = "FIELD_COLLISION"


class Disagreement(NamedTuple):
    """Markup and bid say different things; ``number`` is the served ad, None when the ad was dropped for it."""

    number: int | None
    bid_id: str
    text: str


class Verdict(NamedTuple):
    """``rejected`` counts bids by code; ``settings`` are remarks on the configuration."""

    rejected: tuple[tuple[str, int], ...]
    disagreements: tuple[Disagreement, ...]
    settings: tuple[Mapping[str, Any], ...]

    @property
    def shown(self) -> tuple[Disagreement, ...]:
        return self.disagreements[:SHOWN]

    @property
    def left_out(self) -> int:
        return max(len(self.disagreements) - SHOWN, 0)


def verdict(decisions: Decisions) -> Verdict:
    """The verdict of a build's ``result``."""
    numbers = defaultdict(list)
    for number, bid in enumerate(decisions["selected"], 1):
        numbers[bid["bid_id"]].append(number)
    found = []
    for notice in (*decisions["errors"], *decisions["warnings"]):
        if notice["code"] == _COLLISION:
            served = numbers.get(notice["bid_id"], ())
            # Two seats may use the same id: then nobody can tell whose it was, and the first is as good.
            found.append(Disagreement(served[0] if served else None, notice["bid_id"], notice["text"]))
    settings = tuple([notice for notice in decisions["warnings"] if notice["code"].startswith("CONFIG_")])
    return Verdict(rejected_by_code(decisions), tuple(found), settings)


def rejected_by_code(decisions: Decisions) -> tuple[tuple[str, int], ...]:
    """How many bids each code rejected, the most first."""
    return tuple(Counter(bid["code"] for bid in decisions["rejected"]).most_common())
