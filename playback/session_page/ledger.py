"""The ledger of a session as a table of the page, and one row of it as a page of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import urlencode

from playback.session_page.blocks import Block, blocks
from playback.session_page.fates import Count, Entry, Fate, counts_of, fate_of, reason_of
from playback.session_page.ledger_filter import LedgerFilter, choices, keyed

# A hostile ad may hold thousands of trackers.
SHOWN = 500
_NEIGHBOURS = 50


class LedgerRow(NamedTuple):
    """One tracker as the table shows it. ``ad`` counts from 1, times are milliseconds of the session's ads; ``late_ms``
    is how long after it was due it was asked for, or arrived in the sandbox."""

    key: str
    event: str
    ad: int
    due_ms: float | None
    late_ms: float | None
    level: str
    fate: Fate
    reason: str
    address: str


@dataclass(frozen=True)
class LedgerTable:
    """Those rows of a ledger that fit, and what is needed to choose others."""

    entries: Sequence[Mapping[str, Any]]
    wanted: LedgerFilter
    several_ads: bool = False
    ended: bool = True

    @cached_property
    def _fitting(self) -> list[dict[str, Any]]:
        return [entry for entry in keyed(self.entries) if self.wanted.fits(entry)]

    @cached_property
    def rows(self) -> list[LedgerRow]:
        return [row_of(entry) for entry in self._fitting[:SHOWN]]

    @property
    def blocks(self) -> list[Block[LedgerRow]]:
        """The same rows as the socket tells them."""
        return blocks(self.rows)

    @property
    def fitting(self) -> int:
        return len(self._fitting)

    @property
    def total(self) -> int:
        return len(self.entries)

    @property
    def is_filtered(self) -> bool:
        return self.wanted != LedgerFilter()

    @property
    def columns(self) -> int:
        return 7 if self.several_ads else 6

    @cached_property
    def counts(self) -> list[Count]:
        return counts_of(self.entries)

    @property
    def fields(self) -> list[tuple[str, str, list[str], str]]:
        """Name, label, values and the chosen value of each filter that is a choice."""
        values, wanted = choices(self.entries), self.wanted
        chosen = {"event": wanted.event, "level": wanted.level, "fate": wanted.fate}
        return [
            (name, name.capitalize(), [*values[name], *_unlisted(chosen[name], values[name])], chosen[name])
            for name in chosen
        ]

    @property
    def query(self) -> str:
        """The filter as a query string."""
        wanted = self.wanted
        given = {"event": wanted.event, "level": wanted.level, "fate": wanted.fate, "q": wanted.q}
        return urlencode({name: value for name, value in given.items() if value})

    @cached_property
    def state(self) -> str:
        """Equal as long as the table shows the same."""
        text = repr((self.rows, self.fitting, self.ended)).encode(errors="replace")
        return blake2b(text, digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Pixel:
    """One tracker in full, and the other ones of the same instant."""

    entry: Mapping[str, Any]
    row: LedgerRow
    neighbours: Sequence[LedgerRow]


def row_of(entry: Entry) -> LedgerRow:
    """The row of an entry that has its ``key``."""
    return LedgerRow(
        key=entry["key"],
        event=entry["event"],
        ad=entry.get("part", 0) + 1,
        due_ms=entry["due_ms"],
        late_ms=_late_ms(entry),
        level=entry["origin"],
        fate=fate_of(entry),
        reason=reason_of(entry),
        address=entry["resolved_url"] or entry["url"],
    )


def pixel_of(ledger: Sequence[Entry], key: str) -> Pixel | None:
    """The tracker of this key; None when the ledger has none."""
    entries = keyed(ledger)
    entry = next((entry for entry in entries if entry["key"] == key), None)
    if entry is None:
        return None
    instant = _instant(entry)
    near = [other for other in entries if other is not entry and instant and _instant(other) == instant]
    return Pixel(entry, row_of(entry), [row_of(other) for other in near[:_NEIGHBOURS]])


def _instant(entry: Entry) -> tuple[Any, ...] | None:
    due = entry["due_ms"]
    return None if due is None else (entry.get("part", 0), due)


def _late_ms(entry: Entry) -> float | None:
    if entry.get("delay_ms") is not None:
        return float(entry["delay_ms"])
    sent, due = entry.get("sent_ms"), entry.get("clock_ms")
    return None if sent is None or due is None else sent - due


def _unlisted(chosen: str, values: Sequence[str]) -> list[str]:
    return [chosen] if chosen and chosen not in values else []
