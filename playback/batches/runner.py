"""Batches that run in this process: one at a time, in a thread beside the server's loop.

The stored rows are the truth; what lives here can be lost at any moment.
"""

import asyncio
from queue import SimpleQueue
from threading import Event, Thread

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, connection
from django.utils.module_loading import import_string

log = structlog.get_logger(__name__)


class Runner:
    """Runs batches in the order they were handed in. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._stopping = Event()
        self._thread: Thread | None = None

    async def open(self) -> None:
        """Begin to run, first of all what a former process left behind."""
        self._stopping, self._waiting = Event(), SimpleQueue()
        for public_id in await sync_to_async(_unfinished)():
            self._waiting.put(public_id)
        self._thread = Thread(target=self._run, name="batches", daemon=True)
        self._thread.start()

    async def close(self) -> None:
        """Let the piece that is being played be stored, and no more; the next ``open`` goes on from there."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self._waiting.put(None)
        await asyncio.to_thread(thread.join)

    def submit(self, public_id: str) -> None:
        """Run a stored batch. Without an open runner it stays pending until the next ``open``."""
        if self._thread is not None:
            self._waiting.put(public_id)

    def _run(self) -> None:
        from playback.batches.running import run  # noqa: PLC0415  (numpy and the engine wait for the first batch)

        stopping = self._stopping
        while (public_id := self._waiting.get()) is not None and not stopping.is_set():
            close_old_connections()
            try:
                run(public_id, goes_on=lambda: not stopping.is_set(), rest=stopping.wait)
            except Exception:  # the next one has done nothing wrong
                log.exception("batch failed", batch=public_id)
        connection.close()


def _unfinished() -> list[str]:
    from playback.batches.running import unfinished  # noqa: PLC0415

    return unfinished()


batch_runner: Runner = import_string(settings.BATCH_RUNNER)()
