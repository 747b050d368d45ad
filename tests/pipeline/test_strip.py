"""A pod to scale: lengths become widths, unknown ones are told as such, and the request's time is a mark."""

import json
from itertools import pairwise

import pytest

from pipeline.build_page.page import strip_of
from pipeline.build_page.strip import pod_limit_ms, strip
from pipeline.models import Build
from tests.pipeline.responses import bid, body, inline, wrapper
from tests.site.rows import make_build


def selected(*seconds: int) -> list[dict]:
    return [
        {"bid_id": f"bid-{n}", "price": "1", "currency": "USD", "duration_sec": length}
        for n, length in enumerate(seconds, 1)
    ]


def test_widths_stand_to_each_other_as_lengths_do():
    pod = strip(selected(15, 30, 15), "")
    assert [ad.width for ad in pod.ads] == [25, 50, 25]
    assert [ad.x for ad in pod.ads] == [0, 25, 75]
    assert [ad.starts for ad in pod.ads] == ["00:00:00", "00:00:15", "00:00:45"]
    assert pod.summary == "3 ads, 60 s in all"


def test_an_unknown_length_is_drawn_as_the_others_mean_and_makes_later_starts_unknown():
    pod = strip(selected(20, 0, 20), "")
    assert [ad.duration for ad in pod.ads] == ["20 s", "unknown", "20 s"]
    assert pod.ads[1].width == pod.ads[0].width
    assert [ad.starts for ad in pod.ads] == ["00:00:00", "00:00:20", "unknown"]
    assert "1 of unknown length" in pod.summary


def test_the_time_of_the_request_is_a_mark_and_what_exceeds_it_is_told():
    fits, over = strip(selected(15, 15), "", 60_000), strip(selected(15, 30), "", 30_000)
    assert (fits.limit_x, fits.ads[-1].x + fits.ads[-1].width) == (100, 50)
    assert "which they fit" in fits.summary
    assert "which it fits" in strip(selected(15), "", 60_000).summary
    assert over.over_ms == 15_000
    assert "15 s over" in over.summary
    assert over.limit_x == pytest.approx(66.667)


@pytest.mark.parametrize("seconds", [[1] * 100, [3600, *[1] * 99], [0] * 100, [1]])
def test_nothing_is_drawn_beyond_the_strip_or_over_its_neighbour(seconds):
    ads = strip(selected(*seconds), "").ads
    for one, other in pairwise(ads):
        assert one.x + one.width == pytest.approx(other.x, abs=0.01)
    assert ads[-1].x + ads[-1].width <= 100.01
    assert all(ad.width > 0 for ad in ads)


def test_only_what_has_room_is_written_into_an_ad():
    assert [ad.room for ad in strip(selected(50, 38, 9, 3), "").ads] == [4, 4, 3, 0]
    assert all(ad.room == 0 for ad in strip(selected(*[30] * 100), "").ads)


def test_no_ads_make_an_empty_strip():
    assert strip([], "").ads == ()


@pytest.mark.django_db
def test_what_the_served_ads_state_counts_before_what_the_bids_say():
    build = make_build(
        body(bid("a", dur=99, adm=inline(duration="00:00:30")), bid("b", price=1, adm=wrapper()))
    )
    assert [ad.duration_ms for ad in strip_of(build).ads] == [30_000, None]


@pytest.mark.django_db
def test_the_pods_time_comes_from_the_request_of_the_build(qa):
    asked = {"id": "r", "imp": [{"id": "1", "video": {"poddur": 90}}]}
    qa.post("/builds/new/", {"response": body().decode(), "request": json.dumps(asked)})
    build = Build.objects.get()
    assert strip_of(build).limit_ms == 90_000
    page = qa.get(f"/builds/{build.public_id}/").content.decode()
    assert 'class="limit"' in page
    assert "the request offers 90 s" in page
    assert 'aria-label="Ad 1: 30 s, 10 USD"' in page


@pytest.mark.parametrize(
    ("imps", "limit"),
    [
        ([], None),
        (None, None),
        ("x", None),
        (5, None),
        ([{"id": "1"}], None),
        ([{"id": []}], None),
        ([{"id": "1", "video": {"poddur": "60"}}], None),
        ([{"id": "1", "video": {"poddur": True}}], None),
        ([{"id": "1", "video": {"poddur": 10**400}}], None),
        ([{"id": "3", "video": {"poddur": 60}}], None),
        ([{"id": 1, "video": {"poddur": 60.0}}], 60_000),
        ([{"id": "1", "audio": {"poddur": 60}}], 60_000),
        ([{"id": "1", "video": {"poddur": 60}}, {"id": "3", "video": {"poddur": 30}}], 60_000),
        ([{"id": "1", "video": {"poddur": 60}}, {"id": "2", "video": {"poddur": 30}}], None),
        ([{"id": "1", "video": {"poddur": 60}}, {"id": "2", "video": {"poddur": 60}}], None),
        ([{"id": "1", "video": {"poddur": 60}}, {"id": "2", "video": {}}], None),
        ([{"id": one, "video": {"podid": "p", "poddur": 60}} for one in "12"], 60_000),
    ],
)
def test_only_the_one_time_of_the_one_pod_that_was_answered_is_a_limit(imps, limit):
    assert pod_limit_ms({"imp": imps}, frozenset({"1", "2"})) == limit


@pytest.mark.django_db
@pytest.mark.parametrize(
    "imps", [5, [{"id": []}], [{"id": "1", "video": {"poddur": 10**400}}]], ids=["number", "list", "huge"]
)
def test_a_build_of_a_request_that_is_hard_to_read_has_its_page(qa, imps):
    qa.post("/builds/new/", {"response": body().decode(), "request": json.dumps({"imp": imps})})
    build = Build.objects.get()
    assert qa.get(f"/builds/{build.public_id}/").status_code == 200
