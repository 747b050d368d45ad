"""What came of a batch as files: results as JSON and CSV, its sessions as CSV that is written while it is read."""

import csv
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse

from playback.batches.cells import CellRow
from playback.batches.members import Wanted, members
from playback.batches.page import BatchPage, cell_told, results_told
from playback.engine.simulation.results import Figure
from playback.history.export import COLUMNS, ROWS, csv_lines, harmless, values_of
from playback.views.batches import page_of

_CELL = ("cell", "ad", "length_ms", "provider", "publisher", "sessions")
_FIGURE = ("count", "share", "expected", "low", "high", "sigmas")


def batch_results_json(request: HttpRequest, public_id: str) -> HttpResponse:
    """The results of the chosen cells, together and one by one."""
    page = page_of(request, public_id)
    answer = JsonResponse(told(page), json_dumps_params={"indent": 2, "ensure_ascii": False})
    return _named(answer, f"batch-{public_id}.json")


def told(page: BatchPage) -> dict[str, Any]:
    """The results of a batch as JSON-native values."""
    return {
        "id": page.batch.public_id,
        "title": page.batch.title,
        "chosen": page.chosen.given,
        "results": results_told(page.results),
        "cells": [cell_told(row) for row in page.rows],
        "outliers": [
            {
                "cell": one.row.number,
                "what": one.what,
                "count": one.figure.count,
                "expected": one.figure.expected,
            }
            for one in page.outliers
        ],
    }


def batch_results_csv(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every count of every chosen cell beside its expectation, one a line."""
    page = page_of(request, public_id)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    written = csv.writer(answer)
    written.writerow((*_CELL, "what", *_FIGURE))
    for row in page.rows:
        for what, figure in _figures(row):
            written.writerow((*_cell(row), what, *(getattr(figure, name) for name in _FIGURE)))
    return _named(answer, f"batch-{public_id}.csv")


def _figures(row: CellRow) -> Iterator[tuple[str, Figure]]:
    results = row.results
    yield "completed", results.completed
    yield "interrupted", results.interrupted
    for word, figures in (("reached", results.funnel), ("ended by", results.reasons)):
        yield from ((f"{word} {name}", figure) for name, figure in figures.items())
    for place, figure in enumerate(results.offsets, 1):
        yield f"cut in part {place}", figure


def _cell(row: CellRow) -> tuple[Any, ...]:
    cell = row.cell
    length = "" if cell.length_ms is None else cell.length_ms
    return row.number, harmless(cell.ad.title), length, cell.provider, cell.publisher, cell.done


def batch_sessions_csv(request: HttpRequest, public_id: str) -> HttpResponse:
    """The sessions that the address names, all of them, in the columns of every export of sessions."""
    page = page_of(request, public_id)
    lines = _lines(page, page.rows, Wanted.of(request.GET.dict()))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    return _named(answer, f"batch-{public_id}-sessions.csv")


async def _lines(page: BatchPage, rows: list[CellRow], wanted: Wanted) -> AsyncIterator[str]:
    """Page by page, so that memory stays the same however many there are."""
    yield csv_lines([COLUMNS])
    after, more = None, True
    while more:
        found = await sync_to_async(members)(page.batch, rows, wanted, after, ROWS)
        yield csv_lines([values_of(session) for session in found.rows])
        after, more = found.next, found.next is not None


def _named(answer: Any, name: str) -> Any:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
