"""What of a request may be kept, and what a tag asks of the answer."""

import copy
import json

import pytest

from pipeline.engine import merge_config, redacted, requested_config
from tests.pipeline.engine.query import request

FULL = request(
    "bundle=com.example.tv&ip=198.51.100.77&ifa=ifa-secret&ifat=rida&lmt=0&ua=TV&lat=52.5219&lon=13.4132&user.id=user-secret"
    "&user.buyeruid=buyer-secret&tcfc=consent-secret&addtl_consent=ac-secret&gppc=gpp-secret&gpps=7&usp=1YNN&gdpr=1&coppa=0"
    '&cb=cb-secret&schain=1.0,1!ads.example.com,12,1,rid-secret&w=640&targeting={"k":"data-secret"}&curl=https://www.example.com/v?id=query-secret%23fragment-secret'
)


def test_nothing_that_identifies_a_viewer_is_left() -> None:
    kept = redacted(FULL)
    text = json.dumps(kept)
    assert "secret" in json.dumps(FULL)
    assert "secret" not in text
    assert "198.51.100.77" not in text
    assert kept["device"] == {
        "ua": "TV",
        "ifa": "(redacted)",
        "ext": {"ifa_type": "rida"},
        "lmt": 0,
        "geo": {"lat": 52.5, "lon": 13.4},
        "ip": "198.51.100.0",
    }
    assert kept["regs"] == {"gdpr": 1, "us_privacy": "1YNN", "gpp": "(redacted)", "gpp_sid": [7], "coppa": 0}
    assert kept["user"] == {
        "id": "(redacted)",
        "buyeruid": "(redacted)",
        "consent": "(redacted)",
        "ext": {"ConsentedProvidersSettings": "(redacted)"},
    }
    assert kept["app"]["content"]["url"] == "https://www.example.com/v"
    assert kept["imp"][0]["video"] == FULL["imp"][0]["video"]


def test_the_request_itself_is_not_changed() -> None:
    before = copy.deepcopy(FULL)
    redacted(FULL)["imp"][0]["video"]["w"] = 1
    assert before == FULL


def test_an_ipv6_address_keeps_its_network() -> None:
    assert redacted(request("ip=2001:db8:1:2:3:4:5:6"))["device"] == {"ipv6": "2001:db8:1::"}
    assert redacted({"device": {"ip": "nonsense", "ipv6": None}}) == {"device": {}}


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"imp": None, "device": [], "user": "x"},
        {"imp": [None, {"ext": []}], "regs": {"ext": {"gpp": 1}}},
        {"device": {"geo": {"lat": "x"}}},
    ],
)
def test_any_request_can_be_redacted(odd) -> None:
    json.dumps(redacted(odd))


@pytest.mark.parametrize(
    ("query", "wishes"),
    [
        ("", {}),
        ("of=vast3", {"vast_version_default": "3.0"}),
        ("of=vast4", {"vast_version_default": "4.0"}),
        ("output=xml_vast4", {"vast_version_default": "4.0"}),
        ("output=xml_vast3&vast_version=4.2", {"vast_version_default": "4.2"}),
        ("resp=vast2ma", {"vast_version_default": "2.0"}),
        ("of=vast4_2", {"vast_version_default": "4.2"}),
        ("of=VAST4.1", {"vast_version_default": "4.1"}),
        ("vast_version=4", {"vast_version_default": "4.0"}),
        ("output=vmap", {}),
        ("output=vast", {}),
        ("of=vast9", {}),
        ("receiver=gam_ssu", {"receiver": "gam_ssu"}),
    ],
)
def test_a_tag_may_ask_for_a_version_and_a_receiver(query: str, wishes: dict[str, str]) -> None:
    asked_for = requested_config(request(query))
    assert asked_for == wishes
    assert not merge_config(None, None, asked_for).notices


def test_how_many_ads_are_wanted_is_no_setting() -> None:
    assert requested_config(request("maxseq=50")) == {}


@pytest.mark.parametrize("odd", [{}, {"ext": None}, {"ext": {"prebid": {"of": 4}, "tag": []}}])
def test_any_request_can_be_asked_for_wishes(odd) -> None:
    assert requested_config(odd) == {}


def test_a_transaction_id_joins_no_records() -> None:
    assert redacted({"source": {"tid": "t-1", "fd": 0}}) == {"source": {"tid": "(redacted)", "fd": 0}}


def test_who_signs_in_at_an_address_is_not_kept() -> None:
    site = {"page": "https://jo:secret@a.example/p?q=1", "content": {"url": "http://jo@a.example/@me"}}
    assert redacted({"site": site})["site"] == {
        "page": "https://a.example/p",
        "content": {"url": "http://a.example/@me"},
    }
    assert redacted({"site": {"ref": "https://a.example/@me"}}) == {"site": {"ref": "https://a.example/@me"}}
