"""The JSON API of the builds: the same answers as the pages give, errors as problem documents that name the field."""

import json

import pytest
from django.test import Client

from pipeline.models import Build, ReceiverProfile, Upload
from tests.pipeline.responses import bid, body, response, sample
from tests.site.people import PEOPLE
from tests.site.rows import make_build
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/builds"


def post(client: Client, payload: object, **options):
    text = payload if isinstance(payload, bytes | str) else json.dumps(payload)
    return client.post(ADDRESS, text, content_type="application/json", **options)


def problem(answer, status: int) -> dict:
    """The problem document, having made sure that it is one and that nothing was kept."""
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert {"type", "title", "status", "detail"} <= set(found)
    assert found["status"] == status
    assert found["detail"]
    assert "Traceback" not in answer.content.decode()
    assert (Build.objects.count(), Upload.objects.count()) == (0, 0)
    return found


@pytest.mark.parametrize("given", [response(), body().decode()], ids=["as an object", "as text"])
def test_a_response_becomes_a_build_with_its_document_and_decisions(qa, given):
    answer = post(qa, {"response": given, "receiver": "gam_ssu", "title": "From the nightly run"})
    assert answer.status_code == 201
    found = answer.json()
    build = Build.objects.get()
    assert found["id"] == build.public_id
    assert (found["title"], found["receiver"], found["selected"]) == ("From the nightly run", "GAM_SSU", 1)
    assert found["vast"] == build.vast
    assert found["decisions"]["selected"][0]["bid_id"] == "bid-1"
    assert isinstance(found["lint"], list)


def test_the_request_and_the_configuration_reach_the_engine(qa):
    asked = {"id": "request-1", "imp": [{"id": "1", "video": {}}]}
    bids = [bid("a"), bid("b", price=3)]
    answer = post(
        qa, {"response": response(*bids), "request": asked, "config": {"selection_strategy": "SINGLE"}}
    )
    assert answer.status_code == 201
    assert answer.json()["selected"] == 1
    assert json.loads(Build.objects.get().request.body) == asked


def test_a_legal_answer_without_bids_is_kept_as_no_ad(qa):
    answer = post(qa, {"response": {"id": "1", "nbr": 2}})
    assert answer.status_code == 201
    assert answer.json()["no_ad"] is True


def test_one_build_can_be_read_again_and_lists_leave_the_documents_out(viewer):
    build = make_build()
    found = viewer.get(f"{ADDRESS}/{build.public_id}").json()
    assert found["vast"] == build.vast
    assert found["lint"] == build.findings
    row = viewer.get(ADDRESS).json()["items"][0]
    assert row == {key: found[key] for key in row}
    assert not {"vast", "decisions"} & set(row)


def test_the_list_goes_on_page_by_page_without_loss_or_doubling(viewer, django_assert_max_num_queries):
    made = [make_build().public_id for _ in range(52)]
    Build.objects.update(created_at=Build.objects.first().created_at)
    with django_assert_max_num_queries(6):
        first = viewer.get(ADDRESS).json()
    second = viewer.get(ADDRESS, {"before": first["next"]}).json()
    assert second["next"] is None
    assert [row["id"] for row in first["items"] + second["items"]] == made[::-1]


def test_an_unknown_receiver_is_refused_by_name_with_those_there_are(qa):
    found = problem(post(qa, {"response": response(), "receiver": "ROKU"}), 422)
    assert found["field"] == "receiver"
    assert "'ROKU'" in found["detail"]
    assert "GAM_SSU" in found["known"]


def test_an_unusable_response_is_refused_with_the_fate_of_every_bid(qa):
    found = problem(post(qa, {"response": response(bid(price=-1), bid("b", adm="nothing"))}), 422)
    assert found["field"] == "response"
    assert [row["bid_id"] for row in found["rejected"]] == ["bid-1", "b"]


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "response"),
        ({"response": 7}, "response"),
        ({"response": [1]}, "response"),
        ({"response": {"id": "1"}, "request": 7}, "request"),
        ({"response": {"id": "1"}, "title": "x" * 201}, "title"),
        ({"response": {"id": "1"}, "colour": "red"}, "colour"),
        ({"response": {"id": "1"}, "config": []}, "config"),
        ([], "body"),
        ("[1]", "body"),
        ("", "body"),
    ],
)
def test_a_payload_of_the_wrong_shape_is_refused_naming_the_field(qa, payload, field):
    found = problem(post(qa, payload), 422)
    assert [row["field"] for row in found["fields"]] == [field]
    assert "Value error" not in found["detail"]


