"""Every fact that both we and the independent library read in other people's documents, field by field.

A field's differences are listed with their reason; a difference that is not listed fails, and so does a listed one
that is gone.
"""

import json
from decimal import Decimal, InvalidOperation

import pytest

from tests.corpus import CORPUS, needs_corpus
from vast.ad import read
from vast.errors import VastError

pytestmark = needs_corpus


def nothing(value):
    """What the other library writes for an absent value is None."""
    return None if value in ("", -1, 0, None, []) else value


def links(found):
    return [(nothing(link["id"]), link["url"]) for link in found if link["url"]]


def our_links(found):
    return [(nothing(link.id), link.url) for link in found]


def amount(text):
    try:
        return Decimal(str(text))
    except InvalidOperation:
        return text


def value_of(fact):
    return nothing(fact["value"]) if fact else None


def seconds(ms):
    return None if ms is None else nothing(ms / 1000)


def skip_of(linear):
    offset = linear.skip_offset
    if offset is None:
        return None
    percent_of = (linear.duration_ms or 0) / 1000
    return nothing(offset.ms / 1000 if offset.percent is None else float(offset.percent) * percent_of / 100)


# Field -> (what we read, what the other library read).
AD = {
    "id": (lambda ad: nothing(ad.id), lambda ad: nothing(ad["id"])),
    "sequence": (lambda ad: ad.sequence, lambda ad: nothing(int(ad["sequence"] or 0))),
    "adType": (lambda ad: nothing(ad.ad_type), lambda ad: nothing(ad["adType"])),
    "AdSystem": (lambda ad: ad.ad_system, lambda ad: value_of(ad["system"])),
    "AdTitle": (lambda ad: ad.ad_title, lambda ad: nothing(ad["title"])),
    "Description": (lambda ad: ad.description, lambda ad: nothing(ad["description"])),
    "Advertiser": (lambda ad: ad.advertiser, lambda ad: value_of(ad["advertiser"])),
    "AdServingId": (lambda ad: ad.ad_serving_id, lambda ad: nothing(ad["adServingId"])),
    "Category": (
        lambda ad: [(category.code, nothing(category.authority)) for category in ad.categories],
        lambda ad: [
            (fact["value"], nothing(fact["authority"])) for fact in ad["categories"] if fact["value"]
        ],
    ),
    "Expires": (lambda ad: nothing(ad.expires_sec), lambda ad: nothing(ad["expires"])),
    "Pricing": (
        lambda ad: (
            ad.pricing and (amount(ad.pricing.text), nothing(ad.pricing.model), nothing(ad.pricing.currency))
        ),
        lambda ad: (
            ad["pricing"]
            and (
                amount(ad["pricing"]["value"]),
                nothing(ad["pricing"]["model"]),
                nothing(ad["pricing"]["currency"]),
            )
        ),
    ),
    "Survey": (lambda ad: ad.survey, lambda ad: value_of(ad["survey"])),
    "Impression": (lambda ad: our_links(ad.impressions), lambda ad: links(ad["impressions"])),
    "Error": (lambda ad: [link.url for link in ad.errors], lambda ad: ad["errors"]),
    "VASTAdTagURI": (lambda ad: ad.wrapper and ad.wrapper.ad_tag_uri, lambda ad: nothing(ad["vastAdTagURI"])),
    "followAdditionalWrappers": (
        lambda ad: ad.wrapper.follow_additional_wrappers if ad.wrapper else None,
        lambda ad: ad["followAdditionalWrappers"] if ad["kind"] == "wrapper" else None,
    ),
    "allowMultipleAds": (
        lambda ad: bool(ad.wrapper and ad.wrapper.allow_multiple_ads),
        lambda ad: bool(ad["allowMultipleAds"]) if ad["kind"] == "wrapper" else False,
    ),
    "BlockedAdCategories": (
        lambda ad: [category.code for category in ad.wrapper.blocked_categories] if ad.wrapper else [],
        lambda ad: [fact["value"] for fact in ad["blockedAdCategories"] if fact["value"]],
    ),
    "ViewableImpression": (
        lambda ad: [
            (list(fact.viewable), list(fact.not_viewable), list(fact.undetermined)) for fact in ad.viewable
        ],
        lambda ad: [
            (fact["viewable"], fact["notViewable"], fact["viewUndetermined"])
            for fact in ad["viewableImpression"]
        ],
    ),
    "Verification": (
        lambda ad: [
            (nothing(fact.vendor), fact.resources[0] if fact.resources else None, fact.parameters)
            for fact in ad.verifications
        ],
        lambda ad: [
            (nothing(fact["vendor"]), fact["resource"], nothing(fact["parameters"]))
            for fact in ad["adVerifications"]
        ],
    ),
    "Extension": (
        lambda ad: list(ad.extension_types),
        lambda ad: [
            fact["attributes"]["type"] for fact in ad["extensions"] if fact["attributes"].get("type")
        ],
    ),
}
FILE = {
    "url": "url",
    "delivery": "delivery",
    "type": "type",
    "width": "width",
    "height": "height",
    "bitrate": "bitrate",
    "minBitrate": "min_bitrate",
    "maxBitrate": "max_bitrate",
    "codec": "codec",
    "id": "id",
    "apiFramework": "api_framework",
}
LINEAR = {
    "Creative id": (lambda creative: nothing(creative.id), lambda creative: nothing(creative["id"])),
    "Creative adId": (lambda creative: nothing(creative.ad_id), lambda creative: nothing(creative["adId"])),
    "Creative sequence": (
        lambda creative: nothing(creative.sequence),
        lambda creative: nothing(int(creative["sequence"] or 0)),
    ),
    "UniversalAdId": (
        lambda creative: [(nothing(uid.registry), uid.value) for uid in creative.universal_ad_ids],
        lambda creative: [(nothing(uid["idRegistry"]), uid["value"]) for uid in creative["universalAdIds"]],
    ),
    "Duration": (
        lambda creative: seconds(creative.linear.duration_ms),
        lambda creative: nothing(creative["durationSeconds"]),
    ),
    "skipoffset": (
        lambda creative: skip_of(creative.linear),
        lambda creative: nothing(creative["skipDelaySeconds"]),
    ),
    "MediaFile": (
        lambda creative: [
            {name: nothing(getattr(file, ours)) for name, ours in FILE.items()}
            for file in creative.linear.media_files
        ],
        lambda creative: [
            {name: nothing(file[name]) for name in FILE} for file in creative["mediaFiles"] if file["url"]
        ],
    ),
    "ClickThrough": (
        lambda creative: our_links([creative.linear.click_through] if creative.linear.click_through else []),
        lambda creative: links([creative["clickThrough"]] if creative["clickThrough"] else []),
    ),
    "ClickTracking": (
        lambda creative: our_links(creative.linear.click_tracking),
        lambda creative: links(creative["clickTracking"]),
    ),
    "CustomClick": (
        lambda creative: our_links(creative.linear.custom_clicks),
        lambda creative: links(creative["customClick"]),
    ),
    "AdParameters": (
        lambda creative: creative.linear.ad_parameters,
        lambda creative: value_of(creative["adParameters"]),
    ),
    "Icon": (
        lambda creative: [
            (nothing(icon.program), nothing(icon.x_position), icon.click_through, *icon.view_tracking[:1])
            for icon in creative.linear.icons
        ],
        lambda creative: [
            (
                nothing(icon["program"]),
                nothing(icon["xPosition"]) and str(icon["xPosition"]),
                nothing(icon.get("iconClickThroughURLTemplate")),
                *filter(None, [icon.get("iconViewTrackingURLTemplate")]),
            )
            for icon in creative["icons"]
        ],
    ),
    "Mezzanine": (
        lambda creative: [(file.url, file.type, file.width) for file in creative.linear.mezzanines[:1]],
        lambda creative: [
            (file["fileURL"], file["type"], file["width"]) for file in [creative["mezzanine"]] if file
        ],
    ),
    "InteractiveCreativeFile": (
        lambda creative: [(file.url, file.type) for file in creative.linear.interactive_files[:1]],
        lambda creative: [
            (file["fileURL"], file["type"]) for file in [creative["interactiveCreativeFile"]] if file
        ],
    ),
    "ClosedCaptionFile": (
        lambda creative: [(file.url, file.type, file.language) for file in creative.linear.caption_files],
        lambda creative: [
            (file["fileURL"], file["type"], file["language"])
            for file in creative["closedCaptionFiles"]
            if file["fileURL"]
        ],
    ),
}
OTHER = {
    "Companion": (
        lambda ad: [
            (
                nothing(unit.id),
                nothing(unit.width),
                nothing(unit.height),
                nothing(unit.ad_slot_id),
                unit.click_through,
                our_links(unit.click_tracking),
                [tracker.url for tracker in unit.trackers],
            )
            for creative in ad.creatives
            for unit in creative.companions
        ],
        lambda ad: [
            (
                nothing(unit["id"]),
                nothing(int(unit["width"] or 0)),
                nothing(int(unit["height"] or 0)),
                nothing(unit["adSlotId"]),
                nothing(unit["companionClickThroughURLTemplate"]),
                links(unit["companionClickTrackingURLTemplates"]),
                [url for urls in unit["trackingEvents"].values() for url in urls],
            )
            for creative in ad["creatives"]
            if creative["type"] == "companion"
            for unit in creative["companions"]
        ],
    ),
    "NonLinear": (
        lambda ad: [
            (nothing(unit.id), nothing(unit.width), nothing(unit.height), unit.click_through)
            for creative in ad.creatives
            for unit in creative.non_linears
        ],
        lambda ad: [
            (
                nothing(unit["id"]),
                nothing(int(unit["width"] or 0)),
                nothing(int(unit["height"] or 0)),
                nothing(unit.get("nonlinearClickThroughURLTemplate")),
            )
            for creative in ad["creatives"]
            if creative["type"] == "nonlinear"
            for unit in creative["nonLinears"]
        ],
    ),
}


