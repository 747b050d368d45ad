"""Keeps the ads of a document within what the request asks (`enforce_pod`, pipeline.md §1.6).

Limits on one ad (duration, floor) are those of the imp it answers. `poddur` and `maxseq` are the pod's (OpenRTB 2.6
§3.2.7): imps that share a `podid` and state them draw on one account, an imp without a `podid` has its own.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import NamedTuple, Protocol, TypeVar

from pipeline.engine.meta import price_text
from pipeline.engine.openrtb import Bid
from pipeline.engine.request import CONTENT_1_0, Floor, ImpLimits, PodLimits
from vast.notice import Notice

FIRST, LAST, FIRST_OR_LAST = 1, -1, 2
"""AdCOM 1.0, list "Slot Position in Pod"; 0 is any position."""

_LONGEST_DOMAIN = 253


class Refusal(NamedTuple):
    """Why a bid is no part of the pod."""

    code: str
    text: str


def blocked_advertiser(bid: Bid, limits: PodLimits, currency: str) -> str:
    """A sentence where badv holds one of the bid's domains, or a domain above one of them."""
    for given in bid.adomain if limits.badv else ():
        domain = parent = given.lower().strip(".")[-_LONGEST_DOMAIN:]
        while parent:
            if parent in limits.badv:
                return f"the advertiser {domain[:80]!r} is blocked by badv ({parent[:80]})"
            parent = parent.partition(".")[2]
    return ""


def blocked_category(bid: Bid, limits: PodLimits, currency: str) -> str:
    """A sentence where bcat holds one of the bid's categories; in Content Taxonomy 1.0 "IAB1" holds "IAB1-3" too."""
    if not limits.bcat or (bid.cattax or CONTENT_1_0) != limits.cattax:
        return ""
    for given in bid.cat:
        code = given.upper()
        if code in limits.bcat:
            return f"the category {given[:40]!r} is blocked by bcat"
        tier = code.partition("-")[0]
        if limits.cattax == CONTENT_1_0 and tier in limits.bcat:
            return f"the category {given[:40]!r} is blocked by bcat ({tier[:40]})"
    return ""


def below_floor(bid: Bid, limits: PodLimits, currency: str) -> str:
    """A sentence where the price is under the floor of the bid's deal, or else of its imp, in the same currency."""
    imp = limits.imps.get(bid.impid)
    if imp is None or bid.price is None:
        return ""
    floor = _floor(bid, imp)
    if floor.currency != currency or bid.price >= floor.amount:
        return ""
    whose = "deal's" if bid.dealid in imp.deals else "impression's"
    return f"the price {price_text(bid.price)} is below the {whose} floor of {price_text(floor.amount)} {currency}"


def _floor(bid: Bid, imp: ImpLimits) -> Floor:
    return imp.deals.get(bid.dealid, imp.floor) if bid.dealid else imp.floor


def _floors(bid: Bid, imp: ImpLimits) -> tuple[tuple[str, Floor], ...]:
    """Every floor for the bid, with its name for a sentence."""
    named = f"of impression {imp.id[:40]!r}"
    per_second = Floor(imp.floor_per_second, imp.floor.currency)
    return (f"the floor {named}", _floor(bid, imp)), (f"the mincpmpersec {named}", per_second)


# Tried in this order on every bid before its markup is looked at.
BID_RULES: tuple[tuple[str, Callable[[Bid, PodLimits, str], str]], ...] = (
    ("ADVERTISER_BLOCKED", blocked_advertiser),
    ("CATEGORY_BLOCKED", blocked_category),
    ("BELOW_FLOOR", below_floor),
)


def not_compared(bids: Iterable[Bid], limits: PodLimits, currency: str) -> list[Notice]:
    """What cannot be enforced: floors in another currency (one notice each), bcat of another taxonomy (one a bid)."""
    notices: dict[str, Notice] = {}
    for bid in bids:
        imp = limits.imps.get(bid.impid)
        for what, floor in _floors(bid, imp) if imp is not None else ():
            if floor.amount > 0 and floor.currency != currency:
                text = (
                    f"{what} is in {floor.currency[:20]}, the prices are in {currency}; it was not enforced"
                )
                notices.setdefault(text, Notice("FLOOR_CURRENCY_DIFFERS", "", text))
        taxonomy = bid.cattax or CONTENT_1_0
        if limits.bcat and bid.cat and taxonomy != limits.cattax:
            text = f"the categories are of list {taxonomy}, bcat is of list {limits.cattax}; they were not compared"
            notices[f"{bid.position} {text}"] = Notice("CATEGORY_TAXONOMY_DIFFERS", bid.id, text)
    return list(notices.values())


