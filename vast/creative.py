"""Reads the creatives of an ad (linear, non-linear, companions), with the small readers the ad itself uses too."""

import re
from collections.abc import Iterable
from typing import Literal

from vast.document import Element, Kids, bare_name, kids_of, text_of
from vast.durations import Offset, parse_offset, read_duration
from vast.facts import (
    CaptionFile,
    Companion,
    Creative,
    Icon,
    InteractiveFile,
    Linear,
    Link,
    MediaFile,
    Mezzanine,
    NonLinear,
    Resource,
    Tracker,
    UniversalAdId,
)
from vast.notice import Notice

_NUMBER = re.compile(r"([0-9]{1,9})(?:\.[0-9]{0,9})?(?:px)?")
_RESOURCES: dict[str, Literal["static", "html", "iframe"]] = {
    "StaticResource": "static",
    "HTMLResource": "html",
    "IFrameResource": "iframe",
}
NOTHING: tuple[Element, ...] = ()


class Remarks:
    """Collects notices for one document, each only once."""

    def __init__(self) -> None:
        self._seen: dict[Notice, None] = {}

    def add(self, code: str, text: str) -> None:
        self._seen[Notice(code, "", text)] = None

    def all(self) -> tuple[Notice, ...]:
        return tuple(self._seen)


def first(kids: Kids, name: str) -> Element | None:
    """The first child of that name."""
    found = kids.get(name)
    return found[0] if found else None


def first_text(kids: Kids, name: str) -> str | None:
    """The trimmed text of the first child of that name that has any."""
    for element in kids.get(name, NOTHING):
        if text := text_of(element):
            return text
    return None


def inside(kids: Kids, block: str, name: str) -> list[Element]:
    """All children called `name` of every block of that name."""
    blocks = kids.get(block, NOTHING)
    return [child for element in blocks for child in element if bare_name(child.tag) == name]


def attribute(element: Element, name: str) -> str | None:
    """A trimmed attribute."""
    value = element.get(name)
    return None if value is None else value.strip()


Attributes = dict[str, str]


def attributes(element: Element) -> Attributes:
    """All attributes, trimmed."""
    return {name: value.strip() for name, value in element.items()}  # type: ignore[misc]


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if len(text) < 10 and text.isascii() and text.isdigit():
        return int(text)
    match = _NUMBER.fullmatch(text)
    return int(match.group(1)) if match else None


_FLAGS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def flag(element: Element, name: str) -> bool | None:
    """A boolean attribute; None where it is absent or neither true nor false."""
    value = element.get(name)
    return None if value is None else _FLAGS.get(value.strip().lower())


def links(elements: Iterable[Element]) -> tuple[Link, ...]:
    """Id and address of every element that has an address."""
    return tuple([Link(attribute(element, "id"), url) for element in elements if (url := text_of(element))])


def urls(elements: Iterable[Element]) -> tuple[str, ...]:
    """The address of every element that has one."""
    return tuple([url for element in elements if (url := text_of(element))])


def _offset(text: str | None, remarks: Remarks) -> Offset | None:
    if not text or not text.strip():
        return None
    try:
        return parse_offset(text)
    except ValueError:
        remarks.add(
            "OFFSET_UNREADABLE", f"the offset {text.strip()[:40]!r} is neither a time nor a percentage"
        )
        return None


def _duration(text: str | None, remarks: Remarks) -> int | None:
    if text is None:
        return None
    milliseconds, remark = read_duration(text)
    if remark:
        remarks.add("DURATION_LENIENT" if milliseconds is not None else "DURATION_UNREADABLE", remark)
    return milliseconds


def trackers(blocks: Iterable[Element], remarks: Remarks) -> tuple[Tracker, ...]:
    """The Tracking elements of some TrackingEvents blocks, in document order, duplicates kept."""
    found = []
    for block in blocks:
        for element in block:
            url = text_of(element)
            if not url or bare_name(element.tag) != "Tracking":
                continue
            event = (element.get("event") or "").strip()
            if not event:
                remarks.add("TRACKING_EVENT_MISSING", "a Tracking element names no event, so it never fires")
                continue
            found.append(Tracker(event, url, _offset(element.get("offset"), remarks)))
    return tuple(found)


def _media_file(element: Element, url: str) -> MediaFile:
    get = attributes(element).get
    return MediaFile(
        url,
        get("delivery"),
        get("type"),
        _number(get("width")),
        _number(get("height")),
        _number(get("bitrate")),
        _number(get("minBitrate")),
        _number(get("maxBitrate")),
        get("codec"),
        get("id"),
        get("apiFramework"),
    )


def _mezzanine(element: Element, url: str) -> Mezzanine:
    get = attributes(element).get
    return Mezzanine(
        url,
        get("delivery"),
        get("type"),
        _number(get("width")),
        _number(get("height")),
        get("codec"),
        get("id"),
    )


