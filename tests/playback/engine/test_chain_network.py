"""Chains over real sockets: slow hops, resets, bombs, certificates, private addresses (playback.md 3.4, 2.44, 4.6)."""

import asyncio
from collections import Counter

import pytest

from playback.engine import AdData, NoAd, SimulatedTimeProvider, VastClient
from tests.ad_server import (
    PIXEL,
    AdServer,
    gzip_bomb,
    huge,
    packed,
    page,
    redirect,
    reset,
    self_signed,
    slow,
    status,
)
from tests.corpus import CORPUS, needs_corpus
from tests.playback.engine.ads import inline, vast
from tests.playback.engine.chains import Web, empty, ids, outcomes, wrapper
from vast.address import parse_allowed

MIB = 1024 * 1024
INLINE = vast(inline())


def leading_to(server: AdServer, path: str, **switches) -> str:
    """A wrapper whose Error is on the same server."""
    return vast(wrapper(server.url(path), error=server.url("/error") + "?c=[ERRORCODE]", **switches))


# Where a test does not drive the clock, a busy machine may take its time.
PATIENT = {"first_timeout_sec": 60, "wrapper_timeout_sec": 60, "overall_timeout_sec": 120}


async def request(url, **options) -> AdData | NoAd:
    patience = {} if "clock" in options else PATIENT
    async with VastClient(url, **{"seed": 7, **patience, **options}) as client:
        return await client.request_ad()


def told(server: AdServer) -> list[str]:
    return [asked.query["c"][0] for asked in server.asked("/error")]


async def test_V23_a_chain_of_three_hops_with_redirects_and_gzip_leads_to_its_ad():
    async with AdServer({"/inline": packed(INLINE), "/moved": redirect("/second")}) as server:
        server.table |= {"/tag": leading_to(server, "/moved"), "/second": leading_to(server, "/inline")}
        answer = await request(server.url("/tag"))
    assert ids(answer) == ["a1"]
    assert server.paths == ["/tag", "/moved", "/second", "/inline"]
    first, second, third = answer.chain.hops
    assert (first.depth, second.parent, third.parent, third.depth) == (0, 1, 2, 2)
    assert [row.status for row in second.redirects] == [302]
    assert dict(third.headers)["content-encoding"] == "gzip"
    assert all(hop.ms > 0 and hop.started_ms >= 0 for hop in answer.chain.hops)
    assert third.size == len(INLINE)
    assert server.connections == 1


@pytest.mark.parametrize(
    ("behaviour", "code", "reason"),
    [
        (status(204), 303, "EMPTY"),
        (status(200), 303, "EMPTY"),
        (status(500), 301, "http_status"),
        (reset(), 301, "unreachable"),
        (redirect("/hop"), 301, "redirects"),
        (page("<html><p>no ad</html>"), 100, None),
    ],
    ids=["204", "empty body", "500", "reset", "redirects in a circle", "a page"],
)
async def test_V16_what_comes_of_a_hop_is_told_to_its_wrapper(behaviour, code, reason):
    async with AdServer({"/hop": behaviour, "/error": PIXEL}) as server:
        server.table["/tag"] = leading_to(server, "/hop")
        answer = await request(server.url("/tag"))
    assert isinstance(answer, NoAd)
    assert answer.code == code
    assert reason is None or answer.reason == reason
    assert told(server) == [str(code)]
    assert [(row.status, row.http_status) for row in answer.ledger] == [("sent", 200)]
    assert answer.chain.blame.startswith(f"hop 2, 127.0.0.1, code {code}, ")


@pytest.mark.parametrize(
    "make", [lambda: gzip_bomb(100 * MIB), lambda: huge(50 * MIB)], ids=["gzip bomb", "50 MB"]
)
async def test_V22_a_hop_that_is_too_large_is_100(make):
    async with AdServer({"/hop": make(), "/error": PIXEL}) as server:
        server.table["/tag"] = leading_to(server, "/hop")
        answer = await request(server.url("/tag"))
    assert (answer.code, answer.reason, answer.chain.hops[1].size) == (100, "too_large", 0)
    assert told(server) == ["100"]


