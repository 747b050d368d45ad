"""Finding the next sessions of a choice without looking at all of them: what stands between a list and the indexes.

Sessions that are dense in time are met by walking through time (`session_newest` holds what a choice decides). Rare
ones are sought cohort by cohort: the cohort whose n-th next session is nearest tells how far the n next of all of them
reach, and within that stretch no cohort has more than n. So a page costs no more than n rows a cohort, whatever the
choice. Titles are sought in the same way. Statements are written out, because which index answers is the point.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from django.db import connection

from playback.models import Session, SessionCohort, SessionTitle
from vastdash.fields import DAY_US

PROBE: Final = 2_000
"""Sessions of any kind that are walked through before rare ones are sought."""

NEWEST: Final = "session_newest"
_SESSION: Final = Session._meta.db_table


class Position(NamedTuple):
    """A place in the order of sessions: when one began, in microseconds since 1970, and its number."""

    at_us: int
    pk: int


class Sought(NamedTuple):
    """A kind of group that an index knows in order of time."""

    column: str
    table: str
    index: str


COHORTS: Final = Sought("cohort_id", SessionCohort._meta.db_table, "session_of_cohort")
TITLES: Final = Sought("titled_id", SessionTitle._meta.db_table, "session_of_title")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sessions that began in [`since_us`, `until_us`), behind a position where there is one, and that fulfil what is
    left: conditions in SQL with their values."""

    since_us: int | None = None
    until_us: int | None = None
    behind: Position | None = None
    is_rising: bool = False
    conditions: tuple[str, ...] = ()
    values: tuple[Any, ...] = field(default=())

    def with_condition(self, condition: str, *values: Any) -> "Stretch":
        return replace(self, conditions=(*self.conditions, condition), values=(*self.values, *values))

    def within(self, since_us: int | None, until_us: int | None) -> "Stretch":
        """What of it lies in this time, too."""
        since = max((at for at in (self.since_us, since_us) if at is not None), default=None)
        until = min((at for at in (self.until_us, until_us) if at is not None), default=None)
        return replace(self, since_us=since, until_us=until)

    def reaching(self, at_us: int | None) -> "Stretch":
        """What of it lies no further away than this moment."""
        if at_us is None:
            return self
        return self.within(None, at_us + 1) if self.is_rising else self.within(at_us, None)

    @property
    def order(self) -> str:
        way = "ASC" if self.is_rising else "DESC"
        return f"ORDER BY created_at {way}, id {way}"

    def where(self, *more: str) -> tuple[str, list[Any]]:
        """The condition and its values; `more` are conditions without values."""
        found: list[tuple[str, Sequence[Any]]] = []
        if self.since_us is not None:
            found.append(("created_at >= %s", [self.since_us]))
        if self.until_us is not None:
            found.append(("created_at < %s", [self.until_us]))
        if self.behind:
            found.append((f"(created_at, id) {'>' if self.is_rising else '<'} (%s, %s)", self.behind))
        texts = [*(text for text, _ in found), *more, *self.conditions]
        values = [*(value for _, part in found for value in part), *self.values]
        return " AND ".join(texts or ["1 = 1"]), values


def among(column: str, ids: Iterable[int]) -> str:
    """A condition on whole numbers, which stand in the statement: binding hundreds costs more than the search."""
    return f"{column} IN ({', '.join(str(int(pk)) for pk in ids) or 'NULL'})"


def walk(stretch: Stretch, size: int, index: str = NEWEST) -> list[Position]:
    """The next `size` sessions of a stretch, met in order of time along an index."""
    where, values = stretch.where()
    return _positions(
        f"SELECT created_at, id FROM {_SESSION} {_by(index)} WHERE {where} {stretch.order} LIMIT {size:d}",
        values,
    )


def next_of(kind: Sought, ids: Sequence[int], stretch: Stretch, size: int) -> list[Position]:
    """The next `size` sessions of these groups in a stretch."""
    if not ids:
        return []
    if len(ids) > size:
        found = _probe(kind, ids, stretch, size)
        if len(found) == size:
            return found
    return _sought(kind, ids, stretch.reaching(_reach(kind, ids, stretch, size)), size)


def _probe(kind: Sought, ids: Sequence[int], stretch: Stretch, size: int) -> list[Position]:
    where, values = stretch.where()
    return _positions(
        f"SELECT created_at, id FROM (SELECT created_at, id, {kind.column} FROM {_SESSION} {_by(NEWEST)} "
        f"WHERE {where} {stretch.order} LIMIT {PROBE}) AS met "
        f"WHERE {among(kind.column, ids)} {stretch.order} LIMIT {size:d}",
        values,
    )


def _reach(kind: Sought, ids: Sequence[int], stretch: Stretch, size: int) -> int | None:
    """The moment within which the next `size` sessions lie; None where no group has that many."""
    nearest = "MIN" if stretch.is_rising else "MAX"
    where, values = stretch.where(f"{kind.column} = met.id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {nearest}(at) FROM (SELECT (SELECT created_at FROM {_SESSION} WHERE {where} {stretch.order} "
            f"LIMIT 1 OFFSET {size - 1:d}) AS at FROM {kind.table} AS met WHERE {among('met.id', ids)}) AS reached",
            values,
        )
        return cursor.fetchone()[0]


def _sought(kind: Sought, ids: Sequence[int], stretch: Stretch, size: int) -> list[Position]:
    where, values = stretch.where(among(kind.column, ids))
    return _positions(
        f"SELECT created_at, id FROM {_SESSION} {_by(kind.index)} WHERE {where} {stretch.order} LIMIT {size:d}",
        values,
    )


def number_of(stretch: Stretch, most: int, index: str = "", *more: str) -> int:
    """How many sessions a stretch has, counted up to `most`."""
    where, values = stretch.where(*more)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM (SELECT 1 FROM {_SESSION} {_by(index)} WHERE {where} LIMIT {most:d}) AS met",
            values,
        )
        return int(cursor.fetchone()[0])


def by_day_and_cohort(pks: Iterable[int]) -> list[tuple[int, int, int, int]]:
    """(day, cohort, sessions, duration of their ads in milliseconds) of some sessions, summed up by the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT created_at / {DAY_US} AS day, cohort_id, COUNT(*), SUM(duration_ms) FROM {_SESSION} "
            f"WHERE {among('id', pks)} GROUP BY day, cohort_id"
        )
        return [(int(day), cohort, number, int(length)) for day, cohort, number, length in cursor.fetchall()]


def _by(index: str) -> str:
    """PostgreSQL knows from its statistics which index it wants; SQLite has none to know it from."""
    return f"INDEXED BY {index}" if index and connection.vendor == "sqlite" else ""


def _positions(statement: str, values: Sequence[Any]) -> list[Position]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Position(*row) for row in cursor.fetchall()]
