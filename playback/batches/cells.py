"""The cells of a batch: which are chosen, what came of each, which stand out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import isinf
from typing import Any
from urllib.parse import urlencode

from playback.engine.simulation.extremes import Extreme, Extremes
from playback.engine.simulation.results import Figure, Results, results_of
from playback.history.choice import NONE
from playback.models import BatchCell

OWN_LENGTH = "own"
SORTS = ("number", "ad", "length", "provider", "publisher", "sessions", "completed", "expected", "sigmas")
SIGMA = "\u03c3"
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which cells: by number (from 1), place of the ad (from 1), length in milliseconds, provider, publisher. "" is
    any, "-" is none."""

    cell: str = ""
    ad: str = ""
    length: str = ""
    provider: str = ""
    publisher: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Chosen":
        return cls(**{name: query.get(name, "")[:_LONGEST] for name in cls.__slots__})

    @property
    def given(self) -> dict[str, str]:
        """What is narrowed down."""
        return {name: value for name, value in asdict(self).items() if value}

    def fits(self, row: "CellRow") -> bool:
        return all(row.keys[name] == value for name, value in self.given.items())


@dataclass(frozen=True)
class CellRow:
    """One cell with its results; `number` counts from 1."""

    number: int
    ad_number: int
    cell: BatchCell

    @cached_property
    def keys(self) -> dict[str, str]:
        """What `Chosen` compares."""
        cell = self.cell
        return {
            "cell": str(self.number),
            "ad": str(self.ad_number),
            "length": OWN_LENGTH if cell.length_ms is None else str(cell.length_ms),
            "provider": cell.provider or NONE,
            "publisher": cell.publisher or NONE,
        }

    @cached_property
    def results(self) -> Results:
        return results_of([self.cell.summary] if self.cell.summary else [])

    @property
    def completed(self) -> Figure:
        return self.results.completed

    @property
    def duration_ms(self) -> int | None:
        """How long its sessions are; None before the first was played."""
        if self.cell.summary:
            return round(self.cell.summary["offsets"]["edges_sec"][-1] * 1000)
        return self.cell.length_ms

    @property
    def query(self) -> str:
        return urlencode({"cell": self.number})

    def sort_key(self, by: str) -> Any:
        keys = {
            "ad": self.ad_number,
            "length": self.duration_ms or 0,
            "provider": self.cell.provider,
            "publisher": self.cell.publisher,
            "sessions": self.cell.done,
            "completed": self.completed.share,
            "expected": self.completed.expected_share or 0.0,
            "sigmas": -abs(self.completed.sigmas or 0.0),
        }
        return keys.get(by, self.number)


def rows_of(cells: Sequence[BatchCell]) -> list[CellRow]:
    """The cells of one batch in their order; needs their ads loaded."""
    places = {ad_id: place for place, ad_id in enumerate(dict.fromkeys(cell.ad_id for cell in cells), 1)}
    return [CellRow(number, places[cell.ad_id], cell) for number, cell in enumerate(cells, 1)]


def together(rows: Sequence[CellRow]) -> Results:
    """The results of all these cells taken together."""
    return results_of(row.cell.summary for row in rows if row.cell.summary)


@dataclass(frozen=True, slots=True)
class Outlier:
    """A count of a cell that lies outside its band: `what` is it, `wanted` the query that leads to its sessions."""

    row: CellRow
    what: str
    figure: Figure
    wanted: dict[str, str]

    @property
    def sigmas(self) -> str:
        """How far outside, in words where no distance can be told."""
        off = self.figure.sigmas or 0.0
        return "never expected" if isinf(off) else f"{off:+.1f} {SIGMA}"

    @property
    def query(self) -> str:
        return urlencode({"cell": self.row.number, **self.wanted})


def outliers(rows: Sequence[CellRow]) -> list[Outlier]:
    """Every count of a cell that lies outside its band, the farthest first."""
    found = [one for row in rows for one in _counts(row) if one.figure.is_outside]
    return sorted(found, key=lambda one: -abs(one.figure.sigmas or 0.0))


def _counts(row: CellRow) -> Iterator[Outlier]:
    results = row.results
    yield Outlier(row, "completed", results.completed, {"reason": "completed"})
    for event, figure in results.funnel.items():
        yield Outlier(row, f"reached {event}", figure, {"reached": event})
    for reason, figure in results.reasons.items():
        yield Outlier(row, f"ended by {reason}", figure, {"reason": reason})


@dataclass(frozen=True, slots=True)
class ExtremeSession:
    """A session that is worth a look, with its public id."""

    row: CellRow
    public_id: str
    extreme: Extreme


def extreme_sessions(
    batch_id: str, rows: Sequence[CellRow], most: int = 6
) -> tuple[list[ExtremeSession], list[ExtremeSession]]:
    """The earliest cuts of all these cells, and sessions that their unlikely rules ended."""
    earliest, rare = [], []
    for row in rows:
        kept = Extremes.from_dict((row.cell.summary or {}).get("extremes", {}))
        for extremes, found in ((kept.earliest, earliest), (kept.rare, rare)):
            found += [
                ExtremeSession(row, f"{batch_id}-{row.cell.first + one.place}", one) for one in extremes
            ]
    earliest.sort(key=lambda one: (one.extreme.cut_ms, one.public_id))
    rare.sort(key=lambda one: (one.extreme.probability, one.public_id))
    return earliest[:most], rare[:most]
