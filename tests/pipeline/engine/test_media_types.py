"""What the engine takes for video, against the media types that Prebid Server's own adapters gave the same bids."""

import json
from collections import Counter

from pipeline.engine import build_vast_from_bid_response
from tests.corpus import CORPUS, needs_corpus


def decisions():
    """(media type the adapter gave or None, the bid's markup, "selected" or the code of the rejection)."""
    for line in (CORPUS / "EXPECTED_BIDS.open.jsonl").read_text(encoding="utf-8").splitlines():
        expected = json.loads(line)
        answer = (CORPUS / expected["file"]).read_bytes()
        request = (CORPUS / expected["request"]).read_bytes() if expected.get("request") else None
        bids = [bid for seat in json.loads(answer)["seatbid"] for bid in seat["bid"]]
        result = build_vast_from_bid_response(request, answer, {"selection_strategy": "ALL"})
        fates = [(item.bid.position, "selected") for item in result.selected]
        fates += [(item.position, item.code) for item in result.rejected]
        for position, fate in fates:
            yield expected["bids"][position]["expected_type"], str(bids[position].get("adm") or ""), fate


@needs_corpus
def test_a_bid_is_taken_for_what_its_adapter_took_it_for(count_up):
    counts = Counter()
    for kind, adm, fate in decisions():
        counts[kind or "not said", fate] += 1
        if kind in ("banner", "native", "audio"):
            assert fate != "selected", adm[:80]
        if kind == "video" and fate == "ADM_NOT_VAST":
            assert "<vast" not in adm.lower(), adm[:80]
    for (kind, fate), count in counts.items():
        count_up(f"media types: {count} bids of kind {kind} ended as {fate}")
    assert counts["video", "selected"] >= 24
    assert not counts["video", "BID_NOT_VIDEO"]
