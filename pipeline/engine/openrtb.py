"""Reads OpenRTB 2.x bid responses as they come: wrong types become notices, never exceptions.

Source: OpenRTB 2.6 §4.2 (BidResponse, SeatBid, Bid).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from pipeline.engine.reading import (
    HUGE,
    LIMIT,
    Json,
    Reading,
    Source,
    Unreadable,
    as_object,
    identifier,
    items,
    object_of,
    shown,
)
from vast.notice import Notice

_PLAIN_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_HIGHEST_PRICE = 10**18
# Below that of any float: a Decimal may be so small that writing it out would fill the memory.
_LOWEST_EXPONENT = -400
MAX_BIDS = 10_000
"""Seats and bids of one response that are read: every one of them costs a decision and a sentence."""
Whole = Annotated[int, msgspec.Meta(gt=-LIMIT, lt=LIMIT)]


class Bid(msgspec.Struct, frozen=True):
    """One bid with the fields the pipeline reads; `position` counts the bids of the response from 0.

    `price` is a finite Decimal or None; `price_remark` says why it is None or that it was a string; `price_given` is
    what stood there. `adm` is "" when blank. `malformed` is set for an entry that is no JSON object.
    """

    position: int
    seat: str
    malformed: str = ""
    id: str = ""
    impid: str = ""
    price: Decimal | None = None
    price_given: Any = msgspec.UNSET
    price_remark: str = ""
    adm: str = ""
    nurl: str = ""
    adomain: tuple[str, ...] = ()
    cat: tuple[str, ...] = ()
    cattax: Whole | None = None
    adid: str = ""
    cid: str = ""
    crid: str = ""
    dealid: str = ""
    dur: Whole | None = None
    mtype: Whole | None = None
    slotinpod: Whole | None = None
    ext: dict[str, Any] = {}

    @property
    def price_shown(self) -> str:
        """The price as received, for a sentence; "" when the bid has none."""
        return "" if self.price_given is msgspec.UNSET else shown(self.price_given)

    @property
    def prebid(self) -> Json:
        """bid.ext.prebid, {} when absent."""
        return as_object(self.ext.get("prebid"))

    @property
    def advertiser_meta(self) -> Json:
        """bid.ext.prebid.meta, or bid.ext.meta where the first is absent."""
        return as_object(self.prebid.get("meta")) or as_object(self.ext.get("meta"))


@dataclass(frozen=True, slots=True)
class Received:
    """A read bid response. `nbr` is the no-bid reason (OpenRTB 2.6 §5.24); `error` says why nothing could be read."""

    id: str = ""
    bidid: str = ""
    cur: str = ""
    bids: tuple[Bid, ...] = ()
    notices: tuple[Notice, ...] = ()
    nbr: int | None = None
    error: Notice | None = None


def _is_writable(price: Decimal) -> bool:
    return price.is_finite() and abs(price) < _HIGHEST_PRICE and price.adjusted() > _LOWEST_EXPONENT


def _price(value: Any) -> tuple[Decimal | None, str]:
    """(price, remark): a finite number, or a string that is a plain decimal with a remark, or None with a remark."""
    if value is None:
        return None, "the bid has no price"
    if isinstance(value, bool):
        return None, f"the price is {str(value).lower()}, not a number"
    if isinstance(value, str):
        if _PLAIN_DECIMAL.fullmatch(value.strip()):
            return Decimal(value.strip()), "the price is a string; it was read as a number"
        return None, f"the price is the text {shown(value)!r}, not a number"
    if isinstance(value, (int, float)) and abs(value) < _HIGHEST_PRICE:
        return Decimal(str(value)), ""
    if isinstance(value, Decimal) and _is_writable(value):
        return value, ""
    if isinstance(value, (int, float, Decimal)):
        return None, f"the price is {shown(value)}, which is no usable number"
    return None, f"the price is {shown(value)}, not a number"


def _read_bid(source: Json, seat: str, position: int, notices: list[Notice]) -> Bid:
    """A bid whose every field is of its type is taken as it is; any other is read field by field, with remarks."""
    price, price_remark = _price(source.get("price"))
    ours = {
        "position": position,
        "seat": seat,
        "malformed": "",
        "price": price,
        "price_given": source.get("price", msgspec.UNSET),
        "price_remark": price_remark,
    }
    try:
        bid = msgspec.convert({**source, **ours}, Bid)
    except (
        msgspec.ValidationError,
        UnicodeError,
    ):  # the latter for half a surrogate pair where a number belongs
        return _read_untidy_bid(source, ours, notices)
    return bid if _is_tidy(bid) else _read_untidy_bid(source, ours, notices)


def _is_tidy(bid: Bid) -> bool:
    """True when trimming and cleaning would change nothing."""
    trimmed = "".join((bid.id, bid.impid, bid.nurl, bid.dealid, *bid.adomain, *bid.cat))
    return (
        " " not in trimmed
        and f"{trimmed}{bid.adid}{bid.cid}{bid.crid}".isprintable()
        and not bid.adm.isspace()
        and "" not in bid.adomain
        and "" not in bid.cat
    )


def _read_untidy_bid(source: Json, ours: dict[str, Any], notices: list[Notice]) -> Bid:
    reading = Reading(source, notices, "bid", identifier(source.get("id")))
    ext = source.get("ext")
    if ext is not None and not isinstance(ext, Mapping):
        reading.remark("ext", ext, "an object")
    adm = source.get("adm")
    if adm is not None and not isinstance(adm, str):
        reading.remark("adm", adm, "a string")
    return Bid(
        **ours,
        id=reading.text("id").strip(),
        impid=reading.text("impid").strip(),
        # Not cleaned: what cannot be written makes the adm unreadable, and that is said of the adm.
        adm=adm if isinstance(adm, str) and adm.strip() else "",
        nurl=reading.text("nurl").strip(),
        adomain=reading.texts("adomain"),
        cat=reading.texts("cat"),
        cattax=reading.whole("cattax"),
        adid=reading.text("adid"),
        cid=reading.text("cid"),
        crid=reading.text("crid"),
        dealid=reading.text("dealid").strip(),
        dur=reading.whole("dur"),
        mtype=reading.whole("mtype"),
        slotinpod=reading.whole("slotinpod"),
        ext=dict(as_object(ext)),
    )


def read_response(source: Source) -> Received:
    """A bid response from a mapping, JSON text (str or UTF-8 bytes) or None; never raises for its content."""
    try:
        response = object_of(source, "bid response")
        _check_kind(response)
    except Unreadable as refused:
        return Received(error=Notice("RESPONSE_" + refused.code, "", refused.text))
    notices: list[Notice] = []
    reading = Reading(response, notices, "response", "")
    bids: list[Bid] = []
    for seat_position, seat_bid in enumerate(items(response, "seatbid", "response", notices)):
        if not isinstance(seat_bid, Mapping):
            notices.append(
                Notice("FIELD_TYPE", "", f"seatbid {seat_position + 1} is not an object; it was left out")
            )
            continue
        seat = Reading(seat_bid, notices, "seatbid", "").text("seat")
        for bid in items(seat_bid, "bid", "seatbid", notices):
            if not isinstance(bid, Mapping):
                bids.append(Bid(len(bids), seat, malformed=f"the bid is {shown(bid)}, not an object"))
                continue
            bids.append(_read_bid(bid, seat, len(bids), notices))
    return Received(
        id=reading.text("id"),
        bidid=reading.text("bidid"),
        cur=reading.text("cur").strip(),
        bids=tuple(bids),
        notices=tuple(notices),
        nbr=_reason(response.get("nbr")),
    )


_RESPONSE_KEYS = frozenset({"id", "seatbid", "bidid", "cur", "customdata", "nbr", "ext"})


def _check_kind(response: Json) -> None:
    """An empty object is a legal no-bid; one that is something else altogether is told apart from it."""
    if "imp" in response and "seatbid" not in response:
        raise Unreadable("IS_A_REQUEST", "this is a bid request, not a bid response")
    if response and not _RESPONSE_KEYS & response.keys():
        text = f"the object holds nothing of a bid response ({', '.join(sorted(_RESPONSE_KEYS))})"
        raise Unreadable("NOT_A_BID_RESPONSE", text)
    count = _entries(response)
    if count > MAX_BIDS:
        raise Unreadable(
            "TOO_MANY_BIDS", f"the response holds {count} seats and bids; {MAX_BIDS} are the most"
        )


def _entries(response: Json) -> int:
    """How many seats and bids a response holds, usable or not."""
    seats = response.get("seatbid")
    if not isinstance(seats, (list, tuple)):
        return 0
    bids = (as_object(seat).get("bid") for seat in seats)
    return len(seats) + sum(len(found) for found in bids if isinstance(found, (list, tuple)))


def _reason(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < HUGE else None
