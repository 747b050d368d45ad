"""The head of a request is bounded before anything of ours is asked, in bytes and in time."""

import asyncio

import pytest
from lxml import etree
from uvicorn import Config
from uvicorn.server import ServerState

from vastdash import request_head
from vastdash.request_head import MAX_BYTES, MOST_WAITING, BoundedHead

HEAD = b"GET /vast/x HTTP/1.1\r\nHost: a\r\n"
LAST = HEAD + b"Connection: close\r\n\r\n"

# More than the sockets of a connection hold.
LONG = 16 * 1024 * 1024

slow = asyncio.Event()


@pytest.fixture(autouse=True)
def _of_this_loop(monkeypatch):
    monkeypatch.setitem(globals(), "slow", asyncio.Event())


async def application(scope, receive, send) -> None:
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if scope["path"] == "/slow":
        await slow.wait()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    said = b"a" * LONG if scope["path"] == "/long" else b"%d bytes" % len(body)
    await send({"type": "http.response.body", "body": said})


@pytest.fixture
async def connect():
    config = Config(application, log_config=None, access_log=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: BoundedHead(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    writers = []

    async def connected():
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writers.append(writer)
        return reader, writer

    yield connected
    for writer in writers:
        writer.close()
    server.close()
    await asyncio.gather(*state.tasks)


async def answer(connect, *parts: bytes) -> bytes:
    reader, writer = await connect()
    writer.writelines(parts)
    return await asyncio.wait_for(_all(reader), 10)


async def _all(reader: asyncio.StreamReader) -> bytes:
    got = b""
    try:
        while chunk := await reader.read(65536):
            got += chunk
    except ConnectionError:  # hung up on while it was still sending
        pass
    return got


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param(b"x: 1\r\n" * MAX_BYTES, id="headers"),
        pytest.param(b"x: " + b"1" * 6 * MAX_BYTES, id="one value"),
        pytest.param(b"x" * 6 * MAX_BYTES, id="one name"),
    ],
)
async def test_a_head_without_an_end_is_hung_up_on(connect, endless):
    got = await answer(connect, HEAD, endless)
    assert b"200 OK" not in got
    assert got[:12] in {b"", b"HTTP/1.1 431"}


async def test_trailers_without_an_end_are_hung_up_on(connect):
    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
    assert b"200 OK" not in await answer(connect, head, b"x: 1\r\n" * MAX_BYTES)


async def test_a_head_just_over_the_limit_is_told_why(connect):
    got = await answer(connect, HEAD, b"x: " + b"1" * MAX_BYTES)
    assert got.startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        pytest.param(
            b"GET /vast/x?ctitle=\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="bytes beyond ASCII"
        ),
        pytest.param(b"BREW /vast/x HTTP/1.1\r\nHost: a\r\n\r\n", 400, id="no method"),
        pytest.param(b"\x00 /vast/x HTTP/1.1\r\n\r\n", 400, id="nothing at all"),
        pytest.param(b"GET /vast/x?" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414, id="a long line"),
        pytest.param(b"GET /vast/x?" + b"a" * 5 * MAX_BYTES, 414, id="a line without an end"),
        pytest.param(HEAD + b"x: " + b"1" * MAX_BYTES, 431, id="a long header"),
    ],
)
async def test_a_player_is_refused_with_vast(connect, sent, status):
    head, _, document = (await answer(connect, sent)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-type: application/xml; charset=utf-8" in head
    assert b"content-length: %d" % len(document) in head
    root = etree.fromstring(document)
    assert (root.tag, len(root)) == ("VAST", 0)


async def test_a_player_whose_line_comes_in_pieces_is_refused_with_vast(connect, monkeypatch):
    heard = asyncio.Queue()
    hear = BoundedHead.data_received
    monkeypatch.setattr(
        BoundedHead, "data_received", lambda protocol, data: (hear(protocol, data), heard.put_nowait(data))[0]
    )
    reader, writer = await connect()
    for piece in (b"GE", b"T /va", b"st/x?ctitle=\xc3\xa9 HTTP/1.1\r\n\r\n"):
        writer.write(piece)
        assert await asyncio.wait_for(heard.get(), 10) == piece
    got = await asyncio.wait_for(_all(reader), 10)
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"<VAST" in got


async def test_whoever_is_no_player_is_refused_with_words(connect):
    got = await answer(connect, b"GET /builds/?q=\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n")
    assert got.startswith(b"HTTP/1.1 400 ")
    assert b"text/plain" in got


async def test_heads_within_the_limit_are_answered_one_after_the_other(connect):
    long = HEAD + b"x: " + b"1" * (MAX_BYTES - 100) + b"\r\n\r\n"
    reader, writer = await connect()
    for _ in range(3):
        writer.write(long)
        assert b"200 OK" in await reader.readuntil(b"\r\n0\r\n\r\n")


@pytest.mark.parametrize("kind", ["declared", "chunked"])
async def test_a_long_body_is_no_head(connect, kind):
    body = b"b" * 4 * MAX_BYTES
    head, sent = {
        "declared": (b"Content-Length: %d" % len(body), body),
        "chunked": (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)),
    }[kind]
    post = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + head + b"\r\n\r\n"
    assert b"%d bytes" % len(body) in await answer(connect, post, sent)


@pytest.mark.parametrize("begun", [b"", HEAD])
async def test_who_sends_no_whole_head_is_let_go(connect, monkeypatch, begun):
    monkeypatch.setattr(request_head, "LOOK_SEC", 0.01)
    assert await answer(connect, begun) == b""


