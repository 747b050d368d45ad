"""Reads the facts out of a VAST document: `read(source) -> Vast`, tolerant of namespaces, blanks and sloppy numbers.

Every tolerance that changes what is read is a notice (IAB VAST 2.0 to 4.3; playback.md 2.26 to 2.31).
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple, TypeVar

from vast.carried import complete_first_linear
from vast.creative import read_creative
from vast.document import LOCAL_NAMES, Document, Element, Kids, children, kids_of, parse, text_of
from vast.facts import (
    Ad,
    CaptionFile,
    Category,
    Companion,
    Creative,
    FallbackImage,
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
from vast.notice import Notice
from vast.values import (
    NOTHING,
    Remarks,
    add_link,
    add_text,
    attribute,
    attributes,
    digits,
    filled,
    first,
    first_text,
    flag,
    make,
    named,
    trackers_of,
    urls,
)

__all__ = [
    "Ad",
    "CaptionFile",
    "Category",
    "Companion",
    "Creative",
    "FallbackImage",
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
]

Made = TypeVar("Made")

# Elements of an InLine or Wrapper that hold one text.
_TEXTS = frozenset(
    ("AdSystem", "AdTitle", "Description", "Advertiser", "AdServingId", "Survey", "VASTAdTagURI")
)
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?")


def _pricing(element: Element | None) -> Pricing | None:
    text = text_of(element)
    if element is None or not text:
        return None
    value = Decimal(text) if _DECIMAL.fullmatch(text) else None
    return Pricing(text, value, attribute(element, "model"), attribute(element, "currency"))


def _category(element: Element, code: str) -> Category:
    return Category(code, attribute(element, "authority"))


def _categories(elements: Sequence[Element] | None) -> tuple[Category, ...]:
    return filled(elements, _category)


def _verification(element: Element, remarks: Remarks) -> Verification:
    kids = kids_of(element)
    scripts = [*kids.get("JavaScriptResource", NOTHING), *kids.get("ExecutableResource", NOTHING)]
    return Verification(
        attribute(element, "vendor"),
        urls(scripts),
        trackers_of(kids.get("TrackingEvents", NOTHING), remarks),
        first_text(kids, "VerificationParameters"),
    )


def _verifications(
    blocks: Sequence[Element], extensions: list[Element], remarks: Remarks
) -> tuple[Verification, ...]:
    # Before VAST 4.1 measurement scripts travel in an extension of this type.
    carried = [extension for extension in extensions if extension.get("type") == "AdVerifications"]
    nested = [block for extension in carried for block in named(extension, "AdVerifications")]
    found = [element for block in (*blocks, *nested, *carried) for element in named(block, "Verification")]
    return tuple([_verification(element, remarks) for element in found])


def _viewable(element: Element) -> ViewableImpression:
    kids = kids_of(element)
    return ViewableImpression(
        attribute(element, "id"),
        urls(kids.get("Viewable", NOTHING)),
        urls(kids.get("NotViewable", NOTHING)),
        urls(kids.get("ViewUndetermined", NOTHING)),
    )


def wrapper_facts(
    element: Element, ad_tag_uri: str | None, blocked: tuple[Category, ...] = ()
) -> WrapperFacts:
    """What a Wrapper says about the answer it points to."""
    follow = flag(element, "followAdditionalWrappers")
    return WrapperFacts(
        ad_tag_uri,
        True if follow is None else follow,
        bool(flag(element, "allowMultipleAds")),
        flag(element, "fallbackOnNoAd"),
        blocked,
    )


def read_sequence(text: str | None, remarks: Remarks) -> int | None:
    """An ad's place in the pod."""
    if not text:
        return None
    if sequence := digits(text):
        return sequence
    remarks.add(
        "SEQUENCE_UNREADABLE", f"the ad's sequence {text[:40]!r} is no positive number; it was left out"
    )
    return None


def side_of(element: Element, remarks: Remarks) -> tuple[Literal["inline", "wrapper"], Element | None]:
    """The InLine of an Ad, or its Wrapper where it holds no InLine."""
    inline = wrapper = None
    for child in children(element):
        name = LOCAL_NAMES[child.tag]
        if name == "InLine" and inline is None:
            inline = child
        elif name == "Wrapper" and wrapper is None:
            wrapper = child
    if inline is None:
        if wrapper is None:
            remarks.add("AD_EMPTY", "an Ad holds neither InLine nor Wrapper; it was left out")
        return "wrapper", wrapper
    if wrapper is not None:
        remarks.add("AD_AMBIGUOUS", "an Ad holds both InLine and Wrapper; its InLine was read")
    return "inline", inline


