"""Reads OpenRTB 2.x bid responses and requests as they come: wrong types become notices, never exceptions.

Sources: OpenRTB 2.6 §4.2 (BidResponse, SeatBid, Bid) and §3.2 (BidRequest, Imp); numbers JSON cannot hold are isolated.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from vast.edit import writable
from vast.notice import Notice

Json = Mapping[str, Any]
Source = Json | bytes | bytearray | memoryview | str | None

_PLAIN_DECIMAL = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")
_SHOWN = 80
_HIGHEST_PRICE = 10**18
_LONGEST_INTEGER = 300
_HUGE = 10**_LONGEST_INTEGER
MAX_BIDS = 10_000
"""Seats and bids of one response that are read: every one of them costs a decision and a sentence."""
_LIMIT = 10**9
Whole = Annotated[int, msgspec.Meta(gt=-_LIMIT, lt=_LIMIT)]


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
        return "" if self.price_given is msgspec.UNSET else _shown(self.price_given)

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A read bid request: its imp ids (None when no request is given or it lists none) and each imp's media types."""

    imp_ids: frozenset[str] | None = None
    media: Mapping[str, frozenset[str]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    error: Notice | None = None


class _Unreadable(Exception):
    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def as_object(value: Any) -> Json:
    """The value when it is a JSON object, else {}."""
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def _shown(value: Any) -> str:
    """A value for a sentence: short, and free of characters that cannot be written."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, int) and abs(value) >= _HUGE:
        return "a number of more than 300 digits"
    text = writable((value if isinstance(value, str) else repr(value))[: _SHOWN * 4])
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _integer(digits: str) -> int | float:
    """An integer; one too long to be meant is not finite, instead of an error for the whole text."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")


def _decode(source: bytes | bytearray | memoryview | str) -> Any:
    """JSON text to objects. NaN, Infinity and 1e400 become floats that are not finite, so that only their bid falls."""
    text: bytes | str = source if isinstance(source, str) else bytes(source)
    text = text.removeprefix("\ufeff") if isinstance(text, str) else text.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise _Unreadable("NESTED_TOO_DEEP", "the JSON is nested too deep to be read") from None
    except (msgspec.DecodeError, UnicodeError):
        pass
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError:
        raise _Unreadable("NESTED_TOO_DEEP", "the JSON is nested too deep to be read") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _Unreadable("NOT_JSON", f"the text is not JSON ({error.msg}: {where})") from None
    except (UnicodeError, ValueError):
        raise _Unreadable("NOT_JSON", "the text is not JSON in a Unicode encoding") from None


def _object_of(source: Source, what: str) -> Json:
    """The JSON object in a source; {} for null. Raises _Unreadable for anything else."""
    value = _decode(source) if isinstance(source, (bytes, bytearray, memoryview, str)) else source
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise _Unreadable("NOT_AN_OBJECT", f"the {what} is JSON, but not an object")
    return value


class _Reading:
    """Reads fields of one object and remarks on wrong types, naming the bid."""

    def __init__(self, source: Json, notices: list[Notice], prefix: str, bid_id: str) -> None:
        self._source = source
        self._notices = notices
        self._prefix = prefix
        self._bid_id = bid_id

    def remark(self, name: str, value: Any, wanted: str) -> None:
        text = f"{self._prefix}.{name} should be {wanted}, not {_shown(value)}; it counts as absent"
        self._notices.append(Notice("FIELD_TYPE", self._bid_id, text))

    def text(self, name: str) -> str:
        value = self._source.get(name)
        if isinstance(value, str):
            return writable(value)
        if isinstance(value, int) and not isinstance(value, bool):
            self._notices.append(
                Notice(
                    "FIELD_TYPE", self._bid_id, f"{self._prefix}.{name} is a number; it was read as a string"
                )
            )
            return str(value)
        if value is not None:
            self.remark(name, value, "a string")
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._source.get(name)
        if value is None:
            return ()
        if isinstance(value, str):
            self._notices.append(
                Notice(
                    "FIELD_TYPE",
                    self._bid_id,
                    f"{self._prefix}.{name} is one string; it was read as a list of one",
                )
            )
            value = [value]
        if not isinstance(value, (list, tuple)):
            self.remark(name, value, "a list of strings")
            return ()
        found = [writable(item).strip() for item in value if isinstance(item, str)]
        if len(found) != len(value):
            self.remark(name, value, "a list of strings only")
        return tuple(item for item in found if item)

    def whole(self, name: str) -> int | None:
        value = self._source.get(name)
        if value is None:
            return None
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and abs(value) < _LIMIT
            and value == int(value)
        ):
            return int(value)
        self.remark(name, value, "a whole number")
        return None