class Accounts:
    """The accounts of a pod in the making: what each imp and each podid may still take. Lengths in seconds."""

    def __init__(self, limits: PodLimits, currency: str) -> None:
        self._limits = limits
        self._currency = currency
        self._seconds: Counter[str] = Counter()
        self._ads: Counter[str] = Counter()
        self._slots: set[str] = set()

    def closed(self, bid: Bid) -> Refusal | None:
        """Why no ad can answer the bid's imp any more, whatever its length."""
        imp = self._limits.imps.get(bid.impid)
        if imp is None:
            return None
        account = _account(imp)
        if imp.is_slot and imp.id in self._slots:
            return Refusal(
                "POD_SLOT_TAKEN", f"impression {imp.id[:40]!r} is one slot, and a higher rank took it"
            )
        if imp.maxseq is not None and self._ads[account] >= imp.maxseq:
            return Refusal("POD_MAXSEQ", went("ad", imp.maxseq, "that maxseq allows"))
        if imp.poddur is not None and self._seconds[account] >= imp.poddur:
            return Refusal("POD_DURATION_EXCEEDED", went("second", imp.poddur, "of poddur"))
        return None

    def refusal(self, bid: Bid, seconds: int) -> Refusal | None:
        """Why an ad of that length (0 when unknown) is no part of the pod; None when it fits."""
        imp = self._limits.imps.get(bid.impid)
        if imp is None:
            return None
        return (self._length(imp, seconds) if seconds else None) or self._room(imp, bid, seconds)

    def _length(self, imp: ImpLimits, seconds: int) -> Refusal | None:
        """rqddurs and the two bounds exclude each other (OpenRTB 2.6 §3.2.7); the first goes before."""
        if imp.rqddurs:
            if seconds in imp.rqddurs:
                return None
            allowed = ", ".join(map(str, sorted(imp.rqddurs)[:20]))
            return Refusal("AD_DURATION_NOT_ALLOWED", f"the ad lasts {seconds} s; rqddurs allows {allowed}")
        if imp.minduration is not None and seconds < imp.minduration:
            return Refusal("AD_TOO_SHORT", f"the ad lasts {seconds} s; minduration is {imp.minduration}")
        if imp.maxduration is not None and seconds > imp.maxduration:
            return Refusal("AD_TOO_LONG", f"the ad lasts {seconds} s; maxduration is {imp.maxduration}")
        return None

    def _room(self, imp: ImpLimits, bid: Bid, seconds: int) -> Refusal | None:
        reckoned = seconds or imp.longest or 0
        if imp.poddur is not None:
            if not reckoned:
                text = "the length of the ad is unknown, and poddur limits the pod"
                return Refusal("DURATION_UNKNOWN", text)
            left = imp.poddur - self._seconds[_account(imp)]
            if reckoned > left:
                lasts = f"the ad lasts {seconds} s" if seconds else _assumed(reckoned)
                text = f"{lasts}; {left} of the {imp.poddur} seconds of poddur are left"
                return Refusal("POD_DURATION_EXCEEDED", text)
        return self._price_of_time(imp, bid, reckoned, "" if seconds else f"{_assumed(reckoned)}; ")

    def _price_of_time(self, imp: ImpLimits, bid: Bid, seconds: int, assumed: str) -> Refusal | None:
        """mincpmpersec is a floor for the dynamic part of a pod (OpenRTB 2.6 §3.2.7), in the currency of bidfloor."""
        floor = imp.floor_per_second * seconds
        if imp.floor.currency != self._currency or (bid.price or Decimal(0)) >= floor:
            return None
        asked = f"{price_text(floor)} {self._currency} that mincpmpersec asks for {seconds} s"
        return Refusal("BELOW_FLOOR", f"{assumed}the price is below the {asked}")

    def take(self, bid: Bid, seconds: int) -> Notice | None:
        """Books an ad of that length (0 when unknown); a notice where its length had to be assumed."""
        imp = self._limits.imps.get(bid.impid)
        if imp is None:
            return None
        account = _account(imp)
        if imp.is_slot:
            self._slots.add(imp.id)
        if imp.maxseq is not None:
            self._ads[account] += 1
        if imp.poddur is not None:
            self._seconds[account] += seconds or imp.longest or 0
        if seconds or imp.longest is None:
            return None
        return Notice("DURATION_ASSUMED", bid.id, _assumed(imp.longest))


def went(what: str, count: int, of: str) -> str:
    """That so many things of one kind are all given away, as a reason for a bid."""
    if count == 1:
        return f"the only {what} {of} went to a higher rank"
    return f"all {count} {what}s {of} went to higher ranks"


def _assumed(seconds: int) -> str:
    return f"the length of the ad is unknown; it was reckoned as {seconds} s, the longest allowed"


def _account(imp: ImpLimits) -> str:
    return f"pod {imp.podid}" if imp.podid else f"imp {imp.id}"


class Placed(Protocol):
    """Something of a bid that has a place in the pod."""

    @property
    def bid(self) -> Bid:
        """The bid, whose slotinpod is a wish."""


T = TypeVar("T", bound=Placed)


def in_slots(taken: list[T]) -> tuple[list[T], list[Notice]]:
    """The ads in the order of their slotinpod wishes, else by rank; a notice for each wish that a higher rank has.

    First and last are given before first-or-last is.
    """
    if len(taken) < 2:
        return taken, []
    first = next((item for item in taken if item.bid.slotinpod == FIRST), None)
    last = next((item for item in taken if item.bid.slotinpod == LAST), None)
    for item in taken:
        if item.bid.slotinpod == FIRST_OR_LAST:
            if first is None:
                first = item
            elif last is None:
                last = item
    between = [item for item in taken if item is not first and item is not last]
    notices = [
        Notice(
            "SLOT_NOT_FREE",
            item.bid.id,
            f"the ad asks for slot {item.bid.slotinpod}, which a higher rank has",
        )
        for item in between
        if item.bid.slotinpod in (FIRST, LAST, FIRST_OR_LAST)
    ]
    return [*([first] if first else []), *between, *([last] if last else [])], notices