class TestTime:
    async def test_a_wrapper_that_is_late_is_301(self):
        clock = SimulatedTimeProvider(autojump=False)
        async with AdServer({"/slow": slow(asyncio.Event(), INLINE), "/error": PIXEL}) as server:
            server.table["/tag"] = leading_to(server, "/slow")
            asking = asyncio.create_task(request(server.url("/tag"), clock=clock))
            await server.arrived("/slow")
            clock.advance(4)
            answer = await asking
        assert (answer.code, answer.reason, told(server)) == (301, "timeout", ["301"])
        assert answer.chain.hops[1].ms == 4000
        assert answer.chain.blame == "hop 2, 127.0.0.1, code 301, 4000 ms"

    async def test_the_first_tag_has_twice_the_time(self):
        clock, ready = SimulatedTimeProvider(autojump=False), asyncio.Event()
        async with AdServer({"/tag": slow(ready, INLINE)}) as server:
            asking = asyncio.create_task(request(server.url("/tag"), clock=clock))
            await server.arrived("/tag")
            clock.advance(7.9)
            ready.set()
            answer = await asking
        assert (ids(answer), answer.chain.hops[0].ms) == (["a1"], 7900)

    async def test_all_hops_together_have_a_time_of_their_own(self):
        clock = SimulatedTimeProvider(autojump=False)
        gates = {f"/w{number}": asyncio.Event() for number in range(1, 4)}
        async with AdServer({"/error": PIXEL}) as server:
            server.table["/tag"] = leading_to(server, "/w1")
            for number, (path, gate) in enumerate(gates.items(), 1):
                server.table[path] = slow(gate, leading_to(server, f"/w{number + 1}"))
            asking = asyncio.create_task(request(server.url("/tag"), clock=clock, overall_timeout_sec=8))
            for path in ("/w1", "/w2"):
                await server.arrived(path)
                clock.advance(3)
                gates[path].set()
            await server.arrived("/w3")
            # 2 of the 8 seconds are left, which is less than a wrapper's own 4.
            clock.advance(2)
            answer = await asking
        assert [hop.started_ms for hop in answer.chain.hops] == [0, 0, 3000, 6000]
        assert (answer.chain.hops[-1].outcome, answer.chain.hops[-1].ms) == ("timeout", 2000)
        assert Counter(told(server)) == {"301": 3}

    async def test_when_it_is_over_nothing_more_is_asked_and_the_replay_says_the_same(self):
        clock, gate = SimulatedTimeProvider(autojump=False), asyncio.Event()
        async with AdServer({"/a": slow(gate, empty())}) as server:
            pod = vast(
                wrapper(server.url("/a"), "w1", sequence=1), wrapper(server.url("/b"), "w2", sequence=2)
            )
            server.table["/tag"] = pod
            options = {"overall_timeout_sec": 2, "delivery": "dry_run"}
            asking = asyncio.create_task(request(server.url("/tag"), clock=clock, **options))
            await server.arrived("/a")
            clock.advance(2)
            answer = await asking
        assert server.paths == ["/tag", "/a"]
        assert outcomes(answer) == ["wrapper", "timeout", "timeout"]
        assert [hop.requested for hop in answer.chain.hops] == [True, True, False]
        again = await VastClient.from_chain(answer.chain, options).request_ad()
        assert (again, again.chain) == (answer, answer.chain)


