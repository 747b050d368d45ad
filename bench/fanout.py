"""A live session watched by 500: how long after its moment a state is with each viewer, and whether all have the last.

The site is `manage.py serve` in a process of its own, the viewers are websockets of this one, signed in by cookie and
offering compression as browsers do. They watch one session in real time, ten updates a second. An update's age on
arrival is the time it is read here less the time at which the playhead was where it says. Half-way, one viewer more
comes and does not read until the end; then it must have missed something and be told the last state, as everybody.
"""

import asyncio
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from socket import AF_INET, IPPROTO_TCP, SO_RCVBUF, SOCK_STREAM, SOL_SOCKET, TCP_MAXSEG, socket
from tempfile import TemporaryDirectory
from time import time
from typing import Any

import httpx

from tests.browser.server import HOST, Server

VIEWERS = 500
SECONDS = 9.0
"""Of each of the two halves."""
LIMIT_MS = 100.0
CONNECTING_AT_ONCE = 20
ROOM = 4096
SEGMENT = 536
"""Bytes that the viewer who stops reading has room for, and its segments: with those of loopback, both machines'
buffers would hold all of the session, and nobody would notice that it has stopped."""

TRACKERS = "".join(
    f'<Tracking event="{event}"><![CDATA[https://t.example.com/{event}?cb=[CACHEBUSTING]]]></Tracking>'
    for event in ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
)
VAST = f"""<VAST version="4.2"><Ad id="watched"><InLine><AdSystem>bench</AdSystem><AdTitle>Watched by many</AdTitle>
<Impression><![CDATA[https://t.example.com/impression]]></Impression><Creatives><Creative><Linear>
<Duration>00:10:00</Duration><TrackingEvents>{TRACKERS}</TrackingEvents><MediaFiles>
<MediaFile delivery="progressive" type="video/mp4" width="640" height="360">https://ads.example.com/media/x.mp4</MediaFile>
</MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"""
_HEAD = re.compile(rb'\s*<div id="live-head" data-offset="([\d.]+)" data-status="(\w+)"')
PING = 9


class Seat(asyncio.Protocol):
    """One viewer: when each playhead position reached it, and the state it was told last.

    It reads frames itself and shakes hands by hand: a library's client costs more of the machine than the site does,
    and it is the site that is measured.
    """

    def __init__(self, request: bytes) -> None:
        self.arrived: dict[float, float] = {}
        self.status = ""
        self.open = asyncio.get_running_loop().create_future()
        self._request = request
        self._unread = b""

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.open.done():
            self.open.set_exception(error or ConnectionError(self._unread.decode("latin-1")))

    def data_received(self, data: bytes) -> None:
        self._unread += data
        if not self.open.done():
            head, ends, self._unread = self._unread.partition(b"\r\n\r\n")
            if not ends:
                self._unread = head
                return
            if b" 101 " not in head[:16]:
                self.open.set_exception(ConnectionError(head.decode("latin-1")))
                return
            self.open.set_result(None)
        now, at = time(), 0
        while found := frame_in(self._unread, at):
            opcode, begins, at = found
            if opcode == PING:
                self.transport.write(pong(self._unread[begins:at]))
            elif told := _HEAD.match(self._unread, begins):
                self.arrived.setdefault(float(told[1]), now)
                self.status = told[2].decode()
        self._unread = self._unread[at:]

    def told(self, began: float, since: float, until: float) -> set[float]:
        """The positions of the playhead between two moments that it was told, whenever that was."""
        return {at for at in self.arrived if since <= began + at < until}

    def stall(self) -> None:
        self.transport.pause_reading()

    def read_on(self) -> None:
        self.transport.resume_reading()


def frame_in(data: bytes, at: int) -> tuple[int, int, int] | None:
    """The opcode of a server's frame that begins at ``at``, and where its payload begins and ends; None while some of
    it is still to come."""
    if len(data) < at + 2:
        return None
    length, begins = data[at + 1], at + 2
    if length >= 126:
        begins += 2 if length == 126 else 8
        length = int.from_bytes(data[at + 2 : begins])
    ends = begins + length
    return (data[at] & 15, begins, ends) if begins <= len(data) and ends <= len(data) else None


def pong(payload: bytes) -> bytes:
    """The answer to a ping, masked with nothing."""
    return bytes([0x8A, 0x80 | len(payload), 0, 0, 0, 0]) + payload


