"""The one place where rows of sessions are made and changed: it keeps their cohort and the counts of days true.

Everything happens in the caller's transaction, or in one of its own.
"""

from typing import Any

from django.db import transaction
from django.db.models import F

from playback.models import Session, SessionCohort, SessionDay, SessionTitle
from vastdash.fields import day_of

# What decides where a session is counted, beside the day it began on.
_DECIDING = frozenset({*SessionCohort.FIELDS, "offset_ms", "duration_ms"})


@transaction.atomic
def enter(*, title: str, **columns: Any) -> Session:
    """A new session, counted from now on."""
    row = Session(titled=SessionTitle.of(title), **columns)
    row.cohort_id = cohort_id(_choice(row))
    row.save(force_insert=True)
    _count(row, +1)
    return row


@transaction.atomic
def change(row: Session, **columns: Any) -> Session:
    """New values for some columns of a stored session, read anew under a lock; a row that is gone stays gone."""
    if not _DECIDING & columns.keys():
        Session.objects.filter(pk=row.pk).update(**columns)
    elif (
        before := Session.objects.select_for_update().only("created_at", *_DECIDING).filter(pk=row.pk).first()
    ):
        _count(before, -1)
        for name in _DECIDING & columns.keys():
            setattr(before, name, columns[name])
        Session.objects.filter(pk=row.pk).update(**columns, cohort_id=cohort_id(_choice(before)))
        _count(before, +1)
    for name, value in columns.items():
        setattr(row, name, value)
    return row


@transaction.atomic
def leave(row: Session) -> bool:
    """Deletes a session with its ledger and chain, and counts it no longer; False when it is gone already."""
    found = Session.objects.select_for_update().only("created_at", *_DECIDING).filter(pk=row.pk).first()
    if found is None:
        return False
    _count(found, -1)
    found.delete()
    return True


def _choice(row: Session) -> tuple[str, ...]:
    return tuple(str(getattr(row, name)) for name in SessionCohort.FIELDS)


def cohort_id(choice: tuple[str, ...]) -> int:
    """The cohort of these values of ``SessionCohort.FIELDS``, made where there is none."""
    return SessionCohort.objects.get_or_create(**dict(zip(SessionCohort.FIELDS, choice, strict=True)))[0].pk


def _count(row: Session, sign: int) -> None:
    amounts = {"sessions": 1, "played_ms": row.offset_ms, "duration_ms": row.duration_ms}
    day, _ = SessionDay.objects.get_or_create(day=day_of(row.created_at), cohort_id=cohort_id(_choice(row)))
    SessionDay.objects.filter(pk=day.pk).update(
        **{name: F(name) + sign * amount for name, amount in amounts.items()}
    )
