"""What a VMAP document says of its breaks, in documents of our own and in the open corpus."""

import json

import pytest

from tests.corpus import CORPUS, needs_corpus
from vast.ad import read
from vast.durations import read_duration
from vast.errors import VastError
from vast.vmap import AdBreak, is_vmap, read_vmap

SPACE = "http://www.iab.net/videosuite/vmap"


def vmap(*breaks: str, version: str = "1.0") -> str:
    return f'<vmap:VMAP xmlns:vmap="{SPACE}" version="{version}">{"".join(breaks)}</vmap:VMAP>'


def ad_break(inside: str = "", **attributes: str) -> str:
    stated = {"timeOffset": "start", "breakType": "linear", "breakId": "b", **attributes}
    said = "".join(f' {name}="{value}"' for name, value in stated.items())
    return f"<vmap:AdBreak{said}>{inside}</vmap:AdBreak>"


def source(inside: str, more: str = "") -> str:
    return f"<vmap:AdSource{more}>{inside}</vmap:AdSource>"


INLINE = source(
    '<vmap:VASTAdData><VAST version="3.0"><Error>http://t.test/none</Error></VAST></vmap:VASTAdData>'
)


def only(*breaks: str) -> AdBreak:
    [found] = read_vmap(vmap(*breaks)).breaks
    return found


@pytest.mark.parametrize(
    ("text", "kind", "in_ten_minutes"),
    [
        ("start", "start", 0),
        ("end", "end", 600_000),
        ("00:10:23.125", "time", 623_125),
        ("25%", "percent", 150_000),
        ("12.5%", "percent", 75_000),
        ("#2", "position", None),
        ("90", "time", 90_000),
        ("later", "unknown", None),
        ("", "unknown", None),
    ],
)
def test_a_break_comes_at_a_time_a_share_or_a_position(text, kind, in_ten_minutes):
    found = only(ad_break(INLINE, timeOffset=text)).time_offset
    assert (found.text, found.kind, found.at(600_000)) == (text, kind, in_ten_minutes)


def test_a_share_and_the_end_of_content_of_unknown_length_have_no_time():
    assert [only(ad_break(INLINE, timeOffset=text)).time_offset.at() for text in ("25%", "end", "start")] == [
        None,
        None,
        0,
    ]


def test_a_position_keeps_its_number():
    assert only(ad_break(INLINE, timeOffset="#3")).time_offset.position == 3


def test_attributes_trackers_and_switches_are_read():
    trackers = (
        "<vmap:TrackingEvents>"
        '<vmap:Tracking event="breakStart"> http://t.test/s </vmap:Tracking>'
        '<vmap:Tracking event="breakEnd">http://t.test/e</vmap:Tracking>'
        '<vmap:Tracking event="breakEnd">http://t.test/e2</vmap:Tracking>'
        '<vmap:Tracking event="error">http://t.test/x?[ERRORCODE]</vmap:Tracking>'
        "</vmap:TrackingEvents>"
    )
    tag = source(
        '<vmap:AdTagURI templateType="vast4"><![CDATA[ http://ads.test/tag?a=1&b=2 ]]></vmap:AdTagURI>',
        ' id="s1" allowMultipleAds="false" followRedirects="true"',
    )
    found = only(ad_break(tag + trackers, breakType="linear,display", repeatAfter="00:15:00"))
    assert (found.id, found.types, found.repeat_after_ms) == ("b", ("linear", "display"), 900_000)
    [where] = found.sources
    assert (where.id, where.allow_multiple_ads, where.follow_redirects) == ("s1", False, True)
    assert (where.tag_uri, where.template_type, where.vast) == ("http://ads.test/tag?a=1&b=2", "vast4", None)
    assert [(tracker.event, tracker.url) for tracker in found.trackers] == [
        ("breakStart", "http://t.test/s"),
        ("breakEnd", "http://t.test/e"),
        ("breakEnd", "http://t.test/e2"),
        ("error", "http://t.test/x?[ERRORCODE]"),
    ]


