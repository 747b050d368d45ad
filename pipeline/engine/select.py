"""Ranks the bids that could be served and rejects the others, each with a code and a sentence (pipeline.md §1.6)."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from pipeline.engine.config import HARD_CAP, ReceiverConfig, SelectionStrategy
from pipeline.engine.meta import price_text
from pipeline.engine.openrtb import Bid, Received
from pipeline.engine.pod import BID_RULES, not_compared, went
from pipeline.engine.request import Asked, PodLimits
from vast.notice import Notice

_CURRENCY = re.compile(r"[A-Za-z]{3}")
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class RejectedBid:
    """A bid that is not served: which, at which place of the response, its price as received, and why."""

    bid_id: str
    imp_id: str
    seat: str
    position: int
    price_text: str
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """Bids that may be served, best first; the rejected in the response's order; a notice for each rejection and more.

    Prices are in `currency`.
    """

    bids: tuple[Bid, ...]
    rejected: tuple[RejectedBid, ...]
    notices: tuple[Notice, ...]
    currency: str


class _Situation(NamedTuple):
    asked: Asked
    config: ReceiverConfig
    currency: str
    limits: PodLimits | None


def reject(bid: Bid, code: str, text: str) -> RejectedBid:
    """The row of a bid that is not served."""
    shown = price_text(bid.price) if bid.price is not None else bid.price_shown
    return RejectedBid(bid.id, bid.impid, bid.seat, bid.position, shown, code, text)


def _is_malformed(bid: Bid, situation: _Situation) -> str:
    return bid.malformed


def _has_no_price(bid: Bid, situation: _Situation) -> str:
    return bid.price_remark if bid.price is None else ""


def _is_too_cheap(bid: Bid, situation: _Situation) -> str:
    price = bid.price or _ZERO
    if price > 0 or (price == 0 and bid.dealid and situation.config.allow_zero_price_deals):
        return ""
    return (
        f"the price is {price_text(price) if price == 0 else bid.price_shown}; only prices above 0 are served"
    )


def _answers_no_imp(bid: Bid, situation: _Situation) -> str:
    known = situation.asked.imp_ids
    if known is None or bid.impid in known:
        return ""
    if not bid.impid:
        return "the bid names no impression, and the request asked for some"
    return f"the bid answers impression {bid.impid[:60]!r}, which the request does not hold"


# Tried in this order; the first that gives a sentence rejects the bid.
RULES: tuple[tuple[str, Callable[[Bid, _Situation], str]], ...] = (
    ("BID_NOT_AN_OBJECT", _is_malformed),
    ("BID_PRICE_INVALID", _has_no_price),
    ("BID_PRICE_NOT_POSITIVE", _is_too_cheap),
    ("BID_IMP_UNKNOWN", _answers_no_imp),
)


def _fault(bid: Bid, situation: _Situation) -> tuple[str, str] | None:
    for code, rule in RULES:
        if text := rule(bid, situation):
            return code, text
    if situation.limits is not None:
        for code, limit in BID_RULES:
            if text := limit(bid, situation.limits, situation.currency):
                return code, text
    return None


def _currency(received: Received, config: ReceiverConfig, notices: list[Notice]) -> str:
    if _CURRENCY.fullmatch(received.cur):
        return received.cur.upper()
    if received.cur:
        text = f"the response's currency {received.cur[:20]!r} is no currency code; {config.default_currency} was used"
        notices.append(Notice("CURRENCY_INVALID", "", text))
    return config.default_currency


def _order(config: ReceiverConfig) -> Callable[[Bid], tuple[object, ...]]:
    def key(bid: Bid) -> tuple[object, ...]:
        price, deal_last = bid.price or _ZERO, not bid.dealid
        first, second = (deal_last, -price) if config.deals_first else (-price, deal_last)
        return (not price, first, second, bid.id, bid.seat, bid.position)

    return key


def _named(bid: Bid) -> str:
    return f"bid {bid.id[:60]!r}" if bid.id else f"the bid at place {bid.position + 1}"


class _Repeats:
    """Knows bids again by seat, id and markup; markup is hashed only where a seat uses an id twice."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Bid] = {}
        self._markups: dict[tuple[str, str], set[str]] = {}

    def hold(self, bid: Bid) -> bool:
        """True when the bid came before; else it is kept in mind."""
        first = self._first.setdefault((bid.seat, bid.id), bid)
        if first is bid:
            return False
        markups = self._markups.setdefault((bid.seat, bid.id), {first.adm or first.nurl})
        before = len(markups)
        markups.add(bid.adm or bid.nurl)
        return len(markups) == before


def rank(
    received: Received, asked: Asked, config: ReceiverConfig, limits: PodLimits | None = None
) -> Ranking:
    """Filters and orders the bids: price, deal, id, seat, place; deals before prices with `deals_first`.

    `limits` are those of the request, where they are enforced.
    """
    notices: list[Notice] = []
    rejected: list[RejectedBid] = []
    ranked: list[Bid] = []
    repeats = _Repeats()
    currency = _currency(received, config, notices)
    situation = _Situation(asked, config, currency, limits)
    for bid in received.bids:
        fault = _fault(bid, situation)
        if fault is None and bid.id and repeats.hold(bid):
            fault = ("BID_DUPLICATE", "the same seat sent the same bid twice; the first was kept")
        if fault:
            rejected.append(reject(bid, *fault))
            notices.append(Notice(fault[0], bid.id, f"{_named(bid)} was rejected: {fault[1]}"))
            continue
        if bid.price_remark:
            notices.append(Notice("BID_PRICE_STRING", bid.id, f"{_named(bid)}: {bid.price_remark}"))
        ranked.append(bid)
    if limits is not None:
        notices += not_compared(ranked, limits, currency)
    ranked.sort(key=_order(config))
    return Ranking(tuple(ranked), tuple(rejected), tuple(notices), currency)


def places(config: ReceiverConfig) -> int:
    """How many ads a document may hold: 1, the pod's limit, or the hard cap."""
    if config.selection_strategy == SelectionStrategy.SINGLE:
        return 1
    if config.selection_strategy == SelectionStrategy.ALL:
        return HARD_CAP
    return min(config.max_ads_in_pod or HARD_CAP, HARD_CAP)


def left_over(
    bids: Iterable[Bid], limit: int, single: bool, rule: str = ""
) -> tuple[list[RejectedBid], list[Notice]]:
    """What happens to good bids that found no place: rejected, with one notice for all of them unless `single`.

    `rule` names the row of a receiver that wanted one ad where the strategy did not.
    """
    code = "NOT_HIGHEST_RANKED" if single else "POD_FULL"
    alone = f"a bid ranked higher was served alone{f' ({rule})' if rule else ''}"
    reason = alone if single else went("place", limit, "of the pod")
    rejected = [reject(bid, code, reason) for bid in bids]
    if single or not rejected:
        return rejected, []
    text = f"the pod holds {limit} ad{'s' if limit > 1 else ''}; {len(rejected)} more could have been served"
    return rejected, [Notice("POD_TRUNCATED", "", text)]
