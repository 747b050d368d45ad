"""Charts of the site: a pure function makes a `Chart`, one template shows it as a table and a picture of that table.

The table is the chart: it is what a screen reader, a printer and a keyboard get, and its links lead from a point to the
sessions behind it. `static/js/charts.js` draws what the table says, and follows a point's link when it is clicked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.template.defaultfilters import floatformat
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe


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

    @property
    def cell(self) -> SafeString:
        """The cell of the table; written here because a page may have hundreds, for which a template takes long."""
        if self.value is None:
            return mark_safe('<td class="number">–</td>')
        band = (
            ""
            if self.low is None or self.high is None
            else f' data-low="{self.low:.6g}" data-high="{self.high:.6g}"'
        )
        said = escape(self.shown or floatformat(self.value, "-2g"))
        inside = f'<a href="{escape(self.href)}">{said}</a>' if self.href else said
        return mark_safe(f'<td class="number" data-value="{self.value:.6g}"{band}>{inside}</td>')  # noqa: S308  (escaped)


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
