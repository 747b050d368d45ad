"""Takes a batch away with all its sessions, which the counts of days forget."""

from django.db import transaction

from playback.batches.making import cancel
from playback.models import Batch, Session
from playback.records.recording import leave

AT_ONCE = 5_000
"""Sessions of one transaction: whoever else writes gets a turn between two."""


def delete_batch(public_id: str) -> None:
    """Everything of a batch, the last sessions first, so that ``done`` is true all the while; one that still runs is
    cancelled before. Broken off in the middle it may be asked for again."""
    batch = Batch.objects.filter(public_id=public_id).first()
    if batch is None:
        return
    cancel(batch)
    Batch.objects.filter(pk=batch.pk, status=Batch.Status.RUNNING).update(status=Batch.Status.CANCELLED)
    done = Batch.objects.filter(pk=batch.pk).values_list("done", flat=True).first()
    # None where somebody else was quicker.
    for last in range(done or 0, 0, -AT_ONCE):
        _take_away(batch, max(last - AT_ONCE, 0))
    with transaction.atomic():
        leave(Session.objects.filter(batch=batch))
        batch.delete()


@transaction.atomic
def _take_away(batch: Batch, first: int) -> None:
    leave(Session.objects.filter(batch=batch, ordinal__gte=first))
    Batch.objects.filter(pk=batch.pk).update(done=first)
