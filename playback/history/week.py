"""A week of the calendar, from Monday to Sunday, by its ISO name."""

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple, Self

from playback.history.choice import Choice
from playback.history.trend import midnight

_NAME = re.compile(r"([0-9]{4})-W([0-9]{2})")


class Week(NamedTuple):
    """Named by its Monday, UTC."""

    first: date

    @classmethod
    def of(cls, day: date) -> Self:
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def named(cls, name: str) -> Self:
        """ "2026-W48". ValueError for what is no week."""
        told = _NAME.fullmatch(name)
        if told is None:
            raise ValueError(f"A week is written like 2026-W48, not {name[:20]!r}.")
        return cls(date.fromisocalendar(int(told[1]), int(told[2]), 1))

    def back(self, weeks: int) -> "Week":
        """The week so many weeks before; the future where it is negative."""
        return Week(self.first - timedelta(weeks=weeks))

    @property
    def name(self) -> str:
        year, number, _ = self.first.isocalendar()
        return f"{year}-W{number:02d}"

    @property
    def last(self) -> date:
        return self.first + timedelta(days=6)

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        """From its first moment, included, to the first of the next week."""
        return midnight(self.first), midnight(self.first + timedelta(days=7))

    @property
    def choice(self) -> Choice:
        since, until = self.stretch
        return Choice(since=since, until=until)
