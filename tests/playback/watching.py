"""Sessions that run in a test's own event loop: waiting for what they do, reading their rows, watching their socket."""

import asyncio
import re
from collections.abc import Callable
from typing import Any, TypeVar

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator

from playback.engine import PlaybackSessionConfig, PlayerFactory, VastClient
from playback.live.runner import Runner
from playback.models import Session
from tests.site.people import browser_of
from tests.site.rows import make_session
from vastdash.asgi import application
from vastdash.models import User

T = TypeVar("T")
PATIENCE_SEC = 20.0

WALL_STAMPS = ("start_time", "end_time")


async def until(condition: Callable[[], T]) -> T:
    """What the condition gives once it holds; a condition that never holds fails the test."""
    async with asyncio.timeout(PATIENCE_SEC):
        while True:
            if found := condition():
                return found
            await asyncio.sleep(0.001)


async def until_row(public_id: str, condition: Callable[[Session], Any]) -> Session:
    """The stored row once it fulfils the condition."""
    async with asyncio.timeout(PATIENCE_SEC):
        while True:
            row = await row_of(public_id)
            if condition(row):
                return row
            await asyncio.sleep(0.001)


async def row_of(public_id: str) -> Session:
    return await Session.objects.select_related("ledger", "document").aget(own_id=public_id)


async def started(vast: str | None = None, **how: Any) -> Session:
    return await sync_to_async(make_session)(vast, **how)


async def ended(runner: Runner, public_id: str) -> Session:
    """The row of a session that is over, once this runner has let go of it."""
    await until_row(public_id, lambda row: row.has_ended)
    await until(lambda: public_id not in runner._tasks)
    # Pixels may be on their way after the end; the ledger is stored once more with what became of them.
    return await row_of(public_id)


async def kill(runner: Runner) -> None:
    """What kill -9 does: nothing is written any more, and nobody says goodbye."""
    runner._loop = None
    for live in runner._live.values():
        live.store.close()
    tasks = list(runner._tasks.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def played_directly(row: Session) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Record and ledger of the same ad, seed and configuration by the engine alone, without a store and unwatched."""
    client = VastClient.from_xml(row.document.xml, ad_index=row.ad_index)
    config = PlaybackSessionConfig.from_dict(row.record["config"])
    player = PlayerFactory.create(client, await client.request_ad(), config=config, seed=row.seed)
    session = await player.play()
    return session.to_dict(), [entry.to_dict() for entry in player.ledger]


def without_wall_stamps(record: dict[str, Any]) -> dict[str, Any]:
    events = [
        {key: value for key, value in event.items() if key != "timestamp"} for event in record["events"]
    ]
    return {**{key: value for key, value in record.items() if key not in WALL_STAMPS}, "events": events}


def events_of(record: dict[str, Any]) -> list[str]:
    return [event["event_type"] for event in record["events"]]


# Some rows of the log or of the ledger.
_BLOCK = re.compile(r"-\d+$")


class Viewer:
    """One open session page: the socket, and the fragments as the page holds them now; blocks of rows in one."""

    def __init__(self, socket: WebsocketCommunicator) -> None:
        self.socket = socket
        self.parts: dict[str, str] = {}
        self.offsets: list[float] = []
        self.frames: list[str] = []

    @classmethod
    async def knock(
        cls, public_id: str, person: User | None = None, origin: str = "http://localhost"
    ) -> "tuple[Viewer, bool]":
        """A viewer, and whether the socket was accepted."""
        headers = [(b"origin", origin.encode())]
        if person:
            browser = await sync_to_async(browser_of)(person)
            headers.append((b"cookie", f"sessionid={browser.cookies['sessionid'].value}".encode()))
        socket = WebsocketCommunicator(application, f"/ws/sessions/{public_id}/", headers)
        accepted, _ = await socket.connect(timeout=PATIENCE_SEC)
        return cls(socket), accepted

    @classmethod
    async def arrive(cls, public_id: str, person: User) -> "Viewer":
        viewer, accepted = await cls.knock(public_id, person)
        assert accepted
        return viewer

    async def receive(self) -> dict[str, Any]:
        """The next message; a fragment takes the place of the one with its id."""
        message = await self.socket.receive_output(timeout=PATIENCE_SEC)
        if message["type"] == "websocket.send":
            frame = message["text"]
            found = re.match(r'\s*<\w+ id="([\w-]+)"', frame)
            assert found, f"a frame must start with an element that has an id: {frame[:80]}"
            self.frames.append(frame)
            self.parts[found.group(1)] = frame
            if offset := re.search(r'data-offset="([\d.]+)"', frame):
                self.offsets.append(float(offset.group(1)))
        return message

    @property
    def shown(self) -> dict[str, str]:
        """The fragments by the name of their place."""
        found: dict[str, str] = {}
        for part, frame in sorted(self.parts.items(), key=lambda item: (len(item[0]), item[0])):
            place = _BLOCK.sub("", part)
            found[place] = found.get(place, "") + frame
        return found

    async def until_shown(self, part: str, text: str) -> str:
        while text not in self.shown.get(part, ""):
            assert (await self.receive())["type"] == "websocket.send"
        return self.shown[part]

    async def closed_with(self) -> int:
        message = await self.receive()
        assert message["type"] == "websocket.close"
        return message["code"]

    async def leave(self) -> None:
        await self.socket.disconnect(timeout=PATIENCE_SEC)
