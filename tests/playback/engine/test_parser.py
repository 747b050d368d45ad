"""VastParser: the whole document as data, flat keys without the faults of the original, XPaths of one's own."""

import copy
import json
import pickle
import time
from pathlib import Path

import pytest

from playback.engine import ConfigError
from playback.engine.request.parser import ExtractMode, VastParser, VastParserConfig, XPathSpec
from playback.engine.request.parser_config import FIELDS, XPATH_FIELDS
from tests.corpus import CORPUS, needs_corpus
from tests.playback.engine.ads import SINK, inline, vast
from vast.ad import read
from vast.document import parse
from vast.errors import VastError
from vast.plain import plain

FULL = (Path(__file__).parents[2] / "vast" / "every_element.xml").read_bytes()
F30 = vast(inline())
CITY = "".join(f'<Extension type="city"><Name>{name}</Name></Extension>' for name in ("Köln", "Bonn"))
WITH_CITY = vast(inline().replace("<Creatives>", f"<Extensions>{CITY}</Extensions><Creatives>"))
WRAPPER = vast(
    '<Ad id="w"><Wrapper><AdSystem>W</AdSystem><VASTAdTagURI>http://t.test/next</VASTAdTagURI></Wrapper></Ad>'
)


def parsed(document, **config):
    return VastParser(config).parse_vast(document)


def namespaced(document, prefix):
    declared = f'xmlns:{prefix}="http://www.iab.com/VAST"' if prefix else 'xmlns="http://www.iab.com/VAST"'
    mark = f"{prefix}:" if prefix else ""
    tagged = document.replace("</", "\0").replace("<!", "\1").replace("<", f"<{mark}")
    tagged = tagged.replace("\0", f"</{mark}").replace("\1", "<!")
    return tagged.replace("VAST ", f"VAST {declared} ", 1)


def test_the_whole_document_is_json():
    found = parsed(FULL)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["ads"] == plain(read(FULL).ads)
    [ad] = [ad for ad in found["ads"] if ad["id"] == "a1"]
    assert ad["pricing"] == {"text": "25.00", "value": "25.00", "model": "CPM", "currency": "EUR"}
    linear = next(creative["linear"] for creative in ad["creatives"] if creative["linear"])
    offsets = [tracker["offset"] for tracker in linear["trackers"] if tracker["event"] == "progress"]
    assert offsets[:2] == [{"ms": None, "percent": "25"}, {"ms": 3500, "percent": None}]


def test_flat_keys_are_those_of_the_first_inline_ad_without_mixture():
    companion = (
        '<Creative id="side"><CompanionAds><Companion width="1" height="1"><TrackingEvents>'
        '<Tracking event="start">http://t.test/companion</Tracking></TrackingEvents></Companion></CompanionAds></Creative>'
    )
    first = inline(ad_id="first").replace("<Creatives>", f"<Creatives>{companion}")
    found = parsed(WRAPPER.replace("</VAST>", first + inline(ad_id="second") + "</VAST>"))
    assert len(found["ads"]) == 3
    assert (found["ad_system"], found["ad_title"]) == ("T", "first")
    assert found["impression"] == [f"{SINK}/imp1", f"{SINK}/imp2"]
    assert found["error"] == [f"{SINK}/err?c=[ERRORCODE]"]
    assert found["creative"] == {"id": "c1", "ad_id": None}
    assert found["duration"] == 30.0
    assert [file["url"] for file in found["media_files"]] == [f"{SINK}/v.mp4"]
    assert found["media_url"] == f"{SINK}/v.mp4"
    assert found["tracking_events"]["start"] == [f"{SINK}/start1", f"{SINK}/start2"]


def test_2_27_trackers_keep_order_and_duplicates_and_progress_its_offsets():
    again = ("start", "start1", None)
    found = parsed(
        vast(inline(trackers=[again, ("progress", "p1", "10%"), again, ("progress", "p2", "00:00:05.500")]))
    )
    assert found["tracking_events"] == {
        "start": [f"{SINK}/start1"] * 2,
        "progress": [
            {"offset": "10%", "offset_ms": 3000, "url": f"{SINK}/p1"},
            {"offset": "00:00:05.500", "offset_ms": 5500, "url": f"{SINK}/p2"},
        ],
    }


