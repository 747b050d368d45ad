"""Counts of sessions by day and by what they are alike in: what every chart of a history is made of."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db.models import Sum

from playback.history.choice import Choice
from playback.models import SessionDay
from vastdash.fields import day_of


class Row(NamedTuple):
    """Sessions of one group: `key` holds the group's values in the order that was asked for."""

    key: tuple[str | int, ...]
    sessions: int
    played_ms: int
    duration_ms: int


def counts(choice: Choice, by: Sequence[str] = ()) -> list[Row]:
    """Sessions of the choice by some of `day` (from 1970-01-01, UTC) and the columns of `SessionCohort`, most first;
    by day they stand in its order. Days are counted whole; a text, a batch or a delivery is not looked at."""
    rows = SessionDay.objects.filter(**{f"cohort__{name}": value for name, value in choice.cohorts.items()})
    if choice.since:
        rows = rows.filter(day__gte=day_of(choice.since))
    if choice.until:
        rows = rows.filter(day__lte=day_of(choice.until - timedelta(microseconds=1)))
    keys = [name if name == "day" else f"cohort__{name}" for name in by]
    sums = {name: Sum(name) for name in ("sessions", "played_ms", "duration_ms")}
    found = [
        Row(tuple(group), sessions, played_ms, duration_ms)
        for *group, sessions, played_ms, duration_ms in rows.order_by()
        .values_list(*keys)
        .annotate(**sums)
        .values_list(*keys, *sums)
        if sessions
    ]
    return sorted(found, key=lambda row: row.key[0] if "day" in by[:1] else -row.sessions)