class Site:
    """The real site with one person signed in."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.client = httpx.Client(base_url=server.url, headers={"referer": server.url})
        self.client.get("/sign-in/")
        answer = self.client.post(
            "/sign-in/",
            data={
                "username": "qa",
                "password": server.passwords["qa"],
                "csrfmiddlewaretoken": self.client.cookies["csrftoken"],
            },
        )
        if answer.status_code != 302:
            raise RuntimeError(f"not signed in: {answer.status_code}")

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.client.post(
            path, json=body or {}, headers={"X-CSRFToken": self.client.cookies["csrftoken"]}
        )
        answer.raise_for_status()
        return answer.json()

    def start(self) -> str:
        return str(self.post("/api/v1/sessions", {"vast": VAST, "mode": "real", "seed": 7})["id"])

    def began_at(self, session: str) -> float:
        """When the playhead was at 0, by the clock of the world."""
        record = json.loads(self.client.get(f"/sessions/{session}/record.json").content)
        return float(record["start_time"])

    async def seat(self, session: str, turn: asyncio.Semaphore, room: int = 0) -> Seat:
        """A viewer; with ``room``, one whose machine keeps no more than about so many bytes unread."""
        request = (
            f"GET /ws/sessions/{session}/ HTTP/1.1\r\nHost: {HOST}:{self.server.port}\r\n"
            f"Origin: {self.server.url}\r\nCookie: sessionid={self.client.cookies['sessionid']}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {b64encode(token_bytes(16)).decode()}\r\n"
            "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
        )
        line = socket(AF_INET, SOCK_STREAM)
        if room:
            line.setsockopt(SOL_SOCKET, SO_RCVBUF, room)
            line.setsockopt(IPPROTO_TCP, TCP_MAXSEG, SEGMENT)
        line.setblocking(False)
        loop = asyncio.get_running_loop()
        async with turn:
            await loop.sock_connect(line, (HOST, self.server.port))
            _, seat = await loop.create_connection(lambda: Seat(request.encode()), sock=line)
            await seat.open
        return seat


@dataclass
class Half:
    """What was measured of some seats from one moment to another: ages in milliseconds, share of updates delivered."""

    p99_ms: float
    share: float


def measured(seats: list[Seat], began: float, since: float, until: float) -> Half:
    positions = set().union(*(seat.told(began, since, until) for seat in seats))
    ages = sorted(
        (arrived - began - at) * 1000
        for seat in seats
        for at, arrived in seat.arrived.items()
        if at in positions
    )
    return Half(ages[len(ages) * 99 // 100], len(ages) / (len(seats) * len(positions)))


async def watch(site: Site) -> tuple[Half, Half]:
    session, turn = site.start(), asyncio.Semaphore(CONNECTING_AT_ONCE)
    seats = await asyncio.gather(*(site.seat(session, turn) for _ in range(VIEWERS)))
    await asyncio.sleep(1)
    first = time()
    await asyncio.sleep(SECONDS)
    stalled = await site.seat(session, turn, ROOM)
    stalled.stall()
    second = time()
    await asyncio.sleep(SECONDS)
    end = time()
    await asyncio.to_thread(site.post, f"/api/v1/sessions/{session}/stop")
    await asyncio.sleep(1)
    stalled.read_on()
    await asyncio.sleep(1)
    began = site.began_at(session)
    if without := sum(seat.status != "closed" for seat in (*seats, stalled)):
        raise AssertionError(f"{without} viewers were never told the end")
    if len(stalled.told(began, second, end)) >= len(seats[0].told(began, second, end)):
        raise AssertionError("nobody was held up: buffers took all that the stalled viewer did not read")
    for seat in (*seats, stalled):
        seat.transport.abort()
    return measured(seats, began, first, second), measured(seats, began, second, end)


def run() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        server = Server(Path(folder)).start()
        try:
            plain, stalled = asyncio.run(watch(Site(server)))
        finally:
            server.stop()
    print(
        f"{VIEWERS} viewers: p99 {plain.p99_ms:.1f} ms, one stalled {stalled.p99_ms:.1f} ms (limit {LIMIT_MS:g})"
    )
    return {
        "fanout_viewers": VIEWERS,
        "fanout_p99_ms": plain.p99_ms,
        "fanout_p99_with_stalled_ms": stalled.p99_ms,
        "fanout_delivered_share": min(plain.share, stalled.share),
    }
