"""From a player to a sink over real sockets on 127.0.0.1, by a Getter as small as the protocol allows."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playback.engine import HeadlessPlayer, SimulatedTimeProvider, VastTracker, VastTrackerConfig
from playback.engine.request.transport import Fetched
from tests.playback.engine.ads import f30
from tests.playback.engine.sinks import Client, last

REQUEST = "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"


class SmallGetter:
    """One connection for one GET; a connection that is refused or cut is `unreachable`."""

    async def get(self, url, *, headers, timeout_sec, max_bytes=0):
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        try:
            async with asyncio.timeout(timeout_sec):
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                try:
                    writer.write(REQUEST.format(path=path, host=parts.netloc, headers=lines).encode())
                    status = await reader.readline()
                finally:
                    writer.close()
                    await writer.wait_closed()
        except TimeoutError:
            return Fetched(None, failure="timeout")
        except OSError as error:
            return Fetched(None, failure="unreachable", text=type(error).__name__)
        if not status:
            return Fetched(None, failure="unreachable", text="the connection was cut")
        return Fetched(int(status.split()[1]))


@asynccontextmanager
async def server(answer):
    """`answer(path, headers)` gives a status, or None to cut the connection; yields the address and asked paths."""
    received = []

    async def serve(reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        path = head[0].split()[1]
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        received.append(path)
        status = await answer(path, headers)
        if status is not None:
            writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        host, port = listening.sockets[0].getsockname()
        yield f"http://{host}:{port}", received


async def fine(path, headers):
    return 204


async def ad_at(base, *paths):
    return await f30(impressions=[f"{base}/{path}" for path in paths], trackers=[])


async def test_five_impressions_are_open_at_one_time_and_all_are_sent():
    there, all_there = [], asyncio.Event()

    async def answer(path, headers):
        there.append(path)
        if len(there) == 5:
            all_there.set()
        await all_there.wait()
        return 200

    async with server(answer) as (base, received):
        player = HeadlessPlayer(Client(SmallGetter()), await ad_at(base, *"abcde"), seed=1, delivery="live")
        await player.play()
    assert sorted(received) == ["/a", "/b", "/c", "/d", "/e"]
    assert [row.status for row in player.ledger if row.event == "impression"] == ["sent"] * 5


async def test_a_failing_and_a_cut_connection_are_rows_and_no_exceptions():
    async def answer(path, headers):
        return {"/cut": None, "/bad": 500}.get(path, 200)

    async with server(answer) as (base, _):
        player = HeadlessPlayer(
            Client(SmallGetter()), await ad_at(base, "good", "bad", "cut"), delivery="live"
        )
        session = await player.play()
    assert session.status == "completed"
    found = {
        last(row.url): (row.status, row.http_status) for row in player.ledger if row.event == "impression"
    }
    assert found == {"good": ("sent", 200), "bad": ("failed", 500), "cut": ("failed", None)}


async def test_C08_a_sink_that_never_answers_ends_as_a_timeout():
    over, asked, clock = asyncio.Event(), asyncio.Event(), SimulatedTimeProvider(autojump=False)

    async def answer(path, headers):
        asked.set()
        await over.wait()

    async with server(answer) as (base, received):
        ad = await ad_at(base, "hangs")
        player = HeadlessPlayer(Client(SmallGetter()), ad, seed=1, delivery="live", delivery_clock=clock)
        playing = asyncio.create_task(player.play())
        await asked.wait()
        while not playing.done():
            clock.advance(1)
            await asyncio.sleep(0)
        over.set()
    assert received == ["/hangs"]
    assert [row.status for row in player.ledger if row.event == "impression"] == ["timeout"]


async def test_headers_of_the_device_and_encoded_macros_arrive():
    seen = {}

    async def answer(path, headers):
        seen[path] = headers
        return 200

    async with server(answer) as (base, _):
        config = VastTrackerConfig(headers={"X-Device-IP": "198.51.100.7"})
        events = {"start": f"{base}/p?v=[PAGEURL]"}
        (result,) = await VastTracker(events, SmallGetter(), config=config).track_event(
            "start", {"PAGEURL": "a&b=c/д"}
        )
    assert result.status == "sent"
    assert list(seen) == ["/p?v=a%26b%3Dc%2F%D0%B4"]
    assert seen["/p?v=a%26b%3Dc%2F%D0%B4"]["X-Device-IP"] == "198.51.100.7"


async def test_nobody_at_the_address_is_unreachable():
    async with server(fine) as (base, _):
        pass
    player = HeadlessPlayer(Client(SmallGetter()), await ad_at(base, "gone"), seed=1, delivery="live")
    await player.play()
    (row,) = [row for row in player.ledger if row.event == "impression"]
    assert (row.status, row.attempts[0].failure) == ("failed", "unreachable")
