"""The JSON API of the receiver profiles: what it takes, what it gives, and how it refuses."""

import json

import pytest

from pipeline.models import ReceiverProfile
from tests.pipeline.settings_forms import make_endpoint, make_profile

pytestmark = pytest.mark.django_db

ALL, ONE = "/api/v1/receivers", "/api/v1/receivers/living-room-gam"


def send(client, method: str, address: str, body) -> object:
    text = body if isinstance(body, str) else json.dumps(body)
    return client.generic(method, address, text, content_type="application/json")


def fields(answer) -> dict[str, str]:
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    return {row["field"]: row["text"] for row in answer.json()["fields"]}


def test_a_profile_is_made_with_aliases_and_read_back_with_its_layers(ad_ops, settings):
    settings.RECEIVER_CONFIG = {"default_currency": "GBP"}
    config = {
        "receiver": "gam_ssu",
        "debug": True,
        "placement": {"pricing_placement": "EXTENSION"},
        "enabled": True,
    }
    answer = send(ad_ops, "POST", ALL, {"name": "gam", "title": "GAM", "config": config})
    assert answer.status_code == 201
    made = answer.json()
    stored = {
        "receiver": "GAM_SSU",
        "enable_debug": True,
        "placement_rules": {"pricing_placement": "EXTENSIONS"},
    }
    assert made["config"] == ReceiverProfile.objects.get().config == stored
    assert [notice["code"] for notice in made["notices"]] == ["CONFIG_KEY_IGNORED"]
    effective = {row["field"]: (row["value"], row["layer"]) for row in made["effective"]}
    assert effective["receiver"] == ("GAM_SSU", "profile")
    assert effective["default_currency"] == ("GBP", "host")
    again = ad_ops.get(f"{ALL}/gam").json()
    assert {**again, "notices": []} == {**made, "notices": []}
    assert [row["name"] for row in ad_ops.get(ALL).json()["items"]] == ["gam"]


def test_a_change_replaces_what_it_names_and_leaves_the_rest(ad_ops):
    make_profile(max_ads_in_pod=4)
    answer = send(ad_ops, "PATCH", ONE, {"title": "Renamed"})
    assert answer.status_code == 200
    assert (answer.json()["title"], answer.json()["config"]) == ("Renamed", {"max_ads_in_pod": 4})
    assert send(ad_ops, "PATCH", ONE, {"config": {}}).json()["config"] == {}


def test_an_edit_of_an_old_version_is_a_409_with_the_present_one(ad_ops):
    make_profile()
    version = ad_ops.get(ONE).json()["version"]
    assert send(ad_ops, "PATCH", ONE, {"title": "First", "version": version}).status_code == 200
    answer = send(ad_ops, "PATCH", ONE, {"title": "Second", "version": version})
    assert answer.status_code == 409
    assert answer.json()["version"] == ad_ops.get(ONE).json()["version"]
    assert ReceiverProfile.objects.get().title == "First"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"name": ""}, "name"),
        ({"name": "no slug"}, "name"),
        ({"name": "draft"}, "name"),
        ({"name": "other"}, "name"),
        ({"title": "x" * 121}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": 3}, "title"),
        ({"tilte": "x"}, "tilte"),
        ({"config": []}, "config"),
        ({"config": {f"k{number}": 1 for number in range(201)}}, "config"),
        ({"config": {"placement_rules": {f"k{number}": 1 for number in range(200)}}}, "config"),
        ({"config": {"max_ads_in_pod": -1}}, "config.max_ads_in_pod"),
        ({"config": {"max_adz": 1}}, "config.max_adz"),
        ({"config": {"x" * 5000: 1}}, ("config." + "x" * 5000)[:120]),
        (
            {"config": {"placement_rules": {"debug_placement": "MOON"}}},
            "config.placement_rules.debug_placement",
        ),
        ({"config": {"placement_rules": 3}}, "config.placement_rules"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_nothing_is_saved(ad_ops, change, wrong):
    make_profile(max_ads_in_pod=4)
    make_profile("other")
    assert list(fields(send(ad_ops, "PATCH", ONE, change))) == [wrong]
    profile = ReceiverProfile.objects.get(name="living-room-gam")
    assert (profile.title, profile.config) == ("Living Room Gam", {"max_ads_in_pod": 4})


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ('{"title": "\\ud800"}', "title"),
        ('{"config": {"receiver": "\\ud800"}}', "config"),
        ('{"config": {"x": NaN}}', "config"),
    ],
)
def test_what_no_column_holds_is_refused_by_name(ad_ops, change, wrong):
    make_profile()
    assert list(fields(send(ad_ops, "PATCH", ONE, change))) == [wrong]


def test_every_wrong_field_is_named_at_once(ad_ops):
    content = {"name": "a b", "title": "", "config": {"receiver": "ROKU", "deals_first": "maybe"}}
    assert set(fields(send(ad_ops, "POST", ALL, content))) == {
        "name",
        "title",
        "config.receiver",
        "config.deals_first",
    }


def test_a_profile_in_use_is_not_deleted(ad_ops):
    endpoint = make_endpoint()
    answer = ad_ops.delete(ONE)
    assert (answer.status_code, answer.json()["endpoints"]) == (409, [endpoint.public_id])
    endpoint.delete()
    assert ad_ops.delete(ONE).status_code == 204
    assert ad_ops.get(ONE).status_code == 404


def test_qa_reads_and_changes_nothing(qa):
    make_profile()
    assert qa.get(ONE).status_code == 200
    for method, address in (("POST", ALL), ("PATCH", ONE), ("DELETE", ONE)):
        assert send(qa, method, address, {}).status_code == 403


def test_the_list_costs_the_same_queries_however_long(ad_ops, django_assert_max_num_queries):
    for number in range(4):
        make_endpoint(make_profile(f"profile-{number}"))
    with django_assert_max_num_queries(4):
        assert len(ad_ops.get(ALL).json()["items"]) == 4
