"""The hub: a viewer who stops reading is parked alone, and ends with the newest of every part."""

import asyncio

import pytest

from playback.live.hub import Hub, Viewer
from tests.playback.watching import until


class Socket:
    """A send that is written to at once, until it is full; then it waits, as a server's does."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self._writable = asyncio.Event()
        self._writable.set()
        self.broken = False

    def stall(self) -> None:
        self._writable.clear()

    def drain(self) -> None:
        self._writable.set()

    async def send(self, message: dict) -> None:
        await self._writable.wait()
        if self.broken:
            raise ConnectionError
        self.sent.append(message["text"])


@pytest.fixture
async def hub() -> Hub:
    return Hub()


def watching(hub: Hub, topic: str = "a session") -> tuple[Socket, Viewer]:
    socket = Socket()
    viewer = Viewer(socket.send)
    hub.join(topic, viewer)
    viewer.begin({})
    return socket, viewer


async def test_all_who_watch_are_told_at_once_without_a_turn_of_the_loop(hub):
    sockets = [watching(hub)[0] for _ in range(3)]
    elsewhere, _ = watching(hub, "another session")
    hub.tell("a session", {"head": "1 s", "log": "start"})
    assert [socket.sent for socket in sockets] == [["1 s", "start"]] * 3
    assert elsewhere.sent == []


async def test_one_who_stops_reading_holds_nobody_up_and_ends_with_the_newest_of_every_part(hub):
    stalled, viewer = watching(hub)
    reading, _ = watching(hub)
    stalled.stall()
    hub.tell("a session", {"head": "0 s"})
    assert viewer.parked
    for second in range(1, 1000):
        hub.tell("a session", {"head": f"{second} s"})
        if second == 500:
            hub.tell("a session", {"log": "midpoint"})
    assert len(reading.sent) == 1001
    stalled.drain()
    await until(lambda: not viewer.parked)
    # The one that was on its way, and then what is true now: a later head does not cost the log its line.
    assert stalled.sent == ["0 s", "999 s", "midpoint"]
    hub.tell("a session", {"head": "the end"})
    assert stalled.sent[-1] == "the end"


async def test_one_who_stalls_while_it_catches_up_is_still_told_the_last_state(hub):
    socket, viewer = watching(hub)
    socket.stall()
    hub.tell("a session", {"head": "0 s"})
    hub.tell("a session", {"head": "1 s", "log": "start"})
    socket.drain()
    await asyncio.sleep(0)
    socket.stall()
    hub.tell("a session", {"head": "the end", "log": "complete"})
    socket.drain()
    await until(lambda: not viewer.parked)
    assert {"the end", "complete"} == set(socket.sent[-2:])


async def test_a_send_that_fails_loses_its_own_viewer_only(hub):
    broken, _ = watching(hub)
    whole, _ = watching(hub)
    broken.broken = True
    hub.tell("a session", {"head": "1 s"})
    hub.tell("a session", {"head": "2 s"})
    assert whole.sent == ["1 s", "2 s"]
    assert hub.watched("a session") == 1


async def test_one_that_breaks_while_it_is_parked_is_let_go_with_the_next_news(hub):
    broken, viewer = watching(hub)
    broken.stall()
    hub.tell("a session", {"head": "1 s"})
    broken.broken = True
    broken.drain()
    await until(lambda: viewer.lost)
    hub.tell("a session", {"head": "2 s"})
    assert broken.sent == []
    assert hub.watched("a session") == 0


async def test_what_becomes_news_while_the_present_is_looked_up_comes_after_it(hub):
    socket = Socket()
    viewer = Viewer(socket.send)
    hub.join("a session", viewer)
    hub.tell("a session", {"head": "the end"})
    assert socket.sent == []
    viewer.begin({part: {"text": text} for part, text in {"head": "9 s", "log": "start"}.items()})
    assert socket.sent == ["the end", "start"]


async def test_who_leaves_is_told_nothing_more_and_nothing_of_him_is_kept(hub):
    socket, viewer = watching(hub)
    socket.stall()
    hub.tell("a session", {"head": "1 s"})
    hub.leave("a session", viewer)
    viewer.leave()
    socket.drain()
    await until(lambda: not viewer.parked)
    assert socket.sent == []
    assert hub._topics == {}
