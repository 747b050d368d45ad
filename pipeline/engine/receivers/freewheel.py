"""FREEWHEEL: FreeWheel's ad server, which reads metadata from Extensions and schedules by duration."""

from pipeline.engine.receivers.asking import without_vpaid
from pipeline.engine.receivers.fallbacks import fallbacks
from pipeline.engine.receivers.receiver import Receiver
from pipeline.engine.rules import Placement

FREEWHEEL = Receiver(
    name="FREEWHEEL",
    summary="FreeWheel: metadata in Extensions, the price inline as well, every ad of a pod with its duration.",
    placements={
        "pricing_placement": Placement.INLINE,
        "advertiser_placement": Placement.EXTENSIONS,
        "categories_placement": Placement.EXTENSIONS,
        "debug_placement": Placement.EXTENSIONS,
    },
    rows={
        "price": "Pricing inline and again in an Extension; one that is there stays.",
        "advertiser": "The first domain in an Extension.",
        "category": "An Extension iab_category in every version.",
        "duration": "Filled in where the ad has none; an ad of unknown duration is no part of a pod.",
        "protocols": "As requested, without VPAID.",
        "pod": "Sequence numbers from 1; one ad alone where the request is for one slot of a pod.",
        "id_fallbacks": "Missing AdSystem, AdTitle, Impression (about:blank), ids, delivery and type are filled in.",
    },
    also_extension=frozenset({"pricing"}),
    never_changes=frozenset({"pricing"}),
    needs_duration=True,
    one_ad_per_slot=True,
    finish=fallbacks("FREEWHEEL"),
    asked=without_vpaid,
)
