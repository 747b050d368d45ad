"""From a bid to the tree of one Ad: its adm, a wrapper round an address, or a skeleton (pipeline.md §1.7, §1.8)."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from html import escape
from typing import Literal, NamedTuple

from pipeline.engine.config import ReceiverConfig
from pipeline.engine.openrtb import Bid
from pipeline.engine.request import Asked
from vast.document import Document, Element, kids_of, parse
from vast.durations import format_duration
from vast.edit import writable
from vast.errors import VastError
from vast.notice import Notice
from vast.repair import repair

Origin = Literal["adm", "adm_url", "nurl", "skeleton"]

# Without "<" and ">", so that an address can stand in CDATA as it is.
_ADDRESS = re.compile(r"https?://[^\s<>\"]{1,8000}", re.IGNORECASE)
_LONGEST_SYSTEM = 200
_SIDES = frozenset({"InLine", "Wrapper"})
_SEQUENCE = re.compile(r"[0-9]{1,9}")
_PARSE_CODES = {"NOT_VAST": "ADM_NOT_VAST", "VAST1": "ADM_VERSION", "VERSION": "ADM_VERSION"}
_MENTIONS_VAST = re.compile(r"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:VAST|VideoAdServingTemplate)\b", re.IGNORECASE)
# What an adm is when it is not VAST, by how it starts; the first that fits.
_LOOKS = (
    ("a VMAP playlist", re.compile(r"\s*(?:<\?.*?\?>\s*)?<(?:\w+:)?VMAP\b", re.IGNORECASE | re.DOTALL)),
    ("VAST with its angle brackets escaped", re.compile(r"\s*&lt;(?:\?xml|VAST)", re.IGNORECASE)),
    ("JSON, as native ads have", re.compile(r"\s*[{\[]")),
    ("HTML", re.compile(r"\s*<")),
    ("base64", re.compile(r"\s*[A-Za-z0-9+/]{40,}={0,2}\s*$")),
    ("plain text", re.compile(r"")),
)
_END_OF_VAST = "</VAST>"
_WRAPPER = (
    '<VAST version="3.0"><Ad><Wrapper><AdSystem>{system}</AdSystem><VASTAdTagURI><![CDATA[{url}]]></VASTAdTagURI>'
    "<Impression><![CDATA[about:blank]]></Impression><Creatives></Creatives></Wrapper></Ad></VAST>"
)
_SKELETONS = {
    "2": "<AdSystem>{system}</AdSystem><AdTitle>{title}</AdTitle>{impression}{creatives}",
    "3": "<AdSystem>{system}</AdSystem><AdTitle>{title}</AdTitle>{impression}{creatives}",
    "4": "<AdSystem>{system}</AdSystem>{impression}<AdTitle>{title}</AdTitle>{creatives}",
}
_BLANK_IMPRESSION = "<Impression><![CDATA[about:blank]]></Impression>"
_SKELETON_CREATIVES = (
    '<Creatives><Creative id="1"><Linear><Duration>{duration}</Duration></Linear></Creative></Creatives>'
)


class Unusable(Exception):
    """No ad can be made of a bid; `code` and `text` say why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


class Markup(NamedTuple):
    """The Ad of a bid in its own tree, its InLine or Wrapper, its own version, and how it came about."""

    ad: Element
    side: Element
    kind: Literal["InLine", "Wrapper"]
    version: str
    origin: Origin
    notices: tuple[Notice, ...] = ()


def _rank(ad: Element) -> tuple[bool, int]:
    """Ads without InLine and Wrapper come last, then the sequence decides; one that is no number comes behind all."""
    text = (ad.get("sequence") or "").strip()
    return _SIDES.isdisjoint(kids_of(ad)), int(text) if _SEQUENCE.fullmatch(text) else 10**9


def served_of(ads: Sequence[Element]) -> Element:
    """Of the Ads of one markup the one that is served: by sequence, else by place."""
    return ads[0] if len(ads) == 1 else min(ads, key=_rank)


def _choose(document: Document, bid: Bid, origin: Origin, remarks: Iterable[Notice] = ()) -> Markup:
    """The first Ad that holds something, by sequence, else by place, with a notice that names the others."""
    notices = [*remarks, *(notice._replace(bid_id=bid.id) for notice in document.notices)]
    ads = kids_of(document.root).get("Ad")
    if not ads:
        raise Unusable("ADM_NO_AD", "the markup is an empty VAST without any Ad (the bidder's own no-ad)")
    ad = served_of(ads)
    if len(ads) > 1:
        others = ", ".join(repr((other.get("id") or "without id")[:40]) for other in ads if other is not ad)
        text = f"the markup holds {len(ads)} ads; one is served, these were left out: {others[:300]}"
        notices.append(Notice("ADM_EXTRA_ADS", bid.id, text))
    sides = kids_of(ad)
    if "InLine" in sides:
        if "Wrapper" in sides:
            text = "the Ad holds both InLine and Wrapper; metadata went into InLine"
            notices.append(Notice("AD_AMBIGUOUS", bid.id, text))
        return Markup(ad, sides["InLine"][0], "InLine", document.version, origin, tuple(notices))
    if "Wrapper" in sides:
        return Markup(ad, sides["Wrapper"][0], "Wrapper", document.version, origin, tuple(notices))
    raise Unusable("ADM_NO_AD", "the Ad in the markup holds neither InLine nor Wrapper")


