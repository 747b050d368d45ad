"""How far a batch has come, how fast, and when it will be done."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from playback.models import Batch

SILENT_SEC = 15
"""A batch that runs is heard of many times as often."""

_TOLD_BY = 5
_TELLING = 1000


@dataclass(frozen=True, slots=True)
class Progress:
    """`rate` are sessions a second so far, `left_sec` what is left at that rate; None while nobody can say. `silent`
    tells that whoever runs it has not been heard of."""

    done: int
    total: int
    rate: float | None
    left_sec: float | None
    took_sec: float | None
    ends_at: datetime | None
    silent: bool

    @property
    def percent(self) -> float:
        return 100 * self.done / self.total if self.total else 0.0


def progress_of(batch: Batch, now: datetime) -> Progress:
    """The progress of a row as it is at this moment."""
    until = batch.ended_at or batch.heartbeat_at
    took = (until - batch.started_at).total_seconds() if batch.started_at and until else None
    rate = batch.done / took if took and batch.done else None
    left = (batch.sessions - batch.done) / rate if rate and not batch.has_ended else None
    return Progress(
        done=batch.done,
        total=batch.sessions,
        rate=rate,
        left_sec=left,
        took_sec=took,
        ends_at=None if left is None else now + timedelta(seconds=left),
        silent=_is_silent(batch, now),
    )


def _is_silent(batch: Batch, now: datetime) -> bool:
    if batch.status != Batch.Status.RUNNING or batch.heartbeat_at is None:
        return False
    return (now - batch.heartbeat_at).total_seconds() > SILENT_SEC


def usual_rate() -> float | None:
    """Sessions a second of the last batches that were large enough to tell; None before there was one."""
    ended = Batch.objects.filter(done__gte=_TELLING, ended_at__isnull=False, started_at__isnull=False)
    rates = list(_rates(ended.order_by("-id")[:_TOLD_BY]))
    return sorted(rates)[len(rates) // 2] if rates else None


def _rates(batches: Iterable[Batch]) -> Iterable[float]:
    for batch in batches:
        took = (batch.ended_at - batch.started_at).total_seconds()
        if took > 0:
            yield batch.done / took
