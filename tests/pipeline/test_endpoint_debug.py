"""The debug record beside an endpoint: the way of a player's request, told in full, to those who may see it."""

import asyncio
import json
from io import BytesIO

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.urls import reverse

from pipeline.models import EndpointRequest, EndpointTraffic, Source
from pipeline.views.debug import endpoint_debug
from tests.pipeline.players import make_endpoint, pod
from tests.pipeline.responses import bid, body
from vastdash.asgi import behind_proxies
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db

KEYS = {
    "no_ad", "warnings", "errors", "selected_count", "selected", "rejected", "vast_xml_length", "vast_xml", "receiver",
    "vast_version", "nbr", "request", "status", "outcome", "notices", "config", "auction",
}  # fmt: skip


def record_of(browser, endpoint, query: str = "", **headers: str):
    return browser.get(f"{reverse('endpoint-debug', args=[endpoint.slug])}?{query}", headers=headers)


def test_the_record_tells_everything_that_happened(qa):
    endpoint = make_endpoint(body(bid("good"), bid("free", price=0)))
    record = record_of(qa, endpoint, "w=640&h=360").json()
    assert set(record) == KEYS
    assert (record["status"], record["outcome"], record["receiver"]) == (200, "fill", "GENERIC")
    assert [row["bid_id"] for row in record["selected"]] == ["good"]
    assert [(row["bid_id"], row["code"]) for row in record["rejected"]] == [
        ("free", "BID_PRICE_NOT_POSITIVE")
    ]
    assert record["request"]["imp"][0]["video"]["w"] == 640
    assert record["auction"]["source"] == "canned"
    assert record["auction"]["error"] is None
    assert record["auction"]["took_ms"] >= 0


def test_every_setting_names_the_layer_it_came_from(qa, settings):
    settings.RECEIVER_CONFIG = {"default_currency": "EUR"}
    publisher = Publisher.objects.create(name="p", title="P", receiver_config={"deals_first": True})
    endpoint = make_endpoint(publisher=publisher, config={"max_ads_in_pod": 5})
    config = record_of(qa, endpoint, "maxseq=2&vast_version=4.2").json()["config"]
    wanted = {
        "default_currency": "host",
        "deals_first": "account",
        "selection_strategy": "profile",
        "max_ads_in_pod": "request",
        "vast_version_default": "request",
        "enable_debug": "default",
    }
    assert {key: config["provenance"][key] for key in wanted} == wanted
    assert (config["config"]["max_ads_in_pod"], config["config"]["vast_version_default"]) == (2, "4.2")


@pytest.mark.parametrize("query", ["receiver=NOBODY", "vast_version=3.1"])
def test_a_setting_that_a_tag_spells_wrong_leaves_the_profile_s(qa, query):
    endpoint = make_endpoint(config={"receiver": "GAM_SSU", "vast_version_default": "4.2"})
    config = record_of(qa, endpoint, query).json()["config"]
    assert (config["config"]["receiver"], config["config"]["vast_version_default"]) == ("GAM_SSU", "4.2")
    assert {config["provenance"][key] for key in ("receiver", "vast_version_default")} == {"profile"}
    assert [notice["code"] for notice in config["notices"]] == ["CONFIG_VALUE_INVALID"]


def test_the_request_is_shown_without_its_viewer(qa):
    answer = record_of(qa, make_endpoint(), "ifa=secret-ifa&ip=198.51.100.77", user_agent="TV/1")
    text = answer.content.decode()
    assert "secret-ifa" not in text
    assert "198.51.100.77" not in text
    assert "\n  " in text, "a record that people read is indented"


@pytest.mark.parametrize(("trusted", "shown"), [([], None), (["127.0.0.1"], "198.51.100.0")])
def test_behind_a_proxy_the_viewer_is_who_it_is_for_a_player(settings, trusted, shown):
    settings.TRUSTED_PROXIES = trusted
    endpoint = make_endpoint()
    forwarded = (b"x-forwarded-for", b"198.51.100.77")
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [forwarded]}
    seen = []

    async def site(scope, receive, send):
        seen.append(scope)

    asyncio.run(behind_proxies(site)(scope | {"client": ("127.0.0.1", 50_000)}, None, None))
    request = ASGIRequest(seen[0], BytesIO())
    assert request.META["REMOTE_ADDR"] == "198.51.100.77"
    record = json.loads(endpoint_debug(request, endpoint.slug).content)
    assert record["request"].get("device", {}).get("ip") == shown


def test_a_failed_auction_says_why(qa):
    endpoint = make_endpoint(source=Source.PREBID_SERVER, auction_url="http://127.0.0.1:9/openrtb2/auction")
    record = record_of(qa, endpoint).json()
    assert (record["status"], record["outcome"], record["no_ad"]) == (200, "auction_failed", True)
    assert record["auction"]["error"]["code"] == "AUCTION_ADDRESS_REFUSED"


def test_a_query_that_is_too_long_shows_the_status_a_player_gets(qa):
    endpoint = make_endpoint()
    longest = 8192 - len(f"GET /vast/{endpoint.slug}? HTTP/1.1")
    assert record_of(qa, endpoint, "a" * longest).json()["status"] == 200
    record = record_of(qa, endpoint, "a" * (longest + 1)).json()
    assert (record["status"], record["outcome"], record["no_ad"]) == (414, "unusable", True)
    assert record["request"] == {}


def test_it_is_no_traffic_and_welcomes_no_other_origin(qa):
    endpoint = make_endpoint(records_requests=True, allows_credentials=True)
    answer = record_of(qa, endpoint, origin="https://player.example")
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert "no-store" in answer["Cache-Control"]
    assert not EndpointTraffic.objects.exists()
    assert not EndpointRequest.objects.exists()


def test_an_unknown_and_a_closed_endpoint_are_404_as_a_problem(qa):
    for slug in ("zzzzzzzzzzzz", make_endpoint(is_open=False).slug):
        answer = qa.get(f"/vast/{slug}/debug")
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
        assert answer.json()["status"] == 404


def test_only_those_who_may_see_debug_see_it(nobody, viewer, ad_ops):
    endpoint = make_endpoint()
    assert record_of(nobody, endpoint).status_code == 302
    assert record_of(viewer, endpoint).status_code == 403
    assert record_of(ad_ops, endpoint).status_code == 200


def test_a_tag_that_asks_for_debug_gets_the_same_document(qa):
    endpoint = make_endpoint(pod(4))
    plain, asked = (record_of(qa, endpoint, query).json()["vast_xml"] for query in ("", "debug=1"))
    assert plain == asked
    assert "Debug" not in json.dumps(plain)
