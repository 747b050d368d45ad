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
from pipeline.engine.enrich import Enricher
from pipeline.engine.meta import CanonicalMeta
from pipeline.engine.parts import BidSelector, Formatter, Parts
from pipeline.engine.query import PARAMETERS, Parameter, redacted, request_from_query, requested_config
from pipeline.engine.receivers import RECEIVERS, ROWS, Receiver
from pipeline.engine.result import SelectedBid, VastResult
from pipeline.engine.rules import CollisionPolicy, Edit, Placement
from pipeline.engine.select import RejectedBid
from vast.notice import Notice

__all__ = [
    "PARAMETERS",
    "RECEIVERS",
    "ROWS",
    "BidSelector",
    "CanonicalMeta",
    "CollisionPolicy",
    "Edit",
    "Enricher",
    "Formatter",
    "MergedConfig",
    "Notice",
    "Parameter",
    "Parts",
    "Placement",
    "PlacementRules",
    "Receiver",
    "ReceiverConfig",
    "RejectedBid",
    "SelectedBid",
    "SelectionStrategy",
    "VastResult",
    "VersionPolicy",
    "build_vast_from_bid_response",
    "merge_config",
    "redacted",
    "request_from_query",
    "requested_config",
]
