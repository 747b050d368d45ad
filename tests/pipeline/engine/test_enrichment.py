"""Cases 37 to 50 of pipeline.md §4: what is written where under which policy."""

from decimal import Decimal

import pytest
from lxml import etree

from tests.pipeline.engine.adm import NOWHERE, Built, bid, cfg0, inl, wrapper

GBP = '<Pricing model="cpm" currency="GBP">3.00</Pricing>'
CATS = {"cat": ["IAB1", "IAB2-3"]}


@pytest.mark.parametrize("policy", ["VAST_WINS", "OPENRTB_WINS", "MERGE"])
@pytest.mark.parametrize(
    "said", ["", "<Advertiser>other.com</Advertiser>", "<Advertiser>acme.com</Advertiser>"]
)
def test_what_others_put_into_an_extension_stays_and_says_nothing_of_ours(policy, said):
    theirs = "<AdvertiserId>77</AdvertiserId>"
    after = f'<Extensions><Extension type="advertiser">{theirs}{said}</Extension></Extensions>'
    config = cfg0(collision_policy=policy, advertiser_placement="EXTENSIONS")
    built = Built(bid(adm=inl(after=after), adomain=["acme.com"]), config=config)
    assert built.texts("AdvertiserId") == ["77"]
    assert ("acme.com" in built.texts("Advertiser")) == (policy != "VAST_WINS" or "other" not in said)
    assert ("FIELD_COLLISION" in built.codes()) == ("other" in said)


@pytest.mark.parametrize(
    ("policy", "placement", "stated"),
    [
        ("VAST_WINS", "INLINE", ["3"]),
        ("VAST_WINS", "EXTENSIONS", ["3"]),
        ("OPENRTB_WINS", "INLINE", ["9.99"]),
        ("OPENRTB_WINS", "EXTENSIONS", ["9.99"]),
        ("ignore", "EXTENSIONS", ["9.99"]),
        ("MERGE", "INLINE", ["3"]),
        ("MERGE", "EXTENSIONS", ["3", "9.99"]),
    ],
)
def test_an_extension_that_contradicts_is_a_collision_also_beside_an_element_that_agrees(
    policy, placement, stated
):
    inside = '<Pricing model="CPM" currency="USD">9.99</Pricing>'
    after = '<Extensions><Extension type="pricing"><Price model="CPM" currency="GBP">3</Price></Extension></Extensions>'
    config = cfg0(collision_policy=policy, pricing_placement=placement)
    built = Built(bid(price=9.99, adm=inl(inside=inside, after=after)), config=config)
    assert built.prices == [(Decimal("9.99"), "USD", "cpm")]
    assert built.texts("Price") == stated
    assert built.codes() == ([] if policy == "ignore" else ["FIELD_COLLISION"])
    again = Built(bid(price=9.99, adm=built.xml.decode()), config=config)
    assert again.xml == built.xml
    dropped = Built(
        bid(price=9.99, adm=inl(inside=inside, after=after)), config=config | {"collision_policy": "ERROR"}
    )
    assert dropped.fates == {"b1": "FIELD_COLLISION"}


def test_case_37_the_advertiser_of_the_markup_is_kept():
    adm = inl(inside="<Advertiser>Acme</Advertiser>")
    built = Built(bid(adm=adm, adomain=["acme.com"]))
    assert (built.texts("Advertiser"), built.codes("b1")) == (["Acme"], ["FIELD_COLLISION"])
    equal = Built(bid(adm=adm, adomain=["ACME"]))
    assert (equal.texts("Advertiser"), equal.codes("b1")) == (["Acme"], [])


@pytest.mark.parametrize("adomain", [{}, {"adomain": []}, {"adomain": [""]}, {"adomain": None}])
def test_case_38_without_a_domain_there_is_no_advertiser_but_a_price(adomain):
    built = Built(bid(**adomain))
    assert (built.count("Advertiser"), len(built.prices)) == (0, 1)


def test_case_40_categories_are_one_extension_also_the_second_time():
    once = Built(bid(**CATS))
    twice = Built(bid(adm=once.xml.decode(), **CATS))
    for built in (once, twice):
        (extension,) = built.extensions("iab_category")
        assert [(child.tag, child.text) for child in extension] == [
            ("Category", "IAB1"),
            ("Category", "IAB2-3"),
        ]
    assert twice.xml == once.xml


