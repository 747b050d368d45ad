"""What makes receivers different (pipeline.md §1.12) beyond the case folders in tests/pipeline/receivers."""

import pytest

from pipeline.engine import RECEIVERS
from tests.pipeline.engine.adm import Built, bid, inl, wrapper

FACTS = {"adomain": ["a.example", "b.example"], "cat": ["IAB1"]}


def both(adm, **facts):
    return [
        Built(bid(adm=adm, **FACTS, **facts), config={"receiver": name}) for name in ("GENERIC", "GAM_SSU")
    ]


def test_the_registry_knows_each_receiver_by_its_name():
    assert all(receiver.name == name and receiver.summary for name, receiver in RECEIVERS.items())


def test_the_price_of_an_old_wrapper_stands_in_the_extension_each_expects():
    generic, gam = both(wrapper("3.0"))
    assert [child.tag for child in generic.extensions("pricing")[0]] == ["Price"]
    assert [child.tag for child in gam.extensions("pricing")[0]] == ["Pricing"]


def test_the_advertiser_of_a_wrapper_is_inline_for_gam_only():
    generic, gam = both(wrapper("3.0"))
    assert (generic.inline("Advertiser"), len(generic.extensions("advertiser"))) == ([], 1)
    assert [node.text for node in gam.inline("Advertiser")] == ["a.example"]
    assert gam.extensions("advertiser") == []
    kept = both(wrapper("3.0", inside="<Advertiser>Acme</Advertiser>"))[1]
    assert [node.text for node in kept.inline("Advertiser")] == ["Acme"]


@pytest.mark.parametrize(("version", "inline"), [("3.0", False), ("4.0", True), ("4.2", True)])
def test_categories_left_to_the_receiver_follow_the_version_of_the_ad(version, inline):
    for built in both(inl(version=version)):
        assert (len(built.inline("Category")) == 1) is inline
        assert (len(built.extensions("iab_category")) == 1) is not inline
        assert "PLACEMENT_DOWNGRADED" not in built.codes()


def test_categories_of_a_wrapper_are_inline_for_gam_only():
    generic, gam = both(wrapper("4.2"))
    assert (len(generic.inline("Category")), len(gam.inline("Category"))) == (0, 1)
    assert len(generic.extensions("iab_category")) == 1


BARE = (
    '<VAST version="3.0"><Ad><InLine><AdSystem> </AdSystem><Creatives><Creative><Linear><Duration>00:00:30</Duration>'
    "<MediaFiles><MediaFile>https://m/1</MediaFile><MediaFile id='own' type='video/webm' delivery='streaming'>https://m/2"
    "</MediaFile></MediaFiles></Linear></Creative><Creative id='c'/></Creatives></InLine></Ad></VAST>"
)


def test_gam_gets_missing_names_and_ids_filled_in_and_generic_gets_the_markup():
    generic, gam = both(BARE)
    assert (generic.texts("AdSystem"), generic.count("AdTitle"), generic.count("Impression")) == ([""], 0, 0)
    assert [creative.get("id") for creative in generic.all("Creative")] == [None, "c"]
    assert (gam.texts("AdSystem"), gam.texts("AdTitle")) == (["Prebid Server"], ["Ad b1"])
    assert [(node.text, node.get("id")) for node in gam.all("Impression")] == [
        ("about:blank", "b1-impression")
    ]
    assert [creative.get("id") for creative in gam.all("Creative")] == ["b1-creative-1", "c"]
    assert [dict(file.attrib) for file in gam.all("MediaFile")] == [
        {"id": "b1-creative-1-media-1", "delivery": "progressive", "type": "video/mp4"},
        {"id": "own", "type": "video/webm", "delivery": "streaming"},
    ]
    touched = {edit.field for edit in gam.result.selected[0].edits if edit.rule == "GAM_SSU: id fallbacks"}
    assert touched == {
        "AdSystem",
        "AdTitle",
        "Impression",
        "Creative@id",
        "MediaFile@id",
        "MediaFile@delivery",
        "MediaFile@type",
    }
    assert Built(bid(adm=gam.xml.decode(), **FACTS), config={"receiver": "GAM_SSU"}).xml == gam.xml