def test_a_form_instead_of_json_is_refused_as_such(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(PEOPLE["qa"]())
    client.get("/builds/new/")
    token = client.cookies["csrftoken"].value
    problem(client.post(ADDRESS, {"response": "x", "csrfmiddlewaretoken": token}), 415)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800"])
def test_a_configuration_that_cannot_be_kept_is_refused(qa, value):
    found = problem(post(qa, {"response": response(), "config": {"max_ads_in_pod": value}}), 422)
    assert "config" in found["detail"]


def test_a_configuration_of_thousands_of_settings_is_refused_before_each_is_looked_at(qa):
    config = {f"k{number}": number for number in range(5000)}
    found = problem(post(qa, {"response": response(), "config": config}), 422)
    assert found["detail"] == "config: holds more than 200 settings"


@pytest.mark.parametrize("text", ["{", "not JSON", '{"response": {}', "[" * 100_000, '{"response":' * 50_000])
def test_a_body_that_is_not_json_is_refused_as_unusable(qa, text):
    assert problem(post(qa, text), 400)["title"]


@pytest.mark.parametrize("given", ["no JSON", "[]", '{"id":', " ", "[" * 50_000])
def test_a_response_text_that_cannot_be_read_is_refused_at_its_field(qa, given):
    assert problem(post(qa, {"response": given}), 422)["field"] == "response"


def test_an_unreadable_request_is_refused_at_its_field(qa):
    assert problem(post(qa, {"response": response(), "request": "{"}), 422)["field"] == "request"


def test_a_response_over_the_limit_is_refused_at_its_field(qa, settings):
    settings.UPLOAD_MAX_BYTES = 1_000
    found = problem(post(qa, {"response": response()}), 422)
    assert found["field"] == "response"
    assert "larger than the limit" in found["detail"]


def test_numbers_no_json_knows_cost_their_bid_and_not_the_response(qa):
    text = json.dumps(
        {"response": response(bid(), bid("nan", price=float("nan")), bid("inf", price=float("inf")))}
    )
    answer = post(qa, text)
    assert answer.status_code == 201
    assert [row["bid_id"] for row in answer.json()["decisions"]["rejected"]] == ["nan", "inf"]


@pytest.mark.parametrize("field", ["response", "title", "request", "receiver"])
def test_half_a_surrogate_pair_is_refused_at_its_field(qa, field):
    payload = {"response": response(), field: "\ud800"}
    assert problem(post(qa, payload), 422)["detail"].startswith(field)


def test_half_a_surrogate_pair_within_a_bid_is_refused_or_costs_that_bid_only(qa):
    answer = post(qa, {"response": response(bid("good"), bid("\ud800"))})
    assert answer.status_code in {201, 422}
    assert answer.json().get("field", "response") == "response"


def test_an_unknown_build_is_a_404_problem(viewer):
    found = problem(viewer.get(f"{ADDRESS}/zzzzzzzzzzzz"), 404)
    assert found["title"] == "Not found"


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "OPTIONS", "TRACE"])
def test_a_method_nobody_offers_is_a_405_that_names_those_there_are(viewer, method):
    answer = viewer.generic(method, ADDRESS)
    assert answer.status_code == 405
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert "GET" in problem(answer, 405)["detail"]