def _interactive(element: Element, url: str) -> InteractiveFile:
    return InteractiveFile(
        url,
        attribute(element, "type"),
        attribute(element, "apiFramework"),
        bool(flag(element, "variableDuration")),
    )


def _caption(element: Element, url: str) -> CaptionFile:
    get = attributes(element).get
    return CaptionFile(url, get("type"), get("language"))


def _resources(kids: Kids) -> tuple[Resource, ...]:
    return tuple(
        Resource(kind, value, attribute(element, "creativeType"))
        for name, kind in _RESOURCES.items()
        for element in kids.get(name, NOTHING)
        if (value := text_of(element))
    )


def _icon(element: Element, remarks: Remarks) -> Icon:
    get, kids = attributes(element).get, kids_of(element)
    clicks = kids_of(first(kids, "IconClicks"))
    return Icon(
        get("program"),
        get("width"),
        get("height"),
        get("xPosition"),
        get("yPosition"),
        _offset(get("offset"), remarks),
        _duration(get("duration"), remarks),
        get("apiFramework"),
        _resources(kids),
        first_text(clicks, "IconClickThrough"),
        links(clicks.get("IconClickTracking", NOTHING)),
        urls(kids.get("IconViewTracking", NOTHING)),
    )


def _linear(element: Element, remarks: Remarks) -> Linear:
    kids = kids_of(element)
    duration_text = first_text(kids, "Duration")
    media: Kids = {}
    for block in kids.get("MediaFiles", NOTHING):
        for name, elements in kids_of(block).items():
            media.setdefault(name, []).extend(elements)
    clicks = kids_of(first(kids, "VideoClicks"))
    through = links(clicks.get("ClickThrough", NOTHING))
    return Linear(
        _duration(duration_text, remarks),
        duration_text,
        _offset(element.get("skipoffset"), remarks),
        trackers(kids.get("TrackingEvents", NOTHING), remarks),
        tuple(_media_file(file, url) for file in media.get("MediaFile", NOTHING) if (url := text_of(file))),
        through[0] if through else None,
        links(clicks.get("ClickTracking", NOTHING)),
        links(clicks.get("CustomClick", NOTHING)),
        tuple(_icon(icon, remarks) for icon in inside(kids, "Icons", "Icon")),
        first_text(kids, "AdParameters"),
        tuple(_mezzanine(file, url) for file in media.get("Mezzanine", NOTHING) if (url := text_of(file))),
        tuple(
            _interactive(file, url)
            for file in media.get("InteractiveCreativeFile", NOTHING)
            if (url := text_of(file))
        ),
        tuple(
            _caption(file, url)
            for block in media.get("ClosedCaptionFiles", NOTHING)
            for file in block.iterchildren("*")
            if (url := text_of(file))
        ),
    )


def _non_linear(element: Element, remarks: Remarks) -> NonLinear:
    get, kids = attributes(element).get, kids_of(element)
    return NonLinear(
        get("id"),
        _number(get("width")),
        _number(get("height")),
        _duration(get("minSuggestedDuration"), remarks),
        get("apiFramework"),
        _resources(kids),
        first_text(kids, "NonLinearClickThrough"),
        links(kids.get("NonLinearClickTracking", NOTHING)),
        first_text(kids, "AdParameters"),
    )


def _companion(element: Element, remarks: Remarks) -> Companion:
    get, kids = attributes(element).get, kids_of(element)
    return Companion(
        get("id"),
        _number(get("width")),
        _number(get("height")),
        get("adSlotId"),
        get("renderingMode"),
        get("apiFramework"),
        _resources(kids),
        trackers(kids.get("TrackingEvents", NOTHING), remarks),
        first_text(kids, "CompanionClickThrough"),
        links(kids.get("CompanionClickTracking", NOTHING)),
        first_text(kids, "AltText"),
        first_text(kids, "AdParameters"),
    )


def _universal_ad_id(element: Element) -> UniversalAdId:
    return UniversalAdId(
        attribute(element, "idRegistry"), attribute(element, "idValue") or text_of(element) or "unknown"
    )


def read_creative(element: Element, remarks: Remarks) -> Creative:
    """One Creative element with whatever it holds."""
    kids = kids_of(element)
    linear = first(kids, "Linear")
    overlays = kids_of(first(kids, "NonLinearAds"))
    companions = first(kids, "CompanionAds")
    sequence = (element.get("sequence") or "").strip()
    return Creative(
        attribute(element, "id"),
        attribute(element, "adId") or attribute(element, "AdID"),
        int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else None,
        attribute(element, "apiFramework"),
        tuple(_universal_ad_id(child) for child in kids.get("UniversalAdId", NOTHING)),
        None if linear is None else _linear(linear, remarks),
        tuple(_non_linear(child, remarks) for child in overlays.get("NonLinear", NOTHING)),
        trackers(overlays.get("TrackingEvents", NOTHING), remarks),
        tuple(_companion(child, remarks) for child in kids_of(companions).get("Companion", NOTHING)),
        None if companions is None else attribute(companions, "required"),
    )