def test_what_stands_in_a_blank_element_stays_when_it_is_filled():
    inside = "<!-- c --><?p q?><q:mine>0</q:mine>"
    adm = inl(title=inside).replace("sys", inside).replace("<VAST", '<VAST xmlns:q="urn:q"')
    gam = both(
        adm.replace(f"https://imp/{inside}", "https://imp/a").replace(f"https://m/{inside}", "https://m/")
    )[1]
    assert f"<AdSystem>Prebid Server{inside}</AdSystem><AdTitle>Ad b1{inside}</AdTitle>".encode() in gam.xml


def test_a_bare_wrapper_gets_a_system_and_an_impression_for_gam():
    gam = both(
        '<VAST version="4.1"><Ad><Wrapper><VASTAdTagURI>https://n</VASTAdTagURI></Wrapper></Ad></VAST>'
    )[1]
    assert (gam.texts("AdSystem"), gam.texts("Impression"), gam.count("AdTitle")) == (
        ["Prebid Server"],
        ["about:blank"],
        0,
    )


def test_a_complete_ad_comes_out_the_same_for_generic_and_gam():
    adm = inl().replace("<Creative>", '<Creative id="c">').replace("<MediaFile ", '<MediaFile id="m" ')
    generic, gam = both(adm, dur=30)
    assert generic.xml == gam.xml


def test_no_duration_is_invented():
    for built in both(inl(duration="")):
        assert built.count("Duration") == 0


def freewheel(*bids, **config):
    return Built(*bids, config={"receiver": "FREEWHEEL", "selection_strategy": "TOP_N", **config})


GBP = '<Pricing model="cpm" currency="GBP">3.00</Pricing>'


@pytest.mark.parametrize(
    ("policy", "inline", "beside", "warned"),
    [
        ("VAST_WINS", "3.00", [], True),
        ("OPENRTB_WINS", "3.00", ["9"], True),
        ("ENRICH_WINS", "3.00", ["9"], True),
        ("ignore", "3.00", ["9"], False),
        ("MERGE", "3.00", ["9"], True),
    ],
)
def test_freewheel_never_changes_a_price_but_may_get_the_bids_beside_it(policy, inline, beside, warned):
    built = freewheel(bid("b", 9, inl(inside=GBP)), collision_policy=policy)
    assert [node.text for node in built.inline("Pricing")] == [inline]
    assert [child.text for extension in built.extensions("pricing") for child in extension] == beside
    assert ("FIELD_COLLISION" in built.codes("b")) is warned
    assert freewheel(bid("b", 9, built.xml.decode()), collision_policy=policy).xml == built.xml


@pytest.mark.parametrize("version", ["2.0", "3.0", "4.2"])
def test_freewheel_gets_the_bids_price_beside_that_of_a_wrapper_of_any_version(version):
    single = bid("b", 9, wrapper(version, inside=GBP))
    built = freewheel(single, collision_policy="OPENRTB_WINS", vast_version_default="4.2")
    assert [node.text for node in built.inline("Pricing")] == ["3.00"]
    assert [child.text for extension in built.extensions("pricing") for child in extension] == ["9"]


def test_error_still_drops_an_ad_whose_price_freewheel_would_keep():
    assert freewheel(bid("b", 9, inl(inside=GBP)), collision_policy="ERROR").fates == {"b": "FIELD_COLLISION"}


def test_a_chosen_placement_goes_before_what_the_receiver_would_keep_or_repeat():
    rules = {"pricing_placement": "INLINE", "advertiser_placement": "INLINE"}
    config = {"placement_rules": rules, "collision_policy": "OPENRTB_WINS"}
    chosen = freewheel(bid("b", 9, inl(inside=GBP)), **config)
    assert ([node.text for node in chosen.inline("Pricing")], chosen.extensions("pricing")) == (["9"], [])
    acme = bid(adm=inl(inside="<Advertiser>Acme</Advertiser>"), adomain=["a.example"])
    left = Built(acme, config={"receiver": "GAM_SSU", "collision_policy": "OPENRTB_WINS"})
    assert left.texts("Advertiser") == ["Acme"]
    assert Built(acme, config={"receiver": "GAM_SSU", **config}).texts("Advertiser") == ["a.example"]


