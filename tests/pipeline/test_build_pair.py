"""Two builds beside each other: of one response by the place of a bid in it, of two by its id."""

import pytest
from django.urls import reverse

from pipeline.build_page.pair import build_pair
from pipeline.builds import build_again
from pipeline.models import Build
from tests.pipeline.responses import bid, body
from tests.site.rows import make_build

pytestmark = pytest.mark.django_db


def whole(*rows: Build) -> list[Build]:
    return [Build.objects.select_related("response").get(pk=row.pk) for row in rows]


def test_a_build_made_again_differs_in_what_was_asked_for_and_written():
    first = make_build()
    told = build_pair(*whole(first, build_again(first, user=None, config={"receiver": "FREEWHEEL"})))
    assert [tuple(change) for change in told.facts] == [("receiver", "GENERIC", "FREEWHEEL")]
    assert told.lines is not None
    assert told.lines.total > 0
    assert not told.comparison.same_bytes


def test_bids_of_two_responses_are_the_same_by_their_id(viewer):
    one = make_build(body(bid("kept", price=20), bid("broken")))
    other = make_build(body(bid("broken", adm="<VAST"), bid("kept", price=20), bid("new", price=5)))
    told = build_pair(*whole(one, other))
    fates = {change.what: (change.was, change.now) for change in told.comparison.fates}
    assert fates["broken"][0] == "ad 2"
    assert fates["broken"][1].startswith("rejected: ")
    assert fates["new"][0] == ""
    assert "kept" not in fates
    api = viewer.get(f"/api/v1/builds/{one.public_id}/compare/{other.public_id}").json()
    assert [change["what"] for change in api["fates"]] == list(fates)
    assert dict(told.equal)["What became of the bids"] == (("kept", "ad 1"),)


def test_a_build_is_equal_to_one_of_the_same_response_and_settings(viewer):
    one, other = make_build(), make_build()
    answer = viewer.get(reverse("compare-builds"), {"a": one.public_id, "b": other.public_id})
    assert answer.context["told"].total == 0
    assert "the same document to the byte" in answer.content.decode()


def test_builds_are_chosen_from_the_latest(viewer):
    one = make_build()
    assert one.public_id in viewer.get(reverse("compare-builds")).content.decode()
