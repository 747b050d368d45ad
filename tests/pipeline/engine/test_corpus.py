"""Every bid response of the open corpus, and our own samples, through the whole build."""

import json
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from pipeline.engine import RECEIVERS, build_vast_from_bid_response
from tests.corpus import CORPUS, needs_corpus
from vast.ad import read

SAMPLES = Path(__file__).resolve().parents[3] / "examples" / "bids"


def responses():
    return sorted((CORPUS / "bids").rglob("*.response.json")) if CORPUS else []


@needs_corpus
@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("strategy", ["SINGLE", "ALL"])
def test_every_response_builds_and_every_bid_has_a_fate(receiver, strategy):
    served = 0
    for path in responses():
        config = {"receiver": receiver, "selection_strategy": strategy, "enable_debug": True}
        result = build_vast_from_bid_response(None, path.read_bytes(), config)
        root = etree.fromstring(result.xml)
        assert len(root) == len(result.selected), path
        assert not result.errors, path
        count = sum(len(seat["bid"]) for seat in json.loads(path.read_bytes())["seatbid"])
        assert len(result.selected) + len(result.rejected) == count, path
        assert len(read(result.xml).ads) == len(result.selected), path
        json.dumps(result.to_debug())
        served += len(result.selected)
    # FreeWheel takes no ad of unknown duration into a pod.
    assert served >= (45 if strategy == "SINGLE" else 50 if receiver == "FREEWHEEL" else 60)


@needs_corpus
@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("policy", ["VAST_WINS", "OPENRTB_WINS", "MERGE", "ERROR"])
def test_with_the_limits_of_its_request_every_bid_has_one_fate_under_every_policy(receiver, policy, count_up):
    fates = Counter()
    for line in (CORPUS / "EXPECTED_BIDS.open.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        answer = (CORPUS / row["file"]).read_bytes()
        request = (CORPUS / row["request"]).read_bytes() if row.get("request") else None
        for enforced in (False, True):
            config = {
                "receiver": receiver,
                "collision_policy": policy,
                "selection_strategy": "ALL",
                "enforce_pod": enforced,
                "enable_debug": True,
            }
            result = build_vast_from_bid_response(request, answer, config)
            count = sum(len(seat["bid"]) for seat in json.loads(answer)["seatbid"])
            places = [item.bid.position for item in result.selected]
            places += [rejected.position for rejected in result.rejected]
            assert sorted(places) == list(range(count)), row["file"]
            assert len(etree.fromstring(result.xml)) == len(result.selected)
            fates.update(rejected.code for rejected in result.rejected)
            fates["selected"] += len(result.selected)
    rejected = fates.total() - fates["selected"]
    count_up(f"bids: {fates['selected']} selected, {rejected} rejected by {receiver} under {policy}")
    assert fates["selected"] >= 24


@needs_corpus
@pytest.mark.parametrize("receiver", RECEIVERS)
def test_building_from_our_own_document_changes_nothing(receiver):
    config = {"receiver": receiver, "enable_debug": True, "lenient_markup": True}
    for path in responses():
        answer = json.loads(path.read_bytes())
        first = build_vast_from_bid_response(None, answer, config)
        if first.no_ad:
            continue
        chosen = first.selected[0].bid
        bids = [(seat, bid) for seat in answer["seatbid"] for bid in seat["bid"]]
        seat, bid = bids[chosen.position]
        again = answer | {"seatbid": [seat | {"bid": [bid | {"adm": first.xml.decode()}]}]}
        assert build_vast_from_bid_response(None, again, config).xml == first.xml, path


SAMPLE_FATES = {
    "inline-vast4.json": {"bid-north-1": "selected"},
    "inline-vast3.json": {"bid-east-1": "selected"},
    "pod-three-seats.json": {
        "bid-1": "selected",
        "bid-2": "selected",
        "bid-3": "selected",
        "bid-4": "BID_PRICE_NOT_POSITIVE",
    },
    "wrapper.json": {"bid-wrap-1": "selected"},
    "broken-adm.json": {"bid-broken": "ADM_PARSE_FAILED", "bid-good": "selected"},
    "no-bid.json": {},
}


def test_every_sample_is_listed_here():
    assert {path.name for path in SAMPLES.glob("*.json")} == SAMPLE_FATES.keys()


@pytest.mark.parametrize("name", SAMPLE_FATES)
@pytest.mark.parametrize("receiver", RECEIVERS)
def test_our_samples_show_what_they_are_named_for(name, receiver):
    config = {"receiver": receiver, "selection_strategy": "TOP_N"}
    result = build_vast_from_bid_response(None, (SAMPLES / name).read_bytes(), config)
    fates = {item.meta.bid_id: "selected" for item in result.selected} | {
        row.bid_id: row.code for row in result.rejected
    }
    assert fates == SAMPLE_FATES[name]
    for ad in read(result.xml).ads:
        events = {tracker.event for tracker in ad.linear.trackers}
        assert {
            "start",
            "firstQuartile",
            "midpoint",
            "thirdQuartile",
            "complete",
            "pause",
            "resume",
        } <= events
        assert {"skip", "closeLinear"} <= events
        assert ad.impressions
        assert ad.errors


def test_the_pod_sample_holds_one_collision_of_prices():
    result = build_vast_from_bid_response(
        None, (SAMPLES / "pod-three-seats.json").read_bytes(), {"selection_strategy": "ALL"}
    )
    assert [notice.bid_id for notice in result.warnings if notice.code == "FIELD_COLLISION"] == ["bid-2"]
