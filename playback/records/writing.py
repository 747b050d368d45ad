"""Many sessions of a batch stored at once, with their trails and their counts, past the ORM: its objects cost more than
the database does.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from playback.engine import Ending, LeanSession, Passage
from playback.models import BatchCell, Session, SessionTitle
from playback.records import days
from playback.records.days import Amount, Place
from playback.records.recording import cohort_id
from playback.records.trail import Trails
from vastdash.fields import DAY_US, micros_of

HEADLESS: Final = "headless"
_MICROSECOND: Final = timedelta(microseconds=1)
# What differs from row to row, in the order of the values of a row; all else is the same in all rows of one call.
_VARYING: Final = (
    *("created_at", "cohort_id", "ordinal", "seed", "status", "end_reason", "error_code"),
    *("offset_ms", "duration_ms", "trail"),
)


@transaction.atomic
def write(
    cell: BatchCell,
    start: int,
    sessions: Iterable[LeanSession],
    at: datetime,
    *,
    every: timedelta = _MICROSECOND,
    mode: str = HEADLESS,
) -> int:
    """Store the sessions at the places from `start` on of a cell, and count them, in one transaction; how many.

    The first began `at`, not before its batch was made; each `every` after the one before, because one moment for all
    would leave a history no order to be paged in. A stretch that is stored already is left alone (0). ValueError where
    only a part of it is, or where it reaches beyond its cell.
    """
    found = list(sessions)
    if start < 0 or start + len(found) > cell.sessions:
        raise ValueError(f"{len(found)} sessions from place {start} on do not fit in {cell.sessions}")
    if at < cell.batch.created_at:
        raise ValueError("a session cannot begin before its batch was made")
    if _is_stored(cell, cell.first + start, len(found)):
        return 0
    piece = _Piece(cell, mode)
    piece.meet({lean.ending for lean in found})
    rows = piece.rows(found, cell.first + start, micros_of(at), every // _MICROSECOND)
    _WAYS.get(connection.vendor, _insert)(piece.alike(), rows)
    piece.count()
    return len(found)


def _is_stored(cell: BatchCell, first: int, sessions: int) -> bool:
    stretch = Session.objects.filter(batch=cell.batch_id, ordinal__gte=first, ordinal__lt=first + sessions)
    there = stretch.count()
    if 0 < there < sessions:
        raise ValueError(f"{there} of the {sessions} sessions from ordinal {first} on are stored already")
    return there > 0


class _Piece:
    """The rows of one call, and what they add to the counts of days."""

    def __init__(self, cell: BatchCell, mode: str) -> None:
        self.cell = cell
        self.mode = mode
        self._counted: dict[Place, list[int]] = {}
        self._cohorts: dict[tuple[str, str], int] = {}

    def meet(self, endings: Iterable[Ending]) -> None:
        """Find the cohorts of these endings; while rows are being copied the connection answers no question."""
        cell = self.cell
        for status, reason, _ in endings:
            values = (cell.provider, cell.publisher, self.mode, status.value, cell.ad.source, reason)
            self._cohorts[status, reason] = cohort_id(values)

    def alike(self) -> dict[str, Any]:
        """Column -> value, as the database takes it, of all in which these rows do not differ."""
        row = Session(
            own_id=None,
            batch_id=self.cell.batch_id,
            source=self.cell.ad.source,
            titled=SessionTitle.of(self.cell.ad.title),
            mode=self.mode,
            provider=self.cell.provider,
            publisher=self.cell.publisher,
        )
        return {
            field.column: field.get_db_prep_save(getattr(row, field.attname), connection)
            for field in Session._meta.concrete_fields
            if not field.primary_key and field.attname not in _VARYING
        }

    def rows(
        self, sessions: Iterable[LeanSession], ordinal: int, at_us: int, every_us: int
    ) -> Iterator[tuple[Any, ...]]:
        """The values of `_VARYING` for each session, which is counted as it goes by."""
        trail, told, counted = Trails().of, dict[Passage, tuple[str, str, int, int]](), self._counted
        for lean in sessions:
            passage, cut = lean.passage, lean.cut_ms
            # A passage ends in one way: what that is called is looked up once, not for each session.
            known = told.get(passage)
            if known is None:
                known = told[passage] = self._told(lean)
            status, reason, cohort, duration = known
            end = cut if passage.end_ms is None else passage.end_ms
            place = at_us // DAY_US, cohort
            amount = counted.get(place)
            if amount is None:
                amount = counted[place] = [0, 0, 0]
            amount[0] += 1
            amount[1] += end
            amount[2] += duration
            code, events = passage.error_code, trail(passage, cut)
            yield at_us, cohort, ordinal, lean.seed, status, reason, code, end, duration, events
            ordinal += 1
            at_us += every_us

    def _told(self, lean: LeanSession) -> tuple[str, str, int, int]:
        status, reason, _ = lean.ending
        duration_ms = lean.screening.plan.duration_us // 1000
        return status.value, reason, self._cohorts[status, reason], duration_ms

    def count(self) -> None:
        days.add({Place(*place): Amount(*amount) for place, amount in self._counted.items()})


def _names(alike: dict[str, Any]) -> str:
    return ", ".join((*_VARYING, *alike))


def _insert(alike: dict[str, Any], rows: Iterable[tuple[Any, ...]]) -> None:
    """What is alike stands in the statement as a literal of the database's own making: binding it costs each row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(['quote(%s)'] * len(alike))}", list(alike.values()))
        literals = ", ".join(str(value).replace("%", "%%") for value in cursor.fetchone())
        places = ", ".join(["%s"] * len(_VARYING))
        table = Session._meta.db_table
        cursor.executemany(
            f"INSERT INTO {table} ({_names(alike)}) VALUES ({places}, {literals})",
            rows,
        )


def _copy(alike: dict[str, Any], rows: Iterable[tuple[Any, ...]]) -> None:
    same = tuple(alike.values())
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {Session._meta.db_table} ({_names(alike)}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row + same)


_WAYS: Final = {"postgresql": _copy}
