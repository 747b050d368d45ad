"""The JSON API of the endpoints: what it takes, what it gives, and how it refuses."""

import json

import pytest
from django.http import Http404
from django.utils import timezone

from pipeline.endpoint.rotation import rotate
from pipeline.models import Endpoint, EndpointTraffic, Outcome
from tests.pipeline.responses import bid, body, response
from tests.pipeline.settings_forms import make_endpoint, make_profile, make_publisher
from tests.site.rows import make_build

pytestmark = pytest.mark.django_db

ALL = "/api/v1/endpoints"


def send(client, method: str, address: str, content) -> object:
    text = content if isinstance(content, str) else json.dumps(content)
    return client.generic(method, address, text, content_type="application/json")


def one(endpoint: Endpoint) -> str:
    return f"{ALL}/{endpoint.public_id}"


def wrong_fields(answer) -> list[str]:
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    return [row["field"] for row in answer.json()["fields"]]


@pytest.fixture
def asked() -> dict:
    make_profile("gam")
    return {"title": "Pre-roll", "receiver": "gam"}


class TestMaking:
    @pytest.mark.parametrize("as_text", [False, True], ids=["object", "text"])
    def test_from_a_response(self, ad_ops, asked, as_text):
        given = json.dumps(response()) if as_text else response()
        answer = send(ad_ops, "POST", ALL, {**asked, "response": given})
        assert answer.status_code == 201
        made, endpoint = answer.json(), Endpoint.objects.get()
        assert json.loads(endpoint.canned.body) == response()
        assert made["id"] == endpoint.public_id
        assert made["address"] == f"http://testserver/vast/{endpoint.slug}"
        assert (made["receiver"], made["publisher"], made["is_open"]) == ("gam", None, True)
        assert endpoint.created_by == endpoint.updated_by
        assert ad_ops.get(one(endpoint)).json() == made

    def test_from_a_build_for_a_publisher(self, ad_ops, asked):
        make_publisher("attic", default_currency="CHF")
        build = make_build()
        made = send(ad_ops, "POST", ALL, {**asked, "build": build.public_id, "publisher": "attic"}).json()
        assert Endpoint.objects.get().canned == build.response
        assert {"field": "default_currency", "value": "CHF", "layer": "account"} in made["effective"]

    @pytest.mark.parametrize(
        ("content", "wrong"),
        [
            ({}, ["build"]),
            ({"receiver": "nobody", "response": {}}, ["receiver"]),
            ({"title": "", "response": {}}, ["title"]),
            ({"title": "a\x00b", "response": {}}, ["title"]),
            ({"response": "nonsense"}, ["response"]),
            ({"response": {}, "build": "abc"}, ["response"]),
            ({"build": "abc"}, ["build"]),
            ({"response": {}, "tmax_ms": 50}, ["tmax_ms"]),
            ({"response": {}, "tmax_ms": "soon"}, ["tmax_ms"]),
            ({"source": "prebid_server"}, ["auction_url"]),
            ({"source": "prebid_server", "auction_url": "http://10.0.0.1/"}, ["auction_url"]),
            ({"source": "dice", "response": {}}, ["source"]),
            ({"slug": "mine"}, ["slug"]),
        ],
    )
    def test_what_cannot_be_is_refused_by_name_and_nothing_is_saved(self, ad_ops, asked, content, wrong):
        assert wrong_fields(send(ad_ops, "POST", ALL, asked | content)) == wrong
        assert not Endpoint.objects.exists()

    def test_half_a_surrogate_pair_in_a_title_is_refused_by_name(self, ad_ops, asked):
        text = '{"title": "\\ud800", "receiver": "gam", "response": {}}'
        assert wrong_fields(send(ad_ops, "POST", ALL, text)) == ["title"]


class TestChanging:
    def test_a_change_leaves_what_it_does_not_name(self, ad_ops):
        endpoint = make_endpoint(publisher=make_publisher(), records_requests=True)
        answer = send(ad_ops, "PATCH", one(endpoint), {"is_open": False})
        assert answer.status_code == 200
        endpoint.refresh_from_db()
        assert (endpoint.is_open, endpoint.records_requests, endpoint.publisher.name) == (
            False,
            True,
            "attic",
        )
        assert endpoint.canned.body == body()
        assert send(ad_ops, "PATCH", one(endpoint), {"publisher": ""}).json()["publisher"] is None

    def test_another_response_changes_what_is_canned(self, ad_ops):
        endpoint = make_endpoint()
        before = ad_ops.get(one(endpoint)).json()["canned"]
        answer = send(ad_ops, "PATCH", one(endpoint), {"response": response(bid(price=3))})
        assert answer.json()["canned"] != before

    def test_an_edit_of_an_old_version_is_a_409(self, ad_ops):
        endpoint = make_endpoint()
        version = ad_ops.get(one(endpoint)).json()["version"]
        assert send(ad_ops, "PATCH", one(endpoint), {"title": "First", "version": version}).status_code == 200
        answer = send(ad_ops, "PATCH", one(endpoint), {"title": "Second", "version": version})
        assert (answer.status_code, answer.json()["field"]) == (409, "version")

    def test_rotating_undoes_no_edit_that_came_since_the_row_was_read(self):
        read = make_endpoint()
        Endpoint.objects.filter(pk=read.pk).update(is_open=False)
        slug = read.slug
        rotate(read, None)
        stored = Endpoint.objects.get()
        assert stored.slug == read.slug != slug
        assert not stored.is_open

    def test_rotating_what_was_deleted_meanwhile_does_not_bring_it_back(self):
        read = make_endpoint()
        Endpoint.objects.all().delete()
        with pytest.raises(Http404):
            rotate(read, None)
        assert not Endpoint.objects.exists()

    def test_rotating_gives_a_new_address_and_no_new_version(self, ad_ops):
        endpoint = make_endpoint()
        before = ad_ops.get(one(endpoint)).json()
        after = ad_ops.post(f"{one(endpoint)}/rotate").json()
        assert after["address"] != before["address"]
        assert after["version"] == before["version"]

    def test_deleting(self, ad_ops):
        endpoint = make_endpoint()
        assert ad_ops.delete(one(endpoint)).status_code == 204
        assert ad_ops.get(one(endpoint)).status_code == 404

    def test_qa_reads_and_changes_nothing(self, qa):
        endpoint = make_endpoint()
        assert qa.get(one(endpoint)).status_code == 200
        for method, address in (
            ("POST", ALL),
            ("PATCH", one(endpoint)),
            ("DELETE", one(endpoint)),
            ("POST", f"{one(endpoint)}/rotate"),
        ):
            assert send(qa, method, address, {}).status_code == 403


def test_the_traffic_of_the_last_day_is_told(viewer):
    endpoint = make_endpoint()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for outcome, requests in ((Outcome.FILL, 3), (Outcome.LIMITED, 1)):
        EndpointTraffic.objects.create(
            endpoint=endpoint, hour=hour, outcome=outcome, requests=requests, ads=2
        )
    told = viewer.get(one(endpoint)).json()
    assert told["fill_rate"] == 0.75
    assert told["last_24_hours"]["fill"] == {"requests": 3, "ads": 2}
    assert set(told["last_24_hours"]) == set(Outcome)


def test_the_list_costs_the_same_queries_however_long(viewer, django_assert_max_num_queries):
    profile = make_profile()
    for number in range(4):
        make_endpoint(profile, title=f"Endpoint {number}")
    with django_assert_max_num_queries(3):
        assert len(viewer.get(ALL).json()["items"]) == 4