class TestSafety:
    FORBIDDEN = ("10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "127.1")

    @pytest.mark.parametrize("host", FORBIDDEN)
    async def test_a_hop_at_a_private_address_is_refused(self, host):
        only = parse_allowed(["127.0.0.1/32"])
        async with AdServer({"/next": INLINE, "/error": PIXEL}) as server:
            server.table["/tag"] = leading_to(server, "/next").replace("127.0.0.1", host, 1)
            answer = await request(server.url("/tag"), allowed=only)
            assert (answer.code, answer.reason) == (301, "address_refused")
            assert server.paths == ["/tag", "/error"]

    @pytest.mark.parametrize("host", FORBIDDEN)
    async def test_a_hop_that_redirects_to_one_is_refused(self, host):
        only = parse_allowed(["127.0.0.1/32"])
        async with AdServer({"/error": PIXEL}) as server:
            server.table |= {"/tag": leading_to(server, "/next"), "/next": redirect(server.url("/x", host))}
            answer = await request(server.url("/tag"), allowed=only)
        assert (answer.code, answer.reason) == (301, "address_refused")
        assert answer.chain.hops[1].redirects[0].location.startswith(f"http://{host}")
        assert "/x" not in server.paths

    async def test_a_name_that_stands_for_a_public_address_at_first_is_looked_up_at_every_dial(self):
        answers = iter([["127.0.0.1"], ["10.0.0.1"]])

        async def resolve(host, port):
            return next(answers)

        async with AdServer() as server:
            # Another port takes another connection, and so another look at the name.
            async with AdServer({"/next": INLINE}) as other:
                server.table["/tag"] = vast(wrapper(other.url("/next", "ads.example.com")))
                answer = await request(
                    server.url("/tag", "ads.example.com"), resolve=resolve, delivery="dry_run"
                )
            assert (answer.reason, other.connections) == ("address_refused", 0)

    async def test_nothing_on_this_machine_is_asked_unless_it_is_allowed(self):
        async with AdServer({"/tag": INLINE}) as server:
            assert (await request(server.url("/tag"), allowed=())).reason == "address_refused"
            assert server.connections == 0
            assert ids(await request(server.url("/tag"))) == ["a1"]

    async def test_the_error_addresses_are_guarded_as_well(self):
        only = parse_allowed(["127.0.0.1/32"])
        async with AdServer({"/tag": empty("http://169.254.169.254/latest", "http://[::1]/x")}) as server:
            answer = await request(server.url("/tag"), allowed=only)
        assert [row.attempts[0].failure for row in answer.ledger] == ["address_refused"] * 2

    async def test_D11_a_hop_with_a_certificate_nobody_vouches_for_is_a_failure_of_its_own(self, tmp_path):
        context, certificate = self_signed(tmp_path)
        async with AdServer({"/next": INLINE}, tls=context) as secure, AdServer({"/error": PIXEL}) as server:
            server.table["/tag"] = vast(
                wrapper(secure.url("/next"), error=server.url("/error") + "?c=[ERRORCODE]")
            )
            answer = await request(server.url("/tag"))
            assert (answer.code, answer.reason, told(server)) == (301, "tls", ["301"])
            trusting = await request(server.url("/tag"), ssl_verify={"127.0.0.1": str(certificate)})
            assert ids(trusting) == ["a1"]


DOCUMENTS = sorted((CORPUS / "vast").rglob("*.xml")) if CORPUS else []


@needs_corpus
async def test_V01_every_document_of_the_open_corpus_has_an_answer_whatever_its_wrappers_meet(count_up):
    counts: Counter[str] = Counter()
    for path in DOCUMENTS:
        for table in ({}, {"/": RuntimeError("no network")}):
            web = Web(table)
            client = VastClient.from_xml(path.read_bytes(), transport=web.transport, seed=1)
            answer = await client.request_ad()
            assert isinstance(answer, AdData | NoAd), path
            assert answer.chain.hops
            again = await VastClient.from_chain(answer.chain).request_ad()
            assert (again, again.chain) == (answer, answer.chain), path
            if isinstance(answer, NoAd):
                assert 100 <= answer.code <= 303
                assert len(answer.ledger) == len(answer.pings)
        counts["ads" if isinstance(answer, AdData) else f"no ad, {answer.code}"] += 1
    count_up(f"playback, with no server in reach: {dict(sorted(counts.items()))}")
    assert counts["ads"]
    assert counts["no ad, 301"]
