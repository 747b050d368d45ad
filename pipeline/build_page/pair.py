"""Two builds beside each other: where they differ first, then what is equal."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.build_page.comparison import Change, Comparison, comparison, fates_of
from pipeline.build_page.differences import Differences, differences
from pipeline.build_page.markup import readable
from pipeline.models import Build

Decisions = Mapping[str, Any]


class BuildPair(NamedTuple):
    """`facts` are how they came to be, where that differs; `equal` what is the same in both, by kind. `lines` is None
    where the documents are too long to be compared."""

    facts: tuple[Change, ...]
    comparison: Comparison
    lines: Differences | None
    equal: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

    @property
    def total(self) -> int:
        """How many decisions, settings and edits differ; lines of the documents apart."""
        told = self.comparison
        edits = sum(len(row.changes) for row in told.rows)
        return len(self.facts) + len(told.fates) + len(told.settings) + edits


def build_pair(a: Build, b: Build) -> BuildPair:
    """Needs the response of both. Bids of one response are the same by their place in it, those of two by their id."""
    same_response = a.response_id == b.response_id
    was, now = (a.result, b.result) if same_response else _by_id(a.result, b.result)
    facts = {
        name: (_facts(a)[name], _facts(b)[name])
        for name in (
            "bid response",
            "receiver",
            "receiver profile",
            "publisher",
            "ads",
            "rejected",
            "lint errors",
        )
    }
    return BuildPair(
        tuple(Change(name, *pair) for name, pair in facts.items() if pair[0] != pair[1]),
        comparison(was, now, same_bytes=a.vast == b.vast),
        differences(readable(a.vast, ours=True), readable(b.vast, ours=True)),
        (
            (
                "How it was built",
                tuple((name, pair[0]) for name, pair in facts.items() if pair[0] == pair[1]),
            ),
            ("What became of the bids", _equal_fates(was, now)),
            ("Settings", _equal_settings(was, now)),
        ),
    )


def _facts(build: Build) -> dict[str, str]:
    return {
        "bid response": build.response.sha256[:12],
        "receiver": build.receiver,
        "receiver profile": build.receiver_profile,
        "publisher": build.publisher,
        "ads": str(build.selected_count),
        "rejected": str(build.rejected_count),
        "lint errors": str(build.lint_error_count),
    }


def _by_id(*sides: Decisions) -> list[Decisions]:
    """The same decisions, with places in place of those of the response that two bids of one id share."""
    places: dict[tuple[str, int], int] = {}
    told: list[Decisions] = []
    for decisions in sides:
        seen: Counter[str] = Counter()
        placed: dict[str, Any] = dict(decisions)
        for kind in ("selected", "rejected"):
            placed[kind] = []
            for bid in decisions[kind]:
                seen[bid["bid_id"]] += 1
                name = bid["bid_id"], seen[bid["bid_id"]]
                placed[kind].append({**bid, "position": places.setdefault(name, len(places))})
        told.append(placed)
    return told


def _equal_fates(before: Decisions, after: Decisions) -> tuple[tuple[str, str], ...]:
    was, now = fates_of(before), fates_of(after)
    return tuple(was[place] for place in sorted(was) if was[place] == now.get(place))


def _equal_settings(before: Decisions, after: Decisions) -> tuple[tuple[str, str], ...]:
    was = {row["label"]: row["value"] for row in before.get("effective", ())}
    rows = after.get("effective", ())
    return tuple((row["label"], row["value"]) for row in rows if was.get(row["label"]) == row["value"])