def test_a_post_to_the_description_is_refused_as_a_problem(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(PEOPLE["qa"]())
    problem(client.post("/api/v1/openapi.json"), 403)


def test_without_the_csrf_token_nothing_is_built(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(PEOPLE["qa"]())
    problem(post(client, {"response": response()}), 403)
    client.get("/builds/new/")
    token = client.cookies["csrftoken"].value
    assert post(client, {"response": response()}, headers={"x-csrftoken": token}).status_code == 201


def test_what_the_api_builds_is_what_the_page_builds(qa):
    made = post(
        qa, {"response": sample("pod-three-seats").decode(), "config": {"selection_strategy": "TOP_N"}}
    )
    assert made.json()["vast"] == make_build(sample("pod-three-seats")).vast


def again(client: Client, build: Build, payload: object):
    return client.post(
        f"{ADDRESS}/{build.public_id}/again", json.dumps(payload), content_type="application/json"
    )


def test_a_receiver_profile_and_a_publisher_are_layers_of_a_build(qa):
    ReceiverProfile.objects.create(
        name="tv", title="TV", config={"receiver": "GAM_SSU", "enable_debug": True}
    )
    Publisher.objects.create(name="attic", title="Attic", receiver_config={"collision_policy": "MERGE"})
    payload = {
        "response": response(),
        "receiver_profile": "tv",
        "publisher": "attic",
        "config": {"debug": False},
    }
    found = post(qa, payload).json()
    assert (found["receiver"], found["receiver_profile"], found["publisher"]) == ("GAM_SSU", "tv", "attic")
    layers = {row["key"]: (row["value"], row["layer"]) for row in found["decisions"]["effective"]}
    assert layers["collision_policy"] == ("MERGE", "account")
    assert layers["receiver"] == ("GAM_SSU", "profile")
    assert layers["enable_debug"] == ("off", "build")


@pytest.mark.parametrize("field", ["receiver_profile", "publisher"])
def test_a_layer_nobody_has_is_refused_at_its_field(qa, field):
    assert problem(post(qa, {"response": response(), field: "nobody"}), 422)["field"] == field


def test_a_build_is_made_again_as_it_was_but_for_what_is_said(qa):
    first = make_build(sample("pod-three-seats"), collision_policy="MERGE")
    answer = again(qa, first, {"receiver": "freewheel"})
    assert answer.status_code == 201
    found = answer.json()
    assert (found["made_from"], found["receiver"]) == (first.public_id, "FREEWHEEL")
    assert found["config"] == first.config | {"receiver": "FREEWHEEL"}
    assert found["compared"]["same_bytes"] is False
    assert "advertiser" in [row["row"] for row in found["compared"]["rows"]]
    same = again(qa, first, {}).json()
    assert same["compared"] == {"same_bytes": True, "fates": [], "settings": [], "rows": []}


@pytest.mark.parametrize(
    ("payload", "named"),
    [({"receiver": "ROKU"}, "receiver"), ({"colour": 1}, "colour"), ({"publisher": "nobody"}, "publisher")],
)
def test_building_again_refuses_what_building_refuses(qa, payload, named):
    answer = again(qa, make_build(), payload)
    assert answer.status_code == 422
    assert named in answer.json()["detail"]
    assert Build.objects.count() == 1


def test_a_build_tells_what_its_page_shows(viewer):
    found = viewer.get(f"{ADDRESS}/{make_build(sample('pod-three-seats')).public_id}").json()
    assert found["rejected_by_code"] == {"BID_PRICE_NOT_POSITIVE": 1}
    assert [ad["duration_ms"] for ad in found["pod"]["ads"]] == [15_000, 30_000, 20_000]
    assert found["pod"]["known_ms"] == 65_000
    assert found["made_from"] is None
    assert found["compared"] is None


def test_an_ad_is_given_beside_its_markup_with_the_reason_of_each_difference(viewer):
    build = make_build(body(bid(adomain=["shoes.example"])))
    found = viewer.get(f"{ADDRESS}/{build.public_id}/ads/1").json()
    assert found["markup"] == response()["seatbid"][0]["bid"][0]["adm"]
    [line] = [
        line
        for line in found["differences"]["lines"]
        if line["now"] and "<Advertiser>" in line["now"]["text"]
    ]
    assert line["kind"] == "added"
    assert line["reasons"][0]["rule"] == "GENERIC: advertiser"
    assert viewer.get(f"{ADDRESS}/{build.public_id}/ads/2").status_code == 404
