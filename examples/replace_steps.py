"""Replace the steps of a build: which bids are served in which order, what is written into an ad, and the document.

Run from the checkout: .venv/bin/python -m examples.replace_steps
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.engine import (
    Asked,
    CanonicalMeta,
    EnrichedAd,
    Enricher,
    Markup,
    Parts,
    PodLimits,
    Ranking,
    Received,
    ReceiverConfig,
    WrittenAd,
    ad_document,
    build_vast_from_bid_response,
    rank,
    reject,
)

RESPONSE = Path(__file__).parent / "bids" / "pod-three-seats.json"
RIVAL = "bikes.example"


def without_the_rival(
    received: Received, asked: Asked, config: ReceiverConfig, limits: PodLimits | None = None
) -> Ranking:
    """Ranks as usual, then rejects the bids of one advertiser with a code of our own."""
    ranking = rank(received, asked, config, limits)
    rivals = [bid for bid in ranking.bids if RIVAL in bid.adomain]
    rejected = [reject(bid, "RIVAL", f"{RIVAL} is a rival of the publisher's") for bid in rivals]
    kept = tuple(bid for bid in ranking.bids if RIVAL not in bid.adomain)
    return replace(ranking, bids=kept, rejected=(*ranking.rejected, *rejected))


class Watching(Enricher):
    """Enriches as usual, and remarks on ads that come without a deal."""

    def enrich(self, markup: Markup, meta: CanonicalMeta) -> EnrichedAd:
        ad = super().enrich(markup, meta)
        if not meta.deal_id:
            ad.remark("DEAL_MISSING", "the bid names no deal")
        return ad


def signed(version: str, ads: Sequence[WrittenAd]) -> bytes:
    """The usual document with a comment behind it."""
    return ad_document(version, ads) + b"<!-- example.com -->"


def main() -> None:
    """Builds the same response with the engine's own steps, then with those above."""
    config = {"selection_strategy": "ALL"}
    for parts in (Parts(), Parts(selector=without_the_rival, enricher=Watching, formatter=signed)):
        result = build_vast_from_bid_response(None, RESPONSE.read_bytes(), config, parts=parts)
        print("served:", *[bid.ad_id for bid in result.selected])
        print("rejected:", *[f"{bid.bid_id} {bid.code}" for bid in result.rejected])
        print("remarks:", *[notice.code for notice in result.warnings])
        print("end:", result.xml[-20:].decode())


if __name__ == "__main__":
    main()
