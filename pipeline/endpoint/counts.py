"""How often endpoints were asked, and what came of it: the counters as pages and the API show them (hours are UTC)."""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import FilteredRelation, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from pipeline.models import Endpoint, Outcome

HOURS = 24
# Of the drawing of the hours, in its own units.
HEIGHT = 40
STEP = 10
_HOUR = timedelta(hours=1)


class OutcomeCount(NamedTuple):
    """Requests that ended in one outcome; ``share`` is of all requests."""

    outcome: str
    label: str
    requests: int
    share: float
    ads: int


class HourCount(NamedTuple):
    """The requests of one hour: ``filled`` of ``requests``."""

    hour: datetime
    requests: int
    filled: int


class Bar(NamedTuple):
    """One hour drawn ``HEIGHT`` high at most, from the bottom up."""

    hour: HourCount
    x: int
    asked: float
    filled: float

    @property
    def asked_y(self) -> float:
        return round(HEIGHT - self.asked, 2)

    @property
    def filled_y(self) -> float:
        return round(HEIGHT - self.filled, 2)


class Traffic(NamedTuple):
    """The last 24 hours of one endpoint, the current one included; hours run from the oldest to the newest."""

    outcomes: tuple[OutcomeCount, ...]
    hours: tuple[HourCount, ...]

    @property
    def requests(self) -> int:
        return sum(row.requests for row in self.hours)

    @property
    def fill_rate(self) -> float | None:
        """The share of requests that were filled; None without requests."""
        return sum(row.filled for row in self.hours) / self.requests if self.requests else None

    @property
    def busiest(self) -> int:
        """The requests of the busiest hour."""
        return max(row.requests for row in self.hours)

    @property
    def bars(self) -> list[Bar]:
        """The hours side by side, to the scale of the busiest."""
        scale = HEIGHT / (self.busiest or 1)
        return [
            Bar(row, STEP * place, round(row.requests * scale, 2), round(row.filled * scale, 2))
            for place, row in enumerate(self.hours)
        ]


def with_today(endpoints: QuerySet[Endpoint], now: datetime) -> QuerySet[Endpoint]:
    """Endpoints with ``asked_today`` and ``filled_today``: requests since midnight UTC."""
    # Other days are left out where rows are joined: to sum up conditionally would read all there ever were.
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    today = FilteredRelation("traffic", condition=Q(traffic__hour__gte=midnight))
    filled = Q(today__outcome=Outcome.FILL)
    return endpoints.annotate(today=today).annotate(
        asked_today=Coalesce(Sum("today__requests"), 0),
        filled_today=Coalesce(Sum("today__requests", filter=filled), 0),
    )


def last_day(endpoint: Endpoint, now: datetime) -> Traffic:
    """What the endpoint was asked in the last 24 hours."""
    newest = now.replace(minute=0, second=0, microsecond=0)
    hours = [newest - _HOUR * back for back in range(HOURS - 1, -1, -1)]
    rows = list(endpoint.traffic.filter(hour__gte=hours[0], hour__lte=newest))
    total = sum(row.requests for row in rows)
    outcomes = []
    for outcome in Outcome:
        own = [row for row in rows if row.outcome == outcome]
        count = sum(row.requests for row in own)
        share = count / total if total else 0.0
        outcomes.append(OutcomeCount(outcome.value, outcome.label, count, share, sum(row.ads for row in own)))
    asked: dict[datetime, int] = dict.fromkeys(hours, 0)
    filled: dict[datetime, int] = dict.fromkeys(hours, 0)
    for row in rows:
        asked[row.hour] = asked.get(row.hour, 0) + row.requests
        if row.outcome == Outcome.FILL:
            filled[row.hour] = row.requests
    return Traffic(tuple(outcomes), tuple(HourCount(hour, asked[hour], filled[hour]) for hour in hours))
