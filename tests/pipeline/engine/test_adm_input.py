"""Cases E of pipeline.md §4: what bidders put into adm, and what comes of it."""

import base64
import resource
import time

import pytest

from tests.pipeline.engine.adm import Built, bid, cfg0, inl


@pytest.mark.parametrize(
    "adm",
    [
        "\ufeff" + inl(),
        " \r\n\t" + inl(),
        "\u200b\u00a0 \ufeff" + inl(),
        '\n <?xml version="1.0" encoding="UTF-8"?>' + inl(),
        inl().replace("><", ">\r\n<"),
        "<!DOCTYPE VAST>" + inl(),
        '<?xml version="1.0" encoding="ISO-8859-1"?>' + inl("é"),
        '<?xml version="1.0" encoding="UTF-16"?>' + inl("é"),
    ],
)
def test_case_61_and_62_harmless_oddities_are_served(adm):
    built = Built(bid(adm=adm))
    assert built.ids == ["b1"]
    assert built.texts("AdTitle")[0] in ("a", "é")


@pytest.mark.parametrize("rest", ["x", ";", "\x00", '<img src="https://p.example/?a&b">', "&nbsp;\n"])
def test_what_stands_behind_the_document_is_left_out_and_told(rest):
    built = Built(bid(adm=inl() + rest))
    assert built.ids == ["b1"]
    assert "ADM_REST_DROPPED" in built.codes("b1")
    assert built.result.xml == Built(bid(adm=inl())).result.xml


def test_markup_is_mended_in_both_ways_where_it_wants_both():
    adm = inl("<AdTitle>a & b</AdTitle>") + "<br>"
    assert Built(bid(adm=adm)).fates == {"b1": "ADM_PARSE_FAILED"}
    built = Built(bid(adm=adm), config=cfg0(repair_markup=True))
    assert "a & b" in built.texts("AdTitle")
    assert {"ADM_REST_DROPPED", "ADM_REPAIRED"} <= set(built.codes("b1"))


@pytest.mark.parametrize("adm", [inl() + inl(), inl()[:-9] + "</VAST>x", "x</VAST>"])
def test_markup_that_is_broken_elsewhere_stays_refused(adm):
    assert Built(bid(adm=adm)).fates["b1"] != "selected"


@pytest.mark.parametrize(
    "adm", ["<VAST>" + "x" * 50_000_000, "<a>" * 100_000, "<VAST>" + "<a>" * 1000, "<VAST>\x00</VAST>"]
)
def test_case_64_a_monster_is_dropped_and_the_others_are_served(adm):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    built = Built(bid("monster", 9, adm), bid("good", 1))
    assert time.process_time() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000, "kilobytes"
    assert built.ids == ["good"]
    assert built.fates["monster"] in ("ADM_PARSE_FAILED", "ADM_NOT_VAST")


def ads(*attributes):
    return '<VAST version="3.0">' + "".join(
        f"<Ad {attribute}><InLine><AdTitle>{attribute}</AdTitle><Impression>i</Impression><Creatives/></InLine></Ad>"
        for attribute in attributes
    ) + "</VAST>"  # fmt: skip


@pytest.mark.parametrize(
    ("adm", "title"),
    [
        (ads("id='x'", "id='y'"), "id='x'"),
        (ads("id='x' sequence='2'", "id='y' sequence='1'"), "id='y' sequence='1'"),
        (ads("id='x'", "id='y' sequence='3'"), "id='y' sequence='3'"),
    ],
)
def test_case_65_one_bid_is_one_ad_and_the_others_are_named(adm, title):
    built = Built(bid(adm=adm))
    assert built.texts("AdTitle") == [title]
    (notice,) = (notice for notice in built.result.warnings if notice.code == "ADM_EXTRA_ADS")
    assert notice.bid_id == "b1"
    assert ("'x'" in notice.text) is (title != "id='x'")


def test_an_ad_that_holds_nothing_hides_none_that_does():
    built = Built(bid(adm='<VAST version="3.0"><Ad id="x" sequence="1"/>' + inl().partition('"3.0">')[2]))
    assert built.texts("AdTitle") == ["a"]
    assert "'x'" in next(notice.text for notice in built.result.warnings if notice.code == "ADM_EXTRA_ADS")


def test_case_67_an_ad_needs_a_side_and_inline_goes_before_wrapper():
    assert Built(bid(adm='<VAST version="3.0"><Ad/></VAST>')).fates == {"b1": "ADM_NO_AD"}
    assert Built(bid(adm='<VAST version="3.0"/>')).fates == {"b1": "ADM_NO_AD"}
    both = Built(bid(adm='<VAST version="3.0"><Ad><Wrapper/><InLine><AdTitle/></InLine></Ad></VAST>'))
    assert "AD_AMBIGUOUS" in both.codes("b1")
    assert both.inline("Pricing")[0].getparent().tag == "InLine"


