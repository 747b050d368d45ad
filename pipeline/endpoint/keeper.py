"""What lives beside the requests of the endpoints: rows read again when they change, traffic written each second."""

import asyncio
import contextvars
from collections.abc import Mapping
from contextlib import suppress

import structlog
from django.conf import settings

from pipeline.endpoint.database import DatabaseThread
from pipeline.endpoint.directory import Directory
from pipeline.endpoint.door import VastDoor
from pipeline.endpoint.in_process import Heard, knock, nowhere
from pipeline.endpoint.traffic import Traffic
from vast.address import parse_allowed

log = structlog.get_logger(__name__)

INTERVAL_SEC = 1.0


def _check_networks(name: str) -> None:
    """A typing error is told when the server starts, not by every request."""
    try:
        parse_allowed(getattr(settings, name))
    except ValueError as wrong:
        raise ValueError(f"VASTDASH_{name}: {wrong}") from None


class Keeper:
    """Owns the directory and the traffic of this process. ``open`` and ``close`` on the loop that serves."""

    def __init__(self) -> None:
        # Two: a write may wait long for its turn, and no request may wait behind it for something to be read.
        self._reading, self._writing = DatabaseThread("endpoints"), DatabaseThread("traffic")
        self.directory = Directory(self._reading)
        self.traffic = Traffic(self._writing)
        self._door = VastDoor(nowhere, self.directory, self.traffic)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Raises ``ValueError`` for a setting that names no network, ``DatabaseError`` when rows cannot be read."""
        for name in ("FETCH_ALLOWED", "TRUSTED_PROXIES"):
            _check_networks(name)
        await self.directory.open()
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        # An empty context: a background task must not hold on to what happens to start it.
        self._task = asyncio.get_running_loop().create_task(self._keep(), context=contextvars.Context())

    async def close(self) -> None:
        """After the last request: what was counted is written, connections end."""
        self._loop = None
        self._closing.set()
        if self._task:
            await self._task
            self._task = None
        await self.directory.close()
        await self.traffic.flush()
        await self._reading.close()
        await self._writing.close()

    async def ask(self, path: str, query: bytes, headers: Mapping[str, str]) -> Heard | None:
        """What a player would hear at an address of this site; None while the endpoints are not open here.

        Without a socket, and from any loop: endpoints and their connections belong to the loop that serves.
        """
        loop = self._loop
        if loop is None:
            return None
        heard = knock(self._door, path, query, headers)
        if loop is asyncio.get_running_loop():
            return await heard
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(heard, loop))

    async def tick(self) -> None:
        """What happens each second. Whatever goes wrong, the next second tries again."""
        try:
            await self.directory.look()
        except Exception:
            log.warning("endpoints not read", exc_info=True)
        try:
            await self.traffic.flush()
        except Exception:
            log.exception("traffic not written")

    async def _keep(self) -> None:
        while not self._closing.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), INTERVAL_SEC)
            await self.tick()


keeper = Keeper()
