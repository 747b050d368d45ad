"""Reads what a player needs of a VAST document, and nothing else: `read_playback(source) -> VastToPlay`.

That is the choice of an ad (its place, kind, names), its media files, length and skip offset, and every address that
may have to be called while its linear plays (impressions, errors, trackers, clicks) with the ids their macros name.
Companions, icons, overlays, verification scripts, prices and extensions are for `vast.ad.read`, which gives equal
facts where both read them.
"""

from typing import Literal, NamedTuple

from vast.ad import document_facts, read_sequence, side_of
from vast.carried import carried, universal_ad_id, universal_ad_ids
from vast.document import LOCAL_NAMES, Document, Element, children, text_of
from vast.durations import Offset
from vast.facts import Link, MediaFile, Tracker, UniversalAdId
from vast.linear import add_media_file
from vast.notice import Notice
from vast.values import Remarks, add_link, add_text, add_trackers, attributes, duration, make, named, offset


class LinearToPlay(NamedTuple):
    """The first Linear of an ad; in a wrapper it holds trackers and clicks only."""

    duration_ms: int | None
    duration_text: str | None
    skip_offset: Offset | None
    trackers: tuple[Tracker, ...]
    media_files: tuple[MediaFile, ...]
    click_through: Link | None
    click_tracking: tuple[Link, ...]


class AdToPlay(NamedTuple):
    """One Ad element, InLine or Wrapper. `universal_ad_ids` are those of the creative that holds the linear."""

    id: str | None
    sequence: int | None
    kind: Literal["inline", "wrapper"]
    ad_type: str | None
    ad_title: str | None
    ad_serving_id: str | None
    impressions: tuple[Link, ...]
    errors: tuple[Link, ...]
    universal_ad_ids: tuple[UniversalAdId, ...]
    linear: LinearToPlay | None
    ad_tag_uri: str | None

    @property
    def duration_ms(self) -> int | None:
        """Milliseconds of the linear."""
        return self.linear.duration_ms if self.linear else None


class VastToPlay(NamedTuple):
    """A document: its ads in document order, the root Error addresses, and every leniency in what was read."""

    version: str
    ads: tuple[AdToPlay, ...]
    errors: tuple[str, ...]
    notices: tuple[Notice, ...]


_TEXTS = frozenset(("AdTitle", "AdServingId", "VASTAdTagURI"))


def _linear(element: Element, remarks: Remarks) -> LinearToPlay:
    length, clicks = "", None
    trackers: list[Tracker] = []
    media: list[MediaFile] = []
    for child in children(element):
        name = LOCAL_NAMES[child.tag]
        if name == "TrackingEvents":
            add_trackers(trackers, child, remarks)
        elif name == "MediaFiles":
            for file in children(child):
                if LOCAL_NAMES[file.tag] == "MediaFile":
                    add_media_file(media, file)
        elif name == "Duration":
            length = length or text_of(child)
        elif name == "VideoClicks":
            clicks = child if clicks is None else clicks
    through, tracking = _clicks(clicks) if clicks is not None else (None, ())
    facts = (
        duration(length or None, remarks),
        length or None,
        offset(element.get("skipoffset"), remarks),
        tuple(trackers),
        tuple(media),
        through,
        tracking,
    )
    return make(LinearToPlay, facts)


def _clicks(block: Element) -> tuple[Link | None, tuple[Link, ...]]:
    through: list[Link] = []
    tracking: list[Link] = []
    for child in children(block):
        name = LOCAL_NAMES[child.tag]
        if name == "ClickThrough":
            add_link(through, child)
        elif name == "ClickTracking":
            add_link(tracking, child)
    return through[0] if through else None, tuple(tracking)


_Played = tuple[LinearToPlay | None, tuple[UniversalAdId, ...]]


def _creative(element: Element, remarks: Remarks) -> _Played:
    linear = None
    ids: list[Element] = []
    extensions: list[Element] = []
    for child in children(element):
        name = LOCAL_NAMES[child.tag]
        if name == "Linear" and linear is None:
            linear = _linear(child, remarks)
        elif name == "UniversalAdId":
            ids.append(child)
        elif name == "CreativeExtensions":
            extensions.append(child)
    if linear is None:
        return None, ()
    own = tuple([universal_ad_id(child) for child in ids])
    return linear, own or (universal_ad_ids(carried(extensions)) if extensions else ())


def _first_linear(block: Element, played: _Played, remarks: Remarks) -> _Played:
    for creative in named(block, "Creative"):
        if played[0] is None:
            played = _creative(creative, remarks)
    return played


def _with_carried(linear: LinearToPlay | None, extensions: list[Element]) -> _Played:
    return linear, () if linear is None else universal_ad_ids(carried(extensions))


def _ad(element: Element, remarks: Remarks) -> AdToPlay | None:
    kind, side = side_of(element, remarks)
    if side is None:
        return None
    impressions: list[Link] = []
    errors: list[Link] = []
    texts: dict[str, str] = {}
    played: _Played = (None, ())
    extensions: list[Element] = []
    for child in children(side):
        name = LOCAL_NAMES[child.tag]
        if name == "Impression":
            add_link(impressions, child)
        elif name == "Error":
            add_link(errors, child)
        elif name in _TEXTS:
            add_text(texts, name, child)
        elif name == "Creatives":
            played = _first_linear(child, played, remarks)
        elif name == "Extensions":
            extensions.append(child)
    if not impressions:
        remarks.add("IMPRESSION_MISSING", "an ad has no Impression address")
    linear, ids = played if not extensions or played[1] else _with_carried(played[0], extensions)
    get, stated = texts.get, attributes(element).get
    facts = (
        stated("id"),
        read_sequence(stated("sequence"), remarks),
        kind,
        stated("adType"),
        get("AdTitle"),
        get("AdServingId"),
        tuple(impressions),
        tuple(errors),
        ids,
        linear,
        get("VASTAdTagURI"),
    )
    return make(AdToPlay, facts)


def read_playback(source: bytes | str | Document, *, lenient: bool = True) -> VastToPlay:
    """What a player needs of a document. Raises VastError where `vast.document.parse` does."""
    return make(VastToPlay, document_facts(source, lenient, _ad))
