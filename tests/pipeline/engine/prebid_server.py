"""A Prebid Server on a real socket of this machine that does whatever a test wants of it."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import NamedTuple


class Posted(NamedTuple):
    """One request as it came: on which connection (from 1), its first line, headers in lower case, body."""

    connection: int
    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


Reply = Callable[[asyncio.StreamReader, asyncio.StreamWriter, Posted], Awaitable[None]]


def http(body=b"", *, status="200 OK", **headers):
    """A whole HTTP answer; header names with _ for -, `content_length=None` leaves that one out."""
    fields = {"content_type": "application/json", "content_length": len(body)} | headers
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def saying(answer) -> Reply:
    """Answers with these bytes, or with that object as JSON."""
    raw = answer if isinstance(answer, bytes) else http(json.dumps(answer).encode())

    async def reply(reader, writer, posted):
        writer.write(raw)
        await writer.drain()

    return reply


async def silence(reader, writer, posted):
    """Never answers, and waits until the client has gone."""
    await reader.read()


async def echo(reader, writer, posted):
    """Answers with a bid response of the request's id."""
    writer.write(http(json.dumps({"id": posted.json["id"], "seatbid": []}).encode()))
    await writer.drain()


def breaking_off(sent=b"", *, reset=True) -> Reply:
    """Sends these bytes and resets the connection, or just ends it."""

    async def reply(reader, writer, posted):
        writer.write(sent)
        await writer.drain()
        if reset:
            writer.transport.abort()
        else:
            writer.close()

    return reply


def without_end(piece, **headers) -> Reply:
    """Sends chunks of a body for as long as somebody takes them."""

    async def reply(reader, writer, posted):
        writer.write(http(content_length=None, transfer_encoding="chunked", **headers))
        while True:
            writer.write(chunk(piece))
            await writer.drain()
            await asyncio.sleep(0)

    return reply


class FakePrebidServer:
    """`async with` it; `replies` are given one after the other, the last one for ever. Keeps what was posted."""

    def __init__(self, *replies):
        self.replies = [reply if callable(reply) else saying(reply) for reply in replies]
        self.posted = []
        self.connections = 0
        self.heard = asyncio.Event()
        """Set when a request has come in."""
        self.left = asyncio.Event()
        """Set when a connection has ended."""
        self._serving = {}
        self._ending = False

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_):
        self._ending = True
        self._server.close()
        for _ in range(3):
            # Connections that the system has accepted, and nobody here has seen yet, come in and go.
            await asyncio.sleep(0)
        for writer in self._serving.values():
            writer.transport.abort()
        await asyncio.gather(*self._serving)
        await self._server.wait_closed()

    @property
    def port(self):
        return self._server.sockets[0].getsockname()[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/openrtb2/auction"

    def _accept(self, reader, writer):
        if self._ending:
            writer.transport.abort()
            return
        self.connections += 1
        task = asyncio.ensure_future(self._serve(reader, writer, self.connections))
        self._serving[task] = writer

    async def _serve(self, reader, writer, connection):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                posted = await self._read(reader, connection)
                self.posted.append(posted)
                self.heard.set()
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                await reply(reader, writer, posted)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        self.left.set()

    async def _read(self, reader, connection):
        line, *fields = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Posted(connection, line, headers, body)
