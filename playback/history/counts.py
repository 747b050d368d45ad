"""Counts of sessions by day and by what they are alike in: what every chart of a history is made of."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db.models import QuerySet, Sum

from playback.history.choice import Choice
from playback.models import SessionCohort, SessionDay
from vastdash.fields import day_of


class Row(NamedTuple):
    """Sessions of one group: `key` holds the group's values in the order that was asked for."""

    key: tuple[str | int, ...]
    sessions: int
    played_ms: int
    duration_ms: int


_SUMS = {name: Sum(name) for name in ("sessions", "played_ms", "duration_ms")}


def counts(choice: Choice, by: Sequence[str] = ()) -> list[Row]:
    """Sessions of the choice by some of `day` (from 1970-01-01, UTC) and the columns of `SessionCohort`, most first;
    by day they stand in its order. Days are counted whole; a text, a batch or a delivery is not looked at. Sessions
    that retention took away are still counted."""
    days = SessionDay.objects.order_by()
    if choice.since:
        days = days.filter(day__gte=day_of(choice.since))
    if choice.until:
        days = days.filter(day__lte=day_of(choice.until - timedelta(microseconds=1)))
    found = _by_day(days, choice, by) if "day" in by else _by_cohort(days, choice, by)
    return sorted(found, key=lambda row: row.key[0] if "day" in by[:1] else -row.sessions)


def _by_day(days: QuerySet[SessionDay], choice: Choice, by: Sequence[str]) -> list[Row]:
    rows = days.filter(**{f"cohort__{name}": value for name, value in choice.cohorts.items()})
    keys = [name if name == "day" else f"cohort__{name}" for name in by]
    return [
        Row(tuple(group), sessions, int(played_ms), int(duration_ms))
        for *group, sessions, played_ms, duration_ms in rows.values_list(*keys)
        .annotate(**_SUMS)
        .values_list(*keys, *_SUMS)
        if sessions
    ]


def _by_cohort(days: QuerySet[SessionDay], choice: Choice, by: Sequence[str]) -> list[Row]:
    """Summed up by cohort there and by group here: there are few, and a join costs more than all the rest."""
    cohorts = {
        pk: tuple(group)
        for pk, *group in SessionCohort.objects.filter(**choice.cohorts).values_list("pk", *by)
    }
    rows = days.filter(cohort__in=list(cohorts)) if choice.cohorts else days
    found: dict[tuple[str | int, ...], list[int]] = {}
    for cohort, *sums in rows.values_list("cohort").annotate(**_SUMS).values_list("cohort", *_SUMS):
        group = found.setdefault(cohorts[cohort], [0, 0, 0])
        group[:] = [so_far + more for so_far, more in zip(group, sums, strict=True)]
    return [Row(group, *map(int, sums)) for group, sums in found.items() if sums[0]]
