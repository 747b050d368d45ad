"""Reads the facts out of a VAST document: `read(source) -> Vast`, tolerant of namespaces, blanks and sloppy numbers.

Every tolerance that changes what is read is a notice (IAB VAST 2.0 to 4.3; playback.md 2.26 to 2.31).
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache

from vast.creative import (
    NOTHING,
    Remarks,
    attribute,
    first,
    first_text,
    flag,
    inside,
    links,
    read_creative,
    trackers,
    urls,
)
from vast.document import Document, Element, Kids, kids_of, parse, text_of
from vast.facts import (
    Ad,
    CaptionFile,
    Category,
    Companion,
    Creative,
    Icon,
    InteractiveFile,
    Linear,
    Link,
    MediaFile,
    Mezzanine,
    NonLinear,
    Pricing,
    Resource,
    Tracker,
    UniversalAdId,
    Vast,
    Verification,
    ViewableImpression,
    WrapperFacts,
)

__all__ = [
    "Ad",
    "CaptionFile",
    "Category",
    "Companion",
    "Creative",
    "Icon",
    "InteractiveFile",
    "Linear",
    "Link",
    "MediaFile",
    "Mezzanine",
    "NonLinear",
    "Pricing",
    "Resource",
    "Tracker",
    "UniversalAdId",
    "Vast",
    "Verification",
    "ViewableImpression",
    "WrapperFacts",
    "read",
    "recall",
]

_KEPT = 256
_LONGEST_KEPT = 64 * 1024
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?")


def _pricing(element: Element | None) -> Pricing | None:
    text = text_of(element)
    if element is None or not text:
        return None
    value = Decimal(text) if _DECIMAL.fullmatch(text) else None
    return Pricing(text, value, attribute(element, "model"), attribute(element, "currency"))


def _categories(elements: Iterable[Element]) -> tuple[Category, ...]:
    return tuple(
        Category(code, attribute(element, "authority")) for element in elements if (code := text_of(element))
    )


def _verification(element: Element, remarks: Remarks) -> Verification:
    kids = kids_of(element)
    scripts = [*kids.get("JavaScriptResource", NOTHING), *kids.get("ExecutableResource", NOTHING)]
    return Verification(
        attribute(element, "vendor"),
        urls(scripts),
        trackers(kids.get("TrackingEvents", NOTHING), remarks),
        first_text(kids, "VerificationParameters"),
    )


def _viewable(element: Element) -> ViewableImpression:
    kids = kids_of(element)
    return ViewableImpression(
        attribute(element, "id"),
        urls(kids.get("Viewable", NOTHING)),
        urls(kids.get("NotViewable", NOTHING)),
        urls(kids.get("ViewUndetermined", NOTHING)),
    )


def _wrapper(element: Element, kids: Kids) -> WrapperFacts:
    follow = flag(element, "followAdditionalWrappers")
    return WrapperFacts(
        first_text(kids, "VASTAdTagURI"),
        True if follow is None else follow,
        bool(flag(element, "allowMultipleAds")),
        flag(element, "fallbackOnNoAd"),
        _categories(kids.get("BlockedAdCategories", NOTHING)),
    )


def _sequence(element: Element, remarks: Remarks) -> int | None:
    text = (element.get("sequence") or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0:
        return int(text)
    remarks.add(
        "SEQUENCE_UNREADABLE", f"the ad's sequence {text[:40]!r} is no positive number; it was left out"
    )
    return None


def _ad(element: Element, remarks: Remarks) -> Ad | None:
    sides = kids_of(element)
    inline, wrapper = first(sides, "InLine"), first(sides, "Wrapper")
    side = wrapper if inline is None else inline
    if side is None:
        remarks.add("AD_EMPTY", "an Ad holds neither InLine nor Wrapper; it was left out")
        return None
    if inline is not None and wrapper is not None:
        remarks.add("AD_AMBIGUOUS", "an Ad holds both InLine and Wrapper; its InLine was read")
    kids = kids_of(side)
    extensions = inside(kids, "Extensions", "Extension")
    # Before VAST 4.1 measurement scripts travel in an extension of this type.
    carried = [kids_of(extension) for extension in extensions if extension.get("type") == "AdVerifications"]
    verifications = [
        *inside(kids, "AdVerifications", "Verification"),
        *(child for nested in carried for child in inside(nested, "AdVerifications", "Verification")),
        *(child for nested in carried for child in nested.get("Verification", NOTHING)),
    ]
    impressions = links(kids.get("Impression", NOTHING))
    if not impressions:
        remarks.add("IMPRESSION_MISSING", "an ad has no Impression address")
    expires = text_of(first(kids, "Expires"))
    return Ad(
        attribute(element, "id"),
        _sequence(element, remarks),
        "wrapper" if inline is None else "inline",
        attribute(element, "adType"),
        first_text(kids, "AdSystem"),
        first_text(kids, "AdTitle"),
        first_text(kids, "Description"),
        first_text(kids, "Advertiser"),
        _pricing(first(kids, "Pricing")),
        _categories(kids.get("Category", NOTHING)),
        first_text(kids, "AdServingId"),
        int(expires) if expires.isascii() and expires.isdigit() and len(expires) < 10 else None,
        first_text(kids, "Survey"),
        impressions,
        links(kids.get("Error", NOTHING)),
        tuple(read_creative(child, remarks) for child in inside(kids, "Creatives", "Creative")),
        _wrapper(side, kids) if inline is None else None,
        tuple(_verification(child, remarks) for child in verifications),
        tuple(_viewable(child) for child in kids.get("ViewableImpression", NOTHING)),
        tuple(type_ for extension in extensions if (type_ := attribute(extension, "type"))),
    )


def read(source: bytes | str | Document, *, lenient: bool = True) -> Vast:
    """The facts of a document in document order. Raises VastError where `vast.document.parse` does."""
    document = source if isinstance(source, Document) else parse(source, lenient=lenient, for_reading=True)
    remarks = Remarks()
    kids = kids_of(document.root)
    ads = [_ad(element, remarks) for element in kids.get("Ad", NOTHING)]
    return Vast(
        document.version,
        tuple(ad for ad in ads if ad is not None),
        urls(kids.get("Error", NOTHING)),
        document.notices + remarks.all(),
    )


def recall(source: bytes | str, *, lenient: bool = True) -> Vast:
    """The facts as `read` gives them, for documents that come again: the last 256 of up to 64 KiB are kept."""
    return _kept(source, lenient) if len(source) <= _LONGEST_KEPT else read(source, lenient=lenient)


@lru_cache(maxsize=_KEPT)
def _kept(source: bytes | str, lenient: bool) -> Vast:
    return read(source, lenient=lenient)
