from decimal import Decimal
from pathlib import Path

import pytest

from vast.ad import FallbackImage, Link, MediaFile, Tracker, UniversalAdId, read
from vast.document import parse
from vast.durations import Offset
from vast.errors import VastError
from vast.playback import read_playback
from vast.recall import recall

FULL = (Path(__file__).parent / "every_element.xml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def full():
    return read(FULL)


def test_the_document_and_the_ad_itself(full):
    (ad,) = full.ads
    assert (full.version, full.errors) == ("4.2", ("https://t.example.com/root",))
    assert (ad.id, ad.sequence, ad.kind, ad.ad_type, ad.wrapper) == ("a1", 2, "inline", "video", None)
    assert (ad.ad_system, ad.ad_title, ad.advertiser, ad.description) == ("Sys", "Title", "Acme", "D")
    assert (ad.ad_serving_id, ad.expires_sec, ad.survey) == ("serve-1", 60, "https://s.example.com")
    assert (ad.pricing.value, ad.pricing.model, ad.pricing.currency) == (Decimal(25), "CPM", "EUR")
    assert [(category.code, category.authority) for category in ad.categories] == [
        ("IAB1", "iab"),
        ("IAB2", None),
    ]
    assert ad.extension_types == ("x", "AdVerifications")


def test_addresses_are_trimmed_and_keep_order_and_duplicates(full):
    (ad,) = full.ads
    assert ad.impressions == (Link("i1", "https://t.example.com/i"), Link(None, "https://t.example.com/i"))
    assert [link.url for link in ad.errors] == ["https://t.example.com/e1", "https://t.example.com/e2"]


def test_trackers_keep_order_duplicates_and_offsets(full):
    assert full.ads[0].linear.trackers == (
        Tracker("start", "https://t.example.com/s1"),
        Tracker("start", "https://t.example.com/s2"),
        Tracker("progress", "https://t.example.com/p25", Offset(None, Decimal(25))),
        Tracker("progress", "https://t.example.com/p3", Offset(3_500, None)),
        Tracker("progress", "https://t.example.com/ps"),
    )


def test_every_leniency_is_a_notice(full):
    assert {notice.code for notice in full.notices} == {"OFFSET_UNREADABLE", "TRACKING_EVENT_MISSING"}


def test_the_linear_and_its_files(full):
    linear = full.ads[0].linear
    assert (linear.duration_ms, linear.duration_text, full.ads[0].duration_ms) == (
        15_500,
        "00:00:15.500",
        15_500,
    )
    assert linear.skip_offset == Offset(5_000, None)
    assert linear.media_files == (
        MediaFile(
            "https://m.example.com/1",
            "progressive",
            "video/mp4",
            640,
            None,
            500,
            1,
            2,
            codec="c",
            id="m",
            api_framework="f",
        ),
    )
    assert [(file.url, file.width, file.codec) for file in linear.mezzanines] == [
        ("https://m.example.com/mezz", 1920, "h264")
    ]
    assert [(file.url, file.variable_duration) for file in linear.interactive_files] == [
        ("https://m.example.com/simid", True)
    ]
    assert [(file.url, file.language) for file in linear.caption_files] == [
        ("https://m.example.com/cc", "en")
    ]
    assert linear.ad_parameters == "p=1"
    assert linear.click_through == Link("ct", "https://c.example.com/t")
    assert linear.click_tracking == (Link(None, "https://c.example.com/k"),)
    assert linear.custom_clicks == (Link("cc", "https://c.example.com/x"),)


def test_icons_overlays_and_companions(full):
    linear, overlay, companion = full.ads[0].creatives
    (icon,) = linear.linear.icons
    assert (icon.program, icon.x_position, icon.offset, icon.duration_ms) == (
        "AdChoices",
        "left",
        Offset(1_000, None),
        10_000,
    )
    assert (icon.resources[0].kind, icon.click_through, icon.view_tracking) == (
        "static",
        "https://i.example.com/ct",
        ("https://i.example.com/view",),
    )
    assert icon.click_tracking == (Link("k", "https://i.example.com/tr"),)
    (non_linear,) = overlay.non_linears
    assert (non_linear.id, non_linear.width, non_linear.min_suggested_duration_ms) == ("n", 300, 10_000)
    assert (non_linear.resources[0].kind, non_linear.resources[0].value) == ("html", "<b/>")
    assert overlay.non_linear_trackers == (Tracker("creativeView", "https://n.example.com/cv"),)
    assert overlay.linear is None
    (shown,) = companion.companions
    assert (shown.ad_slot_id, shown.rendering_mode, shown.alt_text, companion.companions_required) == (
        "s",
        "end-card",
        "alt",
        "any",
    )
    assert shown.trackers == (Tracker("creativeView", "https://co.example.com/cv"),)


def test_universal_ids_verifications_and_viewability(full):
    (ad,) = full.ads
    assert [(item.registry, item.value) for item in ad.creatives[0].universal_ad_ids] == [
        ("ad-id.org", "ABC"),
        ("x", "DEF"),
    ]
    assert [item.vendor for item in ad.verifications] == ["acme.com-omid", "carried"]
    assert ad.verifications[0].resources == ("https://v.example.com/js",)
    assert ad.verifications[0].trackers[0].event == "verificationNotExecuted"
    (viewable,) = ad.viewable
    assert (viewable.id, viewable.viewable, viewable.not_viewable, viewable.undetermined) == (
        "v",
        ("https://t.example.com/v",),
        ("https://t.example.com/n",),
        ("https://t.example.com/u",),
    )


def test_V02_namespace_prefix_or_none_give_the_same_facts(full):
    bare = FULL.replace(' xmlns="http://www.iab.com/VAST"', "")
    prefixed = (
        bare.replace("</", "\x00")
        .replace("<![", "\x01")
        .replace("<?", "\x02")
        .replace("<!--", "\x03")
        .replace("<", "<v:")
        .replace("\x00", "</v:")
        .replace("\x01", "<![")
        .replace("\x02", "<?")
        .replace("\x03", "<!--")
        .replace('version="4.2">', 'version="4.2" xmlns:v="urn:v">', 1)
    )
    assert read(bare) == full
    assert read(prefixed).ads == full.ads
    with pytest.raises(VastError):
        read(prefixed, lenient=False)


def test_a_document_kept_whole_reads_like_one_parsed_for_reading(full):
    assert read(parse(FULL)) == full


WRAPPER = (
    '<VAST version="3.0"><Ad id="w" sequence="{sequence}"><Wrapper {attributes}><AdSystem>s</AdSystem>'
    "<VASTAdTagURI><![CDATA[ https://ads.example.com/next?a=1&b=2 ]]></VASTAdTagURI>"
    "<BlockedAdCategories authority='iab'>IAB25</BlockedAdCategories></Wrapper></Ad></VAST>"
)


@pytest.mark.parametrize(
    ("attributes", "follow", "multiple", "fallback"),
    [
        ("", True, False, None),
        (
            'followAdditionalWrappers="false" allowMultipleAds="true" fallbackOnNoAd="false"',
            False,
            True,
            False,
        ),
        ('followAdditionalWrappers="0" allowMultipleAds="1" fallbackOnNoAd="TRUE"', False, True, True),
        ('followAdditionalWrappers="maybe" fallbackOnNoAd=""', True, False, None),
    ],
)
def test_wrapper_switches_have_the_defaults_of_the_standard(attributes, follow, multiple, fallback):
    (ad,) = read(WRAPPER.format(sequence="1", attributes=attributes)).ads
    facts = ad.wrapper
    assert (ad.kind, facts.ad_tag_uri) == ("wrapper", "https://ads.example.com/next?a=1&b=2")
    assert (facts.follow_additional_wrappers, facts.allow_multiple_ads, facts.fallback_on_no_ad) == (
        follow,
        multiple,
        fallback,
    )
    assert [category.code for category in facts.blocked_categories] == ["IAB25"]


@pytest.mark.parametrize("sequence", ["abc", "0", "-1", "1.5", "9" * 12, "٣"])
def test_a_sequence_that_is_no_positive_number_is_left_out_with_a_notice(sequence):
    vast = read(WRAPPER.format(sequence=sequence, attributes=""))
    assert vast.ads[0].sequence is None
    assert "SEQUENCE_UNREADABLE" in {notice.code for notice in vast.notices}
    assert vast.ads[0].linear is None
    assert vast.ads[0].duration_ms is None


def test_ads_without_or_with_both_sides_are_remarked_on():
    vast = read('<VAST version="3.0"><Ad id="none"/><Ad id="both"><Wrapper/><InLine/></Ad></VAST>')
    assert [(ad.id, ad.kind) for ad in vast.ads] == [("both", "inline")]
    assert {notice.code for notice in vast.notices} == {"AD_EMPTY", "AD_AMBIGUOUS", "IMPRESSION_MISSING"}


@pytest.mark.parametrize(
    ("text", "milliseconds", "code"),
    [("30", 30_000, "DURATION_LENIENT"), ("soon", None, "DURATION_UNREADABLE")],
)
def test_odd_durations_are_remarked_on(text, milliseconds, code):
    inside = f"<Creatives><Creative><Linear><Duration>{text}</Duration></Linear></Creative></Creatives>"
    vast = read(f'<VAST version="3.0"><Ad><InLine><Impression>u</Impression>{inside}</InLine></Ad></VAST>')
    assert vast.ads[0].duration_ms == milliseconds
    assert [notice.code for notice in vast.notices] == [code]


def test_an_unreadable_price_keeps_its_text():
    (ad,) = read('<VAST version="3.0"><Ad><InLine><Pricing>NaN</Pricing></InLine></Ad></VAST>').ads
    assert (ad.pricing.text, ad.pricing.value) == ("NaN", None)


def test_no_ads_is_a_document_with_its_root_errors():
    vast = read('<VAST version="4.0"><Error>https://t.example.com/e</Error></VAST>')
    assert (vast.ads, vast.errors, vast.notices) == ((), ("https://t.example.com/e",), ())


def test_a_document_that_comes_again_is_not_read_again():
    first = recall(read, FULL)
    assert first == read(FULL)
    assert recall(read, FULL) is first
    assert recall(read, FULL.encode()) == first


def test_a_document_too_long_to_be_kept_is_read_each_time():
    long = FULL.replace("</VAST>", f"<!--{'x' * 70_000}--></VAST>")
    assert recall(read, long) == read(long)
    assert recall(read, long) is not recall(read, long)


def test_what_cannot_be_read_is_refused_each_time():
    for _ in range(2):
        with pytest.raises(VastError):
            recall(read, "<VAST")


CARRIED = """
 <UniversalAdId idRegistry="ad-id.org">CARRIED1</UniversalAdId>
 <InteractiveCreativeFile type="text/html" apiFramework="SIMID" variableDuration="true">https://t.example.com/simid</InteractiveCreativeFile>
 <Mezzanine delivery="progressive" type="video/mp4" width="3840" height="2160">https://t.example.com/mezzanine</Mezzanine>
 <Icons><Icon program="DSA" width="20" height="20" xPosition="left" yPosition="top">
  <StaticResource creativeType="image/png">https://t.example.com/icon</StaticResource></Icon></Icons>
"""
PLACES = {
    "creative": (
        "",
        "<CreativeExtensions><CreativeExtension type='x'>{}</CreativeExtension></CreativeExtensions>",
    ),
    "ad": ("<Extensions><Extension/><Extension type='x'>{}</Extension></Extensions>", ""),
}


def older_document(place, version, own="", files="", kind="InLine"):
    of_ad, of_creative = (text.format(CARRIED) for text in PLACES[place])
    return f"""<VAST version="{version}"><Ad id="1"><{kind}><Impression>https://t.example.com/i</Impression><Creatives>
     <Creative id="side"><CompanionAds/></Creative>
     <Creative id="main">{own}<Linear><Duration>00:00:10</Duration>{files}</Linear>{of_creative}</Creative>
     <Creative id="second"><Linear><Duration>00:00:05</Duration></Linear></Creative></Creatives>{of_ad}
     </{kind}></Ad></VAST>"""


@pytest.mark.parametrize("version", ["2.0", "3.0"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", ["InLine", "Wrapper"])
def test_what_older_versions_carry_in_extensions_belongs_to_the_first_linear(place, version, kind):
    document = older_document(place, version, kind=kind)
    [ad] = read(document).ads
    side, main, second = ad.creatives
    assert main.universal_ad_ids == (UniversalAdId("ad-id.org", "CARRIED1"),)
    [interactive], [mezzanine], [icon] = (
        main.linear.interactive_files,
        main.linear.mezzanines,
        main.linear.icons,
    )
    assert interactive == ("https://t.example.com/simid", "text/html", "SIMID", True)
    assert (mezzanine.url, mezzanine.width) == ("https://t.example.com/mezzanine", 3840)
    assert (icon.program, icon.resources[0].value) == ("DSA", "https://t.example.com/icon")
    assert side.universal_ad_ids == second.universal_ad_ids == second.linear.icons == ()
    assert read_playback(document).ads[0].universal_ad_ids == main.universal_ad_ids


@pytest.mark.parametrize("place", PLACES)
def test_an_element_in_its_own_place_beats_what_an_extension_carries(place):
    own = '<UniversalAdId idRegistry="r">OWN</UniversalAdId>'
    files = "<MediaFiles><Mezzanine>https://t.example.com/own</Mezzanine></MediaFiles>"
    document = older_document(place, "4.2", own, files)
    main = read(document).ads[0].creatives[1]
    assert main.universal_ad_ids == (UniversalAdId("r", "OWN"),)
    assert [file.url for file in main.linear.mezzanines] == ["https://t.example.com/own"]
    assert [file.url for file in main.linear.interactive_files] == ["https://t.example.com/simid"]
    assert read_playback(document).ads[0].universal_ad_ids == main.universal_ad_ids


def test_an_extension_of_an_ad_without_a_linear_belongs_to_nobody():
    document = (
        older_document("ad", "3.0")
        .replace("<Linear>", "<NonLinearAds>")
        .replace("</Linear>", "</NonLinearAds>")
    )
    assert all(not creative.universal_ad_ids for creative in read(document).ads[0].creatives)
    assert read_playback(document).ads[0].universal_ad_ids == ()


def test_an_icon_names_the_images_that_stand_for_its_page():
    images = (
        '<IconClickFallbackImages><IconClickFallbackImage width="300" height="250"><AltText>Why this ad</AltText>'
        "<StaticResource>https://t.example.com/f</StaticResource></IconClickFallbackImage><IconClickFallbackImage/>"
        "</IconClickFallbackImages>"
    )
    document = (
        '<VAST version="4.2"><Ad><InLine><Creatives><Creative><Linear><Icons><Icon program="x"><IconClicks>'
        f"{images}</IconClicks></Icon></Icons></Linear></Creative></Creatives></InLine></Ad></VAST>"
    )
    [icon] = read(document).ads[0].linear.icons
    assert icon.fallback_images == (
        FallbackImage("https://t.example.com/f", 300, 250, "Why this ad"),
        FallbackImage(None, None, None, None),
    )


def test_an_empty_id_in_an_extension_is_none():
    document = older_document("ad", "3.0").replace("CARRIED1", " ").replace(' idRegistry="ad-id.org"', "")
    assert read(document).ads[0].creatives[1].universal_ad_ids == ()
