"""What a build decided, gravest first: why bids were rejected, and where markup and bid disagreed."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Decisions = Mapping[str, Any]

SHOWN = 20
_COLLISION = "FIELD_COLLISION"
_SETTLED = frozenset({"kept", "replaced", "merged"})


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
    settings = tuple([notice for notice in decisions["warnings"] if notice["code"].startswith("CONFIG_")])
    return Verdict(rejected_by_code(decisions), tuple(_disagreements(decisions)), settings)


def _disagreements(decisions: Decisions) -> Iterator[Disagreement]:
    # Bid id -> how each of its ads settled what; two seats may use the same id.
    settled: dict[str, list[tuple[int, Decisions]]] = defaultdict(list)
    for number, bid in enumerate(decisions["selected"], 1):
        settled[bid["bid_id"]] += [(number, edit) for edit in bid["edits"] if edit["action"] in _SETTLED]
    for notice in (*decisions["errors"], *decisions["warnings"]):
        if notice["code"] == _COLLISION:
            number = _ad_of(notice["text"], settled[notice["bid_id"]])
            yield Disagreement(number, notice["bid_id"], notice["text"])


def _ad_of(text: str, settled: list[tuple[int, Decisions]]) -> int | None:
    """The ad among those of one bid id that a remark is about: it settled that field, best with a value remarked.

    What is found is taken, so that another ad that settled the same is found for the next remark.
    """
    of_field = [item for item in settled if text.startswith(f"the markup says {item[1]['field']} ")]
    if not of_field:
        return None
    found = next((item for item in of_field if repr(item[1]["text"]) in text), of_field[0])
    settled.remove(found)
    return found[0]


def remarks(decisions: Decisions) -> list[Decisions]:
    """The warnings that do not merely repeat why a bid was rejected: that stands with the bid."""
    told = {(bid["code"], bid["bid_id"]) for bid in decisions["rejected"]}
    return [notice for notice in decisions["warnings"] if (notice["code"], notice["bid_id"]) not in told]


def rejected_by_code(decisions: Decisions) -> tuple[tuple[str, int], ...]:
    """How many bids each code rejected, the most first."""
    return tuple(Counter(bid["code"] for bid in decisions["rejected"]).most_common())
