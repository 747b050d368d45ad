"""The auction client against a Prebid Server on a real socket that misbehaves in every way a server can."""

import asyncio
import gzip
import json
import socket
import tracemalloc

import httpx
import pytest

from pipeline.engine import build_vast_from_bid_response
from pipeline.engine.auction import Answer, CannedAnswer, PrebidServer
from tests.pipeline.engine.adm import bid, response
from tests.pipeline.engine.auctions import HERE, NO_BIDS, REQUEST, asked, auction_at, auction_of, code
from tests.pipeline.engine.prebid_server import (
    FakePrebidServer,
    breaking_off,
    chunk,
    echo,
    http,
    saying,
    silence,
    without_end,
)


async def test_the_request_is_posted_as_openrtb_and_nothing_of_a_viewer_travels_in_headers():
    request = REQUEST | {"device": {"ua": "TV/1.0", "ip": "192.0.2.1"}, "site": {"name": "Ünï"}}
    async with auction_of(NO_BIDS) as (fake, auction):
        answer = await auction.ask(request)
    [posted] = fake.posted
    assert answer == Answer(json.dumps(NO_BIDS).encode(), None, 200)
    assert (posted.line, posted.json) == ("POST /openrtb2/auction HTTP/1.1", request)
    assert posted.headers == {
        "host": f"127.0.0.1:{posted.headers['host'].rpartition(':')[2]}",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "connection": "keep-alive",
        "content-length": str(len(posted.body)),
        "content-type": "application/json",
        "user-agent": "vastdash",
        "x-openrtb-version": "2.6",
    }


async def test_a_cookie_of_one_auction_is_not_sent_in_the_next():
    async with auction_of(http(b"{}", set_cookie="uids=viewer-1; Path=/")) as (fake, auction):
        for _ in range(2):
            assert (await auction.ask(REQUEST)).response
    assert [posted.headers.get("cookie") for posted in fake.posted] == [None, None]


async def test_an_answer_becomes_vast():
    answer = await asked(response(bid("b1", 5), bid("b2", 7)))
    result = build_vast_from_bid_response(REQUEST, answer.response, {"selection_strategy": "TOP_N"})
    assert [item.meta.bid_id for item in result.selected] == ["b2", "b1"]


async def test_one_connection_serves_one_ask_after_the_other():
    async with auction_of(echo) as (fake, auction):
        answers = [await auction.ask(REQUEST | {"id": str(n)}) for n in range(5)]
    assert [json.loads(answer.response)["id"] for answer in answers] == ["0", "1", "2", "3", "4"]
    assert [posted.connection for posted in fake.posted] == [1] * 5


async def test_an_answer_without_bids_gives_its_connection_back():
    async with auction_of(http(status="204 No Content", content_length=None)) as (fake, auction):
        assert [(await auction.ask(REQUEST)).status for _ in range(3)] == [204, 204, 204]
    assert [posted.connection for posted in fake.posted] == [1, 1, 1]


async def test_two_hundred_ask_at_once_and_each_gets_its_own_answer():
    async with auction_of(echo) as (fake, auction):
        for _ in range(2):
            answers = await asyncio.gather(*(auction.ask(REQUEST | {"id": str(n)}) for n in range(200)))
            assert [json.loads(answer.response)["id"] for answer in answers] == [str(n) for n in range(200)]
    assert fake.connections == 200, "the second round meets the connections of the first"


async def test_204_is_no_bids_and_no_error():
    assert await asked(http(status="204 No Content", content_length=None)) == Answer(None, None, 204)


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (http(b"Invalid request: request.imp[0] has\nno id", status="400 Bad Request", content_type="text/plain"),
         "400 Bad Request: Invalid request: request.imp[0] has no id"),
        (http(b"x" * 5000, status="500 Oh", content_type="text/plain"), "500 Oh: " + "x" * 200),
        (http(b'{"id":"r1"}', status="503 Unavailable"), "503 Unavailable"),
        (http(b"<html>", status="404 Not Found", content_type="text/html"), "404 Not Found"),
        (http(b"\xff\x00\x1b[1m", status="418 T", content_type="text/plain"), "418 T: \ufffd[1m"),
        (http(b"{}", status="201 Created"), "201 Created"),
        (http(b"", status="999 "), "999"),
    ],
)  # fmt: skip
async def test_any_other_status_is_an_error_that_says_what_the_server_said(reply, told):
    answer = await asked(reply)
    assert (code(answer), answer.status) == ("STATUS", int(told[:3]))
    assert answer.error.text == f"the auction answered {told}"


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_not_followed(status):
    async with FakePrebidServer(NO_BIDS) as private:
        reply = http(b"moved", status=status, location=private.url)
        async with auction_of(reply) as (fake, auction):
            answer = await auction.ask(REQUEST)
        assert (code(answer), answer.status) == ("STATUS", int(status[:3]))
        assert "redirect" in answer.error.text
        assert private.connections == 0
        assert len(fake.posted) == 1


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "not JSON"),
        (b"<VAST/>", "not JSON"),
        (b'{"id":', "not JSON"),
        (b'{"id":"r1"} trailing', "not JSON"),
        (b"[]", "not an object"),
        (b'"text"', "not an object"),
        (b"12", "not an object"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b'{"a":' * 100_000, "nested too deep"),
        (b"[" * 100_000, "nested too deep"),
    ],
)
async def test_a_body_that_holds_no_json_object_is_an_error(body, fault):
    answer = await asked(http(body))
    assert (code(answer), answer.status) == ("NOT_JSON", 200)
    assert fault in answer.error.text


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"r1","seatbid":[{"bid":[{"id":"a","price":NaN},{"id":"b","price":1e400}]}]}',
        b'\xef\xbb\xbf{"id":"r1"}',
        ' {"id":"r1"}\r\n'.encode("utf-16"),
        b"null",
        b"{}",
        b'{"id":"\\ud800"}',
    ],
)
async def test_what_the_build_can_read_is_not_refused(body):
    answer = await asked(http(body, content_type="text/html"))
    assert (answer.response, answer.error) == (body, None)
    assert not [e for e in build_vast_from_bid_response(None, body, {}).errors if "JSON" in e.code]