def _refusal(adm: str, error: VastError) -> Unusable:
    """Why an adm was refused; one that does not mention VAST at all is named for what it looks like."""
    if error.reason in ("NOT_XML", "NOT_VAST", "DOCTYPE") and not _MENTIONS_VAST.search(adm):
        looks = next(name for name, pattern in _LOOKS if pattern.match(adm[:2000]))
        return Unusable("ADM_NOT_VAST", f"the markup is not VAST; it looks like {looks}")
    code = _PARSE_CODES.get(error.reason, "ADM_PARSE_FAILED")
    return Unusable(code, f"the markup is not usable: {error.text}")


def _without_rest(adm: str) -> str:
    """The markup without what stands behind its last </VAST>, such as a pixel of HTML."""
    end = adm.rfind(_END_OF_VAST)
    return adm[: end + len(_END_OF_VAST)] if end > 0 else adm


# What is tried on markup that is no XML, in this order; only the first without `repair_markup`.
_MENDINGS: tuple[tuple[str, Callable[[str], str], str], ...] = (
    ("ADM_REST_DROPPED", _without_rest, "what stands behind </VAST> was left out"),
    ("ADM_REPAIRED", repair, "the markup was repaired and served"),
)


class Mended(NamedTuple):
    """Markup that was no XML after one more mending; `code` and `said` tell what that was."""

    code: str
    said: str
    markup: str


def mended(markup: str, *, repairs: bool = True) -> Iterator[Mended]:
    """What is tried in turn on markup that is no XML, each time with everything before it."""
    for code, mend, said in _MENDINGS[: 2 if repairs else 1]:
        tried = mend(markup)
        if tried != markup:
            markup = tried
            yield Mended(code, said, markup)


def _parse(bid: Bid, config: ReceiverConfig) -> tuple[Document, tuple[Notice, ...]]:
    """The document of an adm, mended where it is no XML. Raises Unusable."""
    try:
        return parse(bid.adm, lenient=config.lenient_markup), ()
    except VastError as error:
        refused, fault, is_no_xml = _refusal(bid.adm, error), error.text, error.reason == "NOT_XML"
    notices = []
    for tried in mended(bid.adm, repairs=config.repair_markup) if is_no_xml else ():
        notices.append(Notice(tried.code, bid.id, f"{fault}; {tried.said}"))
        try:
            return parse(tried.markup, lenient=config.lenient_markup), tuple(notices)
        except VastError:
            continue
    raise refused


def _is_address(text: str) -> bool:
    return bool(_ADDRESS.fullmatch(text)) and writable(text) == text


def _system(bid: Bid) -> str:
    """The AdSystem of an ad that we make: the seat, shortened so that the ad stays within what is read."""
    return escape(writable(bid.seat)[:_LONGEST_SYSTEM] or "vastdash", quote=False)


def _wrap(url: str, bid: Bid, origin: Origin) -> Markup:
    document = parse(_WRAPPER.format(system=_system(bid), url=url))
    what = "no markup; its nurl" if origin == "nurl" else "an address instead of markup; it"
    notice = Notice("WRAPPED_URL", bid.id, f"the bid holds {what} was wrapped as the address of its VAST")
    return _choose(document, bid, origin)._replace(notices=(notice,))


def _may_be_video(bid: Bid, asked: Asked) -> bool:
    """False when the bid or its impression say plainly that the answer is a banner or native."""
    if bid.mtype is not None:
        return bid.mtype in (2, 3)
    declared = bid.prebid.get("type")
    if isinstance(declared, str):
        return declared in ("video", "audio")
    wanted = asked.media.get(bid.impid, frozenset())
    return not wanted or bool(wanted & {"video", "audio"})


def markup_of(bid: Bid, config: ReceiverConfig, asked: Asked) -> Markup:
    """The Ad of a bid from its adm or from an address. Raises Unusable."""
    address = "" if bid.adm.startswith("<") or len(bid.adm) > 9000 else bid.adm.strip()
    if address and _is_address(address):
        if not _may_be_video(bid, asked):
            raise Unusable("BID_NOT_VIDEO", "the bid holds an address, but it is no video bid")
        return _wrap(address, bid, "adm_url")
    if bid.adm:
        document, notices = _parse(bid, config)
        return _choose(document, bid, "adm", notices)
    if not config.wrap_nurl or not bid.nurl:
        raise Unusable(
            "BID_ADM_EMPTY",
            "the bid holds no markup" + (" (its nurl is not wrapped here)" if bid.nurl else ""),
        )
    if not _is_address(bid.nurl):
        raise Unusable("BID_ADM_EMPTY", "the bid holds no markup, and its nurl is no http address")
    if not _may_be_video(bid, asked):
        raise Unusable(
            "BID_NOT_VIDEO", "the bid holds no markup and is no video bid, so its nurl was not wrapped"
        )
    return _wrap(bid.nurl, bid, "nurl")


def skeleton_of(bid: Bid, seconds: int, config: ReceiverConfig, why: str) -> Markup:
    """An InLine ad without media, in the default version, standing in for markup that cannot be used."""
    version = config.vast_version_default
    inside = _SKELETONS[version[0]].format(
        system=_system(bid),
        title="Ad",
        impression=_BLANK_IMPRESSION,
        creatives=_SKELETON_CREATIVES.format(duration=format_duration(seconds * 1000)),
    )
    document = parse(f'<VAST version="{version}"><Ad><InLine>{inside}</InLine></Ad></VAST>')
    notice = Notice("SKELETON_USED", bid.id, f"{why}; an empty ad stands in, which a player cannot show")
    return _choose(document, bid, "skeleton")._replace(notices=(notice,))