def test_a_pod_stays_a_pod():
    found = parsed(vast(*(inline(ad_id=f"a{place}", sequence=place) for place in (3, 1, 2))))
    assert [(ad["id"], ad["sequence"]) for ad in found["ads"]] == [("a3", 3), ("a1", 1), ("a2", 2)]
    assert len(found["impression"]) == 2


def test_a_document_without_an_inline_ad_has_empty_flat_keys():
    found = parsed(WRAPPER)
    assert found["ads"][0]["wrapper"]["ad_tag_uri"] == "http://t.test/next"
    flat = {name: found[name] for name in (*XPATH_FIELDS, "media_url")}
    assert flat == {
        **dict.fromkeys(("ad_system", "ad_title", "duration", "media_url")),
        **{name: [] for name in ("impression", "error", "media_files")},
        **{name: {} for name in ("tracking_events", "extensions")},
        "creative": {"id": None, "ad_id": None},
    }


def test_the_file_is_the_one_a_player_chooses_and_not_the_first():
    files = "".join(
        f'<MediaFile type="{kind}" width="{width}" height="{width}">http://m.test/{number}</MediaFile>'
        for number, (kind, width) in enumerate(
            [("video/x-flv", 1920), ("video/mp4", 320), ("video/mp4", 1080)]
        )
    )
    assert parsed(vast(inline(media=files)))["media_url"] == "http://m.test/2"


@pytest.mark.parametrize("prefix", ["", "vast", "q"])
def test_V02_flat_keys_and_xpaths_are_the_same_in_any_namespace(prefix):
    config = {"custom_xpaths": {"city": "//Extension[@type='city']/Name", "ads": "/VAST/Ad/@id"}}
    plain_one, other = parsed(WITH_CITY, **config), parsed(namespaced(WITH_CITY, prefix), **config)
    assert other["custom"] == {"city": ["Köln", "Bonn"], "ads": ["a1"]}
    assert {**other, "notices": []} == {**plain_one, "notices": []}


def test_extensions_are_kept_by_type_and_none_is_lost():
    found = parsed(WITH_CITY)["extensions"]
    assert [item["children"][0]["text"] for item in found["city"]] == ["Köln", "Bonn"]
    assert VastParser().parse_extensions(WITH_CITY) == found
    assert VastParser().parse_extensions(parse(WITH_CITY).root) == found


def test_an_element_becomes_a_dict_of_everything_in_it():
    [element] = parse('<VAST xmlns:x="urn:x" version="3.0"><x:a x:b=" 1 "> t <c/><c>2</c></x:a></VAST>').root
    leaf = {"name": "c", "attributes": {}, "children": []}
    assert VastParser().element_to_dict(element) == {
        "name": "a",
        "attributes": {"b": "1"},
        "text": "t",
        "children": [{**leaf, "text": ""}, {**leaf, "text": "2"}],
    }


