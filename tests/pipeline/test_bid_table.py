"""The bids of a build: narrowed, and cut into rows that a page bears, with every bid reachable."""

from copy import copy

import pytest
from django.db import transaction
from django.urls import reverse

from pipeline.build_page.bid_table import ROWS, bid_table
from pipeline.models import Upload
from tests.pipeline.responses import bid, body, inline
from tests.site.rows import make_build

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def made(django_db_setup, django_db_blocker):
    """120 bids: 100 ads, 15 for which there was no place, 5 without a price. Built once, kept by whoever needs it."""
    bids = [bid(f"bid-{n}", price=n if n < 115 else 0, adm=inline(f"ad-{n}")) for n in range(1, 121)]
    bids[0]["price"] = 0.5
    with django_db_blocker.unblock(), transaction.atomic():
        build = make_build(body(*bids), max_ads_in_pod=100)
        transaction.set_rollback(True)
    return build


@pytest.fixture
def many(made, db):
    build = copy(made)
    build.pk, build.response = None, Upload.keep(made.response.body)
    build.save(force_insert=True)
    return build


def ids(table) -> list[str]:
    return [row.bid["bid_id"] for row in table.rows]


def test_every_bid_is_met_once_when_the_rows_are_followed_to_their_end(many):
    seen, start = [], "0"
    while start:
        table = bid_table(many.result, {"from": start})
        assert len(table.rows) <= ROWS
        seen += ids(table)
        start = str(table.first + len(table.rows)) if table.left else ""
    assert len(seen) == len(set(seen)) == 120


def test_the_table_is_narrowed_by_fate_code_seat_and_text(many):
    assert bid_table(many.result, {"fate": "selected"}).total == 100
    assert bid_table(many.result, {"fate": "rejected"}).total == 20
    assert bid_table(many.result, {"code": "POD_FULL"}).total == 14
    assert bid_table(many.result, {"seat": "north"}).total == 120
    assert bid_table(many.result, {"seat": "south"}).total == 0
    assert ids(bid_table(many.result, {"q": "BID-119"})) == ["bid-119"]
    assert bid_table(many.result, {"code": "POD_FULL", "q": "bid-1", "fate": "selected"}).total == 0


def test_the_reasons_are_counted_most_frequent_first(many):
    codes = bid_table(many.result).codes
    assert codes[0] == ("POD_FULL", 14)
    assert sum(count for _, count in codes) == many.rejected_count


@pytest.mark.parametrize("start", ["-1", "x", "9" * 30, "100000", ""])
def test_a_start_beyond_reason_is_no_error(many, start):
    assert bid_table(many.result, {"from": start}).total == 120


def test_the_page_shows_some_and_leads_to_the_others_with_and_without_script(viewer, many):
    page = viewer.get(reverse("build", args=[many.public_id])).content.decode()
    address = reverse("build-bids", args=[many.public_id])
    assert page.count('<tr class="selected">') == ROWS
    assert f'href="{address}?from={ROWS}"' in page
    assert f'hx-get="{address}?from={ROWS}"' in page
    whole = viewer.get(f"{address}?from={ROWS}").content.decode()
    rows = viewer.get(f"{address}?from={ROWS}", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole
    assert rows.lstrip().startswith("<tr")
    assert "14 <code" in page
    assert "POD_FULL" in page


def test_what_was_chosen_stays_chosen_in_the_rows_that_follow(viewer, many):
    answer = viewer.get(reverse("build-bids", args=[many.public_id]), {"fate": "selected", "q": "bid-"})
    text = answer.content.decode()
    assert "?fate=selected&amp;q=bid-&amp;from=50" in text
    assert "<option selected>selected</option>" in text


def test_no_match_is_said(viewer, many):
    text = viewer.get(reverse("build-bids", args=[many.public_id]), {"q": "nobody"}).content.decode()
    assert "No bid matches." in text


def test_a_text_to_look_for_is_never_taken_for_markup(viewer, many):
    text = viewer.get(reverse("build-bids", args=[many.public_id]), {"q": '"><script>'}).content.decode()
    assert "<script>" not in text.partition("<main")[2]


def test_a_response_of_hundreds_of_bids_makes_no_larger_page_than_one_of_tens(viewer):
    def weight(count: int) -> int:
        bids = [bid(f"bid-{n}", price=1 + n % 7, adm=inline(f"ad-{n}")) for n in range(count)]
        build = make_build(body(*bids), max_ads_in_pod=20)
        return len(viewer.get(reverse("build", args=[build.public_id])).content)

    assert weight(2_000) < 1.1 * weight(200)