def test_case_41_categories_inline_need_version_4():
    config = cfg0(categories_placement="INLINE")
    inline = Built(bid(adm=inl(version="4.2"), cattax=1, **CATS), config=config)
    assert [(node.text, bool(node.get("authority"))) for node in inline.inline("Category")] == [
        ("IAB1", True),
        ("IAB2-3", True),
    ]
    assert inline.extensions("iab_category") == []
    moved = Built(bid(**CATS), config=config)
    assert (moved.inline("Category"), len(moved.extensions("iab_category"))) == ([], 1)
    assert "PLACEMENT_DOWNGRADED" in moved.codes("b1")


@pytest.mark.parametrize(
    ("policy", "codes"),
    [
        ("VAST_WINS", ["IAB2", "IAB9"]),
        ("OPENRTB_WINS", ["IAB1", "IAB2-3"]),
        ("MERGE", ["IAB2", "IAB9", "IAB1", "IAB2-3"]),
    ],
)
def test_lists_of_categories_follow_the_policy(policy, codes):
    config = cfg0(categories_placement="INLINE", collision_policy=policy)
    own = '<Category authority="x">IAB2</Category><Category authority="x">IAB9</Category>'
    assert [
        node.text
        for node in Built(bid(adm=inl(inside=own, version="4.2"), **CATS), config=config).inline("Category")
    ] == codes
    inside = "<Category>IAB2</Category><Category>IAB9</Category>"
    extension = f'<Extensions><Extension type="IAB_Category">{inside}</Extension></Extensions>'
    built = Built(bid(adm=inl(after=extension), **CATS), config=cfg0(collision_policy=policy))
    assert [node.text for node in built.all("Category")] == codes
    assert built.codes("b1") == ["FIELD_COLLISION"]


@pytest.mark.parametrize("own", ["IAB1", "IAB9", "IAB1 IAB2-3", "IAB1 IAB2-3 IAB9"])
@pytest.mark.parametrize("receiver", ["GENERIC", "GAM_SSU", "FREEWHEEL"])
@pytest.mark.parametrize("placed", [{}, {"categories_placement": "EXTENSIONS"}])
def test_merged_categories_are_the_same_the_second_time(own, receiver, placed):
    inside = "".join(f'<Category authority="x">{code}</Category>' for code in own.split())
    config = {"receiver": receiver, "collision_policy": "MERGE", "placement_rules": placed}
    once = Built(bid(adm=inl(inside=inside, version="4.2"), **CATS), config=config)
    assert [node.text for node in once.inline("Category")] == list(
        dict.fromkeys([*own.split(), "IAB1", "IAB2-3"])
    )
    assert Built(bid(adm=once.xml.decode(), **CATS), config=config).xml == once.xml


def test_overwriting_with_fewer_or_more_categories_leaves_exactly_the_new_ones():
    config = cfg0(collision_policy="OPENRTB_WINS", categories_placement="INLINE")
    own = "".join(f'<Category authority="x">IAB{n}</Category>' for n in (7, 8, 9))
    for cats in (["IAB1"], ["IAB1", "IAB2", "IAB3", "IAB4"]):
        built = Built(bid(adm=inl(inside=own, version="4.0"), cat=cats), config=config)
        assert [node.text for node in built.inline("Category")] == cats


def test_case_43_a_different_duration_follows_the_policy():
    kept = Built(bid(dur=15))
    assert (kept.texts("Duration"), kept.codes("b1")) == (["00:00:30"], ["FIELD_COLLISION"])
    won = Built(bid(dur=15), config=cfg0(collision_policy="OPENRTB_WINS"))
    assert won.texts("Duration") == ["00:00:15"]
    assert Built(bid(dur=15), config=cfg0(collision_policy="ERROR")).fates == {"b1": "FIELD_COLLISION"}
    double = inl(duration="<Duration>00:00:30</Duration><Duration>00:00:31</Duration>")
    assert Built(bid(adm=double, dur=15), config=cfg0(collision_policy="ignore")).texts("Duration") == [
        "00:00:15"
    ]
    assert Built(bid(adm=double, dur=15), config=cfg0(collision_policy="ignore")).codes("b1") == []


def test_case_44_a_duration_with_fraction_is_kept_to_the_byte():
    built = Built(bid(adm=inl(duration="<Duration>00:00:15.500</Duration>"), dur=15))
    assert (built.texts("Duration"), built.codes("b1")) == (["00:00:15.500"], [])
    assert (
        Built(bid(adm=inl(duration="<Duration>00:00:15.500</Duration>"))).result.selected[0].meta.dur_sec
        == 15
    )