@pytest.mark.parametrize("adm", ["", "  \n", None, 5, ["x"]])
def test_case_68_and_76_without_markup_the_nurl_is_wrapped(adm):
    single = {"id": "b1", "impid": "1", "price": 2, "adm": adm, "nurl": "https://n.example.com/?a=1&b=2]]"}
    built = Built(single)
    assert built.texts("VASTAdTagURI") == ["https://n.example.com/?a=1&b=2]]"]
    assert "WRAPPED_URL" in built.codes("b1")
    assert built.result.selected[0].origin == "nurl"
    assert Built(single, config=cfg0(wrap_nurl=False)).fates == {"b1": "BID_ADM_EMPTY"}
    assert Built(single | {"nurl": None}).fates == {"b1": "BID_ADM_EMPTY"}
    assert Built(single | {"nurl": "javascript:alert(1)"}).fates == {"b1": "BID_ADM_EMPTY"}


@pytest.mark.parametrize(
    ("facts", "request_"),
    [
        ({"mtype": 1}, None),
        ({"mtype": 4}, None),
        ({"ext": {"prebid": {"type": "banner"}}}, None),
        ({}, {"imp": [{"id": "1", "banner": {}}]}),
    ],
)
def test_the_nurl_of_a_banner_is_not_wrapped(facts, request_):
    nurl = {"id": "b1", "impid": "1", "price": 2, "nurl": "https://n.example.com"} | facts
    for config in (cfg0(), cfg0(allow_skeleton_vast=True)):
        assert Built(nurl, request=request_, config=config).fates == {"b1": "BID_NOT_VIDEO"}
    assert Built(nurl | {"adm": "https://n.example.com"}, request=request_).fates == {"b1": "BID_NOT_VIDEO"}


@pytest.mark.parametrize(
    ("facts", "request_"),
    [
        ({"mtype": 2}, None),
        ({"mtype": 3}, None),
        ({"ext": {"prebid": {"type": "video"}}}, None),
        ({}, {"imp": [{"id": "1"}]}),
    ],
)
def test_an_address_as_markup_is_wrapped(facts, request_):
    built = Built(bid(adm=" https://ads.example.com/tag?x=1&y=2 ", **facts), request=request_)
    assert built.texts("VASTAdTagURI") == ["https://ads.example.com/tag?x=1&y=2"]
    assert built.result.selected[0].origin == "adm_url"


NOT_VAST = {
    "HTML": "<div><script>x</script></div>",
    "JSON, as native ads have": '{"native":{"assets":[]}}',
    "plain text": "an ad",
    "a VMAP playlist": '<vmap:VMAP xmlns:vmap="http://www.iab.net/videosuite/vmap" version="1.0"/>',
    "VAST with its angle brackets escaped": inl().replace("<", "&lt;"),
    "base64": base64.b64encode(inl().encode()).decode(),
}


@pytest.mark.parametrize("looks", NOT_VAST)
def test_case_70_what_is_not_vast_is_named_for_what_it_is(looks):
    built = Built(bid(adm=NOT_VAST[looks]), bid("good", 1))
    assert built.fates == {"b1": "ADM_NOT_VAST", "good": "selected"}
    assert f"it looks like {looks}" in built.result.rejected[0].text
    with_skeleton = Built(bid(adm=NOT_VAST[looks]), config=cfg0(allow_skeleton_vast=True))
    assert with_skeleton.count("Ad") == 1
    assert "SKELETON_USED" in with_skeleton.codes("b1")


def test_case_71_a_skeleton_has_the_real_duration_and_is_flagged():
    for version in ("2.0", "3.0", "4.2"):
        config = cfg0(allow_skeleton_vast=True, vast_version_default=version)
        built = Built(bid(adm="<VAST", dur=30), config=config)
        assert (built.texts("Duration"), built.texts("Impression")) == (["00:00:30"], ["about:blank"])
        assert built.result.no_ad is False
        assert built.result.selected[0].skeleton
        assert built.result.to_debug()["selected"][0]["skeleton"] is True


def test_a_skeleton_never_displaces_a_playable_bid():
    bids = [bid("bad", 9, "x"), bid("worse", 8, "y"), bid("good", 1)]
    pod = Built(*bids, config=cfg0(allow_skeleton_vast=True, max_ads_in_pod=2))
    assert (pod.ids, pod.fates["worse"]) == (["good", "bad"], "ADM_NOT_VAST")
    single = Built(*bids, config=cfg0(allow_skeleton_vast=True, selection_strategy="SINGLE"))
    assert single.ids == ["good"]


