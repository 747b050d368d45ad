"""VMAP 1.0: the ad breaks of a piece of content, and where the ads of each come from (IAB VMAP 1.0.1 §2).

`read_vmap(source) -> Vmap` is parsed with the limits of `vast.document.parse`; every leniency is a notice.
"""

import re
from typing import Literal, NamedTuple

from vast.document import (
    DECLARATION,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_NODES,
    Element,
    Kids,
    children,
    kids_of,
    local_name,
    read_tree,
    root_name,
    serialise_element,
    text_of,
)
from vast.durations import Offset
from vast.errors import VastError, VastErrorCode
from vast.facts import Tracker
from vast.notice import Notice
from vast.values import NOTHING, Remarks, attributes, duration, first, flag, offset, trackers_of

BREAK_TYPES = ("linear", "nonlinear", "display")
VERSIONS = ("1.0", "1.0.1")
# A playlist holds the documents of several breaks, each of which may be as large as one alone.
MAX_VMAP_NODES = 10 * MAX_NODES

_POSITION = re.compile(r"#\s*([0-9]{1,6})")

OffsetKind = Literal["start", "end", "time", "percent", "position", "unknown"]


class TimeOffset(NamedTuple):
    """When a break comes: `text` as written; `ms` of a start or time, `percent` of the content, `position` of #n."""

    text: str
    kind: OffsetKind
    ms: int | None = None
    percent: float | None = None
    position: int | None = None

    def at(self, content_ms: int | None = None) -> int | None:
        """Milliseconds into content of that length; None for a #n, and for an end or share of unknown length."""
        if self.kind == "end":
            return content_ms
        if self.percent is not None:
            return None if content_ms is None else int(content_ms * self.percent / 100)
        return self.ms


class AdSource(NamedTuple):
    """Where the ads of a break come from: exactly one of `vast` (a document of its own), `tag_uri` and `custom`.

    `template_type` is what the document behind `tag_uri` or in `custom` is said to be (vast3, ...).
    `follow_redirects` is None where the source leaves it to the player.
    """

    id: str | None
    allow_multiple_ads: bool
    follow_redirects: bool | None
    vast: bytes | None = None
    tag_uri: str | None = None
    custom: str | None = None
    template_type: str | None = None


class AdBreak(NamedTuple):
    """One AdBreak. `types` are those of BREAK_TYPES it may show; `trackers` are breakStart, breakEnd and error."""

    id: str | None
    types: tuple[str, ...]
    time_offset: TimeOffset
    repeat_after_ms: int | None
    sources: tuple[AdSource, ...]
    trackers: tuple[Tracker, ...]


class Vmap(NamedTuple):
    """A playlist: its breaks in document order, and every leniency as a notice."""

    version: str
    breaks: tuple[AdBreak, ...]
    notices: tuple[Notice, ...]


def is_vmap(data: bytes | str) -> bool:
    """Whether the root element is a VMAP, by a look at the beginning; says nothing about the rest."""
    return root_name(data).upper() == "VMAP"