@pytest.mark.parametrize(
    "duration",
    ["", "<Duration/>", "<Duration> <!-- c --></Duration>", "<Duration>00:00:<!-- c -->00</Duration>"],
)
def test_a_missing_or_zero_duration_is_filled_at_its_place(duration):
    built = Built(bid(adm=inl(duration=duration), dur=20))
    assert built.texts("Duration") == ["00:00:20"]
    assert [child.tag for child in built.all("Linear")[0]] == ["Duration", "TrackingEvents", "MediaFiles"]


def test_the_duration_reported_by_prebid_is_used_when_the_bid_has_none():
    built = Built(bid(adm=inl(duration=""), ext={"prebid": {"video": {"duration": 20}}}))
    assert built.texts("Duration") == ["00:00:20"]


@pytest.mark.parametrize("nowhere", ["SKIP", "OMIT"])
def test_case_46_nothing_placed_means_nothing_touched(nowhere):
    adm = inl(duration="")
    config = cfg0(placement_rules=dict.fromkeys(NOWHERE, nowhere), enable_debug=True)
    built = Built(bid(adm=adm, dur=30, adomain=["a.example"], **CATS), config=config)
    untouched = adm.replace('id="own"', 'id="b1"')
    assert built.xml.decode() == f'<?xml version="1.0" encoding="UTF-8"?>\n{untouched}'
    assert built.result.selected[0].edits == ()


def test_case_47_a_price_in_the_extensions_is_nowhere_else():
    built = Built(bid(), config={"placement_rules": {"pricing_placement": "EXTENSIONS"}})
    assert built.count("Pricing") == 0
    (extension,) = built.extensions("pricing")
    assert [(child.text, child.get("model"), child.get("currency")) for child in extension] == [
        ("5", "CPM", "USD")
    ]


def test_a_price_asked_for_in_the_extensions_is_repeated_there_when_it_stands_inline():
    adm = inl(inside='<Pricing model="CPM" currency="USD">5</Pricing>')
    config = cfg0(pricing_placement="EXTENSIONS")
    built = Built(bid(adm=adm), config=config)
    assert (len(built.prices), len(built.extensions("pricing"))) == (1, 1)
    assert Built(bid(adm=built.xml.decode()), config=config).xml == built.xml
    won = Built(bid(price=7, adm=adm), config=config | {"collision_policy": "OPENRTB_WINS"})
    assert won.prices[0][0] == 7
    assert [child.text for child in won.extensions("pricing")[0]] == ["7"]


def test_case_49_version_2_has_no_place_for_price_and_advertiser():
    built = Built(bid(adm=inl(version="2.0"), adomain=["a.example"]))
    assert (built.inline("Pricing"), built.inline("Advertiser")) == ([], [])
    assert [child.text for child in built.extensions("pricing")[0]] == ["5"]
    assert [child.text for child in built.extensions("advertiser")[0]] == ["a.example"]
    assert built.codes("b1") == ["PLACEMENT_DOWNGRADED"] * 2
    again = Built(bid(adm=built.xml.decode(), adomain=["a.example"]))
    assert (again.count("Pricing"), again.count("Advertiser")) == (1, 1)


def test_case_50_wrappers_are_enriched_and_keep_address_and_switches():
    switches = 'followAdditionalWrappers="false" fallbackOnNoAd="true"'
    old = Built(bid(price=2, adm=wrapper(attributes=switches)))
    assert (old.inline("Pricing"), len(old.extensions("pricing")), old.count("Wrapper")) == ([], 1, 1)
    assert b"<VASTAdTagURI><![CDATA[https://next/?a=1&b=2]]></VASTAdTagURI>" in old.xml
    assert dict(old.all("Wrapper")[0].attrib) == {
        "followAdditionalWrappers": "false",
        "fallbackOnNoAd": "true",
    }
    new = Built(bid(price=2, adm=wrapper("4.2")))
    assert new.prices == [(Decimal(2), "USD", "cpm")]


@pytest.mark.parametrize("version", ["2.0", "3.0", "4.0", "4.1", "4.2", "4.3"])
def test_the_wrapper_placement_writes_on_wrappers_only(version):
    config = cfg0(**dict.fromkeys(NOWHERE, "WRAPPER"), enable_debug=True)
    facts = {"adomain": ["a.example"], **CATS}
    inline = Built(bid(adm=inl(version=version), **facts), config=config)
    assert (inline.count("Pricing"), inline.count("Extension")) == (0, 0)
    assert inline.codes("b1").count("PLACEMENT_NOT_APPLICABLE") == 4
    wrapped = Built(bid(adm=wrapper(version), **facts), config=config)
    kinds = [extension.get("type") for extension in wrapped.all("Extension")]
    assert kinds == ([] if version >= "4.0" else ["pricing"]) + ["advertiser", "iab_category", "openrtb"]
    assert len(wrapped.inline("Pricing")) == (version >= "4.0")


