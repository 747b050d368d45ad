"""Runs a batch piece by piece: each piece is stored whole with its counts, or not at all.

The row is the truth: whoever runs a batch goes on behind ``done``, so that after a crash nothing is stored twice.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import structlog
from django.db import IntegrityError, OperationalError, transaction

from playback.batches.again import simulation_of
from playback.engine import Simulation
from playback.engine.simulation.extremes import Extremes
from playback.engine.simulation.simulate import Stretch
from playback.engine.simulation.summary import Tally, marks_ms, summary_of
from playback.models import Batch, BatchCell
from playback.records.writing import write

PIECE = 5_000
"""Sessions of one transaction at most."""
SMALLEST = 50
PIECE_SEC = 0.25
"""How long a piece may take; slow ones are made smaller, so that others get at the database and the processor."""
RETRY_SEC = 1.0
RESTS = 0.25
"""How long is rested after a piece, in parts of what it took."""

Rest = Callable[[float], Any]
log = structlog.get_logger(__name__)


def unfinished() -> list[str]:
    """Public ids of the batches that have not ended, the oldest first."""
    unended = Batch.objects.filter(status__in=(Batch.Status.PENDING, Batch.Status.RUNNING))
    return list(unended.order_by("id").values_list("public_id", flat=True))


def run(
    public_id: str, *, goes_on: Callable[[], bool] = lambda: True, rest: Rest = lambda _seconds: None
) -> None:
    """Play what is left of a batch, until it is done, cancelled, deleted, or run by somebody else.

    `goes_on` is asked between two pieces; when it says no the batch waits for whoever runs it next. `rest` is given
    the seconds that others should have.
    """
    batch = _begin(public_id)
    if batch is None:
        return
    try:
        for cell in batch.cells.select_related("ad").order_by("first"):
            if cell.done < cell.sessions and not _Run(batch, cell, goes_on, rest).to_the_end():
                return
    except OperationalError:
        raise  # the database is away: whoever runs it next goes on
    except Exception as error:  # nobody else would ever end it
        log.exception("batch cannot be played", batch=public_id)
        _end(batch.pk, Batch.Status.ERROR, f"{type(error).__name__}: {error}"[:300])
        return
    _end(batch.pk, Batch.Status.COMPLETED)


class _Run:
    """One cell of a batch from where it stands; its counts grow with every piece."""

    def __init__(self, batch: Batch, cell: BatchCell, goes_on: Callable[[], bool], rest: Rest) -> None:
        self.batch, self.cell = batch, cell
        self._goes_on, self._rest = goes_on, rest
        self.simulation = simulation_of(cell)
        # Counting is much quicker than storing: what a former process did is counted again instead of being kept.
        self.tally = self.simulation.tally(0, cell.done)
        self.extremes = Extremes.from_dict((cell.summary or {}).get("extremes", {}))
        self.size = max(PIECE // 10, SMALLEST)

    def to_the_end(self) -> bool:
        """False when the batch does not go on here."""
        while self.cell.done < self.cell.sessions:
            if not self._goes_on():
                return False
            began = monotonic()
            if not self._piece():
                return False
            took = monotonic() - began
            self.size = round(min(max(self.size * PIECE_SEC / max(took, 1e-3), SMALLEST), PIECE))
            self._rest(took * RESTS)
        return True

    def _piece(self) -> bool:
        start = self.cell.done
        stop = min(start + self.size, self.cell.sessions)
        stretch = self.simulation.stretch(start, stop)
        tally = self.tally + stretch.tally
        extremes = self.extremes | Extremes.of(self.simulation.screening, start, stretch.sessions)
        summary = summary_with(self.simulation, tally, extremes)
        while True:
            try:
                kept = _keep(self.batch.pk, self.cell, start, stretch, summary)
            except IntegrityError:
                log.warning("batch is run by somebody else", batch=self.batch.public_id)
                return False
            except OperationalError:
                # A database that is busy or away for a moment is no reason to lose a batch.
                log.warning("piece of a batch not stored yet", batch=self.batch.public_id, exc_info=True)
                self._rest(RETRY_SEC)
                if not self._goes_on():
                    return False
            else:
                self.cell.done, self.tally, self.extremes = stop, tally, extremes
                return kept


def summary_with(simulation: Simulation, tally: Tally, extremes: Extremes) -> dict[str, Any]:
    """The engine's summary, and beside it what leads to sessions: ``extremes``, and ``marks_ms`` {event: where in the
    ad it lies}."""
    plan = simulation.screening.plan
    marks: dict[str, int] = {}
    for moment, at_ms in zip(plan.moments, marks_ms(plan), strict=True):
        marks.setdefault(moment.event, at_ms)
    summary = summary_of(simulation.screening, simulation.seed, tally)
    return {**summary, "extremes": extremes.to_dict(), "marks_ms": marks}


def _begin(public_id: str) -> Batch | None:
    now = datetime.now(UTC)
    pending = Batch.objects.filter(public_id=public_id, status=Batch.Status.PENDING)
    pending.update(status=Batch.Status.RUNNING, started_at=now, heartbeat_at=now)
    return Batch.objects.filter(public_id=public_id, status=Batch.Status.RUNNING).first()


@transaction.atomic
def _keep(batch_id: int, cell: BatchCell, start: int, stretch: Stretch, summary: dict[str, Any]) -> bool:
    """Store one piece with what it changes; False where the batch does not go on."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id).first()
    if batch is None or batch.has_ended:
        return False
    now = datetime.now(UTC)
    if batch.cancel_asked:
        _end(batch_id, Batch.Status.CANCELLED)
        return False
    stop = start + len(stretch.sessions)
    found = BatchCell.objects.filter(pk=cell.pk, done=start).update(done=stop, summary=summary)
    if not found:
        return False
    # A clock that was set back is no reason to lose a batch.
    write(cell, start, stretch.sessions, max(now, batch.created_at))
    Batch.objects.filter(pk=batch_id).update(done=batch.done + stop - start, heartbeat_at=now)
    return True


def _end(batch_id: int, status: Batch.Status, error: str = "") -> None:
    unended = Batch.objects.filter(pk=batch_id, status=Batch.Status.RUNNING)
    unended.update(status=status, ended_at=datetime.now(UTC), error=error)
