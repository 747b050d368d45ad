"""The profiles of providers and publishers over the API: read with their versions, published with a reason."""

import json

import pytest

from playback.models import Provider
from playback.rows import shipped
from tests.site.rows import make_provider
from vastdash.version import version_of

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/providers/yandex"
START = {"event": "start", "probability": 0.5, "min_offset_sec": 0.0, "max_offset_sec": 5.0}


@pytest.fixture
def read() -> str:
    return version_of(make_provider("yandex").playback)


def put(client, profile: dict, **more: object):
    body = json.dumps({"profile": profile, "note": "By a script", **more})
    return client.put(ADDRESS, body, content_type="application/json")


def test_a_profile_is_read_published_and_found_among_its_versions(ad_ops, viewer, read):
    assert viewer.get(ADDRESS).json()["version"] == read
    assert viewer.get(f"{ADDRESS}/versions").json() == {"items": [], "next": None}
    answer = put(ad_ops, {"mode": "headless", "rules": [START]}, version=read)
    assert (answer.status_code, answer.json()["number"]) == (200, 2)
    assert Provider.objects.get().playback == {"mode": "headless", "rules": [START]}
    newest, first = viewer.get(f"{ADDRESS}/versions").json()["items"]
    assert (newest["made_by"], newest["note"], newest["origin"]) == ("adops", "By a script", "published")
    assert newest["changes"][0] == {
        "subject": "Rule start",
        "part": "probability",
        "before": "25 %",
        "after": "50 %",
    }
    assert (first["number"], first["profile"]) == (1, shipped("yandex", "seed"))


def test_an_edit_that_came_between_is_told_and_not_overwritten(ad_ops, read):
    put(ad_ops, {"mode": "headless"}, version=read)
    answer = put(ad_ops, {"mode": "real"}, version=read)
    assert answer.status_code == 409
    assert answer.json()["profile"] == {"mode": "headless"}
    assert Provider.objects.get().playback == {"mode": "headless"}


@pytest.mark.parametrize(
    ("profile", "more", "field"),
    [
        ({"rules": [{**START, "probability": 2}]}, {}, "profile.interruption_rules.start.probability"),
        ({"rules": [START, START]}, {}, "profile.rules"),
        ({"rules": [{"event": "lunch"}]}, {}, "profile.interruption_rules.lunch"),
        ({"speed": 3}, {}, "profile.speed"),
        ({"mode": ["real"]}, {}, "profile.mode"),
        ({"max_session_duration_sec": float("inf")}, {}, "profile.max_session_duration_sec"),
        ({}, {"note": " "}, "note"),
        ({}, {"note": "half a pair \ud800"}, "note"),
        ({"rules": [START] * 8}, {}, "profile.rules"),
    ],
)
def test_what_cannot_be_published_is_refused_at_its_field(ad_ops, read, profile, more, field):
    answer = put(ad_ops, profile, version=read, **more)
    assert answer.status_code == 422
    assert [row["field"] for row in answer.json()["fields"]] == [field]
    assert Provider.objects.get().playback == shipped("yandex", "seed")


def test_who_may_only_read_publishes_nothing(viewer, read):
    assert put(viewer, {}, version=read).status_code == 403
    assert viewer.get("/api/v1/providers/nobody").status_code == 404
