"""The table of pipeline.md §1.12: where the receivers differ, and that they differ nowhere else."""

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


def test_a_bare_wrapper_gets_a_system_and_an_impression_for_gam():
    gam = both(
        '<VAST version="4.1"><Ad><Wrapper><VASTAdTagURI>https://n</VASTAdTagURI></Wrapper></Ad></VAST>'
    )[1]
    assert (gam.texts("AdSystem"), gam.texts("Impression"), gam.count("AdTitle")) == (
        ["Prebid Server"],
        ["about:blank"],
        0,
    )


def test_a_complete_ad_comes_out_the_same_for_both():
    adm = inl().replace("<Creative>", '<Creative id="c">').replace("<MediaFile ", '<MediaFile id="m" ')
    generic, gam = both(adm, dur=30)
    assert generic.xml == gam.xml


def test_no_duration_is_invented():
    for built in both(inl(duration="")):
        assert built.count("Duration") == 0