async def test_a_server_that_does_not_answer_in_tmax_is_left():
    async with auction_of(echo) as (fake, auction):
        await auction.ask(REQUEST)
        fake.replies = [silence]
        answer = await auction.ask(REQUEST | {"tmax": 20})
        assert (code(answer), answer.status) == ("TIMEOUT", None)
        assert "20 ms" in answer.error.text
        await fake.left.wait()
        fake.replies = [echo]
        assert (await auction.ask(REQUEST)).response, "the next ask is served, on another connection"
    assert (fake.posted[0].connection, fake.posted[-1].connection, fake.connections) == (1, 2, 2)


async def test_the_time_limit_is_of_the_whole_answer_and_not_of_each_piece():
    answer = await asked(without_end(b" "), request=REQUEST | {"tmax": 30}, max_bytes=10**9)
    assert code(answer) == "TIMEOUT"


@pytest.mark.parametrize("tmax", [None, 0, -5, "900", True, 2.5])
async def test_without_a_usable_tmax_the_default_holds(tmax):
    request = REQUEST | {"tmax": tmax}
    answer = await asked(silence, request=request, default_tmax_ms=10, answer_ms=7)
    assert (code(answer), "17 ms" in answer.error.text) == ("TIMEOUT", True)


async def test_a_resolver_that_does_not_answer_counts_toward_the_limit():
    async def never(host, port):
        await asyncio.Event().wait()

    async with auction_at("http://slow.example.com/", resolve=never) as auction:
        assert code(await auction.ask({"tmax": 10})) == "TIMEOUT"


async def test_timeouts_do_not_use_up_the_connections():
    async with auction_of(silence) as (fake, auction):
        hasty = [auction.ask(REQUEST | {"tmax": 1 + n % 50}) for n in range(300)]
        assert {code(answer) for answer in await asyncio.gather(*hasty)} == {"TIMEOUT"}
        fake.replies = [echo]
        assert (await auction.ask(REQUEST)).response


async def test_a_cancelled_ask_leaves_its_connection_and_the_next_is_served():
    async with auction_of(silence, echo) as (fake, auction):
        task = asyncio.create_task(auction.ask(REQUEST))
        await fake.heard.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await fake.left.wait()
        assert (await auction.ask(REQUEST)).response


LIMIT = 64 * 1024


def packed(body, level=1):
    return http(gzip.compress(body, level), content_encoding="gzip")


@pytest.mark.parametrize(
    "reply",
    [
        saying(http(content_length=10**9)),
        without_end(b"x" * 10_000),
        saying(packed(b" " * (LIMIT + 1))),
        saying(http(chunk(b"x" * LIMIT) + chunk(b"x") + chunk(b""), content_length=None, transfer_encoding="chunked")),
        # A finished gzip stream and then more of nothing.
        without_end(gzip.compress(b"{}") + b"x" * 10_000, content_encoding="gzip"),
    ],
)  # fmt: skip
async def test_an_answer_over_the_limit_is_not_read(reply):
    async with auction_of(reply, echo, max_bytes=LIMIT) as (_, auction):
        answer = await auction.ask(REQUEST)
        assert (code(answer), answer.status) == ("TOO_LARGE", 200)
        assert "64 KiB" in answer.error.text
        assert (await auction.ask(REQUEST)).response, "what was left of it is not read as the next answer"


async def test_an_answer_of_exactly_the_limit_is_taken():
    body = b'{"id":"' + b"x" * (LIMIT - 9) + b'"}'
    for reply in (http(body), packed(body)):
        assert (await asked(reply, max_bytes=LIMIT)).response == body


@pytest.mark.parametrize("cut", [1, 5, 30, 39, 41, 200])
async def test_a_body_packed_in_several_members_is_one_body(cut):
    body = b'{"id":"r1","seatbid":[]}'
    members = gzip.compress(body[:10]) + gzip.compress(b"") + gzip.compress(body[10:])
    sent = chunk(members[:cut]) + (chunk(members[cut:]) if members[cut:] else b"") + chunk(b"")
    for encoding in ("gzip", "X-GZIP"):
        head = {"content_length": None, "transfer_encoding": "chunked", "content_encoding": encoding}
        assert (await asked(http(sent, **head))).response == body


