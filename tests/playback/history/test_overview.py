"""The overview and the weekly report over rows of known days: what they say first, and where it leads."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from django.http import QueryDict

from playback.history import listing
from playback.history.expected import expected_completion
from playback.history.tally import Tally
from playback.history.week import Week
from playback.models import ProfileVersion
from playback.views.history import narrowed_of
from playback.views.week import Report
from tests.playback.history.rows import enter
from tests.site.people import viewer
from tests.site.rows import make_build, make_provider
from vastdash.overview import Overview

__all__ = ["viewer"]

pytestmark = pytest.mark.django_db

# A Wednesday morning.
NINE = datetime(2026, 11, 18, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def month() -> None:
    """Nine days on which nine of ten viewings end well, a yesterday of many timeouts, and three sessions today."""
    for back in range(2, 11):
        enter("completed", NINE - DAY * back, 9, provider="yandex")
        enter("user_close", NINE - DAY * back, 1, provider="yandex")
    enter("completed", NINE - DAY, 10, provider="yandex")
    enter("timeout", NINE - DAY, 30, provider="yandex")
    enter("completed", NINE - timedelta(hours=1), 3, provider="yandex")
    enter("error", NINE - timedelta(hours=2), blame="hop 2, ads.example.com, code 303, 80 ms", error_code=303)


def test_the_overview_says_first_that_yesterday_fell_and_what_grew(month):
    overview = Overview(NINE)
    told = " ".join(overview.headline)
    assert "Completion fell to 25.0 % yesterday, Tuesday, from 90.0 % the day before" in told
    assert "What grew most: yandex, timeout: 75.0 %" in told
    sessions, completion, failed, *_ = overview.metrics
    assert (completion.before.verdict, completion.now.verdict) == ("unusually low", "as usual")
    assert (sessions.now.shown, sessions.now.verdict) == ("4", "too little history to judge")
    assert failed.note == "1 of 4 sessions"
    assert overview.failures[0].blame.startswith("hop 2, ads.example.com")


def test_so_far_is_compared_with_the_same_hours_of_the_same_weekday():
    for weeks in range(1, 6):
        morning = NINE - timedelta(weeks=weeks, hours=1)
        enter("completed", morning, 20)
        enter("completed", morning + timedelta(hours=6), 100)
    enter("completed", NINE - timedelta(hours=1), 60)
    sessions = Overview(NINE).metrics[0]
    assert (sessions.now.shown, sessions.now.verdict) == ("60", "unusually high")
    assert sessions.usual == "7 to 33"


def test_every_number_of_the_overview_leads_to_as_many_sessions(month):
    overview = Overview(NINE)
    row = overview.providers[0]
    assert row.completion == (58, 93)
    for _, number, href in row.cells:
        # The address names days that are counted from the real today, so the dates are put in its place.
        query = href.partition("?")[2].replace("days=7", "since=2026-11-12&until=2026-11-18")
        _, narrowed = narrowed_of(QueryDict(query))
        assert listing.count(narrowed.choice).number == number


def test_an_empty_site_says_so_and_shows_no_rate(viewer):
    page = viewer.get("/").content.decode()
    assert "Nothing was viewed to its end or interrupted yesterday" in unescape(page)
    assert "None in the last 30 days." in page
    assert "Play a tag or document" not in page
    assert viewer.get("/history/week/").status_code == 200


def test_what_runs_is_asked_for_alone(viewer):
    (row,) = enter("", datetime.now(UTC))
    answer = viewer.get("/", headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert f'id="running-{row.public_id}"' in page
    assert "<h1" not in page


def test_the_weekly_report_tells_the_week_beside_the_one_before(month):
    ProfileVersion.objects.create(level="provider", name="yandex", number=2, note="Fewer timeouts")
    report = Report(Week.named("2026-W47"), NINE)
    assert not report.is_over
    assert report.headline.startswith(
        "Completion fell to 41.5 % so far this week, from 90.0 % the week before"
    )
    assert "the week is not over" in report.sentences[0]
    assert report.metrics[0].now.verdict == "not over yet"
    (failure,) = report.failures
    assert (failure.host, failure.code, failure.number) == ("ads.example.com", 303, 1)
    outcomes = report.charts[0]
    assert sum(point.value for one in outcomes.series for point in one.points) == 54
    assert Report(Week.of(datetime.now(UTC).date()), datetime.now(UTC)).changes[0].note == "Fewer timeouts"


def test_a_week_that_is_none_is_told_and_another_shown(viewer):
    answer = viewer.get("/history/week/?week=2026-W60")
    assert answer.status_code == 422
    assert re.search(r'role="alert">[^<]+ The last week that is over is shown', answer.content.decode())


def test_what_the_rules_expect_is_the_closed_form_a_range_where_the_length_matters_or_nothing():
    make_provider("yandex")
    make_provider("global")
    tally = Tally.of([("completed", 2, 60_000)])
    expected = expected_completion({"yandex": tally, "": tally, "gone": tally})
    assert expected == {"yandex": pytest.approx((0.75, 0.75, 0.75)), "": None, "gone": None}
    assert expected["yandex"].shown == "75.0 %"
    # A window from 20 to 25 s is none in an ad of 15 s.
    assert expected_completion({"global": tally})["global"].shown == "72.7 to 85.5 %"
    assert expected_completion({"yandex": Tally()}) == {"yandex": None}


def test_a_site_where_nothing_has_happened_says_what_to_do_first(viewer):
    first = "Nothing has been built or played here yet."
    assert first in viewer.get("/").content.decode()
    make_build()
    assert first not in viewer.get("/").content.decode()