def test_the_debug_extension_tells_where_the_ad_came_from():
    facts = {"dealid": "d", "adomain": ["a.example"]}
    built = Built(bid("b1", 5, **facts), config=cfg0(enable_debug=True))
    (extension,) = built.extensions("openrtb")
    assert {child.tag: child.text for child in extension} == {
        "BidID": "b1", "ImpID": "1", "DealID": "d", "Seat": "s", "Price": "5", "Currency": "USD",
    }  # fmt: skip
    again = Built(bid("b1", 5, built.xml.decode(), **facts), config=cfg0(enable_debug=True))
    assert again.xml == built.xml
    later = Built(
        bid("b2", 6, built.xml.decode()), config=cfg0(enable_debug=True, collision_policy="OPENRTB_WINS")
    )
    assert [child.text for child in later.extensions("openrtb")[0]] == ["b2", "1", "s", "6", "USD"]
    inline = Built(bid(), config=cfg0(enable_debug=True, debug_placement="INLINE"))
    assert (len(inline.extensions("openrtb")), inline.codes("b1")) == (1, ["PLACEMENT_DOWNGRADED"])


@pytest.mark.parametrize("policy", ["VAST_WINS", "OPENRTB_WINS", "MERGE", "ignore"])
@pytest.mark.parametrize("placement", ["INLINE", "WRAPPER", "EXTENSIONS", "SKIP"])
@pytest.mark.parametrize("version", ["2.0", "3.0", "4.0", "4.2"])
@pytest.mark.parametrize("receiver", ["GENERIC", "GAM_SSU", "FREEWHEEL"])
@pytest.mark.parametrize("kind", ["plain", "taken", "wrapper"])
def test_enriching_twice_equals_enriching_once(policy, placement, version, receiver, kind):
    taken = GBP + "<Advertiser>Acme</Advertiser><Category authority='x'>IAB9</Category>"
    adm = {
        "plain": inl(version=version),
        "taken": inl(inside=taken, version=version),
        "wrapper": wrapper(version),
    }[kind]
    config = cfg0(
        **dict.fromkeys(NOWHERE, placement), receiver=receiver, collision_policy=policy, enable_debug=True
    )
    facts = {"adomain": ["a.example"], "dur": 20, **CATS}
    once = Built(bid(adm=adm, **facts), config=config)
    twice = Built(bid(adm=once.xml.decode(), **facts), config=config)
    assert twice.xml == once.xml
    assert once.count("InLine") + once.count("Wrapper") == 1


@pytest.mark.parametrize("version", ["3.0", "4.0", "4.1", "4.2"])
def test_new_elements_stand_at_their_place_in_the_schema(version):
    four = version >= "4.0"
    adm = inl(version=version)
    if four:
        adm = (
            f'<VAST version="{version}"><Ad id="o"><InLine><AdSystem/><Impression>i</Impression><AdTitle/>'
            "<Creatives/></InLine></Ad></VAST>"
        )
    config = {"enable_debug": True}
    built = Built(bid(adm=adm, adomain=["a.example"], **CATS), config=config)
    names = [etree.QName(child).localname for child in built.all("InLine")[0]]
    assert names == (
        [
            "AdSystem",
            "Extensions",
            "Impression",
            "Pricing",
            "AdTitle",
            "Advertiser",
            "Category",
            "Category",
            "Creatives",
        ]
        if four
        else ["AdSystem", "AdTitle", "Advertiser", "Pricing", "Impression", "Creatives", "Extensions"]
    )


def test_every_edit_is_told_with_the_rule_that_decided():
    built = Built(bid(price=9, adm=inl(inside=GBP), dur=15, adomain=["a.example"]))
    edits = {(edit.field, edit.action, str(edit.rule)): edit.text for edit in built.result.selected[0].edits}
    assert edits[("pricing", "kept", "VAST_WINS")] == "3.00 GBP"
    assert edits[("advertiser", "added", "INLINE")] == "a.example"
    assert edits[("duration", "kept", "VAST_WINS")] == "00:00:30"
