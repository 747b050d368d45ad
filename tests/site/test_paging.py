"""Keyset paging: every row once, in order, whatever the timestamps and the page size."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vastdash.models import Publisher
from vastdash.web import Page

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 3), max_size=25), st.integers(1, 6))
def test_every_row_is_met_once_newest_first(offsets, size):
    Publisher.objects.all().delete()
    for number, offset in enumerate(offsets):
        row = Publisher.objects.create(name=f"p{number}", title="x")
        Publisher.objects.filter(pk=row.pk).update(created_at=NOON + timedelta(microseconds=offset))
    expected = list(Publisher.objects.order_by("-created_at", "-id"))
    met, before, first = [], None, True
    while True:
        page = Page(Publisher.objects.all(), before, size=size)
        assert page.first is first
        assert len(page.rows) <= size
        met += page.rows
        if page.next is None:
            break
        before, first = page.next, False
    assert met == expected


def test_rows_added_meanwhile_shift_nothing():
    rows = [Publisher.objects.create(name=f"p{number}", title="x") for number in range(6)]
    first = Page(Publisher.objects.all(), None, size=3)
    Publisher.objects.create(name="newer", title="x")
    second = Page(Publisher.objects.all(), first.next, size=3)
    assert first.rows + second.rows == rows[::-1]


@pytest.mark.parametrize(
    "before", [None, "", "x", "1", "1-2-3", "9" * 30 + "-1", "1-" + "9" * 30, "-1--1", "1-٣"]
)
def test_a_position_nobody_gave_out_is_no_fault_of_ours(before):
    Publisher.objects.create(name="p", title="x")
    assert len(Page(Publisher.objects.all(), before).rows) <= 1


@pytest.mark.parametrize("oldest_first", [False, True])
def test_the_pages_in_front_are_those_one_came_through(oldest_first):
    rows = [Publisher.objects.create(name=f"p{number}", title="x") for number in range(7)]
    rows = rows if oldest_first else rows[::-1]
    pages = [Page(Publisher.objects.all(), None, size=3, oldest_first=oldest_first)]
    while pages[-1].next:
        pages.append(Page(Publisher.objects.all(), pages[-1].next, size=3, oldest_first=oldest_first))
    assert [page.rows for page in pages] == [rows[:3], rows[3:6], rows[6:]]
    back = pages[-1]
    for page in pages[-2::-1]:
        back = Page(Publisher.objects.all(), None, size=3, after=back.previous, oldest_first=oldest_first)
        assert (back.rows, back.next, back.first) == (page.rows, page.next, page.first)
    assert back.previous is None