@pytest.mark.parametrize(
    ("text", "seconds", "strictly"),
    [
        ("00:00:29.97", 29.97, 29.97),
        ("00:00:00.500", 0.5, 0.5),
        ("01:00:00", 3600.0, 3600.0),
        ("30", 30.0, None),
        ("0:30:5", 1805.0, None),
        ("-00:00:05", None, None),
        ("00:61:00", None, None),
        ("abc", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_2_28_durations_are_seconds_with_their_fraction(text, seconds, strictly):
    assert VastParser().parse_duration(text) == seconds
    assert VastParser({"strict_xml": True}).parse_duration(text) == strictly


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", 100),
        ("no XML at all", 100),
        (b"\xff\xfe\x00", 100),
        (None, 100),
        (["<VAST/>"], 100),
        ("<html><body>404</body></html>", 101),
        ("{}", 100),
        ('<VAST version="9.9"/>', 102),
        ("<VideoAdServingTemplate/>", 102),
        ('<!DOCTYPE VAST [<!ENTITY a "b">]><VAST version="3.0">&a;</VAST>', 100),
        ("<VAST>" + "<a>" * 200 + "</a>" * 200 + "</VAST>", 100),
    ],
)
def test_2_29_garbage_is_a_vast_error_with_its_code(document, code):
    for call in (
        lambda: VastParser().parse_vast(document),
        lambda: VastParser().parse_with_specs(document, [XPathSpec("//Ad", "ad")]),
    ):
        with pytest.raises(VastError) as refused:
            call()
        assert refused.value.code == code


def test_what_is_odd_is_a_notice_and_strictly_refused():
    odd = vast(inline(duration="30"))
    assert [notice["code"] for notice in parsed(odd)["notices"]] == ["DURATION_LENIENT"]
    with pytest.raises(VastError, match="plain seconds") as refused:
        parsed(odd, strict_xml=True)
    assert (refused.value.code, refused.value.reason) == (101, "STRICT")
    assert parsed(F30, strict_xml=True) == parsed(F30)


def test_stray_ampersands_are_mended_where_that_is_wanted():
    broken = F30.replace("<AdSystem>T</AdSystem>", "<AdSystem>A & B&nbsp;C</AdSystem>")
    for document in (broken, broken.encode()):
        found = parsed(document)
        assert found["ad_system"] == "A & B\xa0C"
        assert [notice["code"] for notice in found["notices"]] == ["MARKUP_REPAIRED"]
        with pytest.raises(VastError, match="broken"):
            parsed(document, recover_on_error=False)
    with pytest.raises(VastError, match="broken"):
        parsed(broken[:-9])


def test_the_encoding_is_that_of_bytes_which_declare_none():
    text = WITH_CITY
    assert parsed(text.encode("latin-1"), encoding="latin-1")["extensions"] == parsed(text)["extensions"]
    declared = b'<?xml version="1.0" encoding="UTF-8"?>' + text.encode()
    assert parsed(declared, encoding="latin-1")["extensions"] == parsed(text)["extensions"]
    with pytest.raises(VastError) as refused:
        parsed(b"<VAST version='3.0'>\xff</VAST>", encoding="ascii")
    assert (refused.value.code, refused.value.reason) == (100, "ENCODING")


def test_an_xpath_of_ones_own_replaces_that_of_a_flat_key():
    found = parsed(F30, ad_title=".//AdSystem", impression=".//Impression[2]/text()", creative=".//Linear")
    assert (found["ad_title"], found["impression"]) == ("T", [f"{SINK}/imp2"])
    assert found["creative"] == {"id": None, "ad_id": None}
    assert parsed(F30, tracking_events=".//Tracking[@event='start']")["tracking_events"].keys() == {"start"}


def test_custom_xpaths_give_texts_numbers_truth_and_elements():
    paths = {
        "titles": "//AdTitle",
        "ids": "//Ad/@id",
        "how_many": "count(//Tracking)",
        "nothing": "number('x')",
        "skippable": "boolean(//Linear/@skipoffset)",
        "cities": "//Extension",
        "none": "//Nowhere",
    }
    found = parsed(WITH_CITY, custom_xpaths=paths)["custom"]
    assert found["cities"][0] == {
        "name": "Extension",
        "attributes": {"type": "city"},
        "text": "",
        "children": [{"name": "Name", "attributes": {}, "text": "Köln", "children": []}],
    }
    assert {name: found[name] for name in paths if name != "cities"} == {
        "titles": ["a1"],
        "ids": ["a1"],
        "how_many": [13.0],
        "nothing": [None],
        "skippable": [True],
        "none": [],
    }


def test_specs_take_lists_or_single_values_and_call_back():
    specs = [
        XPathSpec(".//Impression", "impressions"),
        XPathSpec(".//Duration", "seconds", VastParser().parse_duration, ExtractMode.SINGLE),
        XPathSpec(".//MediaFile/@bitrate", "bitrate", int, "single", required=True),
        XPathSpec(".//Survey", "survey", mode="single"),
        XPathSpec(".//AdTitle", "title", int, "single"),
    ]
    assert VastParser().parse_with_specs(F30, specs) == {
        "impressions": [f"{SINK}/imp1", f"{SINK}/imp2"],
        "seconds": 30.0,
        "bitrate": 1500,
        "survey": None,
        "title": "a1",
    }


@pytest.mark.parametrize(
    "spec",
    [
        XPathSpec("//Survey", "wanted", required=True),
        XPathSpec("//Survey", "wanted", mode="single", required=True),
        XPathSpec("//AdTitle", "wanted", int, required=True),
    ],
)
def test_a_required_value_that_is_missing_or_unusable_is_an_error(spec):
    with pytest.raises(VastError, match="wanted") as refused:
        VastParser().parse_with_specs(F30, [spec])
    assert (refused.value.code, refused.value.reason) == (101, "REQUIRED")


def test_two_specs_of_one_name_are_refused():
    with pytest.raises(ConfigError, match="two specs"):
        VastParser().parse_with_specs(F30, [XPathSpec("//Ad", "a"), XPathSpec("//VAST", "a")])


@pytest.mark.parametrize(
    ("xpath", "remark"),
    [
        ("", "is not an XPath"),
        (None, "is not an XPath"),
        ("//Ad[", "is not an XPath"),
        ("vast:Ad", "prefix 'vast'"),
        ("//Ad[vast:InLine]", "prefix 'vast'"),
        ("document('file:///etc/passwd')", "document"),
        ("//Ad[re:test(., 'x')]", "prefix 're'"),
        ("//Ad[system-property('xsl:vendor')]", "system-property"),
        ("//Ad[@id=$wanted]", "variables"),
        ("//*" * 200, "at most 500"),
        ("//*[count(//*[count(//*) > 1]) > 1]", "very long"),
        ("//*/following::*", "inside predicates only"),
    ],
)
def test_an_xpath_that_is_none_or_reaches_too_far_is_refused_by_name(xpath, remark):
    with pytest.raises(ConfigError, match=r"custom_xpaths\.mine") as refused:
        VastParserConfig(custom_xpaths={"mine": xpath})
    assert remark in str(refused.value)
    with pytest.raises(ConfigError, match=r"ad_title|xpath_spec"):
        VastParserConfig(ad_title=xpath)
    with pytest.raises(ConfigError, match=r"xpath_spec\.mine\.xpath"):
        XPathSpec(xpath, "mine")


@pytest.mark.parametrize(
    "xpath",
    [
        "//Tracking[@event='a:b(c)$d']/text()",
        "(//Ad[InLine or (Wrapper)])[1]",
        "//Ad/ancestor-or-self::VAST/@version",
        "//Ad[not(preceding-sibling::Ad)]",
        'string-length(concat("$x", normalize-space(//AdTitle)))',
    ],
)
def test_what_xpath_1_0_offers_is_admitted(xpath):
    assert parsed(F30, custom_xpaths={"mine": xpath})["custom"]["mine"] is not None


def test_the_dearest_xpath_on_the_largest_document_ends_soon():
    document = '<VAST version="3.0">' + "<a/>" * 9_990 + "</VAST>"
    before = time.perf_counter()
    parsed(document, custom_xpaths={"mine": "//*[count(following-sibling::*) > count(*)]"})
    assert time.perf_counter() - before < 20


def test_a_path_that_selects_no_elements_where_elements_are_needed_names_its_field():
    for name in ("creative", "media_files", "tracking_events", "extensions"):
        with pytest.raises(ConfigError, match=rf"^{name}: .*has to select elements"):
            parsed(F30, **{name: ".//AdTitle/text()"})
    with pytest.raises(ConfigError, match=r"^ad_title: .*neither an element nor a text"):
        parsed(F30, ad_title="count(//Ad)")


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"ad_sistem": "x"}, "ad_sistem"),
        ({"strict_xml": "yes"}, "strict_xml"),
        ({"recover_on_error": 1}, "recover_on_error"),
        ({"encoding": "no such"}, "encoding"),
        ({"encoding": "base64"}, "encoding"),
        ({"encoding": None}, "encoding"),
        ({"custom_xpaths": ["//Ad"]}, "custom_xpaths"),
        ({"publisher_overrides": {"p": {"ad_titel": "x"}}}, "publisher_overrides.p.ad_titel"),
        ({"publisher_overrides": {"p": {"ad_title": "x["}}}, "ad_title"),
        ({"publisher_overrides": {"p": "x"}}, "publisher_overrides.p"),
        (
            {"publisher_overrides": {"p": {"publisher_overrides": {}}}},
            "publisher_overrides.p.publisher_overrides",
        ),
        ("nothing", "parser"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused_by_name(config, named):
    with pytest.raises(ConfigError) as refused:
        VastParser.from_config(config)
    assert refused.value.field == named


def test_an_unknown_field_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError) as refused:
        VastParserConfig.from_dict({"custom_xpath": {}})
    assert refused.value.known == FIELDS


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"mode": "first"}, "xpath_spec.mine.mode"),
        ({"callback": 3}, "xpath_spec.mine.callback"),
        ({"required": "yes"}, "xpath_spec.mine.required"),
        ({"name": ""}, "xpath_spec.name"),
    ],
)
def test_a_spec_that_cannot_be_used_is_refused_by_name(options, named):
    with pytest.raises(ConfigError) as refused:
        XPathSpec(**{"xpath": "//Ad", "name": "mine", **options})
    assert refused.value.field == named


