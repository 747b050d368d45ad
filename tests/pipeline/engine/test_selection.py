"""Cases A of pipeline.md §4: which bids are served, in which order, and what is said of the others."""

import json
import time

import pytest

from pipeline.engine import SelectionStrategy
from tests.pipeline.engine.adm import Built, bid, cfg0, inl, response

THREE = [bid("ten", 10.0), bid("eight", 8.0), bid("six", 6.0)]


def test_case_1_a_single_bid_is_a_lone_ad_with_its_price():
    built = Built(bid("b1", 5.0))
    assert (built.ids, built.sequences, built.result.no_ad) == (["b1"], [None], False)
    assert [(str(price), currency) for price, currency, _ in built.prices] == [("5", "USD")]
    assert built.result.selected[0].sequence is None


def test_case_2_top_n_serves_by_price_and_numbers_the_pod():
    built = Built(*reversed(THREE), config=cfg0(max_ads_in_pod=3))
    assert (built.ids, built.sequences) == (["ten", "eight", "six"], ["1", "2", "3"])
    assert [item.sequence for item in built.result.selected] == [1, 2, 3]


@pytest.mark.parametrize(
    ("places", "why", "told"),
    [
        (1, "the only place of the pod went to a higher rank", "the pod holds 1 ad; 2 more"),
        (2, "all 2 places of the pod went to higher ranks", "the pod holds 2 ads; 1 more"),
    ],
)
def test_who_found_no_place_is_told_of_how_many(places, why, told):
    result = Built(*THREE, config=cfg0(max_ads_in_pod=places)).result
    assert {bid.text for bid in result.rejected} == {why}
    assert [notice.text.startswith(told) for notice in result.warnings if notice.code == "POD_TRUNCATED"] == [
        True
    ]


def test_case_4_single_serves_only_the_best():
    built = Built(*THREE, config=cfg0(selection_strategy="SINGLE"))
    assert (built.ids, built.sequences) == (["ten"], [None])
    assert built.fates == {"ten": "selected", "eight": "NOT_HIGHEST_RANKED", "six": "NOT_HIGHEST_RANKED"}


def test_case_5_all_ignores_the_limit_of_the_pod():
    assert (
        Built(*THREE, config=cfg0(selection_strategy=SelectionStrategy.ALL, max_ads_in_pod=2)).count("Ad")
        == 3
    )


def test_case_7_ties_fall_to_the_id_in_plain_string_order():
    built = Built(bid("b2", 5.0, inl("2")), bid("b10", 5.0, inl("10")), bid("b1", 5.0, inl("1")))
    assert built.ids == ["b1", "b10", "b2"]


def test_ties_with_a_deal_come_before_ties_without():
    assert Built(bid("a", 5.0), bid("b", 5.0, dealid="d")).ids == ["b", "a"]


def test_case_8_deals_come_first_only_when_asked():
    bids = [bid("open", 9.0), bid("deal", 4.0, dealid="d")]
    assert Built(*bids).ids == ["open", "deal"]
    assert Built(*bids, config=cfg0(deals_first=True)).ids == ["deal", "open"]


BAD_PRICES = [
    "0",
    "-1",
    "null",
    '"five"',
    "true",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "[]",
    "{}",
    '"NaN"',
    '"5 USD"',
    '"5."',
    '"1e3"',
    '"+5"',
    '"-5"',
    '"5,50"',
    '"\u0665"',
    "9" * 400,
]


@pytest.mark.parametrize("price", [*BAD_PRICES, "9" * 6000])
def test_case_10_an_unusable_price_is_rejected_and_named(price):
    text = json.dumps(response(bid("b1", "PRICE"))).replace('"PRICE"', price)
    built = Built(answer=text)
    assert built.result.no_ad
    assert [row.bid_id for row in built.result.rejected] == ["b1"]
    assert set(built.codes("b1")) & {"BID_PRICE_INVALID", "BID_PRICE_NOT_POSITIVE"}


def test_case_10_a_missing_price_is_rejected_and_a_plain_decimal_string_is_served_with_a_warning():
    assert Built({"id": "b1", "impid": "1", "adm": inl()}).codes("b1") == ["BID_PRICE_INVALID"]
    built = Built(bid("b1", " 5.25 "))
    assert (built.codes("b1"), str(built.prices[0][0])) == (["BID_PRICE_STRING"], "5.25")


@pytest.mark.parametrize("price", BAD_PRICES)
def test_case_11_a_bad_price_never_harms_the_other_bid(price):
    text = json.dumps(response(bid("bad", "PRICE"), bid("good", 1.0))).replace('"PRICE"', price)
    built = Built(answer=text)
    assert (built.ids, built.sequences) == (["good"], [None])


def test_case_13_a_free_deal_is_served_last_and_without_price_only_when_allowed():
    bids = [bid("free", 0, dealid="d"), bid("paid", 0.01)]
    assert Built(*bids).fates == {"free": "BID_PRICE_NOT_POSITIVE", "paid": "selected"}
    built = Built(*bids, config=cfg0(allow_zero_price_deals=True, deals_first=True))
    assert built.ids == ["paid", "free"]
    assert len(built.prices) == 1
    assert Built(bid("free", 0), config=cfg0(allow_zero_price_deals=True)).result.no_ad


@pytest.mark.parametrize(("price", "text"), [(1e15, "1000000000000000"), (0.1 + 0.2, "0.3")])
def test_case_14_prices_are_decimals_without_exponent(price, text):
    assert Built(bid("b1", price)).inline("Pricing")[0].text == text


