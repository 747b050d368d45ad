"""Reads the Linear element: duration, trackers, files, clicks and icons (IAB VAST 4.3 §3.8 to §3.13)."""

from typing import NamedTuple

from vast.document import LOCAL_NAMES, Element, Kids, children, kids_of, text_of
from vast.facts import (
    CaptionFile,
    FallbackImage,
    Icon,
    InteractiveFile,
    Linear,
    Link,
    MediaFile,
    Mezzanine,
    Tracker,
)
from vast.resources import resources_of
from vast.values import (
    NOTHING,
    NUMBERS,
    Remarks,
    add_link,
    add_trackers,
    attribute,
    attributes,
    duration,
    filled,
    first,
    first_text,
    flag,
    links,
    make,
    named,
    offset,
    urls,
)


def add_media_file(files: list[MediaFile], element: Element) -> None:
    """Adds a MediaFile that has an address."""
    if url := text_of(element):
        get = attributes(element).get
        facts = (
            url,
            get("delivery"),
            get("type"),
            NUMBERS[get("width", "")],
            NUMBERS[get("height", "")],
            NUMBERS[get("bitrate", "")],
            NUMBERS[get("minBitrate", "")],
            NUMBERS[get("maxBitrate", "")],
            get("codec"),
            get("id"),
            get("apiFramework"),
        )
        files.append(make(MediaFile, facts))


def _mezzanine(element: Element, url: str) -> Mezzanine:
    get = attributes(element).get
    return Mezzanine(
        url,
        get("delivery"),
        get("type"),
        NUMBERS[get("width", "")],
        NUMBERS[get("height", "")],
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
    return CaptionFile(url, attribute(element, "type"), attribute(element, "language"))


def _fallback(element: Element) -> FallbackImage:
    get, kids = attributes(element).get, kids_of(element)
    return FallbackImage(
        first_text(kids, "StaticResource"),
        NUMBERS[get("width", "")],
        NUMBERS[get("height", "")],
        first_text(kids, "AltText"),
    )


def _icon(element: Element, remarks: Remarks) -> Icon:
    get, kids = attributes(element).get, kids_of(element)
    clicks = kids_of(first(kids, "IconClicks"))
    fallbacks = clicks.get("IconClickFallbackImages", NOTHING)
    return Icon(
        get("program"),
        get("width"),
        get("height"),
        get("xPosition"),
        get("yPosition"),
        offset(get("offset"), remarks),
        duration(get("duration"), remarks),
        get("apiFramework"),
        resources_of(kids),
        first_text(clicks, "IconClickThrough"),
        links(clicks.get("IconClickTracking", NOTHING)),
        urls(kids.get("IconViewTracking", NOTHING)),
        tuple([_fallback(image) for block in fallbacks for image in named(block, "IconClickFallbackImage")]),
    )


def files_and_icons(
    kids: Kids, remarks: Remarks
) -> tuple[tuple[Mezzanine, ...], tuple[InteractiveFile, ...], tuple[Icon, ...]]:
    """Mezzanines, interactive files and icons among some elements."""
    return (
        filled(kids.get("Mezzanine"), _mezzanine),
        filled(kids.get("InteractiveCreativeFile"), _interactive),
        tuple([_icon(icon, remarks) for icon in kids.get("Icon", NOTHING)]),
    )


def add_files(media: list[MediaFile], others: Kids, block: Element) -> None:
    """Adds the media files of a MediaFiles block, and its other elements by name."""
    for element in children(block):
        name = LOCAL_NAMES[element.tag]
        if name == "MediaFile":
            add_media_file(media, element)
        else:
            others.setdefault(name, []).append(element)


class _Rare(NamedTuple):
    """What few linears hold."""

    icons: tuple[Icon, ...] = ()
    ad_parameters: str | None = None
    mezzanines: tuple[Mezzanine, ...] = ()
    interactive_files: tuple[InteractiveFile, ...] = ()
    caption_files: tuple[CaptionFile, ...] = ()


_NOTHING_RARE = _Rare()


def _rare(kids: Kids, files: Kids, remarks: Remarks) -> _Rare:
    icons = [icon for block in kids.get("Icons", NOTHING) for icon in named(block, "Icon")]
    captions = [
        file for block in files.get("ClosedCaptionFiles", NOTHING) for file in block.iterchildren("*")
    ]
    return _Rare(
        tuple([_icon(icon, remarks) for icon in icons]),
        first_text(kids, "AdParameters"),
        filled(files.get("Mezzanine"), _mezzanine),
        filled(files.get("InteractiveCreativeFile"), _interactive),
        filled(captions, _caption),
    )


def clicks_of(block: Element | None) -> tuple[Link | None, tuple[Link, ...], tuple[Link, ...]]:
    """Click-through, click tracking and custom clicks of a VideoClicks element."""
    if block is None:
        return None, (), ()
    through: list[Link] = []
    tracking: list[Link] = []
    custom: list[Link] = []
    lists = {"ClickThrough": through, "ClickTracking": tracking, "CustomClick": custom}
    for child in children(block):
        if (links := lists.get(LOCAL_NAMES[child.tag])) is not None:
            add_link(links, child)
    return through[0] if through else None, tuple(tracking), tuple(custom)


def read_linear(element: Element, remarks: Remarks) -> Linear:
    """A Linear element, of an InLine or of a Wrapper."""
    length, clicks = "", None
    trackers: list[Tracker] = []
    media: list[MediaFile] = []
    files: Kids = {}
    others: Kids = {}
    for child in children(element):
        name = LOCAL_NAMES[child.tag]
        if name == "TrackingEvents":
            add_trackers(trackers, child, remarks)
        elif name == "MediaFiles":
            add_files(media, files, child)
        elif name == "Duration":
            length = length or text_of(child)
        elif name == "VideoClicks":
            clicks = child if clicks is None else clicks
        else:
            others.setdefault(name, []).append(child)
    rare = _rare(others, files, remarks) if others or files else _NOTHING_RARE
    facts = (
        duration(length or None, remarks),
        length or None,
        offset(element.get("skipoffset"), remarks),
        tuple(trackers),
        tuple(media),
        *clicks_of(clicks),
        rare.icons,
        rare.ad_parameters,
        rare.mezzanines,
        rare.interactive_files,
        rare.caption_files,
    )
    return make(Linear, facts)