def both_readings():
    """(file, our ads, their ads) of every document both read as the same number of ads."""
    for line in (CORPUS / "EXPECTED.open.jsonl").read_text(encoding="utf-8").splitlines():
        expected = json.loads(line)
        if "parsed" not in expected:
            continue
        try:
            ours = read((CORPUS / expected["file"]).read_bytes()).ads
        except VastError:
            continue
        theirs = expected["parsed"]["ads"]
        if len(ours) == len(theirs):
            yield expected["file"].removeprefix("vast/"), ours, theirs


def pairs_of(ours, theirs, in_linear):
    """What a field is asked of: pairs of ads, or of the creatives with a linear in InLine ads."""
    for our_ad, their_ad in zip(ours, theirs, strict=True):
        if not in_linear:
            yield our_ad, their_ad
        elif our_ad.kind == "inline":
            creatives = [creative for creative in our_ad.creatives if creative.linear]
            their_creatives = [creative for creative in their_ad["creatives"] if creative["type"] == "linear"]
            yield from zip(creatives, their_creatives, strict=False)


@pytest.fixture(scope="module")
def readings():
    return list(both_readings())


FIELDS = [
    *((name, row, False) for name, row in {**AD, **OTHER}.items()),
    *((name, row, True) for name, row in LINEAR.items()),
]
# Field -> why we differ, and in which documents.
DIFFERENCES: dict[str, tuple[str, set[str]]] = {
    "Pricing": (
        "a Pricing without a price is none to us",
        {"prebid-mobile-android/vast_inline_linear.xml"},
    ),
    "Verification": (
        "we read an extension of the type AdVerifications in every Extensions block, and none without the type",
        {
            "kemicofa-vast-library/ressources__vast-example.xml",
            "prebid-mobile-ios/Video__document_with_one_inline_ad.xml",
        },
    ),
    "Extension": (
        "the document has two Extensions blocks; we read both",
        {"prebid-mobile-ios/Video__document_with_one_inline_ad.xml"},
    ),
    "UniversalAdId": (
        "VAST 4.0 gives the id in idValue; the text beside it is a name to us",
        {
            "iab-vast-samples/VAST_4.0_Samples__SSAI_stitching_mezzanine_file_support-test.xml",
            "kemicofa-vast-library/vasts__minimal_vast.xml",
        },
    ),
    "skipoffset": (
        "422001 hours are no offset to us",
        {"sokil-php-vast/linearCreativeWithSkipAfter.xml"},
    ),
    "Mezzanine": (
        "the other library drops a mezzanine without the attributes VAST requires; we show it",
        {
            "iab-vast-samples/VAST_4.0_Samples__SSAI_stitching_mezzanine_file_support-test.xml",
            "ios-vast-client-egeniq/Vast4__Inline_linear_icons-test.xml",
        },
    ),
}


@pytest.mark.parametrize(("name", "row", "in_linear"), FIELDS, ids=[field[0] for field in FIELDS])
def test_a_field_agrees_in_every_document_or_differs_for_a_stated_reason(
    readings, name, row, in_linear, count_up
):
    mine, their = row
    compared = said = 0
    differing = {}
    for file, ours, theirs in readings:
        for our_thing, their_thing in pairs_of(ours, theirs, in_linear):
            left, right = mine(our_thing), their(their_thing)
            compared += 1
            said += bool(left or right)
            if left != right:
                differing[file] = (left, right)
    _, listed = DIFFERENCES.get(name, ("", set()))
    count_up(f"reading, {name}: {compared} compared, {said} say something, {len(differing)} documents differ")
    assert {file: pair for file, pair in differing.items() if file not in listed} == {}
    assert listed - differing.keys() == set(), "these differences are gone: take them off the list"
    assert said, "no document says anything of this field"