def _price(value: Any) -> tuple[Decimal | None, str]:
    """(price, remark): a finite number, or a string that is a plain decimal with a remark, or None with a remark."""
    if value is None:
        return None, "the bid has no price"
    if isinstance(value, bool):
        return None, f"the price is {str(value).lower()}, not a number"
    if isinstance(value, str):
        if _PLAIN_DECIMAL.fullmatch(value.strip()):
            return Decimal(value.strip()), "the price is a string; it was read as a number"
        return None, f"the price is the text {_shown(value)!r}, not a number"
    if isinstance(value, (int, float)) and abs(value) < _HIGHEST_PRICE:
        return Decimal(str(value)), ""
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < _HIGHEST_PRICE:
        return value, ""
    if isinstance(value, (int, float, Decimal)):
        return None, f"the price is {_shown(value)}, which is no usable number"
    return None, f"the price is {_shown(value)}, not a number"


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
    except msgspec.ValidationError:
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
    raw_id = source.get("id")
    bid_id = writable(raw_id) if isinstance(raw_id, str) else ""
    reading = _Reading(source, notices, "bid", bid_id)
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


def _items(source: Json, name: str, what: str, notices: list[Notice]) -> list[Any]:
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        notices.append(
            Notice(
                "FIELD_TYPE", "", f"{what}.{name} should be a list, not {_shown(value)}; it counts as empty"
            )
        )
        return []
    return list(value)


def read_response(source: Source) -> Received:
    """A bid response from a mapping, JSON text (str or UTF-8 bytes) or None; never raises for its content."""
    try:
        response = _object_of(source, "bid response")
        _check_kind(response)
    except _Unreadable as refused:
        return Received(error=Notice("RESPONSE_" + refused.code, "", refused.text))
    notices: list[Notice] = []
    reading = _Reading(response, notices, "response", "")
    bids: list[Bid] = []
    for seat_position, seat_bid in enumerate(_items(response, "seatbid", "response", notices)):
        if not isinstance(seat_bid, Mapping):
            notices.append(
                Notice("FIELD_TYPE", "", f"seatbid {seat_position + 1} is not an object; it was left out")
            )
            continue
        seat = _Reading(seat_bid, notices, "seatbid", "").text("seat")
        for bid in _items(seat_bid, "bid", "seatbid", notices):
            if not isinstance(bid, Mapping):
                bids.append(Bid(len(bids), seat, malformed=f"the bid is {_shown(bid)}, not an object"))
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
        raise _Unreadable("IS_A_REQUEST", "this is a bid request, not a bid response")
    if response and not _RESPONSE_KEYS & response.keys():
        text = f"the object holds nothing of a bid response ({', '.join(sorted(_RESPONSE_KEYS))})"
        raise _Unreadable("NOT_A_BID_RESPONSE", text)
    count = _entries(response)
    if count > MAX_BIDS:
        raise _Unreadable(
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
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _HUGE else None


_MEDIA = ("banner", "video", "audio", "native")


def read_request(source: Source) -> Asked:
    """A bid request from a mapping, JSON text or None; one that cannot be read counts as none, with an error."""
    if source is None:
        return Asked()
    try:
        request = _object_of(source, "bid request")
    except _Unreadable as refused:
        return Asked(
            error=Notice("REQUEST_" + refused.code, "", refused.text + "; the build went on without it")
        )
    notices: list[Notice] = []
    media: dict[str, frozenset[str]] = {}
    for imp in _items(request, "imp", "request", notices):
        imp_id = as_object(imp).get("id")
        if isinstance(imp_id, str) and imp_id.strip():
            media[imp_id.strip()] = frozenset(name for name in _MEDIA if isinstance(imp.get(name), Mapping))
    return Asked(frozenset(media) if media else None, media, tuple(notices))