def test_a_publisher_overrides_fields_and_adds_xpaths():
    config = VastParserConfig(
        custom_xpaths={"a": "//Ad/@id"},
        publisher_overrides={"cine": {"ad_title": ".//AdSystem", "custom_xpaths": {"b": "//AdTitle"}}},
    )
    found = VastParser(config, "cine").parse_vast(F30)
    assert (found["ad_title"], found["custom"]) == ("T", {"a": ["a1"], "b": ["a1"]})
    other = VastParser(config, "other").parse_vast(F30)
    assert (other["ad_title"], other["custom"]) == ("a1", {"a": ["a1"]})


def test_a_configuration_cannot_be_changed_and_survives_being_stored():
    stated = {
        "custom_xpaths": {"a": "//Ad"},
        "publisher_overrides": {"p": {"custom_xpaths": {"b": "//VAST"}}},
    }
    before = copy.deepcopy(stated)
    config = VastParserConfig.from_dict(stated)
    with pytest.raises(AttributeError):
        config.strict_xml = True
    for mapping in (config.custom_xpaths, config.publisher_overrides, config.publisher_overrides["p"]):
        with pytest.raises(TypeError):
            mapping["x"] = {}
    assert stated == before
    assert VastParserConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(VastParserConfig.from_dict(stated)) == hash(config)
    assert VastParser.from_config(config).config == VastParser.from_config(stated).config