class _Rare(NamedTuple):
    """What few ads say about themselves."""

    pricing: Pricing | None = None
    categories: tuple[Category, ...] = ()
    expires_sec: int | None = None
    blocked: tuple[Category, ...] = ()
    verifications: tuple[Verification, ...] = ()
    viewable: tuple[ViewableImpression, ...] = ()
    extension_types: tuple[str, ...] = ()


_NOTHING_RARE = _Rare()


def _rare(kids: Kids, remarks: Remarks) -> _Rare:
    extensions = [child for block in kids.get("Extensions", NOTHING) for child in named(block, "Extension")]
    return _Rare(
        _pricing(first(kids, "Pricing")),
        _categories(kids.get("Category")),
        digits(text_of(first(kids, "Expires"))),
        _categories(kids.get("BlockedAdCategories")),
        _verifications(kids.get("AdVerifications", NOTHING), extensions, remarks),
        tuple([_viewable(child) for child in kids.get("ViewableImpression", NOTHING)]),
        tuple([type_ for extension in extensions if (type_ := attribute(extension, "type"))]),
    )


def _ad(element: Element, remarks: Remarks) -> Ad | None:
    kind, side = side_of(element, remarks)
    if side is None:
        return None
    impressions: list[Link] = []
    errors: list[Link] = []
    creatives: list[Creative] = []
    texts: dict[str, str] = {}
    others: Kids = {}
    for child in children(side):
        name = LOCAL_NAMES[child.tag]
        if name == "Impression":
            add_link(impressions, child)
        elif name in _TEXTS:
            add_text(texts, name, child)
        elif name == "Creatives":
            creatives += [read_creative(creative, remarks) for creative in named(child, "Creative")]
        elif name == "Error":
            add_link(errors, child)
        else:
            others.setdefault(name, []).append(child)
    if not impressions:
        remarks.add("IMPRESSION_MISSING", "an ad has no Impression address")
    if "Extensions" in others:
        complete_first_linear(creatives, others["Extensions"], remarks)
    rare = _rare(others, remarks) if others else _NOTHING_RARE
    get, stated = texts.get, attributes(element).get
    facts = (
        stated("id"),
        read_sequence(stated("sequence"), remarks),
        kind,
        stated("adType"),
        get("AdSystem"),
        get("AdTitle"),
        get("Description"),
        get("Advertiser"),
        rare.pricing,
        rare.categories,
        get("AdServingId"),
        rare.expires_sec,
        get("Survey"),
        tuple(impressions),
        tuple(errors),
        tuple(creatives),
        wrapper_facts(side, get("VASTAdTagURI"), rare.blocked) if kind == "wrapper" else None,
        rare.verifications,
        rare.viewable,
        rare.extension_types,
    )
    return make(Ad, facts)


def document_facts(
    source: bytes | str | Document, lenient: bool, ad_of: Callable[[Element, Remarks], Made | None]
) -> tuple[str, tuple[Made, ...], tuple[str, ...], tuple[Notice, ...]]:
    """Version, ads as `ad_of` reads them (None leaves one out), root Error addresses and notices of a document."""
    document = source if isinstance(source, Document) else parse(source, lenient=lenient, for_reading=True)
    remarks = Remarks()
    ads: list[Made] = []
    errors: list[str] = []
    for child in children(document.root):
        name = LOCAL_NAMES[child.tag]
        if name == "Ad":
            if (ad := ad_of(child, remarks)) is not None:
                ads.append(ad)
        elif name == "Error" and (url := text_of(child)):
            errors.append(url)
    notices = (*document.notices, *remarks) if remarks else document.notices
    return document.version, tuple(ads), tuple(errors), notices


def read(source: bytes | str | Document, *, lenient: bool = True) -> Vast:
    """The facts of a document in document order. Raises VastError where `vast.document.parse` does."""
    return make(Vast, document_facts(source, lenient, _ad))