@pytest.mark.parametrize(
    "fault", ["<Survey>https://s/?a=1&b=2</Survey>", "<Description>a&nbsp;b</Description>"]
)
def test_case_73_repair_serves_stray_ampersands_and_html_entities_with_the_same_address(fault):
    single = bid(adm=inl(inside=fault))
    assert Built(single).fates == {"b1": "ADM_PARSE_FAILED"}
    repaired = Built(single, config=cfg0(repair_markup=True))
    [notice] = [notice for notice in repaired.result.warnings if notice.code == "ADM_REPAIRED"]
    assert notice.bid_id == "b1"
    assert notice.text.startswith("the XML is broken: ")
    assert notice.text.endswith("; the markup was repaired and served")
    assert (repaired.texts("Survey") + repaired.texts("Description"))[0] in ("https://s/?a=1&b=2", "a\xa0b")
    hopeless = Built(bid(adm="<VAST>&"), config=cfg0(repair_markup=True))
    assert hopeless.fates == {"b1": "ADM_PARSE_FAILED"}


def test_case_74_sloppy_attributes_stay_as_they_are():
    adm = inl(ad='id="o" sequence="abc"').replace('width="640"', 'width="640.0" scalable="yes"')
    built = Built(bid(adm=adm))
    assert (built.all("MediaFile")[0].get("width"), built.all("MediaFile")[0].get("scalable")) == (
        "640.0",
        "yes",
    )
    assert built.sequences == [None]


@pytest.mark.parametrize(
    "root", ['<vast version="3.0">{}</vast>', '<v:VAST version="3.0" xmlns:v="urn:v">{}</v:VAST>']
)
def test_odd_roots_are_served_only_when_lenient(root):
    single = bid(adm=root.format(inl().partition(">")[2].removesuffix("</VAST>")))
    assert Built(single).fates == {"b1": "ADM_NOT_VAST"}
    lenient = Built(single, config=cfg0(lenient_markup=True))
    assert (lenient.ids, "ROOT_NAME" in lenient.codes("b1")) == (["b1"], True)


@pytest.mark.parametrize("version", ["1.0", "9.9", "soon"])
def test_versions_that_are_not_supported_are_named(version):
    assert Built(bid(adm=inl(version=version))).fates == {"b1": "ADM_VERSION"}


def test_a_doctype_with_entities_is_refused_and_says_why():
    bomb = '<!DOCTYPE VAST [<!ENTITY a "aaaa">]>' + inl("&a;")
    built = Built(bid(adm=bomb))
    assert built.fates == {"b1": "ADM_PARSE_FAILED"}
    assert "DOCTYPE" in built.result.rejected[0].text


CROWDS = {
    "ads": '<VAST version="3.0">' + '<Ad id="x"><InLine/></Ad>' * 4_500 + "</VAST>",
    "creatives": inl(after="<Creatives>" + "<Creative><Linear/></Creative>" * 4_500 + "</Creatives>"),
    "categories": inl(inside="<Category>IAB</Category>" * 9_000, version="4.2"),
    "extensions": inl(
        after="<Extensions>"
        + '<Extension type="pricing"><Price>1</Price></Extension>' * 4_500
        + "</Extensions>"
    ),
    "prices": inl(inside="<Pricing/>" * 9_000),
    "text": inl(inside="<Description>" + "x" * 4_000_000 + "</Description>"),
}


@pytest.mark.parametrize("policy", ["VAST_WINS", "OPENRTB_WINS", "MERGE"])
@pytest.mark.parametrize("crowd", CROWDS)
def test_a_crowded_but_accepted_document_costs_little(crowd, policy):
    started = time.process_time()
    single = bid(adm=CROWDS[crowd], dur=15, cat=["IAB1"], adomain=["a.example"])
    built = Built(single, config=cfg0(collision_policy=policy, enable_debug=True))
    assert time.process_time() - started < 3, "a wide margin over what an idle machine needs"
    assert built.count("Ad") == 1


@pytest.mark.parametrize("policy", ["OPENRTB_WINS", "MERGE"])
@pytest.mark.parametrize("version", ["3.0", "4.2"])
def test_a_bid_with_very_many_categories_costs_in_proportion(version, policy):
    codes = [f"IAB{number}" for number in range(20_000)]
    own = "<Category>own</Category>"
    inside = own if version == "4.2" else ""
    after = "" if inside else f'<Extensions><Extension type="iab_category">{own}</Extension></Extensions>'
    config = cfg0(collision_policy=policy, categories_placement="INLINE")
    single = bid(adm=inl(inside=inside, after=after, version=version), cat=codes)
    started = time.process_time()
    built = Built(single, config=config)
    assert time.process_time() - started < 4, "a wide margin over what an idle machine needs"
    assert built.texts("Category") == ["own"] * (policy == "MERGE") + codes
