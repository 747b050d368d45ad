"""GAM_SSU: Google Ad Manager with server-side unwrapping, which reads advertiser and category from wrappers too."""

from pipeline.engine.receivers.asking import with_vast_2_to_4
from pipeline.engine.receivers.fallbacks import fallbacks
from pipeline.engine.receivers.receiver import Receiver
from pipeline.engine.rules import Placement

GAM_SSU = Receiver(
    name="GAM_SSU",
    summary="Google Ad Manager, server-side unwrapping: advertiser and category on wrappers too, missing ids filled.",
    placements={
        "pricing_placement": Placement.INLINE,
        "advertiser_placement": Placement.INLINE,
        "categories_placement": Placement.EXTENSIONS,
        "debug_placement": Placement.EXTENSIONS,
    },
    rows={
        "price": "Pricing inline; in VAST 2.0 and in wrappers before 4.0 a Pricing inside an Extension.",
        "advertiser": "The first domain inline, on wrappers too; one that is there stays.",
        "category": "One Category per code inline from VAST 4.0, on wrappers too; those that are there stay.",
        "duration": "Filled in where the ad has none.",
        "protocols": "VAST 2, 3 and 4 and their wrappers are always among them.",
        "pod": "Sequence numbers from 1.",
        "id_fallbacks": "Missing AdSystem, AdTitle, Impression (about:blank), ids, delivery and type are filled in.",
    },
    categories_inline_from="4.0",
    inline_on_wrapper=frozenset({"advertiser", "categories"}),
    never_changes=frozenset({"advertiser", "categories"}),
    downgraded_price="Pricing",
    finish=fallbacks("GAM_SSU"),
    asked=with_vast_2_to_4,
)
