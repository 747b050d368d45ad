"""The one place where rows of sessions are made, changed and taken away: it keeps their cohort and the counts of days
true. Batches store theirs by `playback.records.writing`.

Everything happens in the caller's transaction, or in one of its own.
"""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from playback.models import Session, SessionCohort, SessionTitle
from playback.records import days
from playback.records.days import Amount, Place
from vastdash.fields import day_of

# What decides where a session is counted, beside the day it began on.
_DECIDING = frozenset({*SessionCohort.FIELDS, "offset_ms", "duration_ms"})


@transaction.atomic
def enter(*, title: str, **columns: Any) -> Session:
    """A new session, counted from now on."""
    row = Session(titled=SessionTitle.of(title), **columns)
    row.cohort_id = cohort_id(_choice(row))
    row.save(force_insert=True)
    days.add({_place(row): _amount(row)})
    return row


@transaction.atomic
def change(row: Session, **columns: Any) -> Session:
    """New values for some columns of a stored session, read anew under a lock; a row that is gone stays gone.

    A running session comes here every second: one statement reads, one writes the row, one the counts. Its cohort is
    looked for only where it becomes another.
    """
    if not _DECIDING & columns.keys():
        Session.objects.filter(pk=row.pk).update(**columns)
    elif stored := _locked(row.pk):
        row.cohort_id = _change_counted(stored, columns)
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def _locked(pk: int) -> Session | None:
    rows = Session.objects.select_for_update().only("created_at", "cohort", *_DECIDING)
    return rows.filter(pk=pk).first()


def _change_counted(stored: Session, columns: dict[str, Any]) -> int:
    former, left = _choice(stored), {_place(stored): -_amount(stored)}
    for name in _DECIDING & columns.keys():
        setattr(stored, name, columns[name])
    if _choice(stored) != former:
        stored.cohort_id = cohort_id(_choice(stored))
    Session.objects.filter(pk=stored.pk).update(**columns, cohort_id=stored.cohort_id)
    days.add(days.together([left, {_place(stored): _amount(stored)}]))
    return stored.cohort_id


@transaction.atomic
def leave(rows: QuerySet[Session], *, stay_counted: bool = False) -> int:
    """Take sessions away with their ledgers and chains; how many. Hand in as many as one transaction should hold.

    What a person deletes never was: the counts of days forget it. What retention takes did happen, and charts go on
    telling of it: it stays counted, and its days know how many of their sessions have no row any more.
    """
    columns = ("pk", "created_at", "cohort_id", "offset_ms", "duration_ms")
    found = list(rows.order_by().select_for_update(of=("self",)).values_list(*columns))
    gone = [
        {
            Place(day_of(created_at), cohort): Amount(gone=1)
            if stay_counted
            else -Amount(1, offset_ms, duration_ms)
        }
        for _, created_at, cohort, offset_ms, duration_ms in found
    ]
    days.add(days.together(gone))
    Session.objects.filter(pk__in=[pk for pk, *_ in found]).delete()
    return len(found)


def cohort_id(choice: tuple[str, ...]) -> int:
    """The cohort of these values of ``SessionCohort.FIELDS``, made where there is none."""
    return SessionCohort.objects.get_or_create(**dict(zip(SessionCohort.FIELDS, choice, strict=True)))[0].pk


def _choice(row: Session) -> tuple[str, ...]:
    return tuple(str(getattr(row, name)) for name in SessionCohort.FIELDS)


def _place(row: Session) -> Place:
    return Place(day_of(row.created_at), row.cohort_id)


def _amount(row: Session) -> Amount:
    return Amount(1, row.offset_ms, row.duration_ms)
