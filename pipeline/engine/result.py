"""What a build gives back: the document, and the fate of every bid with its reasons (pipeline.md §1.1, §1.14)."""

from dataclasses import dataclass
from typing import Any

import msgspec

from pipeline.engine.markup import Origin
from pipeline.engine.meta import CanonicalMeta
from pipeline.engine.openrtb import Bid
from pipeline.engine.rules import Edit
from pipeline.engine.select import RejectedBid
from vast.notice import Notice


class SelectedBid(msgspec.Struct, frozen=True):
    """A served bid. `sequence` is None for a lone ad; `origin` tells what its markup came from."""

    bid: Bid
    seat: str
    meta: CanonicalMeta
    sequence: int | None
    ad_id: str
    edits: tuple[Edit, ...]
    origin: Origin
    vast_version: str

    @property
    def skeleton(self) -> bool:
        """True for an ad without media that stands in for unusable markup."""
        return self.origin == "skeleton"


@dataclass(frozen=True, slots=True)
class VastResult:
    """The document (always well-formed) and the record of how it came about; every bid is selected or rejected.

    `nbr` is the response's own reason for not bidding, where it gives one.
    """

    xml: bytes
    no_ad: bool
    warnings: tuple[Notice, ...]
    errors: tuple[Notice, ...]
    selected: tuple[SelectedBid, ...]
    rejected: tuple[RejectedBid, ...]
    receiver: str
    vast_version: str
    nbr: int | None = None

    def to_debug(self) -> dict[str, Any]:
        """The debug record, JSON-native (pipeline.md §1.14)."""
        return {
            "no_ad": self.no_ad,
            "nbr": self.nbr,
            "warnings": [notice._asdict() for notice in self.warnings],
            "errors": [notice._asdict() for notice in self.errors],
            "selected_count": len(self.selected),
            "selected": [_selected_row(item) for item in self.selected],
            "rejected": [_rejected_row(item) for item in self.rejected],
            "receiver": self.receiver,
            "vast_version": self.vast_version,
            "vast_xml_length": len(self.xml),
            "vast_xml": self.xml.decode("utf-8"),
        }


def _selected_row(item: SelectedBid) -> dict[str, Any]:
    meta = item.meta
    return {
        "bid_id": meta.bid_id,
        "imp_id": meta.imp_id,
        "seat": item.seat,
        "position": item.bid.position,
        "price": meta.price_text,
        "currency": meta.currency,
        "deal_id": meta.deal_id,
        "adomain": meta.adomain,
        "advertiser_name": meta.advertiser_name,
        "creative_id": meta.creative_id,
        "campaign_id": meta.campaign_id,
        "categories": list(meta.cats),
        "duration_sec": meta.dur_sec,
        "slot_in_pod": meta.slot_in_pod,
        "sequence": item.sequence,
        "ad_id": item.ad_id,
        "origin": item.origin,
        "skeleton": item.skeleton,
        "vast_version": item.vast_version,
        "edits": [msgspec.structs.asdict(edit) for edit in item.edits],
    }


def _rejected_row(item: RejectedBid) -> dict[str, Any]:
    return {
        "bid_id": item.bid_id,
        "imp_id": item.imp_id,
        "seat": item.seat,
        "position": item.position,
        "price": item.price_text,
        "code": item.code,
        "text": item.text,
    }
