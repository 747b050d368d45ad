"""Reading bid responses as they come, and the metadata that is made of a bid."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import build_vast_from_bid_response
from pipeline.engine.openrtb import Bid, read_response
from pipeline.engine.request import read_request
from tests.pipeline.engine.adm import Built, bid, inl


def only(**fields):
    received = read_response({"seatbid": [{"seat": "s", "bid": [fields]}]})
    return received.bids[0], [notice.code for notice in received.notices]


@pytest.mark.parametrize(
    ("field", "value", "read", "remarked"),
    [
        ("id", 7, "7", True),
        ("id", True, "", True),
        ("id", 10**400, "", True),
        ("id", " b ", "b", False),
        ("dealid", ["d"], "", True),
        ("adomain", "a.example", ("a.example",), True),
        ("adomain", ["a.example", 5, " ", None], ("a.example",), True),
        ("adomain", {"a": 1}, (), True),
        ("cat", ("IAB1",), ("IAB1",), False),
        ("dur", 15.0, 15, False),
        ("dur", 15.5, None, True),
        ("dur", "15", None, True),
        ("dur", True, None, True),
        ("dur", float("nan"), None, True),
        ("mtype", 10**400, None, True),
        ("ext", "x", {}, True),
        ("adm", 5, "", True),
        ("nurl", None, "", False),
    ],
)
def test_wrong_types_are_remarked_on_and_read_as_far_as_they_go(field, value, read, remarked):
    found, codes = only(**{field: value})
    assert getattr(found, field) == read
    assert codes == (["FIELD_TYPE"] if remarked else [])


def test_a_bid_whose_id_is_a_number_is_named_by_it():
    received = read_response({"seatbid": [{"bid": [{"id": 7, "dur": "x"}]}]})
    assert [notice.bid_id for notice in received.notices] == ["7", "7"]


HALF = "\ud800"
"""Half a surrogate pair: JSON may hold it, UTF-8 may not."""


@pytest.mark.parametrize("as_text", [False, True])
@pytest.mark.parametrize("value", [HALF, [HALF], {HALF: HALF}])
@pytest.mark.parametrize("field", [*Bid.__struct_fields__[2:], "unknown"])
def test_half_a_surrogate_pair_in_any_field_harms_no_other_bid(field, value, as_text):
    harmed = {**bid("harmed", 9), field: value}
    given = {"seatbid": [{"seat": HALF, "bid": [harmed, bid("good", 1)]}], "id": HALF, "cur": HALF}
    built = build_vast_from_bid_response(
        None, json.dumps(given) if as_text else given, {"selection_strategy": "ALL", "enable_debug": True}
    )
    assert "good" in [taken.meta.bid_id for taken in built.selected]
    json.dumps(built.to_debug(), ensure_ascii=False).encode()


def test_what_a_list_holds_besides_what_it_should_is_said_to_be_left_out():
    received = read_response({"seatbid": [{"bid": [{"id": "b", "adomain": [None, "a.example"]}]}]})
    assert [notice.text for notice in received.notices] == [
        "bid.adomain should be a list of strings; its other entries were left out"
    ]


@pytest.mark.parametrize(
    ("price", "read"),
    [
        (1, Decimal(1)),
        (1.5, Decimal("1.5")),
        (Decimal("1.25"), Decimal("1.25")),
        (Decimal("NaN"), None),
        (5e-324, Decimal("5e-324")),
        (Decimal("1e-99999999"), None),
        (10**18, None),
        ({}, None),
    ],
)
def test_prices_become_decimals(price, read):
    assert only(price=price)[0].price == read


@pytest.mark.parametrize("written", ["null", "true", "NaN", "Infinity", "-1.5", "2e+18"])
def test_values_are_shown_as_json_spells_them(written):
    answer = f'{{"seatbid": [{{"bid": [{{"id": "b", "price": {written}, "nurl": {written}}}]}}]}}'
    result = build_vast_from_bid_response(None, answer)
    [row] = result.rejected
    assert row.price_text == written
    told = [notice.text for notice in result.warnings if notice.code == "FIELD_TYPE"]
    assert all(f"not {written};" in text for text in told)
    assert len(told) == (written != "null")


def test_long_values_are_cropped_in_sentences():
    received = read_response({"seatbid": [{"bid": [{"id": "b", "dur": "x" * 10_000}]}]})
    assert len(received.notices[0].text) < 200


def test_the_metadata_of_a_bid_is_complete():
    meta = {"advertiserId": 4711, "advertiserName": "Acme"}
    names = {
        "adid": "ad",
        "cid": "camp",
        "crid": "crea",
        "dealid": "deal",
        "adomain": ["a.example", "b.example"],
    }
    lists = {"cat": ["IAB1", "IAB1", "IAB2"], "cattax": 6, "slotinpod": 2, "ext": {"prebid": {"meta": meta}}}
    single = bid() | names | lists
    built = Built(answer={"bidid": "top", "cur": "EUR", "seatbid": [{"seat": "seat", "bid": [single]}]})
    found = built.result.selected[0].meta
    assert (found.bid_id, found.ad_id, found.imp_id, found.deal_id, found.seat) == (
        "b1",
        "ad",
        "1",
        "deal",
        "seat",
    )
    assert (found.price, found.price_text, found.currency, found.currency_top_level) == (
        Decimal(5),
        "5",
        "EUR",
        "EUR",
    )
    assert (found.campaign_id, found.creative_id, found.adomain) == ("camp", "crea", "a.example")
    assert (found.advertiser_id, found.advertiser_name) == ("4711", "Acme")
    assert (found.cats, found.cattax, found.dur_sec, found.slot_in_pod) == (("IAB1", "IAB2"), 6, 30, 2)
    assert found.bid_id_response_level == "top"


def test_advertiser_facts_are_read_from_ext_meta_too():
    found = Built(bid(ext={"meta": {"advertiserId": "x", "advertiserName": None}})).result.selected[0].meta
    assert (found.advertiser_id, found.advertiser_name) == ("x", "")


@pytest.mark.parametrize(("reported", "seconds"), [(20, 20), (True, 30), ("20", 30), (-5, 30), (10**9, 30)])
def test_a_reported_duration_must_be_a_sensible_number(reported, seconds):
    built = Built(bid(ext={"prebid": {"video": {"duration": reported}}}))
    assert built.result.selected[0].meta.dur_sec == seconds


def test_requests_tell_their_impressions_and_media():
    asked = read_request('{"imp":[{"id":"1","video":{}},{"id":" 2 ","banner":{},"native":5},{"id":3},null]}')
    assert asked.imp_ids == {"1", "2", "3"}
    assert asked.media == {"1": {"video"}, "2": {"banner"}, "3": set()}
    assert read_request(None).imp_ids is None
    assert read_request({}).imp_ids is None
    assert [notice.code for notice in read_request({"imp": 5}).notices] == ["FIELD_TYPE"]
    assert read_request("[]").error.code == "REQUEST_NOT_AN_OBJECT"
    assert read_request({"id": "r", "seatbid": []}).error.code == "REQUEST_IS_A_RESPONSE"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["id", "impid", "price", "adm", "nurl", "adomain", "cat", "dur", "dealid", "ext", "mtype", "crid"]
)
ADMS = st.sampled_from([inl(), "", "https://a.example", "<VAST", None]) | JSON
BIDS = st.dictionaries(FIELDS, JSON, max_size=6).flatmap(
    lambda fields: st.builds(lambda adm: fields | {"adm": adm}, ADMS)
)
PRICED = BIDS.map(lambda fields: {"price": 1} | fields)
ANSWERS = st.fixed_dictionaries(
    {
        "seatbid": st.lists(
            st.fixed_dictionaries({"seat": JSON, "bid": st.lists(BIDS | PRICED | JSON, max_size=4)}),
            max_size=3,
        )
    },
    optional={"cur": JSON, "bidid": JSON, "id": JSON},
)


@given(ANSWERS, st.none() | st.fixed_dictionaries({"imp": JSON}), st.booleans())
def test_no_response_and_no_request_makes_the_build_raise_or_lose_a_bid(answer, request, skeleton):
    config = {"selection_strategy": "ALL", "allow_skeleton_vast": skeleton, "enable_debug": True}
    result = build_vast_from_bid_response(request, answer, config)
    count = sum(len(seat["bid"]) for seat in answer["seatbid"])
    places = [item.bid.position for item in result.selected] + [row.position for row in result.rejected]
    assert sorted(places) == list(range(count))
    assert result.no_ad is (not result.selected)
    Built(answer=answer, config=config)


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_text_makes_the_build_raise(text):
    assert build_vast_from_bid_response(text, text, {}).xml.startswith(b"<?xml")
