"""OpenRTB bid responses become VAST. Pure: no Django, no network, no clock; the same input gives the same bytes."""

from pipeline.engine.build import build_vast_from_bid_response
from pipeline.engine.config import (
    MergedConfig,
    PlacementRules,
    ReceiverConfig,
    SelectionStrategy,
    VersionPolicy,
    merge_config,
)
from pipeline.engine.enrich import EnrichedAd, Enricher
from pipeline.engine.markup import Markup
from pipeline.engine.meta import CanonicalMeta
from pipeline.engine.openrtb import Bid, Received
from pipeline.engine.parts import BidSelector, Formatter, Parts
from pipeline.engine.query import PARAMETERS, Parameter, redacted, request_from_query, requested_config
from pipeline.engine.receivers import RECEIVERS, ROWS, Receiver
from pipeline.engine.request import Asked, PodLimits
from pipeline.engine.result import SelectedBid, VastResult
from pipeline.engine.rules import CollisionPolicy, Edit, Placement
from pipeline.engine.select import Ranking, RejectedBid, rank, reject
from pipeline.engine.write import WrittenAd, ad_document
from vast.notice import Notice

__all__ = [
    "PARAMETERS",
    "RECEIVERS",
    "ROWS",
    "Asked",
    "Bid",
    "BidSelector",
    "CanonicalMeta",
    "CollisionPolicy",
    "Edit",
    "EnrichedAd",
    "Enricher",
    "Formatter",
    "Markup",
    "MergedConfig",
    "Notice",
    "Parameter",
    "Parts",
    "Placement",
    "PlacementRules",
    "PodLimits",
    "Ranking",
    "Received",
    "Receiver",
    "ReceiverConfig",
    "RejectedBid",
    "SelectedBid",
    "SelectionStrategy",
    "VastResult",
    "VersionPolicy",
    "WrittenAd",
    "ad_document",
    "build_vast_from_bid_response",
    "merge_config",
    "rank",
    "redacted",
    "reject",
    "request_from_query",
    "requested_config",
]