def test_switches_nobody_set_have_the_defaults_of_the_standard():
    [where] = only(ad_break(INLINE)).sources
    assert (where.allow_multiple_ads, where.follow_redirects) == (True, None)


def test_an_inline_document_is_a_document_of_its_own_with_the_namespaces_above_it():
    inside = (
        '<vmap:VASTAdData><VAST version="4.2"><Ad id="1"><InLine><Extensions><Extension><x:own/></Extension>'
        "</Extensions><Impression><![CDATA[http://t.test/i?a=1&b=2]]></Impression></InLine></Ad></VAST></vmap:VASTAdData>"
    )
    text = vmap(ad_break(source(inside))).replace("<vmap:VMAP ", '<vmap:VMAP xmlns:x="urn:x" ')
    [where] = read_vmap(text).breaks[0].sources
    assert b"<![CDATA[http://t.test/i?a=1&b=2]]>" in where.vast
    assert b'xmlns:x="urn:x"' in where.vast
    [ad] = read(where.vast).ads
    assert (ad.id, ad.impressions[0].url) == ("1", "http://t.test/i?a=1&b=2")


def test_a_document_that_stands_as_text_is_read_with_a_notice():
    escaped = "&lt;VAST version='3.0'/&gt;"
    for text in (escaped, "<![CDATA[<VAST version='3.0'/>]]>"):
        found = read_vmap(vmap(ad_break(source(f"<vmap:VASTAdData>{text}</vmap:VASTAdData>"))))
        assert found.breaks[0].sources[0].vast == b"<VAST version='3.0'/>"
        assert [notice.code for notice in found.notices] == ["VAST_AS_TEXT"]


def test_custom_data_is_kept_as_it_is():
    text = '<vmap:CustomAdData templateType="proprietary"><![CDATA[a=1&b=2]]></vmap:CustomAdData>'
    [where] = only(ad_break(source(text))).sources
    assert (where.custom, where.template_type, where.vast, where.tag_uri) == (
        "a=1&b=2",
        "proprietary",
        None,
        None,
    )


@pytest.mark.parametrize("namespace", ["http://www.iab.net/vmap-1.0", "urn:other", SPACE])
def test_any_namespace_prefix_or_none_reads_the_same(namespace):
    text = vmap(ad_break(INLINE))
    plain = text.replace("vmap:", "").replace(f' xmlns:vmap="{SPACE}"', "").replace("xmlns:vmap", "xmlns")
    other = text.replace(SPACE, namespace).replace("vmap:", "q:").replace("xmlns:vmap", "xmlns:q")
    for same in (plain, other):
        found = read_vmap(same)
        assert [found.breaks[0][index] for index in (0, 1, 2, 3, 5)] == [
            read_vmap(text).breaks[0][index] for index in (0, 1, 2, 3, 5)
        ]
        assert read(found.breaks[0].sources[0].vast).errors == ("http://t.test/none",)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ad_break(INLINE, timeOffset="later"), "OFFSET_UNREADABLE"),
        (ad_break(INLINE, timeOffset=""), "OFFSET_UNREADABLE"),
        (ad_break(INLINE, breakType="video"), "BREAK_TYPE_UNKNOWN"),
        (ad_break(INLINE, repeatAfter="often"), "DURATION_UNREADABLE"),
        (ad_break(source("")), "AD_SOURCE_EMPTY"),
        (ad_break(source("<vmap:AdTagURI> </vmap:AdTagURI>")), "AD_SOURCE_EMPTY"),
        (ad_break(source("<vmap:VASTAdData/>")), "AD_SOURCE_EMPTY"),
        ("", "VMAP_EMPTY"),
    ],
)
def test_what_is_odd_is_a_notice_and_not_an_error(text, code):
    assert code in [notice.code for notice in read_vmap(vmap(text)).notices]


