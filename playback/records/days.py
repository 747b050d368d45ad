"""The counts of days, changed by amounts in the transaction of whoever changes the sessions."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from django.db import connection

from playback.models import SessionDay


class Place(NamedTuple):
    """Which count: a day since 1970-01-01 (UTC) and a cohort."""

    day: int
    cohort_id: int


class Amount(NamedTuple):
    """What is added to one count; less than nothing where sessions leave it."""

    sessions: int = 0
    played_ms: int = 0
    duration_ms: int = 0
    gone: int = 0

    def plus(self, other: "Amount") -> "Amount":
        return Amount(*(mine + more for mine, more in zip(self, other, strict=True)))

    def __neg__(self) -> "Amount":
        return Amount(*(-mine for mine in self))


Change = Mapping[Place, Amount]
_COLUMNS: Final = (*Place._fields, *Amount._fields)
_AT_ONCE: Final = 100


def together(changes: Iterable[Change]) -> Change:
    """Several changes as one."""
    total: dict[Place, Amount] = {}
    for change in changes:
        for place, amount in change.items():
            total[place] = total.get(place, Amount()).plus(amount)
    return total


def add(change: Change) -> None:
    """Change the counts, which are made where there are none."""
    # In one order for all who write, so that no two wait for each other crosswise.
    rows = [(*place, *change[place]) for place in sorted(change) if any(change[place])]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            cursor.execute(_upsert(len(part)), [value for row in part for value in row])


def _upsert(rows: int) -> str:
    table = SessionDay._meta.db_table
    row = f"({', '.join(['%s'] * len(_COLUMNS))})"
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in Amount._fields)
    return (
        f"INSERT INTO {table} ({', '.join(_COLUMNS)}) VALUES {', '.join([row] * rows)} "
        f"ON CONFLICT ({', '.join(Place._fields)}) DO UPDATE SET {sums}"
    )
