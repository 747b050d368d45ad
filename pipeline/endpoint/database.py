"""A thread of its own for database work that an event loop must not wait for."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connections

T = TypeVar("T")


class DatabaseThread:
    """Runs one job after the other, over a connection that no request shares. After ``close`` it can begin anew."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._executor: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[[], T]) -> T:
        """What ``work()`` returns or raises."""
        if self._executor is None:
            self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)
        return await asyncio.get_running_loop().run_in_executor(self._executor, _fresh, work)

    async def close(self) -> None:
        """After the jobs that wait; the thread's connection ends with it."""
        await self.run(connections.close_all)
        executor, self._executor = self._executor, None
        if executor:
            executor.shutdown()


def _fresh(work: Callable[[], T]) -> T:
    close_old_connections()
    return work()
