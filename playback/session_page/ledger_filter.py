"""The rows of a ledger: what names each, and which of them fit what was asked for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from playback.session_page.fates import verdicts_of

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LedgerFilter:
    """What to narrow a ledger to; "" takes everything. ``fate`` is an entry's status or a verdict of the sandbox,
    ``q`` a part of an address."""

    event: str = ""
    level: str = ""
    fate: str = ""
    q: str = ""

    def fits(self, entry: Entry) -> bool:
        wanted = (self.event, entry["event"]), (self.level, entry["origin"])
        if any(want and want != found for want, found in wanted):
            return False
        if self.fate and self.fate not in (entry["status"], *verdicts_of(entry)):
            return False
        part = self.q.casefold()
        return not part or any(part in (entry[name] or "").casefold() for name in ("url", "resolved_url"))


def keyed(ledger: Iterable[Entry]) -> list[dict[str, Any]]:
    """Every entry with its ``key``, which stays the same while a session plays and afterwards.

    Entries of one tracker, such as a pause pixel that is called each time, are told apart by their order.
    """
    seen: Counter[tuple[Any, ...]] = Counter()
    rows = []
    for entry in ledger:
        tracker = (entry["event"], entry["origin"], entry["url"], entry.get("part", 0))
        text = repr((*tracker, seen[tracker]))
        seen[tracker] += 1
        rows.append({"key": blake2b(text.encode(errors="replace"), digest_size=8).hexdigest(), **entry})
    return rows


def choices(ledger: Sequence[Entry]) -> dict[str, list[str]]:
    """The values each filter can take in this ledger, in their order of appearance; verdicts after the statuses."""
    columns = {"event": "event", "level": "origin", "fate": "status"}
    found = {name: dict.fromkeys(entry[column] for entry in ledger) for name, column in columns.items()}
    found["fate"] |= dict.fromkeys(word for entry in ledger for word in verdicts_of(entry))
    return {name: list(values) for name, values in found.items()}
