"""A batch played at once whose sessions are dated back: results of the engine, days of a demonstration."""

from datetime import UTC, datetime, timedelta

from django.db import transaction

from playback.batches.again import simulation_of
from playback.batches.running import summary_with
from playback.engine.simulation.extremes import Extremes
from playback.models import Batch, BatchCell
from playback.records.writing import write

_APART = timedelta(seconds=7)


@transaction.atomic
def run_dated(batch: Batch, since: datetime, until: datetime) -> None:
    """Play a batch that has not begun; the sessions of each combination begin evenly from `since` to `until`."""
    row, began = Batch.objects.filter(pk=batch.pk), datetime.now(UTC)
    # The column dates itself by the clock, and nothing may begin before its batch.
    row.update(created_at=since, started_at=began)
    for place, cell in enumerate(batch.cells.select_related("ad", "batch").order_by("first")):
        _run_cell(cell, since + place * _APART, until)
    row.update(status=Batch.Status.COMPLETED, done=batch.sessions, ended_at=datetime.now(UTC))


def _run_cell(cell: BatchCell, since: datetime, until: datetime) -> None:
    simulation = simulation_of(cell)
    stretch = simulation.stretch(0, cell.sessions)
    extremes = Extremes.of(simulation.screening, 0, stretch.sessions)
    write(cell, 0, stretch.sessions, since, every=(until - since) / cell.sessions)
    summary = summary_with(simulation, stretch.tally, extremes)
    BatchCell.objects.filter(pk=cell.pk).update(done=cell.sessions, summary=summary)
