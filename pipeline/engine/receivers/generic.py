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
    categories_inline_from="4.0",
)
