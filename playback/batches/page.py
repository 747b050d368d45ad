"""What the page of a batch shows: the answer first, then what it is made of; for the API and downloads alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.urls import reverse

from playback.batches.cells import (
    SORTS,
    CellRow,
    Chosen,
    ExtremeSession,
    Outlier,
    extreme_sessions,
    outliers,
    rows_of,
    together,
)
from playback.batches.charts import charts_of
from playback.batches.members import link
from playback.batches.progress import Progress
from playback.engine.simulation.results import Figure, Results
from playback.models import Batch
from vastdash.charts import Chart

OUTLIERS_SHOWN = 25


@dataclass(frozen=True)
class BatchPage:
    """A batch with those of its cells that are chosen."""

    batch: Batch
    chosen: Chosen
    progress: Progress
    sort: str = ""

    @cached_property
    def all_rows(self) -> list[CellRow]:
        return rows_of(list(self.batch.cells.select_related("ad", "ad__build")))

    @cached_property
    def rows(self) -> list[CellRow]:
        """Those that are chosen."""
        return [row for row in self.all_rows if self.chosen.fits(row)]

    @property
    def sorted_rows(self) -> list[CellRow]:
        by = self.sort.removeprefix("-")
        if by not in SORTS:
            return self.rows
        return sorted(self.rows, key=lambda row: row.sort_key(by), reverse=self.sort.startswith("-"))

    @cached_property
    def results(self) -> Results:
        return together(self.rows)

    @property
    def choices(self) -> list[tuple[str, str, list[tuple[str, str]], str]]:
        """Name, label, (value, words) and the chosen value of each way to narrow the cells down."""
        named = {name: {} for name in ("ad", "length", "provider", "publisher")}
        for row in self.all_rows:
            words = _words(row)
            for name, values in named.items():
                values[row.keys[name]] = words[name]
        given = self.chosen.given
        return [
            (name, name.capitalize(), list(values.items()), given.get(name, ""))
            for name, values in named.items()
            if len(values) > 1
        ]

    @property
    def one(self) -> CellRow | None:
        """The cell, where a single one is chosen."""
        return self.rows[0] if len(self.rows) == 1 and len(self.all_rows) > 1 else None

    @cached_property
    def charts(self) -> list[Chart]:
        page = reverse("batch-sessions", args=[self.batch.public_id])
        return charts_of(self.results, lambda wanted: link(page, self.chosen.given, wanted))

    @cached_property
    def outliers(self) -> list[Outlier]:
        return outliers(self.rows)

    @property
    def outliers_shown(self) -> list[Outlier]:
        return self.outliers[:OUTLIERS_SHOWN]

    @cached_property
    def extremes(self) -> tuple[list[ExtremeSession], list[ExtremeSession]]:
        return extreme_sessions(self.batch.public_id, self.rows)

    @cached_property
    def gone(self) -> int:
        """How many of its sessions retention has taken; it takes them from the first on. All of them are counted."""
        if not self.batch.has_ended or not self.batch.done:
            return 0
        kept = self.batch.members.order_by("ordinal").values_list("ordinal", flat=True).first()
        return self.batch.done if kept is None else kept - min(row.cell.first for row in self.all_rows)

    @property
    def checked(self) -> int:
        """How many counts were compared with what was expected of them."""
        return sum(
            figure.expected is not None
            for row in self.rows
            for figure in (row.completed, *row.results.funnel.values(), *row.results.reasons.values())
        )


def _words(row: CellRow) -> Mapping[str, str]:
    cell = row.cell
    return {
        "ad": f"{row.ad_number}. {cell.ad.title}",
        "length": "as the ad" if cell.length_ms is None else f"{cell.length_ms / 1000:g} s",
        "provider": cell.provider or "none",
        "publisher": cell.publisher or "none",
    }


def figure_told(figure: Figure) -> dict[str, Any]:
    """A figure as JSON-native values; a deviation beyond any number is None."""
    sigmas = figure.sigmas
    return {
        "count": figure.count,
        "share": figure.share,
        "expected": figure.expected,
        "low": figure.low,
        "high": figure.high,
        "sigmas": None if sigmas is None or abs(sigmas) > 1e9 else sigmas,
        "outside": figure.is_outside,
    }


def results_told(results: Results) -> dict[str, Any]:
    """Results as JSON-native values."""
    return {
        "sessions": results.sessions,
        "completed": figure_told(results.completed),
        "interrupted": figure_told(results.interrupted),
        "funnel": {event: figure_told(figure) for event, figure in results.funnel.items()},
        "reasons": {reason: figure_told(figure) for reason, figure in results.reasons.items()},
        "end_reasons": results.ends,
        "offsets": [figure_told(figure) for figure in results.offsets],
        "survival": [figure_told(figure) for figure in results.survival],
        "edges_sec": results.edges_sec,
    }


def cell_told(row: CellRow) -> dict[str, Any]:
    """One cell as JSON-native values, without its charts."""
    cell = row.cell
    return {
        "cell": row.number,
        "ad": cell.ad.title,
        "length_ms": cell.length_ms,
        "provider": cell.provider or None,
        "publisher": cell.publisher or None,
        "sessions": cell.sessions,
        "done": cell.done,
        "completed": figure_told(row.completed),
        "interrupted": figure_told(row.results.interrupted),
    }
