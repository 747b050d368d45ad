"""The open endpoints by slug, in memory, so that no request waits for the database.

Rows are read in a thread: at the start, at once when one is saved in this process, within a second when another
process saved one. While the database is away, what is in memory serves.
"""

import asyncio
import contextvars
from collections.abc import Coroutine, Mapping
from typing import Any, NamedTuple

import structlog
from django.db import transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.db.models.signals import post_delete, post_save

from pipeline.endpoint.database import DatabaseThread
from pipeline.endpoint.open_endpoint import OpenEndpoint, StoredAnswer, StoredAnswers, bids_of, opened
from pipeline.models import Endpoint, ReceiverProfile, Upload
from vastdash.models import Publisher

log = structlog.get_logger(__name__)

# How long a request waits for what this process has just saved; then what is in memory serves it.
PATIENCE_SEC = 0.5
# What left the directory keeps its connections until its last auctions have ended.
GRACE_SEC = 1.0
# Uploads are not among them: one never changes, and an endpoint that takes another one is saved itself.
ROWS = (Endpoint, ReceiverProfile, Publisher)
_SAVED = Cast("updated_at", TextField())  # only compared, so not worth a datetime

Stamp = tuple[Any, ...]


class Entry(NamedTuple):
    """An endpoint, and what its rows looked like when it was made of them."""

    stamp: Stamp
    endpoint: OpenEndpoint


class Directory:
    """``open`` and ``close`` on the loop that serves; rows may be saved in any thread."""

    def __init__(self, thread: DatabaseThread) -> None:
        self._thread = thread
        self._stored = StoredAnswers(self._read_stored)
        self._entries: Mapping[str, Entry] = {}
        self._version: Stamp = ()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._awaited: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Raises ``DatabaseError`` when the rows cannot be read."""
        self._loop = asyncio.get_running_loop()
        for model in ROWS:
            post_save.connect(self._on_change, sender=model)
            post_delete.connect(self._on_change, sender=model)
        await self._read()

    async def close(self) -> None:
        for model in ROWS:
            post_save.disconnect(self._on_change, sender=model)
            post_delete.disconnect(self._on_change, sender=model)
        self._loop = None
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for entry in self._entries.values():
            await entry.endpoint.bids.close()
        self._entries = {}

    async def find(self, slug: str) -> OpenEndpoint | None:
        """The open endpoint of that slug; None for an unknown, closed or rotated one alike."""
        if (awaited := self._awaited) is not None:
            await asyncio.wait((awaited,), timeout=PATIENCE_SEC)
            if self._awaited is awaited:  # whoever comes next does not wait for the same slow database
                self._awaited = None
        entry = self._entries.get(slug)
        return entry.endpoint if entry else None

    async def look(self) -> None:
        """Reads the rows again when any process has changed one. Raises ``DatabaseError``."""
        if await self._thread.run(_version) != self._version:
            await self._read()

    def _on_change(self, **_signal: Any) -> None:
        transaction.on_commit(self._changed)

    def _changed(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self._loop is not None:
            self._awaited = self._start(self._catch_up())

    def _start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _catch_up(self) -> None:
        try:
            await self._read()
        except Exception:  # what is in memory serves; the next look tries again
            log.warning("endpoints not read again yet", exc_info=True)

    async def _read(self) -> None:
        version, entries = await self._thread.run(lambda: (_version(), self._rows()))
        gone = [entry for slug, entry in self._entries.items() if entries.get(slug) is not entry]
        self._version, self._entries = version, entries
        for entry in gone:
            self._start(_leave(entry.endpoint))

    def _rows(self) -> dict[str, Entry]:
        """In the database's thread. What has not changed stays as it is, its connections included."""
        rows = Endpoint.objects.filter(is_open=True).select_related("receiver", "publisher")
        return {row.slug: entry for row in rows if (entry := self._usable(row))}

    def _usable(self, row: Endpoint) -> Entry | None:
        """A row that cannot be served must not keep the others from being read."""
        try:
            return self._entry(row)
        except Exception:
            log.exception("endpoint not opened", endpoint=row.public_id)
            return None

    def _entry(self, row: Endpoint) -> Entry:
        stamp = (row.pk, *(part.updated_at for part in (row, row.receiver, row.publisher) if part))
        known = self._entries.get(row.slug)
        if known and known.stamp == stamp:
            return known
        return Entry(stamp, opened(row, bids_of(row, self._stored.get)))

    async def _read_stored(self, upload: int) -> StoredAnswer:
        return await self._thread.run(lambda: StoredAnswer.of(Upload.objects.get(pk=upload).body))


async def _leave(endpoint: OpenEndpoint) -> None:
    try:
        await asyncio.sleep(endpoint.tmax_ms / 1000 + GRACE_SEC)
    finally:
        await endpoint.bids.close()


def _version() -> Stamp:
    """Differs whenever a row was added, changed or deleted: one query a table.

    The newest moment alone would not do: a clock may have gone back, and who saves first may be stored last.
    """
    return tuple(tuple(model.objects.order_by("pk").values_list("pk", _SAVED)) for model in ROWS)
