"""What is kept no longer than it has to be: sessions that ended long ago, and what nobody but they named.

The counts of days stay: what happened is history, also where nobody can look at it any more (`recording.leave`).
Builds, uploads, endpoints and configuration are nobody's viewing and stay as well.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from playback.models import AdDocument, Batch, BatchAd, Session, SessionChain, SessionTitle
from playback.records.recording import leave

AT_ONCE: Final = 2_000
"""Sessions of one transaction: whoever else writes gets a turn between two."""


class Taken(NamedTuple):
    """How many rows of each kind were taken away."""

    sessions: int = 0
    batches: int = 0
    documents: int = 0
    titles: int = 0

    def plus(self, **more: int) -> "Taken":
        return self._replace(**{name: getattr(self, name) + number for name, number in more.items()})


def due(before: datetime) -> QuerySet[Session]:
    """The sessions whose time is over: of a batch, that began before; single ones, that ended before. What still runs
    or waits is never among them, nor is a batch's that has not ended."""
    single = Session.objects.filter(batch=None, created_at__lt=before, ended_at__lt=before)
    return single.exclude(status__in=(Session.Status.PENDING, Session.Status.RUNNING))


def due_of_batches(before: datetime) -> QuerySet[Session]:
    return Session.objects.filter(batch__ended_at__lt=before, created_at__lt=before)


def would_take(before: datetime) -> Taken:
    """What `take` would take; documents and titles are known only when their sessions are gone."""
    return Taken(due(before).count() + due_of_batches(before).count(), _over(before).count())


def take(before: datetime) -> Iterator[Taken]:
    """Take away what ended before a moment, piece by piece, each in a transaction of its own; tells what is gone so
    far. Broken off in the middle it may be asked for again."""
    taken = Taken()
    for rows in (due(before), due_of_batches(before)):
        while number := _take_some(rows):
            taken = taken.plus(sessions=number)
            yield taken
    for kind, orphans in (("batches", _over(before)), ("documents", _unnamed()), ("titles", _untitled())):
        while number := _delete_some(orphans):
            taken = taken.plus(**{kind: number})
            yield taken


@transaction.atomic
def _take_some(rows: QuerySet[Session]) -> int:
    some = list(rows.order_by("created_at", "id").values_list("pk", flat=True)[:AT_ONCE])
    return leave(Session.objects.filter(pk__in=some), stay_counted=True) if some else 0


@transaction.atomic
def _delete_some(rows: QuerySet[Any]) -> int:
    some = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
    rows.model.objects.filter(pk__in=some).delete()
    return len(some)


def _over(before: datetime) -> QuerySet[Batch]:
    """Batches that ended before and have no session any more."""
    members = Session.objects.filter(batch=OuterRef("pk"))
    return Batch.objects.filter(~Exists(members), ended_at__lt=before)


def _unnamed() -> QuerySet[AdDocument]:
    """Documents that nothing names."""
    namers: tuple[tuple[Any, str], ...] = (
        (Session, "document"),
        (SessionChain.bodies.through, "addocument"),
        (BatchAd, "document"),
        (BatchAd.bodies.through, "addocument"),
    )
    found = AdDocument.objects.all()
    for model, name in namers:
        found = found.filter(~Exists(model.objects.filter(**{name: OuterRef("pk")})))
    return found


def _untitled() -> QuerySet[SessionTitle]:
    return SessionTitle.objects.filter(~Exists(Session.objects.filter(titled=OuterRef("pk"))))