@pytest.fixture
def looks(monkeypatch):
    """Released at every look, of which many are made."""
    monkeypatch.setattr(request_head, "LOOK_SEC", 0.01)
    made = asyncio.Semaphore(0)
    look = BoundedHead._look
    monkeypatch.setattr(BoundedHead, "_look", lambda protocol: (look(protocol), made.release()))
    return made


async def some(looks: asyncio.Semaphore) -> None:
    for _ in range(3):
        await asyncio.wait_for(looks.acquire(), 10)


async def test_an_answer_that_takes_long_is_waited_for(connect, looks):
    reader, writer = await connect()
    writer.write(b"POST /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
    await some(looks)
    slow.set()
    assert b"3 bytes" in await asyncio.wait_for(_all(reader), 10)


@pytest.fixture
def protocols(monkeypatch):
    """Those of the connections as they are made; looks are made by hand."""
    made: list[BoundedHead] = []
    begin = BoundedHead.connection_made
    monkeypatch.setattr(
        BoundedHead, "connection_made", lambda one, transport: (begin(one, transport), made.append(one))
    )
    return made


async def has_come(protocols: list[BoundedHead], size: int) -> None:
    async with asyncio.timeout(10):
        while not protocols or protocols[-1]._of_bodies < size:  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0)


async def test_a_body_that_keeps_coming_is_waited_for_and_one_that_has_stopped_is_not(connect, protocols):
    piece, pieces = b"b" * 2 * request_head.LEAST_OF_A_BODY, 5
    reader, writer = await connect()
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (pieces * len(piece)))
    for _ in range(pieces - 1):
        writer.write(piece)
        await has_come(protocols, len(piece))
        protocols[-1]._look()
    writer.write(piece)
    assert b"%d bytes" % (pieces * len(piece)) in await reader.readuntil(b"\r\n0\r\n\r\n")

    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + piece)
    await has_come(protocols, 2 * len(piece))
    protocols[-1]._look()
    assert not protocols[-1].transport.is_closing()
    protocols[-1]._look()
    assert protocols[-1].transport.is_closing()
    assert await asyncio.wait_for(_all(reader), 10) == b""


async def test_an_answer_that_nobody_takes_is_given_up(connect, protocols):
    reader, writer = await connect()
    writer.write(b"GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readexactly(100)
    async with asyncio.timeout(10):
        while protocols[-1] in protocols[-1].connections:
            protocols[-1]._look()
            await asyncio.sleep(0)
    assert len(await _all(reader)) < LONG


async def test_an_answer_that_is_taken_slowly_is_sent_to_its_end(connect, protocols):
    reader, writer = await connect()
    writer.write(b"GET /long HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    got = len(await reader.readuntil(b"\r\n\r\n"))
    for _ in range(5):
        waiting = protocols[-1].transport.get_write_buffer_size()
        async with asyncio.timeout(10):
            while protocols[-1].transport.get_write_buffer_size() == waiting:
                got += len(await reader.read(65536))
        protocols[-1]._look()
    assert got + len(await asyncio.wait_for(_all(reader), 10)) > LONG


@pytest.mark.parametrize("asked", [1, 3])
async def test_who_closes_its_own_side_is_answered(connect, monkeypatch, asked):
    closed = asyncio.Event()
    hear = BoundedHead.eof_received
    monkeypatch.setattr(BoundedHead, "eof_received", lambda protocol: (closed.set(), hear(protocol))[1])
    reader, writer = await connect()
    writer.write(asked * b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    writer.write_eof()
    await asyncio.wait_for(closed.wait(), 10)
    slow.set()
    assert (await asyncio.wait_for(_all(reader), 10)).count(b"0 bytes") == asked


async def test_who_closes_its_own_side_before_its_body_is_whole_is_let_go(connect):
    reader, writer = await connect()
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc")
    writer.write_eof()
    assert await asyncio.wait_for(_all(reader), 10) == b""


@pytest.mark.parametrize("path", [b"/slow", b"/vast/x"])
@pytest.mark.parametrize("rubbish", [b"\x00\x01\r\n\r\n", b"BREW /vast/x HTTP/1.1\r\n\r\n"])
async def test_what_was_asked_before_rubbish_came_is_answered(connect, path, rubbish):
    slow.set()
    asked = b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path
    got = await answer(connect, 2 * asked + rubbish, rubbish)
    assert got.count(b"HTTP/1.1 200") == got.count(b"HTTP/1.1 ") == 2


async def test_requests_that_wait_on_one_connection_are_bounded(connect, protocols):
    reader, writer = await connect()
    asked = b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"
    writer.write(asked * (1 + MOST_WAITING))
    async with asyncio.timeout(10):
        while not protocols or len(protocols[-1].pipeline) < MOST_WAITING:  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0)
    slow.set()
    for _ in range(1 + MOST_WAITING):
        assert b"0 bytes" in await asyncio.wait_for(reader.readuntil(b"\r\n0\r\n\r\n"), 10)
    slow.clear()
    writer.write(asked * 300 * MOST_WAITING)
    async with asyncio.timeout(10):
        while len(protocols[-1].pipeline) < MOST_WAITING:  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0)
    slow.set()
    got = await asyncio.wait_for(_all(reader), 10)
    assert got.count(b"HTTP/1.1 200") == got.count(b"HTTP/1.1 ") == 1 + MOST_WAITING
