"""Charts of the site: a pure function makes a `Chart`, one template shows it as a table and a picture of that table.

The table is the chart: it is what a screen reader, a printer and a keyboard get, and its links lead from a point to the
sessions behind it. `static/js/charts.js` draws what the table says, and follows a point's link when it is clicked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a chart is drawn. `STEPS` are lines that stay until the next point, as counts of the living do."""

    LINE = "line"
    STEPS = "steps"
    BARS = "bars"
    STACKED = "stacked"
    LYING = "lying"


@dataclass(frozen=True, slots=True)
class Point:
    """One value; None is a gap. `low` and `high` are a band round it, `href` where the sessions behind it are listed,
    `shown` how the table says the value, where the plain number does not do."""

    value: float | None
    href: str = ""
    shown: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """One row of points, as many as the chart has labels. `tone` is a word of the design, such as good, warn, bad,
    expected; without one the colour follows from the place."""

    name: str
    points: Sequence[Point]
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A table with the labels down its side and a column for each series; `title` says what it answers, `unit` what the
    numbers are, `across` what the labels are. `notes` stand under the picture."""

    name: str
    title: str
    labels: Sequence[str]
    series: Sequence[Series]
    kind: Kind = Kind.BARS
    unit: str = "sessions"
    across: str = ""
    notes: Sequence[str] = field(default=())

    @property
    def rows(self) -> list[tuple[str, list[Point]]]:
        return [(label, [one.points[at] for one in self.series]) for at, label in enumerate(self.labels)]

    @property
    def is_empty(self) -> bool:
        return not any(point.value for one in self.series for point in one.points)
