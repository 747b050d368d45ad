"""The bids of a build as a table that stays small: narrowed by fate, seat, code and text, some rows at a time."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import urlencode

ROWS = 50
# Of a refused response nothing is kept that could be asked for the rest.
ROWS_OF_REFUSED = 500
SEATS = 100
FATES = ("selected", "rejected")


class BidRow(NamedTuple):
    """A bid and its fate; ``number`` is its place among the served ads, None for a rejected bid."""

    bid: Mapping[str, Any]
    number: int | None


class BidTable(NamedTuple):
    """Rows from ``first`` (counted from 0) of the ``total`` that match; ``chosen`` is what they were narrowed by."""

    rows: tuple[BidRow, ...]
    first: int
    total: int
    chosen: Mapping[str, str]
    codes: tuple[tuple[str, int], ...]
    seats: tuple[str, ...]
    all_rows: int

    fates = FATES

    @property
    def left(self) -> int:
        """How many rows come after these."""
        return self.total - self.first - len(self.rows)

    @property
    def step(self) -> int:
        return min(self.left, ROWS)

    @property
    def more(self) -> str:
        """The query of the rows that follow."""
        return urlencode({**self.chosen, "from": self.first + len(self.rows)})


def bid_table(
    decisions: Mapping[str, Any], query: Mapping[str, str] | None = None, most: int = ROWS
) -> BidTable:
    """At ``most`` so many of the bids of ``decisions``, the served first. Never raises.

    Of ``query`` are read: fate, seat, code, q, from.
    """
    chosen = {name: text for name in ("fate", "seat", "code", "q") if (text := (query or {}).get(name, ""))}
    matching = [row for row in _rows(decisions) if _matches(row, chosen)]
    first = _whole((query or {}).get("from", ""))
    seats = Counter(row.bid["seat"] for row in _rows(decisions) if row.bid["seat"])
    return BidTable(
        tuple(islice(matching, first, first + most)),
        first,
        len(matching),
        chosen,
        tuple(Counter(bid["code"] for bid in decisions["rejected"]).most_common()),
        tuple(seat for seat, _ in seats.most_common(SEATS)),
        len(decisions["selected"]) + len(decisions["rejected"]),
    )


def _rows(decisions: Mapping[str, Any]) -> Iterable[BidRow]:
    yield from (BidRow(bid, number) for number, bid in enumerate(decisions["selected"], 1))
    yield from (BidRow(bid, None) for bid in decisions["rejected"])


def _matches(row: BidRow, chosen: Mapping[str, str]) -> bool:
    bid = row.bid
    fate = FATES[0] if row.number else FATES[1]
    wanted = chosen.get("q", "").casefold()
    return (
        chosen.get("fate", fate) == fate
        and chosen.get("seat", bid["seat"]) == bid["seat"]
        and ("code" not in chosen or bid.get("code") == chosen["code"])
        and (not wanted or any(wanted in text.casefold() for text in _texts(bid)))
    )


def _texts(bid: Mapping[str, Any]) -> tuple[str, ...]:
    names = ("bid_id", "imp_id", "seat", "deal_id", "adomain", "advertiser_name", "creative_id", "text")
    return tuple(bid.get(name) or "" for name in names)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
