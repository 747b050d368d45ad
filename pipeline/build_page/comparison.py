"""How a build differs from the one it was made again from: other fates, other settings, other things written.

What was written is told by the rows in which receivers differ (pipeline.md §1.12).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.engine import RECEIVERS
from pipeline.engine.receivers.receiver import ROWS

Decisions = Mapping[str, Any]
Edits = Sequence[Mapping[str, Any]]

SHOWN = 50

# Where no receiver names its row: the field of an edit and the row it belongs to.
_ROWS = {
    "pricing": ROWS["price"],
    "advertiser": ROWS["advertiser"],
    "categories": ROWS["category"],
    "duration": ROWS["duration"],
    "debug": "debug",
}
_OTHERS = ROWS["id_fallbacks"]


class Change(NamedTuple):
    """Something that was one way in the earlier build and is another in this one; "" for nothing."""

    what: str
    was: str
    now: str


class RowChange(NamedTuple):
    """One row of the receivers' table: what either receiver does there, and what came of it in each ad."""

    row: str
    was: str
    now: str
    changes: tuple[Change, ...]


class Comparison(NamedTuple):
    """All differences; ``same_bytes`` tells whether the documents are equal to the byte."""

    same_bytes: bool
    fates: tuple[Change, ...]
    settings: tuple[Change, ...]
    rows: tuple[RowChange, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.fates or self.settings or self.rows)


def comparison(before: Decisions, after: Decisions, *, same_bytes: bool) -> Comparison:
    """The ``result`` of an earlier build and of one made again from the same response."""
    return Comparison(
        same_bytes, tuple(_fates(before, after)), tuple(_settings(before, after)), tuple(_rows(before, after))
    )


def fates_of(decisions: Decisions) -> dict[int, tuple[str, str]]:
    """The bid's id and what became of it, by its place in the response."""
    fates = {
        bid["position"]: (bid["bid_id"], f"ad {number}")
        for number, bid in enumerate(decisions["selected"], 1)
    }
    fates |= {bid["position"]: (bid["bid_id"], f"rejected: {bid['code']}") for bid in decisions["rejected"]}
    return fates


def _fates(before: Decisions, after: Decisions) -> Iterator[Change]:
    was, now = fates_of(before), fates_of(after)
    for position in sorted({*was, *now}):
        name = (was.get(position) or now[position])[0] or f"bid {position + 1}"
        earlier, later = was.get(position, ("", ""))[1], now.get(position, ("", ""))[1]
        if earlier != later:
            yield Change(name, earlier, later)


def _settings(before: Decisions, after: Decisions) -> Iterator[Change]:
    was = {row["label"]: row["value"] for row in before.get("effective", ())}
    for row in after.get("effective", ()) if was else ():
        earlier = was.get(row["label"], "")
        if earlier != row["value"]:
            yield Change(row["label"], earlier, row["value"])


def _rows(before: Decisions, after: Decisions) -> Iterator[RowChange]:
    was = {bid["position"]: bid["edits"] for bid in before["selected"]}
    # Row -> what changed -> the ads in which it did.
    found: dict[str, dict[Change, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, bid in enumerate(after["selected"], 1):
        if bid["position"] in was:
            for row, change in _edits(was[bid["position"]], bid["edits"]):
                found[row][change].append(number)
    names = before["receiver"], after["receiver"]
    for row, changes in found.items():
        does = [_does(name, row) if names[0] != names[1] else "" for name in names]
        told = [change._replace(what=f"{change.what}, {_ads(ads)}") for change, ads in changes.items()]
        yield RowChange(row, *does, tuple(told))


def _ads(numbers: Sequence[int]) -> str:
    shown = ", ".join(str(number) for number in numbers[:10])
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"ad{'' if len(numbers) == 1 else 's'} {shown}{more}"


def _does(receiver: str, row: str) -> str:
    """What a receiver does in a row of the table, "" where it says nothing of it."""
    key = next((key for key, title in ROWS.items() if title == row), "")
    return RECEIVERS[receiver].rows.get(key, "") if receiver in RECEIVERS else ""


def _edits(before: Edits, after: Edits) -> Iterator[tuple[str, Change]]:
    """The row and the change of each field of which something else was written."""
    was, now = _by_field(before), _by_field(after)
    for field in dict.fromkeys([*was, *now]):
        earlier, later = was.get(field, []), now.get(field, [])
        same_values = {edit["text"] for edit in earlier} == {edit["text"] for edit in later}
        told = ["; ".join(_outcome(edit, not same_values) for edit in edits) for edits in (earlier, later)]
        if told[0] != told[1]:
            yield _row([*later, *earlier], field), Change(field, *told)


def _by_field(edits: Edits) -> dict[str, list[Mapping[str, Any]]]:
    fields: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for edit in edits:
        fields[edit["field"]].append(edit)
    return fields


def _outcome(edit: Mapping[str, Any], with_value: bool) -> str:
    return f"{edit['action']} at {edit['where']}" + (f": {edit['text']}" if with_value else "")


def _row(edits: Edits, field: str) -> str:
    """The row an edit names in its rule ("FREEWHEEL: price"), else that of its field."""
    named = (edit["rule"].partition(": ")[2] for edit in edits)
    return next((row for row in named if row), _ROWS.get(field, _OTHERS))
