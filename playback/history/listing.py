"""Sessions of a choice by when they began: a page of them by position, and how many there are."""

from typing import NamedTuple

from playback.history.choice import Choice
from playback.models import Session
from vastdash.web import PAGE_SIZE, Page

COUNTED_UP_TO = 10_000


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
    rows = Session.objects.listed().filter(choice.rows())
    return Page(rows, before, size=size, after=after, oldest_first=oldest_first)


def count(choice: Choice) -> Count:
    """How many sessions the choice has."""
    found = Session.objects.filter(choice.rows()).order_by()[: COUNTED_UP_TO + 1].count()
    return Count(min(found, COUNTED_UP_TO), found > COUNTED_UP_TO)
