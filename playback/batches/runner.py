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

_RUN, _DELETE = "run", "delete"
log = structlog.get_logger(__name__)


class Runner:
    """Runs (or deletes) batches in the order they were handed in. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[str, str] | None] = SimpleQueue()
        self._stopping = Event()
        self._thread: Thread | None = None

    async def open(self) -> None:
        """Begin to run, first of all what a former process left behind."""
        self._stopping, self._waiting = Event(), SimpleQueue()
        for public_id in await sync_to_async(_unfinished)():
            self._waiting.put((_RUN, public_id))
        self._thread = Thread(target=self._work, name="batches", daemon=True)
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
            self._waiting.put((_RUN, public_id))

    def delete(self, public_id: str) -> bool:
        """Delete a batch that is too large for a page to wait for; False without an open runner."""
        if self._thread is None:
            return False
        self._waiting.put((_DELETE, public_id))
        return True

    def _work(self) -> None:
        stopping = self._stopping
        while (job := self._waiting.get()) is not None and not stopping.is_set():
            close_old_connections()
            try:
                self._do(*job)
            except Exception:  # the next one has done nothing wrong
                log.exception("batch failed", batch=job[1])
        connection.close()

    def _do(self, what: str, public_id: str) -> None:
        from playback.batches import deleting, running  # noqa: PLC0415  (they hand batches in here)

        if what == _DELETE:
            deleting.delete_batch(public_id)
        else:
            stopping = self._stopping
            running.run(public_id, goes_on=lambda: not stopping.is_set(), rest=stopping.wait)


def _unfinished() -> list[str]:
    from playback.batches.running import unfinished  # noqa: PLC0415

    return unfinished()


batch_runner: Runner = import_string(settings.BATCH_RUNNER)()
