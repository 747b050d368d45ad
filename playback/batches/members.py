"""The sessions of a batch behind a point of its charts, by position."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from playback.batches.cells import CellRow
from playback.engine.configuration.interruptions import BEFORE_RENDERING, InterruptionReason
from playback.engine.simulation.summary import BUCKETS
from playback.models import Batch, Session
from vastdash.web import PAGE_SIZE

REASONS = tuple(reason.value for reason in InterruptionReason)
_LONGEST = 40
# Cut before the first frame, which leaves an error code of its own.
_EARLY = Q(error_code__in=tuple(BEFORE_RENDERING.values()))
_CUT = Q(end_reason__in=REASONS)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions: by `reason` of their end, event they `reached` or `missed`, `part` of the ad that a rule cut them
    in (from 0), edge of a part (from 0) at which they were still `alive`. "" is any."""

    reason: str = ""
    reached: str = ""
    missed: str = ""
    part: str = ""
    alive: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        return cls(**{name: query.get(name, "")[:_LONGEST] for name in cls.__slots__})

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value}

    def is_nowhere_in(self, row: CellRow) -> bool:
        """Whether the counts of a cell tell that it has no such session: to look for one costs all of its rows."""
        if self.reason and not row.results.ends.get(self.reason):
            return True
        place = _place(self.part, BUCKETS - 1) if self.part else None
        return place is not None and not row.results.offsets[place].count

    def condition(self, row: CellRow) -> Q | None:
        """The same for the sessions of one cell; None where none of them can fit."""
        found = Q(end_reason=self.reason) if self.reason else Q()
        marks = (row.cell.summary or {}).get("marks_ms", {})
        if self.reached:
            if self.reached not in marks:
                return None
            found &= _reached(marks[self.reached])
        if self.missed and self.missed in marks:
            found &= ~_reached(marks[self.missed])
        if self.part:
            place = _place(self.part, BUCKETS - 1)
            if place is None:
                return None
            found &= _CUT & ~_EARLY & Q(offset_ms__gte=_edge(row, place), offset_ms__lt=_edge(row, place + 1))
        if self.alive:
            place = _place(self.alive, BUCKETS)
            if place is None:
                return None
            found &= ~_CUT | _reached(_edge(row, place))
        return found


def _reached(mark_ms: int) -> Q:
    return Q(offset_ms__gte=mark_ms) & ~_EARLY


def _place(text: str, most: int) -> int | None:
    return int(text) if text.isdecimal() and int(text) <= most else None


def _edge(row: CellRow, place: int) -> int:
    """The first whole millisecond behind the edge of a part."""
    return -(-(row.duration_ms or 0) * place // BUCKETS)


@dataclass(frozen=True, slots=True)
class Members:
    """One page of sessions in the order of the batch; `next` is the position of the following one."""

    rows: list[Session]
    next: str | None
    first: bool


def members(
    batch: Batch, cells: Sequence[CellRow], wanted: Wanted, after: str | None = None, size: int = PAGE_SIZE
) -> Members:
    """The sessions of these cells that fit, from behind the ordinal `after`. Cells are gone through one by one: each is
    a stretch of one index."""
    position = int(after) if after and after.isdecimal() and len(after) < 10 else -1
    found: list[Session] = []
    for row in cells:
        if len(found) > size:
            break
        rows = _of_cell(batch, row, wanted, position)
        if rows is not None:
            found += rows[: size + 1 - len(found)]
    more = len(found) > size
    return Members(found[:size], str(found[size - 1].ordinal) if more else None, position < 0)


def _of_cell(batch: Batch, row: CellRow, wanted: Wanted, position: int) -> QuerySet[Session] | None:
    cell = row.cell
    last = cell.first + cell.done - 1
    if position >= last or wanted.is_nowhere_in(row):
        return None
    condition = wanted.condition(row)
    if condition is None:
        return None
    begin = max(cell.first, position + 1)
    stretch = Session.objects.listed().filter(batch=batch, ordinal__gte=begin, ordinal__lte=last)
    return stretch.filter(condition).order_by("ordinal")


def link(page: str, *given: Mapping[str, Any]) -> str:
    """An address with everything that is given in its query."""
    query = urlencode({name: value for part in given for name, value in part.items()})
    return f"{page}?{query}" if query else page