def test_a_value_that_is_no_fact_has_no_plain_form():
    with pytest.raises(TypeError, match="set"):
        plain({1})


@needs_corpus
def test_every_document_of_the_corpus_is_json_or_refused_with_a_code(count_up):
    read_ones, codes = 0, []
    parser = VastParser({"custom_xpaths": {"all": "//Tracking/@event"}})
    for path in sorted((CORPUS / "vast").rglob("*.xml")):
        try:
            found = parser.parse_vast(path.read_bytes())
        except VastError as error:
            codes.append(error.code)
            continue
        json.dumps(found, allow_nan=False)
        read_ones += 1
    count_up(f"parser: {read_ones} documents as JSON, {len(codes)} refused with a code")
    assert read_ones > 250
    assert set(codes) <= {100, 101, 102}


@needs_corpus
def test_2_26_every_inline_sample_of_version_4_fills_the_flat_keys(count_up):
    filled = 0
    for path in sorted((CORPUS / "vast" / "iab-vast-samples").glob("*4.*.xml")):
        found = VastParser().parse_vast(path.read_bytes())
        creatives = [
            creative for ad in found["ads"] if ad["kind"] == "inline" for creative in ad["creatives"]
        ]
        if not creatives:
            continue
        filled += 1
        assert all(found[name] for name in ("ad_system", "ad_title", "impression")), path.name
        if any(creative["linear"] for creative in creatives):
            names = ("duration", "media_files", "media_url", "tracking_events")
            assert all(found[name] for name in names), path.name
    count_up(f"parser: {filled} InLine samples of VAST 4 fill the flat keys")
    assert filled > 10
