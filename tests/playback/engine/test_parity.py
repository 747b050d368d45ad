"""Real and headless playback are the same playback: C10, over our own examples and the open corpus."""

import json
from pathlib import Path

import pytest

from playback.engine import (
    AdData,
    ConfigResolver,
    HeadlessPlayer,
    NoAd,
    SimulatedTimeProvider,
    VastClient,
    VastPlayer,
)
from playback.engine.request.ad_data import PlayableAd
from tests.corpus import CORPUS, needs_corpus
from tests.playback.engine.ads import pod_of
from vast.errors import VastError

EXAMPLES = sorted((Path(__file__).parents[3] / "examples" / "vast").glob("*.xml"))
DOCUMENTS = sorted((CORPUS / "vast").rglob("*.xml")) if CORPUS else []
ALONE = {"max_wrappers": 0, "delivery": "dry_run"}
CONFIGS = [
    {"max_session_duration_sec": 0},
    ConfigResolver.resolve(provider="google", override={"max_session_duration_sec": 40}),
]


async def ads_in(document: bytes) -> list[AdData]:
    found = []
    for index in range(100):
        try:
            ad = await VastClient.from_xml(document, ad_index=index, **ALONE).request_ad()
        except ValueError:
            break
        if isinstance(ad, AdData):
            found.append(ad)
        elif ad.reason != "WRAPPER":
            break
    return found


async def assert_same_playback(ad: AdData, config, seed: int) -> str:
    real = VastPlayer(None, ad, config, seed=seed, time_provider=SimulatedTimeProvider(start=1000.5))
    headless = HeadlessPlayer(None, ad, config, seed=seed)
    records = []
    for player in (real, headless):
        record = (await player.play()).to_dict()
        assert record["config"].pop("mode") == player.mode
        records.append(record)
    assert records[0] == records[1]
    assert real.ledger == headless.ledger
    return records[0]["status"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
async def test_C10_our_examples_play_the_same_in_both_modes(path):
    ads = await ads_in(path.read_bytes())
    assert ads
    for seed, config in enumerate(CONFIGS * 10):
        for ad in ads:
            await assert_same_playback(ad, config, seed)


@needs_corpus
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}/{path.name}")
async def test_C10_every_document_of_the_open_corpus_plays_the_same_or_is_refused_the_same(path):
    document = path.read_bytes()
    answer = None
    try:
        answer = await VastClient.from_xml(document, **ALONE).request_ad()
    except ValueError as refused:
        pytest.fail(f"an unasked-for index was refused: {refused}")
    if isinstance(answer, NoAd):
        assert 100 <= answer.code <= 303
    for ad in await ads_in(document):
        for config in CONFIGS:
            await assert_same_playback(ad, config, 3)


def pods_in(document: bytes) -> list[AdData]:
    """The document's pod with its substitutes, and all its InLine ads as one pod."""
    try:
        pod = pod_of(document)
    except VastError:
        return []
    whole: tuple[PlayableAd, ...] = (*pod.ads, *pod.substitutes)
    pods = [pod, AdData(whole)] if pod.substitutes else [pod]
    return [one for one in pods if len(one.ads) > 1]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
async def test_C10_our_examples_play_the_same_in_both_modes_as_pods(path):
    for seed, config in enumerate(CONFIGS * 10):
        for pod in pods_in(path.read_bytes()):
            await assert_same_playback(pod, config, seed)


@needs_corpus
async def test_C10_every_pod_of_the_open_corpus_plays_the_same_in_both_modes(count_up):
    pods = [pod for path in DOCUMENTS for pod in pods_in(path.read_bytes())]
    ends = [await assert_same_playback(pod, config, 3) for pod in pods for config in CONFIGS]
    count_up(f"playback: {len(pods)} pods played")
    assert "completed" in ends


PLAYABLE = {
    "video/mp4",
    "video/webm",
    "application/x-mpegurl",
    "application/vnd.apple.mpegurl",
    "audio/mpeg",
    "audio/mp4",
}


def is_playable(ad: dict) -> bool:
    """Whether an independent reading of the ad holds what this player needs."""
    linear = next((creative for creative in ad["creatives"] if creative["type"] == "linear"), None)
    if ad["kind"] != "inline" or linear is None or (linear["durationSeconds"] or 0) <= 0:
        return False
    return any(not file["apiFramework"] and file["type"].lower() in PLAYABLE for file in linear["mediaFiles"])


@needs_corpus
async def test_what_plays_in_the_open_corpus_is_what_an_independent_reading_calls_playable(count_up):
    differing, total = [], 0
    for line in (CORPUS / "EXPECTED.open.jsonl").read_text().splitlines():
        expected = json.loads(line)
        ads = (expected.get("parsed") or {}).get("ads") or []
        document = (CORPUS / expected["file"]).read_bytes()
        played = [await assert_same_playback(ad, CONFIGS[0], 1) for ad in await ads_in(document)]
        total += played.count("completed")
        if played.count("completed") != sum(map(is_playable, ads)):
            differing.append(expected["file"])
    count_up(f"playback: {total} ads played to their end")
    assert differing == []
    assert total