def test_freewheel_serves_an_ad_of_unknown_length_alone_where_no_other_is_left():
    undated = [bid("best", 9, inl(duration="")), bid("next", 8, wrapper())]
    alone = freewheel(*undated)
    assert alone.fates == {"best": "selected", "next": "DURATION_UNKNOWN"}
    assert alone.sequences == [None]
    assert freewheel(*undated, bid("dated", 1)).fates == {
        "best": "DURATION_UNKNOWN",
        "next": "DURATION_UNKNOWN",
        "dated": "selected",
    }
    single = Built(*undated, config={"receiver": "FREEWHEEL"})
    assert single.fates == {"best": "selected", "next": "NOT_HIGHEST_RANKED"}


def test_freewheel_takes_no_skeleton_of_unknown_length_into_a_pod():
    broken = bid("broken", 9, "x")
    assert freewheel(broken, bid("good", 8), allow_skeleton_vast=True).fates["broken"] == "ADM_NOT_VAST"
    known = freewheel(broken | {"dur": 15}, bid("good", 8), allow_skeleton_vast=True)
    assert known.ids == ["good", "broken"]
    assert freewheel(broken, allow_skeleton_vast=True).ids == ["broken"]
    assert freewheel(
        broken | {"dur": 15}, bid("undated", 8, inl(duration="")), allow_skeleton_vast=True
    ).ids == ["undated"]


@pytest.mark.parametrize(
    ("video", "alone"),
    [
        ({"podid": "p"}, True),
        ({"slotinpod": 1}, True),
        ({"podid": "p", "poddur": 60}, False),
        ({"podid": "p", "maxseq": 2}, False),
        ({}, False),
        (5, False),
    ],
)
def test_freewheel_gets_one_ad_where_the_request_is_for_one_slot(video, alone):
    request = {"imp": [{"id": "1", "video": video}]}
    bids = [bid("a", 9), bid("b", 8)]
    config = {"selection_strategy": "TOP_N"}
    assert Built(*bids, request=request, config=config | {"receiver": "FREEWHEEL"}).count("Ad") == (
        1 if alone else 2
    )
    assert Built(*bids, request=request, config=config | {"receiver": "GAM_SSU"}).count("Ad") == 2
    several = {"imp": [{"id": "1", "video": video}, {"id": "2", "video": video}]}
    assert Built(*bids, request=several, config=config | {"receiver": "FREEWHEEL"}).count("Ad") == 2


@pytest.mark.parametrize(
    ("cattax", "authority"),
    [
        (None, "content-taxonomy"),
        (1, "content-taxonomy"),
        (7, "content-taxonomy"),
        (9, "content-taxonomy"),
        (3, "ad-product-taxonomy"),
        (4, "audience-taxonomy"),
        (8, "ad-product-taxonomy"),
        (10, None),
        (500, None),
        (-1, None),
    ],
)
@pytest.mark.parametrize("placement", ["INLINE", "EXTENSIONS"])
def test_only_lists_of_iab_are_written_and_under_their_own_authority(cattax, authority, placement):
    single = bid(adm=inl(version="4.2"), cat=["52"], cattax=cattax)
    built = Built(single, config={"placement_rules": {"categories_placement": placement}})
    if authority is None:
        assert (built.count("Category"), built.codes("b1")) == (0, ["CATEGORY_TAXONOMY_UNKNOWN"])
        nowhere = Built(single, config={"placement_rules": {"categories_placement": "SKIP"}})
        assert nowhere.codes("b1") == []
    elif placement == "INLINE":
        assert [node.get("authority").split("/")[-2] for node in built.inline("Category")] == [authority]
    else:
        assert len(built.extensions("iab_category")) == 1
