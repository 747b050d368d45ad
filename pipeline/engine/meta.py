"""What is known of a bid beside its markup, in one shape for every receiver, and how a price is written."""

from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

from pipeline.engine.openrtb import Bid
from pipeline.engine.reading import as_object, identifier

_PLACES = 4
_FOUR_PLACES = Decimal("0.0001")
_UNROUNDED = Decimal("1e20")


def price_text(price: Decimal) -> str:
    """Up to 4 decimals, no trailing zeros, no exponent; a positive price is never written as 0 (xs:decimal)."""
    text = str(price)
    if "E" in text or len(text.partition(".")[2]) > _PLACES:
        rounded = price.quantize(_FOUR_PLACES, ROUND_HALF_EVEN) if price < _UNROUNDED else price
        text = format(price if rounded == 0 and price > 0 else rounded, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class CanonicalMeta(msgspec.Struct, frozen=True):
    """A bid's metadata (pipeline.md §1.1). Price in CPM of `currency`; `dur_sec` in seconds, 0 when unknown.

    `price_text` is the price as it is written into VAST; `slot_in_pod` is the bidder's wish; `adomain` is the first
    of its list.
    """

    bid_id: str
    ad_id: str
    imp_id: str
    price: Decimal
    price_text: str
    currency: str
    deal_id: str
    seat: str
    campaign_id: str
    creative_id: str
    adomain: str
    advertiser_id: str
    advertiser_name: str
    cats: tuple[str, ...]
    cattax: int | None
    dur_sec: int
    slot_in_pod: int
    bid_id_response_level: str
    currency_top_level: str


def declared_seconds(bid: Bid) -> int:
    """bid.dur, else bid.ext.prebid.video.duration, else 0."""
    if bid.dur is not None and bid.dur > 0:
        return bid.dur
    reported = as_object(bid.prebid.get("video")).get("duration")
    usable = isinstance(reported, int) and not isinstance(reported, bool) and 0 < reported < 1_000_000
    return int(reported) if usable else 0  # type: ignore[arg-type]


def canonical_meta(
    bid: Bid, currency: str, dur_sec: int, response_bid_id: str, response_currency: str
) -> CanonicalMeta:
    """The metadata of a bid whose price is usable, in the response's currency."""
    advertiser = bid.advertiser_meta
    price = bid.price if bid.price is not None else Decimal(0)
    return CanonicalMeta(
        bid_id=bid.id,
        ad_id=bid.adid,
        imp_id=bid.impid,
        price=price,
        price_text=price_text(price),
        currency=currency,
        deal_id=bid.dealid,
        seat=bid.seat,
        campaign_id=bid.cid,
        creative_id=bid.crid,
        adomain=bid.adomain[0] if bid.adomain else "",
        advertiser_id=identifier(advertiser.get("advertiserId")),
        advertiser_name=identifier(advertiser.get("advertiserName")),
        cats=bid.cat if len(bid.cat) < 2 else tuple(dict.fromkeys(bid.cat)),
        cattax=bid.cattax,
        dur_sec=dur_sec,
        slot_in_pod=bid.slotinpod or 0,
        bid_id_response_level=response_bid_id,
        currency_top_level=response_currency,
    )