def test_case_16_a_failing_bid_leaves_no_gap():
    built = Built(bid("a", 9), bid("b", 8, "<VAST"), bid("c", 7))
    assert (built.ids, built.sequences) == (["a", "c"], ["1", "2"])


def test_case_17_the_last_one_standing_is_a_lone_ad():
    built = Built(bid("a", 9, "broken"), bid("b", 8))
    assert (built.ids, built.sequences) == (["b"], [None])


def test_an_unusable_bid_frees_its_place_for_the_next():
    built = Built(bid("a", 9, "broken"), bid("b", 8), bid("c", 7), config=cfg0(selection_strategy="SINGLE"))
    assert built.fates == {"a": "ADM_NOT_VAST", "b": "selected", "c": "NOT_HIGHEST_RANKED"}


def test_case_19_without_an_id_the_ad_is_named_after_what_is_known():
    named = {
        "imp-7": {"price": 1, "impid": "7", "adm": inl()},
        "own": {"price": 1, "adm": inl()},
        "ad-1": {"price": 1, "adm": inl(ad="")},
    }
    for expected, single in named.items():
        built = Built(single)
        assert built.ids == [expected]
        assert "BID_ID_MISSING" in built.codes()


def test_case_20_the_same_id_from_two_seats_gives_two_ads_with_ids_of_their_own():
    answer = {"seatbid": [{"seat": seat, "bid": [bid("same", 5)]} for seat in ("x", "y", "z")]}
    built = Built(answer=answer)
    assert built.ids == ["same", "same-2", "same-3"]
    assert built.codes("same").count("AD_ID_NOT_UNIQUE") == 2


def test_the_same_bid_twice_from_one_seat_is_served_once():
    built = Built(bid("same", 5), bid("same", 5), bid("same", 5, inl("other")))
    assert built.ids == ["same", "same-2"]
    assert [row.code for row in built.result.rejected] == ["BID_DUPLICATE"]


def test_case_22_an_answer_to_an_impression_nobody_asked_for_is_rejected():
    request = {"imp": [{"id": "1"}, {"id": " 2 "}]}
    built = Built(bid("a"), bid("b", impid="9"), bid("c", impid=None), bid("d", impid="2"), request=request)
    assert built.fates == {"a": "selected", "b": "BID_IMP_UNKNOWN", "c": "BID_IMP_UNKNOWN", "d": "selected"}
    assert Built(bid("a", impid="9"), request={"imp": []}).fates == {"a": "selected"}


def test_identifiers_of_a_request_may_be_numbers_like_those_of_a_bid():
    deals = {"deals": [{"id": 5, "bidfloor": 9}]}
    request = {"imp": [{"id": 1, "pmp": deals}, {"id": "2"}]}
    bids = [bid("a"), bid("b", impid=1), bid("c", impid="3"), bid("d", dealid="5")]
    assert Built(*bids, request=request, config=cfg0(enforce_pod=True)).fates == {
        "a": "selected",
        "b": "selected",
        "c": "BID_IMP_UNKNOWN",
        "d": "BELOW_FLOOR",
    }


@pytest.mark.parametrize(
    "answer", [None, {}, {"seatbid": []}, {"seatbid": [{}]}, {"seatbid": None}, "null", b"{}", {"nbr": 2}]
)
def test_case_23_nothing_to_serve_is_a_no_ad_without_errors(answer):
    built = Built(answer=answer or "null")
    assert (built.result.no_ad, built.result.errors, built.count("Ad")) == (True, (), 0)


def test_case_23_a_bid_that_is_no_object_is_rejected_in_its_place():
    built = Built(answer={"seatbid": [None, {"seat": "s", "bid": [None, 5, bid("a")]}, {"bid": {"id": "b"}}]})
    assert built.ids == ["a"]
    assert [(row.position, row.code) for row in built.result.rejected] == [
        (0, "BID_NOT_AN_OBJECT"),
        (1, "BID_NOT_AN_OBJECT"),
    ]
    assert built.codes().count("FIELD_TYPE") == 2


def test_case_25_five_thousand_bids_cost_little_and_all_have_a_fate():
    padding = f"<!-- {'x' * 20_000} -->"
    answer = json.dumps(response(*(bid(f"b{n}", 1 + n / 1000, inl(after=padding)) for n in range(5_000))))
    started = time.process_time()
    built = Built(answer=answer)
    assert time.process_time() - started < 6, "three times what is promised, for a busy machine"
    assert built.count("Ad") == 10
    assert len(built.xml) < 300_000
    assert len(built.result.selected) + len(built.result.rejected) == 5_000
    assert built.codes().count("POD_TRUNCATED") == 1


def test_case_26_no_limit_means_the_hard_cap_and_a_negative_one_is_refused():
    many = [bid(f"b{n:03}", 5, inl(str(n))) for n in range(120)]
    assert Built(*many, config=cfg0(max_ads_in_pod=0)).count("Ad") == 100
    assert Built(*many, config=cfg0(selection_strategy="ALL")).count("Ad") == 100
    negative = Built(*many, config=cfg0(max_ads_in_pod=-1))
    assert negative.count("Ad") == 10
    assert "CONFIG_VALUE_INVALID" in negative.codes()


def test_every_bid_has_exactly_one_fate_and_its_place():
    bids = [bid("a", 9), bid("b", 0), bid("c", 5, "x"), bid("d", 4), bid("e", 3)]
    result = Built(*bids, config=cfg0(max_ads_in_pod=2)).result
    fates = [item.bid.position for item in result.selected] + [row.position for row in result.rejected]
    assert sorted(fates) == [0, 1, 2, 3, 4]
    assert all(row.seat == "s" and row.text and row.imp_id == "1" for row in result.rejected)
