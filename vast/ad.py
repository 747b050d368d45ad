"""Reads the facts out of a VAST document: `read(source) -> Vast`, tolerant of namespaces, blanks and sloppy numbers.

Every tolerance that changes what is read is a notice (IAB VAST 2.0 to 4.3; playback.md 2.26 to 2.31).
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from vast.document import Document, Element, bare_name, parse, text_of
from vast.durations import Offset, parse_offset, read_duration
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
from vast.notice import Notice

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
]

_Kids = dict[str, list[Element]]
_NUMBER = re.compile(r"([0-9]{1,9})(?:\.[0-9]{0,9})?(?:px)?")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{0,20})?")
_RESOURCES: dict[str, Literal["static", "html", "iframe"]] = {
    "StaticResource": "static",
    "HTMLResource": "html",
    "IFrameResource": "iframe",
}
_NOTHING: tuple[Element, ...] = ()


class _Remarks:
    """Collects notices for one document, each only once."""

    def __init__(self) -> None:
        self._seen: dict[Notice, None] = {}

    def add(self, code: str, text: str) -> None:
        self._seen[Notice(code, "", text)] = None

    def all(self) -> tuple[Notice, ...]:
        return tuple(self._seen)


def _kids(element: Element | None) -> _Kids:
    kids: _Kids = {}
    if element is None:
        return kids
    for child in element.iterchildren("*"):
        name = bare_name(child.tag)
        if name in kids:
            kids[name].append(child)
        else:
            kids[name] = [child]
    return kids


def _first(kids: _Kids, name: str) -> Element | None:
    found = kids.get(name)
    return found[0] if found else None


def _text(kids: _Kids, name: str) -> str | None:
    return next((text for element in kids.get(name, _NOTHING) if (text := text_of(element))), None)


def _inside(kids: _Kids, block: str, name: str) -> list[Element]:
    """All children called `name` of every block of that name."""
    return [child for element in kids.get(block, _NOTHING) for child in _kids(element).get(name, _NOTHING)]


def _attribute(element: Element, name: str) -> str | None:
    value = element.get(name)
    return None if value is None else value.strip()


def _number(element: Element, name: str) -> int | None:
    text = element.get(name)
    if text is None:
        return None
    match = _NUMBER.fullmatch(text.strip())
    return int(match.group(1)) if match else None


def _flag(element: Element, name: str) -> bool | None:
    value = (element.get(name) or "").strip().lower()
    return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(value)


def _links(elements: Iterable[Element]) -> tuple[Link, ...]:
    return tuple(Link(_attribute(element, "id"), url) for element in elements if (url := text_of(element)))


def _urls(elements: Iterable[Element]) -> tuple[str, ...]:
    return tuple(url for element in elements if (url := text_of(element)))


def _offset(text: str | None, remarks: _Remarks) -> Offset | None:
    if not text or not text.strip():
        return None
    try:
        return parse_offset(text)
    except ValueError:
        remarks.add(
            "OFFSET_UNREADABLE", f"the offset {text.strip()[:40]!r} is neither a time nor a percentage"
        )
        return None


def _duration(text: str | None, remarks: _Remarks) -> int | None:
    if text is None:
        return None
    milliseconds, remark = read_duration(text)
    if remark:
        remarks.add("DURATION_LENIENT" if milliseconds is not None else "DURATION_UNREADABLE", remark)
    return milliseconds


def _trackers(blocks: Iterable[Element], remarks: _Remarks) -> tuple[Tracker, ...]:
    found = []
    for block in blocks:
        for element in block.iterchildren("*"):
            url = text_of(element)
            if not url or bare_name(element.tag) != "Tracking":
                continue
            event = (element.get("event") or "").strip()
            if not event:
                remarks.add("TRACKING_EVENT_MISSING", "a Tracking element names no event, so it never fires")
                continue
            offset = element.get("offset")
            found.append(Tracker(event, url, _offset(offset, remarks) if offset else None))
    return tuple(found)


def _media_file(element: Element, url: str) -> MediaFile:
    return MediaFile(
        url,
        _attribute(element, "delivery"),
        _attribute(element, "type"),
        _number(element, "width"),
        _number(element, "height"),
        _number(element, "bitrate"),
        _number(element, "minBitrate"),
        _number(element, "maxBitrate"),
        _attribute(element, "codec"),
        _attribute(element, "id"),
        _attribute(element, "apiFramework"),
    )


def _mezzanine(element: Element, url: str) -> Mezzanine:
    return Mezzanine(
        url,
        _attribute(element, "delivery"),
        _attribute(element, "type"),
        _number(element, "width"),
        _number(element, "height"),
        _attribute(element, "codec"),
        _attribute(element, "id"),
    )


def _interactive(element: Element, url: str) -> InteractiveFile:
    return InteractiveFile(
        url,
        _attribute(element, "type"),
        _attribute(element, "apiFramework"),
        bool(_flag(element, "variableDuration")),
    )


def _caption(element: Element, url: str) -> CaptionFile:
    return CaptionFile(url, _attribute(element, "type"), _attribute(element, "language"))


def _resources(kids: _Kids) -> tuple[Resource, ...]:
    return tuple(
        Resource(kind, value, _attribute(element, "creativeType"))
        for name, kind in _RESOURCES.items()
        for element in kids.get(name, _NOTHING)
        if (value := text_of(element))
    )


def _icon(element: Element, remarks: _Remarks) -> Icon:
    kids = _kids(element)
    clicks = _kids(_first(kids, "IconClicks"))
    return Icon(
        _attribute(element, "program"),
        _attribute(element, "width"),
        _attribute(element, "height"),
        _attribute(element, "xPosition"),
        _attribute(element, "yPosition"),
        _offset(element.get("offset"), remarks),
        _duration(element.get("duration"), remarks),
        _attribute(element, "apiFramework"),
        _resources(kids),
        _text(clicks, "IconClickThrough"),
        _links(clicks.get("IconClickTracking", _NOTHING)),
        _urls(kids.get("IconViewTracking", _NOTHING)),
    )


def _linear(element: Element, remarks: _Remarks) -> Linear:
    kids = _kids(element)
    duration_text = _text(kids, "Duration")
    media: _Kids = {}
    for block in kids.get("MediaFiles", _NOTHING):
        for name, elements in _kids(block).items():
            media.setdefault(name, []).extend(elements)
    clicks = _kids(_first(kids, "VideoClicks"))
    through = _links(clicks.get("ClickThrough", _NOTHING))
    return Linear(
        _duration(duration_text, remarks),
        duration_text,
        _offset(element.get("skipoffset"), remarks),
        _trackers(kids.get("TrackingEvents", _NOTHING), remarks),
        tuple(_media_file(file, url) for file in media.get("MediaFile", _NOTHING) if (url := text_of(file))),
        through[0] if through else None,
        _links(clicks.get("ClickTracking", _NOTHING)),
        _links(clicks.get("CustomClick", _NOTHING)),
        tuple(_icon(icon, remarks) for icon in _inside(kids, "Icons", "Icon")),
        _text(kids, "AdParameters"),
        tuple(_mezzanine(file, url) for file in media.get("Mezzanine", _NOTHING) if (url := text_of(file))),
        tuple(
            _interactive(file, url)
            for file in media.get("InteractiveCreativeFile", _NOTHING)
            if (url := text_of(file))
        ),
        tuple(
            _caption(file, url)
            for block in media.get("ClosedCaptionFiles", _NOTHING)
            for file in block.iterchildren("*")
            if (url := text_of(file))
        ),
    )


def _non_linear(element: Element, remarks: _Remarks) -> NonLinear:
    kids = _kids(element)
    return NonLinear(
        _attribute(element, "id"),
        _number(element, "width"),
        _number(element, "height"),
        _duration(element.get("minSuggestedDuration"), remarks),
        _attribute(element, "apiFramework"),
        _resources(kids),
        _text(kids, "NonLinearClickThrough"),
        _links(kids.get("NonLinearClickTracking", _NOTHING)),
        _text(kids, "AdParameters"),
    )


def _companion(element: Element, remarks: _Remarks) -> Companion:
    kids = _kids(element)
    return Companion(
        _attribute(element, "id"),
        _number(element, "width"),
        _number(element, "height"),
        _attribute(element, "adSlotId"),
        _attribute(element, "renderingMode"),
        _attribute(element, "apiFramework"),
        _resources(kids),
        _trackers(kids.get("TrackingEvents", _NOTHING), remarks),
        _text(kids, "CompanionClickThrough"),
        _links(kids.get("CompanionClickTracking", _NOTHING)),
        _text(kids, "AltText"),
        _text(kids, "AdParameters"),
    )


def _universal_ad_id(element: Element) -> UniversalAdId:
    return UniversalAdId(
        _attribute(element, "idRegistry"), _attribute(element, "idValue") or text_of(element) or "unknown"
    )


def _creative(element: Element, remarks: _Remarks) -> Creative:
    kids = _kids(element)
    linear = _first(kids, "Linear")
    overlays = _kids(_first(kids, "NonLinearAds"))
    companions = _first(kids, "CompanionAds")
    sequence = (element.get("sequence") or "").strip()
    return Creative(
        _attribute(element, "id"),
        _attribute(element, "adId") or _attribute(element, "AdID"),
        int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else None,
        _attribute(element, "apiFramework"),
        tuple(_universal_ad_id(child) for child in kids.get("UniversalAdId", _NOTHING)),
        None if linear is None else _linear(linear, remarks),
        tuple(_non_linear(child, remarks) for child in overlays.get("NonLinear", _NOTHING)),
        _trackers(overlays.get("TrackingEvents", _NOTHING), remarks),
        tuple(_companion(child, remarks) for child in _kids(companions).get("Companion", _NOTHING)),
        None if companions is None else _attribute(companions, "required"),
    )


def _pricing(element: Element | None) -> Pricing | None:
    text = text_of(element)
    if element is None or not text:
        return None
    value = Decimal(text) if _DECIMAL.fullmatch(text) else None
    return Pricing(text, value, _attribute(element, "model"), _attribute(element, "currency"))


def _categories(elements: Iterable[Element]) -> tuple[Category, ...]:
    return tuple(
        Category(code, _attribute(element, "authority")) for element in elements if (code := text_of(element))
    )


def _verification(element: Element, remarks: _Remarks) -> Verification:
    kids = _kids(element)
    scripts = [*kids.get("JavaScriptResource", _NOTHING), *kids.get("ExecutableResource", _NOTHING)]
    return Verification(
        _attribute(element, "vendor"),
        _urls(scripts),
        _trackers(kids.get("TrackingEvents", _NOTHING), remarks),
        _text(kids, "VerificationParameters"),
    )


def _viewable(element: Element) -> ViewableImpression:
    kids = _kids(element)
    return ViewableImpression(
        _attribute(element, "id"),
        _urls(kids.get("Viewable", _NOTHING)),
        _urls(kids.get("NotViewable", _NOTHING)),
        _urls(kids.get("ViewUndetermined", _NOTHING)),
    )


def _wrapper(element: Element, kids: _Kids) -> WrapperFacts:
    follow = _flag(element, "followAdditionalWrappers")
    return WrapperFacts(
        _text(kids, "VASTAdTagURI"),
        True if follow is None else follow,
        bool(_flag(element, "allowMultipleAds")),
        _flag(element, "fallbackOnNoAd"),
        _categories(kids.get("BlockedAdCategories", _NOTHING)),
    )


def _sequence(element: Element, remarks: _Remarks) -> int | None:
    text = (element.get("sequence") or "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0:
        return int(text)
    remarks.add(
        "SEQUENCE_UNREADABLE", f"the ad's sequence {text[:40]!r} is no positive number; it was left out"
    )
    return None


def _ad(element: Element, remarks: _Remarks) -> Ad | None:
    sides = _kids(element)
    inline, wrapper = _first(sides, "InLine"), _first(sides, "Wrapper")
    side = wrapper if inline is None else inline
    if side is None:
        remarks.add("AD_EMPTY", "an Ad holds neither InLine nor Wrapper; it was left out")
        return None
    if inline is not None and wrapper is not None:
        remarks.add("AD_AMBIGUOUS", "an Ad holds both InLine and Wrapper; its InLine was read")
    kids = _kids(side)
    extensions = _inside(kids, "Extensions", "Extension")
    # Before VAST 4.1 measurement scripts travel in an extension of this type.
    carried = [_kids(extension) for extension in extensions if extension.get("type") == "AdVerifications"]
    verifications = [
        *_inside(kids, "AdVerifications", "Verification"),
        *(child for nested in carried for child in _inside(nested, "AdVerifications", "Verification")),
        *(child for nested in carried for child in nested.get("Verification", _NOTHING)),
    ]
    impressions = _links(kids.get("Impression", _NOTHING))
    if not impressions:
        remarks.add("IMPRESSION_MISSING", "an ad has no Impression address")
    expires = text_of(_first(kids, "Expires"))
    return Ad(
        _attribute(element, "id"),
        _sequence(element, remarks),
        "wrapper" if inline is None else "inline",
        _attribute(element, "adType"),
        _text(kids, "AdSystem"),
        _text(kids, "AdTitle"),
        _text(kids, "Description"),
        _text(kids, "Advertiser"),
        _pricing(_first(kids, "Pricing")),
        _categories(kids.get("Category", _NOTHING)),
        _text(kids, "AdServingId"),
        int(expires) if expires.isascii() and expires.isdigit() and len(expires) < 10 else None,
        _text(kids, "Survey"),
        impressions,
        _links(kids.get("Error", _NOTHING)),
        tuple(_creative(child, remarks) for child in _inside(kids, "Creatives", "Creative")),
        _wrapper(side, kids) if inline is None else None,
        tuple(_verification(child, remarks) for child in verifications),
        tuple(_viewable(child) for child in kids.get("ViewableImpression", _NOTHING)),
        tuple(type_ for extension in extensions if (type_ := _attribute(extension, "type"))),
    )


def read(source: bytes | str | Document, *, lenient: bool = True) -> Vast:
    """The facts of a document in document order. Raises VastError where `vast.document.parse` does."""
    document = source if isinstance(source, Document) else parse(source, lenient=lenient, for_reading=True)
    remarks = _Remarks()
    kids = _kids(document.root)
    ads = [_ad(element, remarks) for element in kids.get("Ad", _NOTHING)]
    return Vast(
        document.version,
        tuple(ad for ad in ads if ad is not None),
        _urls(kids.get("Error", _NOTHING)),
        document.notices + remarks.all(),
    )
