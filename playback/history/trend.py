"""A stretch of days cut into the periods of a chart: days, or weeks where there are too many. Days are those of UTC."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from playback.history.tally import Tally, together

DAYS_MAX = 100
"""More days than this are shown by the week."""

_EPOCH = date(1970, 1, 1)


class Period(NamedTuple):
    """From `first` to `last`, both within it; one that `today` lies in is not over."""

    first: date
    last: date
    is_over: bool

    @property
    def label(self) -> str:
        days = f"{self.first} to {self.last}"
        if self.first == self.last:
            days = f"{self.first:%a %Y-%m-%d}"
        elif (self.last - self.first).days == 6 and self.first.weekday() == 0:
            days = f"{self.first:%G-W%V}"
        return days if self.is_over else f"{days}, not over"


def periods(first: date, last: date, today: date) -> list[Period]:
    """Every day from `first` to `last`, or the weeks from Monday that they lie in, cut at both ends."""
    found, start = [], first
    by_week = (last - first).days >= DAYS_MAX
    while start <= last:
        end = min(last, start + timedelta(days=6 - start.weekday())) if by_week else start
        found.append(Period(start, end, end < today))
        start = end + timedelta(days=1)
    return found


def in_periods(by_day: Mapping[int, Tally], found: list[Period]) -> list[Tally]:
    """The tally of each period, in their order."""
    return [
        together(by_day[day] for day in range(number_of(one.first), number_of(one.last) + 1) if day in by_day)
        for one in found
    ]


def number_of(day: date) -> int:
    """A day counted from 1970-01-01."""
    return (day - _EPOCH).days


def day_numbered(number: int) -> date:
    return _EPOCH + timedelta(days=number)


def midnight(day: date) -> datetime:
    """The moment a day begins, UTC."""
    return datetime.combine(day, time.min, UTC)
