"""The ledger over the open corpus: every tracker a document holds has its rows, and no network brings a player down."""

from collections import Counter
from itertools import cycle
from pathlib import Path

import httpx
from lxml import etree

from playback.engine import (
    AdData,
    HeadlessPlayer,
    SimulatedTimeProvider,
    VastClient,
    VastPlayer,
)
from tests.corpus import CORPUS, needs_corpus
from tests.playback.engine.chains import Web

PLACE = CORPUS / "vast" if CORPUS else Path()
DOCUMENTS = {
    str(path.relative_to(PLACE)): path.read_bytes()
    for path in (sorted(PLACE.rglob("*.xml")) if CORPUS else ())
}

TRACKERS = {
    "Impression", "Error", "Tracking", "ClickTracking", "CustomClick", "Viewable", "NotViewable", "ViewUndetermined",
    "IconViewTracking", "IconClickTracking", "CompanionClickTracking", "NonLinearClickTracking",
}  # fmt: skip
FOREIGN = {"Extension", "CreativeExtension"}
"""What stands in an extension belongs to whoever defined it, except for measurement code of VAST 2 and 3."""

MISPLACED = {
    "ios-vast-client-digio/Tests__VastClientTests__Assets__Vast4__Vast4.3_full.xml": "no such element",
    "ruby-vast/invalid_document_with_missing_creative_type.xml": "its TrackingEvents stand in no Linear",
    "vastlint/err_ad_both_inline_and_wrapper.xml": "of an ad that is both only the InLine counts",
}


def name_of(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def is_foreign(element: etree._Element) -> bool:
    above = [name_of(parent) for parent in element.iterancestors()]
    return bool(FOREIGN & set(above)) and "AdVerifications" not in above


def trackers_in(ad: etree._Element) -> Counter[str]:
    """The addresses of an ad's trackers, read with lxml alone."""
    found = (element for element in ad.iter() if name_of(element) in TRACKERS and not is_foreign(element))
    return Counter(url for element in found if (url := "".join(element.itertext()).strip()))


def place_of(ad: etree._Element) -> tuple[bool, int]:
    """Where an ad stands in the order of play: the pod by its numbers, then what stands alone."""
    sequence = ad.get("sequence") or ""
    return (False, int(sequence)) if sequence.isdigit() and int(sequence) else (True, 0)


def ads_in(document: bytes) -> list[etree._Element]:
    root = etree.fromstring(document, etree.XMLParser(recover=True, resolve_entities=False))
    return sorted((element for element in root.iter() if name_of(element) == "Ad"), key=place_of)


async def answer_to(document: bytes, transport: httpx.AsyncBaseTransport) -> tuple[VastClient, AdData | None]:
    client = VastClient.from_xml(document, transport=transport, seed=1)
    answer = await client.request_ad()
    return client, answer if isinstance(answer, AdData) else None


@needs_corpus
async def test_every_tracker_of_the_open_corpus_has_as_many_rows_as_its_document_has_elements(count_up):
    rows = 0
    differing = set()
    for name, document in DOCUMENTS.items():
        client, ad = await answer_to(document, Web({}).transport)
        if ad is None:
            continue
        player = HeadlessPlayer(client, ad, seed=1)
        await player.play()
        elements = ads_in(document)
        held = sum((trackers_in(elements[part.ad.index]) for part in player.plan.parts), Counter[str]())
        told = Counter(row.url for row in player.ledger)
        rows += told.total()
        assert not told - held, name
        if held != told:
            differing.add(name)
    count_up(f"ledger: {rows} rows, {len(differing)} documents hold trackers where VAST has none")
    assert differing == set(MISPLACED)


@needs_corpus
async def test_every_session_of_the_open_corpus_has_the_same_trackers_however_it_ends():
    rules = {"start": {"probability": 0.4}, "midpoint": {"probability": 0.6, "anchor": "event"}}
    ends = set()
    for name, document in DOCUMENTS.items():
        client, ad = await answer_to(document, Web({}).transport)
        ledgers = []
        for seed in range(10) if ad else ():
            player = HeadlessPlayer(client, ad, {"interruption_rules": rules}, seed=seed)
            ends.add((await player.play()).end_reason)
            ledgers.append({(row.origin, row.event, row.url) for row in player.ledger})
        assert all(ledger == ledgers[0] for ledger in ledgers), name
    assert {"completed", "network_error", "user_close", "error"} <= ends


@needs_corpus
async def test_no_network_brings_a_live_player_down():
    def failing():
        yield httpx.ConnectError("refused")
        yield httpx.ReadTimeout("late")
        yield RuntimeError("odd")
        yield httpx.Response(500)
        yield httpx.Response(302, headers={"location": "http://[::"})
        yield httpx.Response(200, headers={"content-length": "many"}, content=b"")
        yield httpx.Response(204)

    turns = cycle(failing())

    def answer(_: httpx.Request) -> httpx.Response:
        found = next(turns)
        if isinstance(found, Exception):
            raise found
        return httpx.Response(found.status_code, headers=found.headers, content=found.content)

    statuses: Counter[str] = Counter()
    for name, document in DOCUMENTS.items():
        client, ad = await answer_to(document, httpx.MockTransport(answer))
        if ad is not None:
            player = VastPlayer(client, ad, time_provider=SimulatedTimeProvider(), seed=1)
            session = await player.play()
            assert session.has_ended(), name
            statuses += Counter(row.status for row in player.ledger)
    assert set(statuses) == {"sent", "failed", "timeout", "skipped", "not_reached"}