@pytest.mark.parametrize(
    ("text", "code", "reason"),
    [
        ("", 100, "NOT_XML"),
        ("<vmap:VMAP", 100, "NOT_XML"),
        ("no XML", 100, "NOT_XML"),
        ('<VAST version="3.0"/>', 101, "NOT_VMAP"),
        ("<html/>", 101, "NOT_VMAP"),
        (vmap(version="2.0"), 102, "VERSION"),
        ('<!DOCTYPE VMAP [<!ENTITY a "b">]><VMAP version="1.0"/>', 100, "DOCTYPE"),
        (vmap("<a>" * 200 + "</a>" * 200), 100, "TOO_DEEP"),
        (vmap("<a/>" * 200_000), 100, "TOO_MANY_NODES"),
        (vmap(" " * (4 * 1024 * 1024)), 100, "TOO_LARGE"),
    ],
)
def test_what_is_no_vmap_is_refused_with_the_code_of_the_standard(text, code, reason):
    with pytest.raises(VastError) as refused:
        read_vmap(text)
    assert (refused.value.code, refused.value.reason) == (code, reason)


def test_a_version_that_is_missing_or_newer_is_a_notice():
    assert read_vmap(vmap(ad_break(INLINE), version="1.7")).notices[0].code == "VERSION_UNKNOWN"
    text = vmap(ad_break(INLINE)).replace(' version="1.0"', "", 1)
    assert read_vmap(text).notices[0].code == "VERSION_MISSING"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (vmap(), True),
        (b'\xef\xbb\xbf<?xml version="1.0"?><!-- c --><VMAP>', True),
        (vmap().encode("utf-16"), True),
        ("<vmap/>", True),
        ('<VAST version="3.0"><VMAP/></VAST>', False),
        ("", False),
        ("{}", False),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><VMAP/>", False),
    ],
)
def test_a_vmap_is_known_by_its_root(data, said):
    assert is_vmap(data) is said


def expected_playlists():
    if CORPUS is None:
        return []
    lines = map(json.loads, (CORPUS / "EXPECTED.open.jsonl").read_text(encoding="utf-8").splitlines())
    return [line for line in lines if "vmap" in line]


def their_break(row):
    tag = row["adSource"] and row["adSource"]["adTagURI"]
    return {
        "id": row["breakId"],
        "offset": row["timeOffset"],
        "types": set(row["breakType"].split(",")),
        "repeat": read_duration(row["repeatAfter"])[0],
        "trackers": [(item["event"], item["uri"]) for item in row["tracking"]],
        "tag": tag and tag["uri"],
        "ads": row["vast"]["parsed"]["adCount"] if "vast" in row else None,
    }


def our_break(found):
    [where] = found.sources
    return {
        "id": found.id,
        "offset": found.time_offset.text,
        "types": set(found.types),
        "repeat": found.repeat_after_ms,
        "trackers": [(tracker.event, tracker.url) for tracker in found.trackers],
        "tag": where.tag_uri,
        "ads": len(read(where.vast).ads) if where.vast else None,
    }


@needs_corpus
def test_every_playlist_of_the_corpus_reads_as_an_independent_library_reads_it(count_up):
    playlists = breaks = documents = 0
    for line in expected_playlists():
        data = (CORPUS / line["file"]).read_bytes()
        assert is_vmap(data)
        found = read_vmap(data)
        assert found.version == line["vmap"]["version"]
        assert [our_break(each) for each in found.breaks] == [
            their_break(row) for row in line["vmap"]["adBreaks"]
        ], line["file"]
        playlists += 1
        breaks += len(found.breaks)
        documents += sum(each.sources[0].vast is not None for each in found.breaks)
    count_up(f"vmap: {playlists} playlists, {breaks} breaks, {documents} inline documents read")
    assert (playlists, breaks, documents) == (12, 23, 10)


@needs_corpus
def test_no_other_document_of_the_corpus_is_taken_for_a_playlist():
    playlists = {CORPUS / line["file"] for line in expected_playlists()}
    found = {path for path in (CORPUS / "vast").rglob("*.xml") if is_vmap(path.read_bytes())}
    assert found == playlists
