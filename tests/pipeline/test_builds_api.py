"""The JSON API of the builds: the same answers as the pages give, errors as problem documents that name the field."""

import json

import pytest
from django.test import Client

from pipeline.models import Build, Upload
from tests.pipeline.responses import bid, body, response, sample
from tests.site.people import PEOPLE
from tests.site.rows import make_build

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
    assert field in " ".join(row["field"] for row in found["fields"])


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


def test_a_method_nobody_offers_is_refused_as_a_problem(superuser):
    assert problem(superuser.delete(ADDRESS), 403)


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
