"""`enforce_pod`: what the request asks of the ads of a pod (pipeline.md §1.6, OpenRTB 2.6 §3.2)."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import build_vast_from_bid_response
from tests.pipeline.engine.adm import Built, bid, cfg0, inl, response, wrapper
from vast.durations import format_duration


def ad(seconds):
    return inl(duration=f"<Duration>{format_duration(round(seconds * 1000))}</Duration>")


def spot(name, price, seconds, **more):
    return bid(name, price, ad(seconds), **more)


def asking(*imps, **request):
    """A request; each imp is its id, its video, and what else the imp says."""
    found = [{"id": imp_id, "video": video, **more} for imp_id, video, more in imps]
    return {"id": "r", "imp": found, **request}


def one(video=None, request=None, **imp):
    return asking(("1", video or {}, imp), **(request or {}))


def enforced(*bids, request, cur="USD", **config):
    return Built(*bids, request=request, config=cfg0(enforce_pod=True, **config), cur=cur)


def test_without_the_switch_the_request_limits_nothing():
    request = one(
        {"poddur": 10, "maxseq": 1, "maxduration": 5},
        {"bcat": ["IAB1"], "badv": ["a.example"]},
        bidfloor=99,
    )
    built = Built(spot("a", 9, 30, cat=["IAB1"], adomain=["a.example"]), spot("b", 8, 30), request=request)
    assert (built.ids, built.codes()) == (["a", "b"], [])


def test_ads_fill_the_pod_by_rank_and_one_that_does_not_fit_frees_its_place():
    built = enforced(
        spot("a", 9, 30), spot("b", 8, 30), spot("c", 7, 15), spot("d", 6, 15), request=one({"poddur": 60})
    )
    assert built.fates == {
        "a": "selected",
        "b": "selected",
        "c": "POD_DURATION_EXCEEDED",
        "d": "POD_DURATION_EXCEEDED",
    }
    built = enforced(
        spot("a", 9, 30), spot("b", 8, 40), spot("c", 7, 15), spot("d", 6, 15), request=one({"poddur": 60})
    )
    assert built.ids == ["a", "c", "d"]
    assert built.sequences == ["1", "2", "3"]
    assert built.codes("b") == ["POD_DURATION_EXCEEDED"]
    assert "40 s; 30 of the 60 seconds" in built.result.rejected[0].text


def test_maxseq_limits_the_ads_of_its_pod():
    built = enforced(spot("a", 9, 5), spot("b", 8, 5), spot("c", 7, 5), request=one({"maxseq": 2}))
    assert built.fates == {"a": "selected", "b": "selected", "c": "POD_MAXSEQ"}


def test_a_bid_whose_markup_fails_takes_nothing_from_the_pod():
    request = one({"maxseq": 1, "poddur": 30})
    built = enforced(bid("a", 9, "broken"), spot("b", 8, 30), request=request)
    assert built.fates == {"a": "ADM_NOT_VAST", "b": "selected"}
    collided = enforced(spot("a", 9, 30, dur=20), spot("b", 8, 30), request=request, collision_policy="ERROR")
    assert collided.fates == {"a": "FIELD_COLLISION", "b": "selected"}


@pytest.mark.parametrize("video", [{"maxseq": 1}, {"podid": "p"}, {"poddur": 30}])
def test_no_skeleton_stands_in_where_the_imp_has_all_its_ads(video):
    bids = [bid("a", 9, "broken", dur=15), spot("b", 8, 30), bid("c", 7, "broken", dur=15)]
    built = enforced(*bids, request=one(video), allow_skeleton_vast=True)
    assert built.ids == ["b"]
    assert built.fates["a"] == "ADM_NOT_VAST"
    only = enforced(bids[0], bids[2], request=one(video), allow_skeleton_vast=True)
    assert only.ids == (["a", "c"] if "poddur" in video else ["a"])


@pytest.mark.parametrize(
    ("seconds", "video", "fate"),
    [
        (14, {"minduration": 15}, "AD_TOO_SHORT"),
        (15, {"minduration": 15}, "selected"),
        (14.96, {"minduration": 15}, "selected"),
        (30.04, {"maxduration": 30}, "selected"),
        (31, {"maxduration": 30}, "AD_TOO_LONG"),
        (20, {"rqddurs": [15, 30]}, "AD_DURATION_NOT_ALLOWED"),
        (30, {"rqddurs": [15, 30]}, "selected"),
        (30, {"rqddurs": [30], "maxduration": 15}, "selected"),
        (30, {"maxduration": 0, "minduration": -1, "poddur": 0, "maxseq": -1}, "selected"),
    ],
)
def test_the_length_of_an_ad_is_what_its_markup_says_to_the_nearest_second(seconds, video, fate):
    assert enforced(spot("a", 9, seconds), request=one(video)).fates == {"a": fate}


def test_the_markup_goes_before_the_length_that_the_bid_declares():
    assert enforced(spot("a", 9, 31, dur=30), request=one({"maxduration": 30})).fates == {"a": "AD_TOO_LONG"}
    assert enforced(bid("a", 9, wrapper(), dur=31), request=one({"maxduration": 30})).fates == {
        "a": "AD_TOO_LONG"
    }


def test_an_unknown_length_is_reckoned_as_the_longest_allowed_or_refused():
    unknown = bid("a", 9, wrapper())
    for longest in ({"maxduration": 20}, {"rqddurs": [10, 20]}):
        built = enforced(unknown, spot("b", 8, 20), request=one({"poddur": 30, **longest}))
        assert built.fates == {"a": "selected", "b": "POD_DURATION_EXCEEDED"}
        assert built.codes("a").count("DURATION_ASSUMED") == 1
    refused = enforced(unknown, spot("b", 8, 20), request=one({"poddur": 30}))
    assert refused.fates == {"a": "DURATION_UNKNOWN", "b": "selected"}
    for limits, code in (({"poddur": 30}, "POD_DURATION_EXCEEDED"), ({"mincpmpersec": 1}, "BELOW_FLOOR")):
        [row] = enforced(unknown, request=one({"maxduration": 60, **limits})).result.rejected
        assert row.code == code
        assert row.text.startswith("the length of the ad is unknown; it was reckoned as 60 s")
    free = enforced(unknown, request=one({"maxseq": 3}))
    assert free.fates == {"a": "selected"}
    assert "DURATION_ASSUMED" not in free.codes()


@pytest.mark.parametrize(
    ("blocked", "domain", "fate"),
    [
        ("ford.com", "ford.com", "ADVERTISER_BLOCKED"),
        ("Ford.COM", "www.fORD.com", "ADVERTISER_BLOCKED"),
        ("ford.com", "fleet.eu.ford.com.", "ADVERTISER_BLOCKED"),
        ("ford.com", "notford.com", "selected"),
        ("www.ford.com", "ford.com", "selected"),
        ("ford.com", "ford.com.evil.example", "selected"),
    ],
)
def test_a_blocked_domain_blocks_what_is_below_it(blocked, domain, fate):
    built = enforced(spot("a", 9, 30, adomain=["x.example", domain]), request=one({}, {"badv": [blocked]}))
    assert built.fates == {"a": fate}


def test_a_hostile_domain_costs_nothing():
    long = "a." * 500_000 + "ford.com"
    assert enforced(spot("a", 9, 30, adomain=[long]), request=one({}, {"badv": ["ford.com"]})).fates == {
        "a": "ADVERTISER_BLOCKED"
    }


@pytest.mark.parametrize(
    ("request_", "facts", "fate"),
    [
        ({"bcat": ["IAB1"]}, {"cat": ["IAB1"]}, "CATEGORY_BLOCKED"),
        ({"bcat": ["iab1"]}, {"cat": ["IAB2", "IAB1-3"]}, "CATEGORY_BLOCKED"),
        ({"bcat": ["IAB1"]}, {"cat": ["IAB10", "IAB11-1"]}, "selected"),
        ({"bcat": ["IAB1-3"]}, {"cat": ["IAB1"]}, "selected"),
        ({"bcat": ["IAB1-3"]}, {"cat": ["IAB1-4"]}, "selected"),
        ({"bcat": ["52"], "cattax": 7}, {"cat": ["52"], "cattax": 7}, "CATEGORY_BLOCKED"),
        ({"bcat": ["52"], "cattax": 7}, {"cat": ["52-1"], "cattax": 7}, "selected"),
        ({"bcat": ["IAB1"]}, {}, "selected"),
    ],
)
def test_a_blocked_category_blocks_its_subcategories_in_content_taxonomy_1_0(request_, facts, fate):
    built = enforced(spot("a", 9, 30, **facts), request=one({}, request_))
    assert built.fates == {"a": fate}
    assert "CATEGORY_TAXONOMY_DIFFERS" not in built.codes()


def test_categories_of_different_lists_are_not_compared_and_that_is_said():
    built = enforced(
        spot("a", 9, 30, cat=["IAB1"], cattax=1), request=one({}, {"bcat": ["IAB1"], "cattax": 7})
    )
    assert (built.fates, built.codes("a")) == ({"a": "selected"}, ["CATEGORY_TAXONOMY_DIFFERS"])


def test_a_floor_holds_in_its_own_currency_and_is_in_dollars_when_it_names_none():
    bids = [spot("a", 2, 30), spot("b", 1.99, 30)]
    assert enforced(*bids, request=one(bidfloor=2)).fates == {"a": "selected", "b": "BELOW_FLOOR"}
    built = enforced(*bids, request=one(bidfloor=2), cur="EUR")
    assert built.ids == ["a", "b"]
    assert built.codes() == ["FLOOR_CURRENCY_DIFFERS"]
    assert enforced(*bids, request=one(bidfloor=2, bidfloorcur="eur"), cur="EUR").ids == ["a"]


def test_a_floor_per_second_holds_in_the_currency_of_the_floor_and_says_when_it_does_not():
    asked = one({"mincpmpersec": 1})
    assert enforced(spot("a", 2, 30), request=asked).fates == {"a": "BELOW_FLOOR"}
    built = enforced(spot("a", 2, 30), spot("b", 1, 30), request=asked, cur="EUR")
    assert built.ids == ["a", "b"]
    [notice] = built.result.warnings
    assert notice.code == "FLOOR_CURRENCY_DIFFERS"
    assert notice.text == (
        "the mincpmpersec of impression '1' is in USD, the prices are in EUR; it was not enforced"
    )


@pytest.mark.parametrize(
    ("floor", "rejected"),
    [
        (2, True),
        (2.0, True),
        (Decimal("1.991"), True),
        (Decimal("NaN"), False),
        (float("inf"), False),
        (10**400, False),
    ],
)
def test_a_floor_may_be_any_finite_number(floor, rejected):
    built = enforced(spot("a", 1.99, 30), request=one(bidfloor=floor))
    assert built.fates == {"a": "BELOW_FLOOR" if rejected else "selected"}
    assert ("FIELD_TYPE" in built.codes()) is not rejected


def test_the_floor_of_a_deal_goes_before_that_of_its_impression():
    deals = {"deals": [{"id": "low", "bidfloor": 1}, {"id": "high", "bidfloor": 5}]}
    request = one(bidfloor=3, pmp=deals)
    bids = [
        spot("a", 2, 5, dealid="low"),
        spot("b", 4, 5, dealid="high"),
        spot("c", 4, 5, dealid="other"),
        spot("d", 2, 5),
    ]
    built = enforced(*bids, request=request)
    assert built.fates == {"a": "selected", "b": "BELOW_FLOOR", "c": "selected", "d": "BELOW_FLOOR"}


def test_a_floor_per_second_is_measured_by_the_length_of_the_ad():
    request = one({"mincpmpersec": 0.2})
    built = enforced(spot("a", 5, 30), spot("b", 5, 15), request=request)
    assert built.fates == {"a": "BELOW_FLOOR", "b": "selected"}


def test_each_imp_has_its_own_limits_and_imps_of_one_podid_share_length_and_number():
    dynamic = {"podid": "p", "poddur": 45, "maxseq": 2}
    request = asking(
        ("long", {**dynamic, "maxduration": 30}, {}),
        ("short", {**dynamic, "maxduration": 15}, {}),
        ("slot", {"podid": "p", "maxduration": 15}, {}),
    )
    built = enforced(
        spot("a", 9, 30, impid="long"),
        spot("b", 8, 30, impid="short"),
        spot("c", 7, 15, impid="short"),
        spot("d", 6, 10, impid="long"),
        spot("e", 5, 15, impid="slot"),
        spot("f", 4, 15, impid="slot"),
        request=request,
    )
    assert built.fates == {
        "a": "selected",
        "b": "AD_TOO_LONG",
        "c": "selected",
        "d": "POD_MAXSEQ",
        "e": "selected",
        "f": "POD_SLOT_TAKEN",
    }
    apart = asking(("1", {"poddur": 30}, {}), ("2", {"poddur": 30}, {}))
    assert enforced(spot("a", 9, 30), spot("b", 8, 30, impid="2"), request=apart).ids == ["a", "b"]


def test_limits_of_an_audio_impression_hold_as_well():
    request = {"imp": [{"id": "1", "audio": {"maxseq": 1}}]}
    assert enforced(spot("a", 9, 30), spot("b", 8, 30), request=request).ids == ["a"]


@pytest.mark.parametrize(
    ("wishes", "order", "unmet"),
    [
        ({"a": -1}, ["b", "c", "a"], []),
        ({"c": 1}, ["c", "a", "b"], []),
        ({"b": 2}, ["b", "a", "c"], []),
        ({"a": 1, "c": 2}, ["a", "b", "c"], []),
        ({"b": 2, "c": 1}, ["c", "a", "b"], []),
        ({"a": -1, "b": -1}, ["b", "c", "a"], ["b"]),
        ({"a": 1, "b": -1, "c": 2}, ["a", "c", "b"], ["c"]),
        ({"a": 0, "b": 7}, ["a", "b", "c"], []),
    ],
)
def test_case_28_a_wish_for_a_slot_is_met_after_ranking_and_only_when_switched_on(wishes, order, unmet):
    bids = [
        spot(name, price, 30, **({"slotinpod": wishes[name]} if name in wishes else {}))
        for name, price in (("a", 9), ("b", 8), ("c", 7))
    ]
    built = enforced(*bids, request=one())
    assert (built.ids, built.sequences) == (order, ["1", "2", "3"])
    assert [notice.bid_id for notice in built.result.warnings if notice.code == "SLOT_NOT_FREE"] == unmet
    assert Built(*bids).ids == ["a", "b", "c"]


def test_enforcing_without_a_request_is_said_and_serves_as_usual():
    built = Built(spot("a", 9, 30), config=cfg0(enforce_pod=True))
    assert (built.ids, built.codes()) == (["a"], ["POD_LIMITS_ABSENT"])


ODD_VIDEO = {
    "poddur": "60", "maxseq": [], "minduration": True, "maxduration": 1e400, "rqddurs": "15", "podid": {},
    "mincpmpersec": "x",
}  # fmt: skip
ODD_IMP = {"bidfloor": "1", "bidfloorcur": 5, "pmp": {"deals": 7}}


def test_limits_of_a_wrong_type_are_named_and_limit_nothing():
    built = enforced(spot("a", 9, 30), request=one(ODD_VIDEO, {"badv": 5, "bcat": {}}, **ODD_IMP))
    assert built.ids == ["a"]
    said = " ".join(notice.text for notice in built.result.warnings if notice.code == "FIELD_TYPE")
    for name in (
        *("poddur", "maxseq", "minduration", "maxduration", "rqddurs", "podid", "mincpmpersec"),
        *("bidfloor", "bidfloorcur", "deals", "badv", "bcat"),
    ):
        assert name in said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 100) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
SENSIBLE = st.integers(-1, 60) | JSON
VIDEO = st.fixed_dictionaries(
    {},
    optional={
        name: st.lists(SENSIBLE, max_size=3) | JSON if name == "rqddurs" else SENSIBLE
        for name in (
            "poddur",
            "maxseq",
            "minduration",
            "maxduration",
            "rqddurs",
            "podid",
            "slotinpod",
            "mincpmpersec",
        )
    },
)
IMPS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["1", "2"])},
        optional={"video": VIDEO | JSON, "bidfloor": SENSIBLE, "bidfloorcur": JSON, "pmp": JSON},
    ),
    max_size=3,
)


@pytest.mark.parametrize(
    ("maxseq", "text"),
    [
        (1, "the only ad that maxseq allows went to a higher rank"),
        (2, "all 2 ads that maxseq allows went to higher ranks"),
    ],
)
def test_a_reason_speaks_of_one_ad_as_of_one(maxseq, text):
    built = enforced(*[spot(str(price), price, 15) for price in (7, 8, 9)], request=one({"maxseq": maxseq}))
    assert {row.text for row in built.result.rejected} == {text}


REQUESTS = st.fixed_dictionaries({"imp": IMPS | JSON}, optional={"badv": JSON, "bcat": JSON, "cattax": JSON})
# A length below zero is that of an ad whose markup cannot be used.
LENGTHS = st.lists(
    st.tuples(st.integers(-9, 40), st.sampled_from(["1", "2"]), st.sampled_from([None, 0, 1, -1, 2, 9])),
    max_size=6,
)


@given(REQUESTS, LENGTHS, st.sampled_from(["GENERIC", "GAM_SSU", "FREEWHEEL"]), st.booleans())
def test_whatever_a_request_asks_every_bid_has_one_fate_and_the_pod_keeps_its_limits(
    request, ads, receiver, skeleton
):
    def markup(seconds):
        return ad(seconds) if seconds > 0 else "no markup" if seconds else wrapper()

    bids = [
        bid(f"b{n}", 9 - n, markup(seconds), impid=impid, slotinpod=wish, dur=max(-seconds, 0))
        for n, (seconds, impid, wish) in enumerate(ads)
    ]
    config = {
        "receiver": receiver,
        "selection_strategy": "ALL",
        "enforce_pod": True,
        "allow_skeleton_vast": skeleton,
    }
    result = build_vast_from_bid_response(request, response(*bids), config)
    fates = [item.bid.position for item in result.selected] + [row.position for row in result.rejected]
    assert sorted(fates) == list(range(len(bids)))
    imps = request["imp"] if isinstance(request["imp"], list) else []
    if len(imps) != 1 or not isinstance(imps[0], dict) or not isinstance(imps[0].get("video"), dict):
        return
    limit = imps[0]["video"].get("poddur")
    if type(limit) is int and limit > 0:
        assert sum(abs(ads[item.bid.position][0]) for item in result.selected) <= limit
    most = imps[0]["video"].get("maxseq")
    if type(most) is int and most > 0:
        assert len(result.selected) <= most
    json.dumps(result.to_debug())