def read_vmap(source: bytes | str, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> Vmap:
    """The breaks of a VMAP document.

    Raises VastError: 100 for text that is no XML or passes a limit, 101 for another root (NOT_VMAP), 102 for a
    version other than 1.
    """
    notices: list[Notice] = []
    root = read_tree(source, notices, max_bytes, max_depth, MAX_VMAP_NODES, lenient=True)
    if local_name(root).upper() != "VMAP":
        text = f"the root element is <{local_name(root)[:60]}>, not <VMAP>"
        raise VastError(VastErrorCode.SCHEMA, "NOT_VMAP", text)
    remarks = Remarks((notice, None) for notice in notices)
    version = _version(root.get("version"), remarks)
    breaks = tuple(_break(child, remarks) for child in children(root) if local_name(child) == "AdBreak")
    if not breaks:
        remarks.add("VMAP_EMPTY", "the VMAP names no break")
    return Vmap(version, breaks, tuple(remarks))


def _version(stated: str | None, remarks: Remarks) -> str:
    declared = (stated or "").strip()
    if not declared:
        remarks.add("VERSION_MISSING", "the VMAP names no version; it was read as VMAP 1.0")
        return "1.0"
    if declared not in VERSIONS:
        if not re.fullmatch(r"1(\.[0-9.]{1,10})?", declared):
            text = f"VMAP version {declared[:20]!r} is not known"
            raise VastError(VastErrorCode.VERSION_UNSUPPORTED, "VERSION", text)
        remarks.add("VERSION_UNKNOWN", f"VMAP {declared} is not known; it was read as VMAP 1.0")
    return declared


def _break(element: Element, remarks: Remarks) -> AdBreak:
    get, kids = attributes(element).get, kids_of(element)
    id_ = get("breakId")
    sources = [_source(child, id_, remarks) for child in kids.get("AdSource", NOTHING)]
    return AdBreak(
        id_,
        _types(get("breakType"), remarks),
        time_offset(get("timeOffset"), remarks),
        duration(get("repeatAfter"), remarks),
        tuple(source for source in sources if source is not None),
        trackers_of(kids.get("TrackingEvents", NOTHING), remarks),
    )


def _types(text: str | None, remarks: Remarks) -> tuple[str, ...]:
    stated = [part.strip().lower() for part in (text or "").split(",") if part.strip()]
    known = tuple(dict.fromkeys(part for part in stated if part in BREAK_TYPES))
    if not stated or len(known) < len(stated):
        remarks.add(
            "BREAK_TYPE_UNKNOWN",
            f"the breakType {(text or '')[:40]!r} is not a list of {', '.join(BREAK_TYPES)}",
        )
    return known


def time_offset(text: str | None, remarks: Remarks) -> TimeOffset:
    """start, end, HH:MM:SS(.mmm), n% or #n (IAB VMAP 1.0.1 §2.3.1); anything else is unknown, with a notice."""
    stated = (text or "").strip()
    lower = stated.lower()
    if lower == "start":
        return TimeOffset(stated, "start", 0)
    if lower == "end":
        return TimeOffset(stated, "end")
    if match := _POSITION.fullmatch(stated):
        return TimeOffset(stated, "position", position=int(match.group(1)))
    if not stated:
        remarks.add("OFFSET_UNREADABLE", "a break names no timeOffset")
        return TimeOffset(stated, "unknown")
    read: Offset | None = offset(stated, remarks)
    if read is None:
        return TimeOffset(stated, "unknown")
    if read.percent is not None:
        return TimeOffset(stated, "percent", percent=float(read.percent))
    return TimeOffset(stated, "time", read.ms)


def _source(element: Element, break_id: str | None, remarks: Remarks) -> AdSource | None:
    get, kids = attributes(element).get, kids_of(element)
    several = flag(element, "allowMultipleAds")
    head = (get("id"), True if several is None else several, flag(element, "followRedirects"))
    # VASTData and CustomData are the names of the draft.
    block = first(kids, "VASTAdData") if "VASTAdData" in kids else first(kids, "VASTData")
    if block is not None:
        document = _document(block, remarks)
        if document is not None:
            return AdSource(*head, vast=document)
    elif (tag := first(kids, "AdTagURI")) is not None and text_of(tag):
        return AdSource(*head, tag_uri=text_of(tag), template_type=_template(tag))
    elif (own := _custom(kids)) is not None and (text_of(own) or len(own)):
        inside = "".join(serialise_element(child) for child in own) if len(own) else text_of(own)
        return AdSource(*head, custom=inside, template_type=_template(own))
    remarks.add(
        "AD_SOURCE_EMPTY", f"an AdSource of the break {break_id or 'without id'!r} holds nothing to play"
    )
    return None


def _custom(kids: Kids) -> Element | None:
    found = first(kids, "CustomAdData")
    return found if found is not None else first(kids, "CustomData")


def _template(element: Element) -> str | None:
    return attributes(element).get("templateType")


def _document(block: Element, remarks: Remarks) -> bytes | None:
    """The VAST document inside as bytes of its own, with the namespaces declared above it."""
    for child in block.iterchildren("*"):
        if local_name(child).upper() in ("VAST", "VIDEOADSERVINGTEMPLATE"):
            return DECLARATION + serialise_element(child).encode()
    if (text := text_of(block)).startswith("<"):
        remarks.add("VAST_AS_TEXT", "a VAST document stands as text, not as an element; it was read as one")
        return text.encode()
    return None
