"""GENERIC: any player or ad server; metadata where the schema of the ad's version has a place for it, nothing else."""

from pipeline.engine.receivers.receiver import Receiver
from pipeline.engine.rules import Placement

GENERIC = Receiver(
    name="GENERIC",
    summary="Any player or ad server: metadata where the schema has a place for it, markup otherwise untouched.",
    placements={
        "pricing_placement": Placement.INLINE,
        "advertiser_placement": Placement.INLINE,
        "categories_placement": Placement.EXTENSIONS,
        "debug_placement": Placement.EXTENSIONS,
    },
    rows={
        "price": "Pricing inline; an Extension where the version has no place for it.",
        "advertiser": "The first domain inline; an Extension in VAST 2.0 and in wrappers.",
        "category": "One Category per code inline from VAST 4.0; an Extension before that and in wrappers.",
        "duration": "Filled in where the ad has none.",
        "protocols": "As requested.",
        "pod": "Sequence numbers from 1.",
        "id_fallbacks": "None: what the ad lacks stays absent.",
    },
    categories_inline_from="4.0",
)
