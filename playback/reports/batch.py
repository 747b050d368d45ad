"""The report of a batch: how far its sessions played beside what their rules made us expect, cell by cell."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from playback.models import Batch, BatchCell
from vastdash.charts import Chart, Point, Series
from vastdash.reports.report import Data, Kind, Report

HEADER = (
    "ad", "provider", "publisher", "length_ms", "seed", "sessions", "done", "completed", "expected_completed",
    "interrupted", "expected_interrupted", "expected_low", "expected_high", "reasons", "funnel",
)  # fmt: skip


def report(public_id: str) -> Report | None:
    """The report of this batch, of the sessions that are done."""
    batch = Batch.objects.filter(public_id=public_id).first()
    if batch is None:
        return None
    data = _data(batch, [_cell(cell) for cell in batch.cells.select_related("ad")])
    return Report(batch.title, data, {"charts": [chart for chart in (funnel(data),) if not chart.is_empty]})


def titles(public_ids: Collection[str]) -> dict[str, str]:
    return dict(Batch.objects.filter(public_id__in=public_ids).values_list("public_id", "title"))


def rows(data: Data) -> Iterator[Sequence[Any]]:
    """One line a cell, in the columns of ``HEADER``; counts by name stand as ``name=count`` after each other."""
    yield HEADER
    for cell in data["cells"]:
        counts = {name: _in_line(cell[name]) for name in ("reasons", "funnel")}
        yield [{**cell, **counts}[name] for name in HEADER]


def funnel(data: Data) -> Chart:
    """How many sessions reached each event of the ad, all cells together, beside what was to be expected."""
    reached, expected = Counter[str](), Counter[str]()
    for cell in data["cells"]:
        reached.update(cell["funnel"])
        expected.update(cell["expected_funnel"])
    stages = list(reached)
    known = all(cell["expected_funnel"] for cell in data["cells"] if cell["done"])
    series = [Series("sessions", [Point(reached[stage]) for stage in stages])]
    if known:
        series.append(
            Series(
                "expected",
                [Point(expected[stage], shown=f"{expected[stage]:.0f}") for stage in stages],
                "expected",
            )
        )
    return Chart("funnel", "How far the sessions got", stages, series, across="event")


def _data(batch: Batch, cells: list[dict[str, Any]]) -> dict[str, Any]:
    reasons = Counter[str]()
    for cell in cells:
        reasons.update(cell["reasons"])
    done = sum(cell["done"] for cell in cells)
    return {
        "kind": "batch",
        "id": batch.public_id,
        "title": batch.title,
        "made_at": batch.created_at.isoformat(timespec="seconds"),
        "status": batch.status,
        "error": batch.error,
        "seed": batch.seed,
        "sessions": batch.sessions,
        "done": done,
        "completed": sum(cell["completed"] for cell in cells),
        "interrupted": sum(cell["interrupted"] for cell in cells),
        "reasons": dict(reasons.most_common()),
        "outside": [cell for cell in cells if cell["is_outside"]],
        "cells": cells,
    }


def _cell(cell: BatchCell) -> dict[str, Any]:
    """One cell; what no session has been counted for yet is 0, what has no closed form None."""
    summary: Mapping[str, Any] = cell.summary or {}
    expected: Mapping[str, Any] = summary.get("expected") or {}
    band: Mapping[str, float] = expected.get("interrupted") or {}
    interrupted = summary.get("interrupted", 0)
    return {
        "ad": cell.ad.title,
        "provider": cell.provider,
        "publisher": cell.publisher,
        "length_ms": cell.length_ms,
        "seed": cell.seed,
        "sessions": cell.sessions,
        "done": cell.done,
        "completed": summary.get("completed", 0),
        "interrupted": interrupted,
        "expected_completed": (expected.get("completed") or {}).get("count"),
        "expected_interrupted": band.get("count"),
        "expected_low": band.get("low"),
        "expected_high": band.get("high"),
        "is_outside": bool(band) and not band["low"] <= interrupted <= band["high"],
        "reasons": {name: count for name, count in summary.get("reasons", {}).items() if count},
        "funnel": summary.get("funnel", {}),
        "expected_funnel": {name: band["count"] for name, band in (expected.get("funnel") or {}).items()},
    }


def _in_line(counts: Mapping[str, int]) -> str:
    return " ".join(f"{name}={count}" for name, count in counts.items())


KIND = Kind("batch", "batch", "reports/batch.html", report, titles, rows)
