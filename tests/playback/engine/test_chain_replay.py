"""A chain that was recorded is replayed with the network blocked, and comes to the same (playback.md 4.9)."""

import json
from dataclasses import replace

import httpx
import pytest

from playback.engine import Chain, HeadlessPlayer, NoAd, Outcome, VastClient
from tests.playback.engine.ads import SINK, inline, vast
from tests.playback.engine.chains import Web, empty, tags, wrapper

HOST = "http://ads.example.com"
MACROS = "?t=[TRANSACTIONID]&cb=[CACHEBUSTING]&ts=[TIMESTAMP]"

SCENES = {
    "two wrappers": tags(2, vast(inline())),
    "macros on the way": {
        "/tag": vast(wrapper(f"/a{MACROS}")), "/a": vast(wrapper(f"/b{MACROS}")), "/b": vast(inline()),
    },
    "a pod of wrappers": {
        "/tag": vast(
            wrapper(f"{HOST}/a", "w1", sequence=1), wrapper(f"{HOST}/b", "w2", sequence=2), inline(ad_id="S"),
            wrapper(f"{HOST}/c", "w3", sequence=3, fallbackOnNoAd=True), inline(ad_id="S2"),
        ),
        "/a": vast(inline()), "/b": 500, "/c": 204,
    },
    "redirects": {"/tag": httpx.Response(307, headers={"location": "/x"}), "/x": vast(inline(duration="30"))},
    "an empty answer": tags(2, empty(f"{SINK}/root?c=[ERRORCODE]")),
    "no answer": tags(1, OSError("no route")),
    "an answer in Latin-1": {"/tag": httpx.Response(200, content="<VAST version='3.0'>ä</VAST>".encode("latin-1"))},
    "not XML": tags(1, "<VAST"),
    "a page": {"/tag": httpx.Response(200, text="<html/>", headers={"content-type": "text/html"})},
    "a loop": {"/tag": vast(wrapper(f"{HOST}/tag"))},
    "too many wrappers": tags(6, vast(inline())),
    "a packed answer that is broken": tags(
        1, httpx.Response(200, stream=httpx.ByteStream(b"no gzip"), headers={"content-encoding": "gzip"})
    ),
}  # fmt: skip


def through_json(chain: Chain) -> dict:
    return json.loads(json.dumps(chain.to_dict(), allow_nan=False))


@pytest.mark.parametrize("table", SCENES.values(), ids=SCENES)
async def test_a_replay_gives_the_same_ads_or_no_ad_and_the_same_chain(table):
    web = Web(table)
    answer = await web.request(f"{HOST}/tag?first=1", seed=None, macros={"IFA": "x&y"})
    asked = len(web.requests)
    stored = through_json(answer.chain)
    again = await VastClient.from_chain(stored, transport=web.transport).request_ad()
    assert again == answer
    assert again.chain == answer.chain
    assert through_json(again.chain) == stored
    assert len(web.requests) == asked
    if isinstance(answer, NoAd):
        assert [row.status for row in again.ledger] == ["dry_run"] * len(answer.pings)
        assert [row.resolved_url for row in again.ledger] == [row.resolved_url for row in answer.ledger]


async def test_a_session_of_replayed_ads_has_the_same_record_and_ledger():
    answer = await Web(SCENES["macros on the way"]).request()
    again = await VastClient.from_chain(through_json(answer.chain)).request_ad()
    first, second = (HeadlessPlayer(None, ad, seed=5) for ad in (answer, again))
    assert (await first.play()).to_dict() == (await second.play()).to_dict()
    assert first.ledger == second.ledger


async def test_a_document_handed_over_is_replayed_as_one():
    web = Web({"/next": vast(inline())})
    pod = vast(inline(ad_id="n1", sequence=1), wrapper(f"{HOST}/next", sequence=2))
    client = VastClient.from_xml(pod, transport=web.transport)
    answer = await client.request_ad()
    again = await VastClient.from_chain(through_json(answer.chain)).request_ad()
    assert (again, again.chain) == (answer, answer.chain)
    second = await VastClient.from_chain(answer.chain, ad_index=1).request_ad()
    assert second.ads == answer.ads[1:]


async def test_what_was_asked_with_other_parameters_is_replayed_without_them():
    web = Web({"/tag": vast(wrapper("/a?city=[CITY]")), "/a": vast(inline())})
    client = web.client(provider="global")
    answer = await client.request_ad({"city": "Oslo"}, {"X-Device-IP": "198.51.100.7"})
    assert web.asked[1] == f"{HOST}/a?city=Oslo"
    again = await VastClient.from_chain(answer.chain).request_ad()
    assert (again, again.chain) == (answer, answer.chain)


async def test_a_recording_that_ends_early_is_an_address_out_of_reach():
    answer = await Web(SCENES["two wrappers"]).request()
    cut = replace(answer.chain, hops=answer.chain.hops[:2])
    again = await VastClient.from_chain(cut).request_ad()
    assert (again.code, again.reason) == (301, "unreachable")
    assert "hop 3" in again.text


def test_a_chain_without_hops_is_refused():
    with pytest.raises(ValueError, match="without hops"):
        VastClient.from_chain(Chain(()))


async def test_a_chain_has_a_blame_line():
    answer = await Web(SCENES["too many wrappers"]).request()
    assert answer.chain.blame == "hop 7, ads.example.com, code 302"
    failed = await Web(tags(1, 503)).request()
    assert failed.chain.blame.startswith("hop 2, ads.example.com, code 301, ")
    assert failed.chain.failures[0].outcome is Outcome.HTTP_STATUS
    assert (await Web(SCENES["two wrappers"]).request()).chain.blame == ""
