"""What an endpoint's traffic comes to: the last 24 hours by outcome and by hour, and today."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline.endpoint.counts import last_day, with_today
from pipeline.models import Endpoint, EndpointTraffic, Outcome
from tests.pipeline.settings_forms import make_endpoint

pytestmark = pytest.mark.django_db


class TestTraffic:
    NOW = datetime(2026, 3, 1, 1, 30, tzinfo=UTC)

    def count(
        self, endpoint: Endpoint, hours_ago: int, outcome: Outcome, requests: int, ads: int = 0
    ) -> None:
        hour = self.NOW.replace(minute=0) - timedelta(hours=hours_ago)
        EndpointTraffic.objects.create(
            endpoint=endpoint, hour=hour, outcome=outcome, requests=requests, ads=ads
        )

    def test_the_last_24_hours_are_summed_by_outcome_and_by_hour(self):
        endpoint = make_endpoint()
        self.count(endpoint, 0, Outcome.FILL, 30, ads=60)
        self.count(endpoint, 0, Outcome.NO_AD, 10)
        self.count(endpoint, 23, Outcome.FILL, 60, ads=60)
        self.count(endpoint, 24, Outcome.FILL, 1000)
        traffic = last_day(endpoint, self.NOW)
        told = {row.outcome: (row.requests, row.share, row.ads) for row in traffic.outcomes}
        assert told["fill"] == (90, 0.9, 120)
        assert told["no_ad"] == (10, 0.1, 0)
        assert set(told) == set(Outcome)
        assert (traffic.requests, traffic.fill_rate, traffic.busiest) == (100, 0.9, 60)
        assert [(bar.asked, bar.filled) for bar in (traffic.bars[0], traffic.bars[-1])] == [
            (40.0, 40.0),
            (26.67, 20.0),
        ]

    def test_nobody_asking_is_no_fill_rate(self):
        assert last_day(make_endpoint(), self.NOW).fill_rate is None

    def test_today_begins_at_midnight_utc(self):
        endpoint = make_endpoint()
        self.count(endpoint, 1, Outcome.FILL, 3)
        self.count(endpoint, 1, Outcome.LIMITED, 1)
        self.count(endpoint, 2, Outcome.FILL, 50)
        row = with_today(Endpoint.objects.all(), self.NOW).get()
        assert (row.asked_today, row.filled_today) == (4, 3)

    def test_today_costs_nothing_for_the_days_before_it(self):
        plan = with_today(Endpoint.objects.all(), self.NOW).explain()
        assert "endpoint_id=? AND hour>?" in plan
