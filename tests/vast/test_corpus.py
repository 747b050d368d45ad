"""What we read in other people's documents, against the reading of an independent library."""

import json

import pytest

from tests.corpus import CORPUS, needs_corpus
from vast.ad import read
from vast.errors import VastError

pytestmark = needs_corpus

# Where we differ and why; anything not named here must agree.
REFUSED = "the document is not well-formed; the other library repairs what it can, to us a wrong ad is worse than none"
EMPTY_ADDRESS = "an element without an address is no media file, impression or tracker to us"
SIDE = (
    "the other library leaves out a wrapper without VASTAdTagURI; we show it, so that its fault can be named"
)
DIFFERENCES = {
    "vast/adm-prebid-server/bematterfull--exemplary__video.xml": REFUSED,
    "vast/adm-prebid-server/nativery--exemplary__video-no-currency.xml": REFUSED,
    "vast/prebid-mobile-android/vast_xmlError.xml": REFUSED,
    "vast/prebid-mobile-ios/Video__VAST_Empty_Inline.xml": REFUSED,
    "vast/prebid-mobile-ios/Video__VAST_Empty_Response.xml": REFUSED,
    "vast/vastlint/err_malformed_broken_attr_quote.xml": REFUSED,
    "vast/vastlint/err_malformed_unclosed_cdata.xml": REFUSED,
    "vast/vastlint-erlang/malformed.xml": REFUSED,
    "vast/adm-prebid-server/beachfront--supplemental__banner-and-adm-video-by-explicit.xml": SIDE,
    "vast/adm-prebid-server/concert--exemplary__video.xml": SIDE,
    "vast/adm-prebid-server/relevantdigital--exemplary__simple-video.xml": SIDE,
    "vast/iab-vast-schema-tests/reject-empty-wrapper.xml": SIDE,
    "vast/unruly-vast-parser/wrappers__vast_wrapper_with-multiple-ads.xml": SIDE,
    "vast/vastlint/err_wrapper_missing_vasttag.xml": SIDE,
    "vast/ooyala-html5-ad-plugins/vpaid_linear_novalues.xml": EMPTY_ADDRESS,
    "vast/sokil-php-vast/adWithDelivery.xml": EMPTY_ADDRESS,
    "vast/sokil-php-vast/linearCreativeWithInteractiveCreativeAndMediaFile.xml": EMPTY_ADDRESS,
    "vast/sokil-php-vast/linearCreativeWithStreamingDelivery.xml": EMPTY_ADDRESS,
    "vast/prebid-server-java/vtrack__test-vtrack-response.xml": EMPTY_ADDRESS,
    "vast/unruly-vast-parser/inlines__test_vast_inline_with-long-video.xml": EMPTY_ADDRESS,
    "vast/unruly-vast-parser/inlines__test_vast_inline_with-multiple-ads.xml": EMPTY_ADDRESS,
    "vast/unruly-vast-parser/inlines__test_vast_inline_with-multiple-extensions.xml": EMPTY_ADDRESS,
    "vast/vastlint/err_url_empty.xml": EMPTY_ADDRESS,
    "vast/vastlint/err_progress_no_offset.xml": "a progress tracker without offset is kept by us, dropped by the other",
}
# The other library gave up on the whole document for an Ad that is neither InLine nor Wrapper.
THREW_WHERE_WE_LEAVE_ONE_AD_OUT = {
    "vast/adm-prebid-server/proxistore--exemplary__simple-video.xml",
    "vast/cody-greene-vast-parser/test__example__00.xml",
    "vast/ruby-vast/invalid_document_with_missing_ad_type.xml",
    "vast/superawesome-sdk-ios/mock_xml_response_1.xml",
}


def expectations():
    if CORPUS is None:
        return []
    lines = (CORPUS / "EXPECTED.open.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def our_trackers(linear):
    found = {}
    for tracker in linear.trackers:
        event = tracker.event
        if event == "progress" and tracker.offset:
            share = tracker.offset.percent
            event += f"-{share}%" if share is not None else f"-{tracker.offset.ms / 1000:g}"
        found.setdefault(event, []).append(tracker.url)
    return found


def our_reading(vast):
    return [
        {
            "kind": ad.kind,
            "impressions": [link.url for link in ad.impressions],
            "errors": [link.url for link in ad.errors],
            "linears": [
                (
                    -1 if linear.duration_ms is None else linear.duration_ms / 1000,
                    [file.url for file in linear.media_files],
                    our_trackers(linear),
                )
                for creative in ad.creatives
                if (linear := creative.linear) and ad.kind == "inline"
            ],
        }
        for ad in vast.ads
    ]


def their_reading(parsed):
    return [
        {
            "kind": ad["kind"],
            "impressions": [item["url"] for item in ad["impressions"]],
            "errors": ad["errors"],
            "linears": [
                (item["durationSeconds"], [file["url"] for file in item["mediaFiles"]], item["tracking"])
                for item in ad["creatives"]
                if item["type"] == "linear" and ad["kind"] == "inline"
            ],
        }
        for ad in parsed["ads"]
    ]


def agrees(expected):
    """None when both read the same, else a short description of the difference."""
    try:
        vast = read((CORPUS / expected["file"]).read_bytes())
    except VastError as error:
        return None if expected.get("threw") else f"we refuse it ({error.reason}), they do not"
    if "parsed" not in expected:
        return f"they threw {expected['threw']!r}, we read {len(vast.ads)} ads"
    ours, theirs = our_reading(vast), their_reading(expected["parsed"])
    if len(ours) != len(theirs):
        return f"{len(ours)} ads, not {len(theirs)}"
    return None if ours == theirs else f"{ours} is not {theirs}"


@pytest.mark.parametrize("expected", expectations(), ids=lambda expected: expected["file"])
def test_our_reading_agrees_or_differs_for_a_stated_reason(expected):
    difference = agrees(expected)
    if expected["file"] in THREW_WHERE_WE_LEAVE_ONE_AD_OUT:
        assert difference.endswith("we read 0 ads")
    elif expected["file"] in DIFFERENCES:
        assert difference, "this difference is gone: take it off the list"
    else:
        assert difference is None


def test_the_lists_of_differences_name_documents_of_the_corpus(count_up):
    known = {expected["file"] for expected in expectations()}
    listed = DIFFERENCES.keys() | THREW_WHERE_WE_LEAVE_ONE_AD_OUT
    assert not listed - known
    count_up(
        f"reading: {len(known)} documents against another library's, {len(listed)} differ for a stated reason"
    )


def test_V01_every_iab_sample_holds_an_ad_or_a_wrapper_and_vast_1_is_refused_with_its_code(count_up):
    read_ones, refused = {}, {}
    for path in sorted((CORPUS / "vast" / "iab-vast-samples").glob("*.xml")):
        try:
            read_ones[path.name] = read(path.read_bytes())
        except VastError as error:
            refused[path.name] = (error.code, error.reason)
    assert sum("4." in name for name in read_ones) > 20
    assert set(refused.values()) == {(102, "VAST1")}
    assert all("VAST_1" in name for name in refused), refused
    assert [name for name, vast in read_ones.items() if not vast.ads] == []
    for name, vast in read_ones.items():
        for ad in vast.ads:
            told = (
                ad.wrapper.ad_tag_uri if ad.wrapper else [creative for creative in ad.creatives if creative]
            )
            assert told, name
    count_up(
        f"reading: {len(read_ones)} IAB samples, {sum(len(vast.ads) for vast in read_ones.values())} ads"
    )
