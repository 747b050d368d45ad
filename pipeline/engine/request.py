"""Reads OpenRTB 2.x bid requests: which imps it holds, and what it asks of the ads of a pod.

Sources: OpenRTB 2.6 §3.2 (BidRequest, Imp, Video, Audio, Deal) and AdCOM 1.0; wrong types become notices.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from pipeline.engine.reading import Json, Reading, Source, Unreadable, as_object, identifier, items, object_of
from vast.notice import Notice

CONTENT_1_0 = 1
"""AdCOM list of category taxonomies: IAB Content Category Taxonomy 1.0, which a request means when it says nothing."""
_MEDIA = ("banner", "video", "audio", "native")


@dataclass(frozen=True, slots=True)
class Asked:
    """A read bid request: its imp ids (None when no request is given or it lists none) and each imp's media types."""

    imp_ids: frozenset[str] | None = None
    media: Mapping[str, frozenset[str]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    error: Notice | None = None
    source: Json = field(default_factory=dict)


def read_request(source: Source) -> Asked:
    """A bid request from a mapping, JSON text or None; one that cannot be read counts as none, with an error."""
    if source is None:
        return Asked()
    try:
        request = object_of(source, "bid request")
        _check_kind(request)
    except Unreadable as refused:
        return Asked(
            error=Notice("REQUEST_" + refused.code, "", refused.text + "; the bid request was not read")
        )
    notices: list[Notice] = []
    media: dict[str, frozenset[str]] = {}
    for imp in items(request, "imp", "request", notices):
        if imp_id := identifier(as_object(imp).get("id")):
            media[imp_id] = frozenset(name for name in _MEDIA if isinstance(imp.get(name), Mapping))
    return Asked(frozenset(media) if media else None, media, tuple(notices), None, request)


def _check_kind(request: Json) -> None:
    if "seatbid" in request and "imp" not in request:
        raise Unreadable("IS_A_RESPONSE", "this is a bid response, not a bid request")


class Floor(NamedTuple):
    """A lowest price in CPM, and its currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class ImpLimits:
    """What one imp asks of the ads that answer it: seconds, numbers of ads, prices; None or () where it says nothing.

    `deals` holds the floors of its deals, which go before its own; `floor_per_second` is CPM, in their currency.
    """

    id: str
    podid: str
    poddur: int | None
    maxseq: int | None
    minduration: int | None
    maxduration: int | None
    rqddurs: tuple[int, ...]
    floor: Floor
    floor_per_second: Decimal
    deals: Mapping[str, Floor]

    @property
    def is_slot(self) -> bool:
        """True for one slot of a structured pod (a podid, and neither poddur nor maxseq): it takes one ad."""
        return bool(self.podid) and self.poddur is None and self.maxseq is None

    @property
    def longest(self) -> int | None:
        """The longest ad that may answer, in seconds."""
        return max(self.rqddurs) if self.rqddurs else self.maxduration


@dataclass(frozen=True, slots=True)
class PodLimits:
    """What a request asks of every ad, and of the ads of each imp; blocked domains are in lower case."""

    imps: Mapping[str, ImpLimits]
    badv: frozenset[str]
    bcat: frozenset[str]
    cattax: int
    notices: tuple[Notice, ...]


def read_limits(asked: Asked) -> PodLimits:
    """The limits in a request; a field of a wrong type is no limit, and a notice says so."""
    notices: list[Notice] = []
    if not asked.source:
        text = "enforce_pod is on, but there is no request to take limits from"
        notices.append(Notice("POD_LIMITS_ABSENT", "", text))
    reading = Reading(asked.source, notices, "request", "")
    badv = frozenset(name.lower().strip(".") for name in reading.texts("badv"))
    bcat = frozenset(code.upper() for code in reading.texts("bcat"))
    cattax = reading.whole("cattax") or CONTENT_1_0
    imps = {limits.id: limits for limits in _imps(asked.source, notices)}
    return PodLimits(imps, badv, bcat, cattax, tuple(notices))


def is_one_slot(asked: Asked) -> bool:
    """True for a request with one imp that is one slot of a pod: its video is placed, but not given a length."""
    imps = asked.source.get("imp")
    if not isinstance(imps, (list, tuple)) or len(imps) != 1:
        return False
    media = _media_of(as_object(imps[0]))
    placed = bool(media.get("podid") or media.get("slotinpod"))
    return placed and media.get("poddur") is None and media.get("maxseq") is None


def _media_of(imp: Json) -> Json:
    return as_object(imp.get("video")) or as_object(imp.get("audio"))


def _imps(request: Json, notices: list[Notice]) -> Iterator[ImpLimits]:
    # That imp is no list was said when the request was read.
    imps = request.get("imp")
    for imp in imps if isinstance(imps, (list, tuple)) else ():
        if imp_id := identifier(as_object(imp).get("id")):
            yield _imp(imp, imp_id, notices)


def _imp(imp: Json, imp_id: str, notices: list[Notice]) -> ImpLimits:
    kind = "video" if as_object(imp.get("video")) else "audio"
    media = Reading(_media_of(imp), notices, f"imp {imp_id[:40]!r} {kind}", "")
    itself = Reading(imp, notices, f"imp {imp_id[:40]!r}", "")
    return ImpLimits(
        id=imp_id,
        podid=media.text("podid").strip(),
        poddur=_above_zero(media, "poddur"),
        maxseq=_above_zero(media, "maxseq"),
        minduration=_above_zero(media, "minduration"),
        maxduration=_above_zero(media, "maxduration"),
        rqddurs=media.wholes("rqddurs"),
        floor=_floor(itself),
        floor_per_second=media.amount("mincpmpersec") or Decimal(0),
        deals=dict(_deals(imp, notices)),
    )


def _above_zero(reading: Reading, name: str) -> int | None:
    """A whole number above 0; 0 and less mean no limit, as some tags write it."""
    value = reading.whole(name)
    return value if value is not None and value > 0 else None


def _floor(reading: Reading) -> Floor:
    """A floor of 0 where there is none, in USD where no currency is named (OpenRTB 2.6 §3.2.4, §3.2.12)."""
    currency = reading.text("bidfloorcur").strip().upper() or "USD"
    return Floor(reading.amount("bidfloor") or Decimal(0), currency)


def _deals(imp: Json, notices: list[Notice]) -> Iterator[tuple[str, Floor]]:
    for deal in items(as_object(imp.get("pmp")), "deals", "pmp", notices):
        if deal_id := identifier(as_object(deal).get("id")):
            yield deal_id, _floor(Reading(deal, notices, f"deal {deal_id[:40]!r}", ""))
