"""What templates say often: moments, seconds, percentages, query strings, and the link one is on."""

from datetime import UTC, datetime

import pytest
from django.test import RequestFactory

from vastdash.templatetags.vastdash import current, moment, percent, query, seconds


@pytest.mark.parametrize(
    ("ms", "text"),
    [(None, "–"), (0, "0 s"), (7_500, "7.5 s"), (30_000, "30 s"), (1, "0.001 s"), (10_000.4, "10 s")],
)
def test_milliseconds_are_read_as_seconds(ms, text):
    assert seconds(ms) == text


@pytest.mark.parametrize(
    ("share", "text"), [(None, "–"), (0.25, "25 %"), (0.333, "33.3 %"), (1.0, "100 %"), (0, "0 %")]
)
def test_shares_are_read_as_percentages(share, text):
    assert percent(share) == text


def test_a_moment_is_a_time_element_in_utc():
    html = moment(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (
        html
        == '<time datetime="2026-01-02T03:04:05+00:00" title="2026-01-02 03:04:05 UTC">2026-01-02 03:04</time>'
    )
    assert moment(None) == "–"


def test_the_overview_is_current_on_itself_only_and_a_list_on_all_its_pages():
    def at(address: str, *prefixes: str) -> str:
        return current({"request": RequestFactory().get(address)}, *prefixes)

    assert at("/", "/") == at("/builds/abc/", "/builds/") == "active"
    assert at("/builds/", "/") == at("/", "/builds/") == ""


def test_a_query_string_keeps_what_is_not_changed():
    context = {"request": RequestFactory().get("/?mode=real&before=9")}
    assert query(context, before=None) == "?mode=real"
    assert query(context, before="5-1") == "?mode=real&before=5-1"
