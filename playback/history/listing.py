"""Sessions of a choice by when they began: a page of them by position, and how many there are."""

from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

from django.db.models import F, Sum

from playback.history.branches import branches, cohorts_of
from playback.history.choice import Choice
from playback.history.seeking import Position
from playback.models import Session, SessionDay
from vastdash.fields import DAY_US, day_of, micros_of
from vastdash.web import PAGE_SIZE, Page, read_position

COUNTED_UP_TO: Final = 10_000


class Count(NamedTuple):
    """How many, or `COUNTED_UP_TO` and `is_more` where there are more than are counted one by one."""

    number: int
    is_more: bool = False


def page(
    choice: Choice,
    before: str | None = None,
    size: int = PAGE_SIZE,
    *,
    after: str | None = None,
    oldest_first: bool = False,
) -> Page:
    """`size` sessions behind the position `before`, or ahead of the position `after`, newest or oldest first, as rows
    of a list show them (`Sessions.listed`)."""
    behind = read_position(before)
    position = behind or read_position(after)
    backwards = position is not None and behind is None
    found = _next(choice, position, size + 1, is_rising=oldest_first != backwards)
    rows = {row.pk: row for row in Session.objects.listed().order_by().filter(pk__in=[pk for _, pk in found])}
    # One that was deleted a moment ago is missing.
    there = [rows[pk] for _, pk in found[:size] if pk in rows]
    return Page.of(there, begins=position is None, backwards=backwards, is_more=len(found) > size)


def newest(choice: Choice, size: int) -> list[Position]:
    """The positions of the newest `size` sessions of a choice."""
    return _next(choice, None, size, is_rising=False)


def _next(
    choice: Choice, position: tuple[datetime, int] | None, size: int, *, is_rising: bool
) -> list[Position]:
    behind = Position(micros_of(position[0]), position[1]) if position else None
    ways = [branch.next(size) for branch in branches(choice, behind, is_rising=is_rising)]
    return list(islice(merge(*ways, reverse=not is_rising), size))


def count(choice: Choice) -> Count:
    """How many sessions the choice has: exactly where it names whole days and nothing that their counts do not know,
    else up to `COUNTED_UP_TO`."""
    if choice.is_counted_by_day and all(_is_midnight(moment) for moment in (choice.since, choice.until)):
        return Count(_counted_by_day(choice))
    found = sum(branch.number(COUNTED_UP_TO + 1) for branch in branches(choice))
    return Count(min(found, COUNTED_UP_TO), found > COUNTED_UP_TO)


def _is_midnight(moment: datetime | None) -> bool:
    return moment is None or micros_of(moment) % DAY_US == 0


def _counted_by_day(choice: Choice) -> int:
    """Those that still have a row."""
    rows, cohorts = SessionDay.objects.all(), cohorts_of(choice)
    if cohorts is not None:
        rows = rows.filter(cohort__in=cohorts)
    if choice.since:
        rows = rows.filter(day__gte=day_of(choice.since))
    if choice.until:
        rows = rows.filter(day__lt=day_of(choice.until))
    return rows.aggregate(number=Sum(F("sessions") - F("gone")))["number"] or 0
