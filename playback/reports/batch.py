"""The report of a batch: how its sessions ended beside what their rules made us expect, together and one by one."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from django.utils import timezone

from playback.batches.cells import CellRow, Chosen
from playback.batches.charts import charts_of
from playback.batches.page import BatchPage, cell_told, results_told
from playback.batches.progress import progress_of
from playback.models import Batch
from vastdash.reports.report import Data, Kind, Report

_CELL = ("cell", "ad", "length_ms", "provider", "publisher", "sessions", "done")
_FIGURE = ("count", "share", "expected", "low", "high", "sigmas", "outside")
HEADER = (*_CELL, *(f"completed_{name}" for name in _FIGURE), *(f"interrupted_{name}" for name in _FIGURE))


def report(public_id: str) -> Report | None:
    """The report of this batch, of the sessions that are done."""
    batch = Batch.objects.filter(public_id=public_id).first()
    if batch is None:
        return None
    page = BatchPage(batch, Chosen(), progress_of(batch, timezone.now()))
    # A stranger has no list of sessions that a point could lead to.
    charts = charts_of(page.results, lambda _: "") if page.results.sessions else []
    return Report(batch.title, _data(page), {"charts": charts, "results": page.results})


def titles(public_ids: Collection[str]) -> dict[str, str]:
    return dict(Batch.objects.filter(public_id__in=public_ids).values_list("public_id", "title"))


def rows(data: Data) -> Iterator[Sequence[Any]]:
    """One line a combination, in the columns of ``HEADER``."""
    yield HEADER
    for cell in data["cells"]:
        figures = [cell[figure][name] for figure in ("completed", "interrupted") for name in _FIGURE]
        yield [*(cell[name] for name in _CELL), *figures]


def _data(page: BatchPage) -> dict[str, Any]:
    batch = page.batch
    return {
        "kind": "batch",
        "id": batch.public_id,
        "title": batch.title,
        "made_at": batch.created_at.isoformat(timespec="seconds"),
        "status": batch.status,
        "error": batch.error,
        "seed": batch.seed,
        "sessions": batch.sessions,
        "done": batch.done,
        "results": results_told(page.results) if page.results.sessions else None,
        "checked": page.checked,
        "outliers": [
            {
                "cell": one.row.number,
                "ad": one.row.cell.ad.title,
                "what": one.what,
                "count": one.figure.count,
                "expected": one.figure.expected,
                "low": one.figure.low,
                "high": one.figure.high,
                "off": one.sigmas,
            }
            for one in page.outliers
        ],
        "cells": [_cell(row) for row in page.rows],
    }


def _cell(row: CellRow) -> dict[str, Any]:
    return {**cell_told(row), "duration_ms": row.duration_ms, "seed": row.cell.seed}


KIND = Kind("batch", "batch", "reports/batch.html", report, titles, rows)