async def test_what_follows_the_last_member_is_no_body():
    for rest in (b"\0" * 20, b"x", b"\x1f"):
        answer = await asked(http(gzip.compress(b"{}") + rest, content_encoding="gzip"))
        assert answer.response == b"{}"


async def test_members_together_are_held_to_the_limit():
    body = b'{"id":"' + b"x" * (LIMIT - 9) + b'"}'
    for more, fits in ((b"", True), (b" ", False)):
        members = b"".join(gzip.compress(part) for part in (body[:100], body[100:], more))
        answer = await asked(http(members, content_encoding="gzip"), max_bytes=LIMIT)
        assert (answer.response == body) is fits
        assert fits or code(answer) == "TOO_LARGE"


async def test_a_packed_bomb_takes_no_more_room_than_the_limit():
    bomb = packed(b" " * 30_000_000, level=9)
    assert len(bomb) < LIMIT, "what is sent is within the limit, what is in it is not"
    async with auction_of(echo, bomb, max_bytes=LIMIT) as (_, auction):
        await auction.ask(REQUEST)
        tracemalloc.start()
        answer = await auction.ask(REQUEST)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert code(answer) == "TOO_LARGE"
    assert peak < 20 * LIMIT


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (http(b"no gzip", content_encoding="gzip"), "cannot be unpacked"),
        (packed(b"{}")[:-9], "whole answer"),
        (http(b"{}", content_encoding="br"), "'br'"),
        (http(gzip.compress(b'{"id":"r1"}')[:-12], content_encoding="gzip"), "not JSON"),
    ],
)
async def test_what_cannot_be_unpacked_is_an_error(reply, fault):
    if fault == "whole answer":
        assert code(await asked(breaking_off(reply, reset=False))) == "UNREACHABLE"
        return
    answer = await asked(reply)
    assert code(answer) == "NOT_JSON"
    assert fault in answer.error.text


HALF = http(b"{", content_length=1000)


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 2", HALF, b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000]
)
async def test_a_server_that_breaks_off_was_not_reached(sent, reset):  # fmt: skip
    async with auction_of(breaking_off(sent, reset=reset), echo) as (_, auction):
        answer = await auction.ask(REQUEST)
        assert (code(answer), answer.status) == ("UNREACHABLE", None)
        assert (await auction.ask(REQUEST)).response


async def test_a_port_where_nobody_listens_is_an_error():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        async with auction_at(f"http://127.0.0.1:{unused.getsockname()[1]}/") as auction:
            assert code(await auction.ask(REQUEST)) == "UNREACHABLE"


async def test_a_name_without_an_address_is_an_error():
    async def unknown(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    async with auction_at("http://nowhere.example.com/", resolve=unknown) as auction:
        answer = await auction.ask(REQUEST)
    assert (code(answer), "not known" in answer.error.text) == ("UNREACHABLE", True)


@pytest.mark.parametrize("odd", [object(), "\ud800", {(1, 2): 3}])
async def test_a_request_that_cannot_be_written_is_not_sent(odd):
    async with auction_of(NO_BIDS) as (fake, auction):
        assert code(await auction.ask({"ext": odd})) == "REQUEST"
    assert fake.connections == 0


async def test_closing_ends_what_is_under_way_and_a_later_ask_connects_anew():
    async with auction_of(silence, echo) as (fake, auction):
        pending = asyncio.create_task(auction.ask(REQUEST))
        await fake.heard.wait()
        await auction.close()
        assert code(await pending) == "UNREACHABLE"
        assert (await auction.ask(REQUEST)).response
        await auction.close()
        await auction.close()
        await fake.left.wait()
        assert [posted.connection for posted in fake.posted] == [1, 2]


async def test_each_event_loop_has_connections_of_its_own():
    async with FakePrebidServer(echo) as fake:
        auction = PrebidServer(fake.url, allowed=HERE)

        async def twice():
            ids = [json.loads((await auction.ask(REQUEST)).response)["id"] for _ in range(2)]
            await auction.close()
            return ids

        together = [asyncio.to_thread(asyncio.run, twice()) for _ in range(3)]
        assert await asyncio.gather(*together) == [["r1", "r1"]] * 3
        assert await asyncio.to_thread(asyncio.run, twice()) == ["r1", "r1"]
    assert fake.connections == 4


def test_loops_that_have_ended_are_forgotten():
    auction = PrebidServer(
        "http://pbs.example.com/", transport=httpx.MockTransport(lambda _: httpx.Response(204))
    )
    for _ in range(3):
        assert asyncio.run(auction.ask(REQUEST)).status == 204
    assert len(auction._clients) == 1


async def test_a_canned_answer_is_always_the_same():
    canned = CannedAnswer(b'{"id":"r"}')
    assert await canned.ask({}) == await canned.ask(REQUEST) == Answer(b'{"id":"r"}', None, 200)
    await canned.close()
