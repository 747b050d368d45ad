"""Sessions that run in this process now: started once, checkpointed, commanded, and resumed after a crash.

The stored row is the truth; what lives here can be lost at any moment and is made again from it.
"""

import asyncio
import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from playback.engine import BaseVastPlayer
from playback.live import broadcast
from playback.live.store import NotConfirmed, RowStore

log = structlog.get_logger(__name__)

NEWS_INTERVAL_SEC = 0.1  # at most ten snapshots a second
CHECKPOINT_INTERVAL_SEC = 1.0
LOOK_TIMEOUT_SEC = 0.5
T = TypeVar("T")
Command = Callable[[BaseVastPlayer], Any]
COMMANDS: dict[str, Command] = {
    "pause": lambda player: player.pause(),
    "resume": lambda player: player.resume(),
    "stop": lambda player: player.stop(),
    "skip": lambda player: player.skip(),
    "click": lambda player: player.click(),
}


@dataclass(slots=True)
class Live:
    """One session being played here."""

    public_id: str
    player: BaseVastPlayer
    store: RowStore
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)


class Runner:
    """Plays sessions on the server's own event loop. Every public method may be called from any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._live: dict[str, Live] = {}
        self._early: dict[str, list[Command]] = {}

    @property
    def is_open(self) -> bool:
        return self._loop is not None

    async def open(self) -> None:
        """Take the running loop, and go on with every stored session that has not ended."""
        self._loop = asyncio.get_running_loop()
        for public_id in await RowStore.unfinished():
            self._begin(public_id)

    async def close(self) -> None:
        """Store where every session is, and let go of them; the next ``open`` goes on from there."""
        self._loop = None
        for live in list(self._live.values()):
            try:
                await live.store.checkpoint(live.player)
            except Exception:  # its last checkpoint stands; the others still want theirs
                log.exception("checkpoint failed", session=live.public_id)
            live.store.close()
            # At once: what no longer goes on record must not be sent while the others are stored.
            if task := self._tasks.get(live.public_id):
                task.cancel()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def submit(self, public_id: str) -> None:
        """Play a stored session. Without an open runner it stays pending until the next ``open``."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._begin, public_id)

    def command(self, public_id: str, name: str) -> bool:
        """Pause, resume, stop, skip or click; False when the session does not run here (any more)."""
        return self._pass_on(public_id, COMMANDS[name])

    def seek(self, public_id: str, to_sec: float) -> bool:
        """Move the playhead, where the session's ads reach so far; False when it does not run here (any more)."""
        return self._pass_on(public_id, lambda player: player.seek(to_sec))

    def _pass_on(self, public_id: str, command: Command) -> bool:
        if self._loop is None or public_id not in self._tasks:
            return False
        self._loop.call_soon_threadsafe(self._obey, public_id, command)
        return True

    def look(self, public_id: str, picture: Callable[[str, BaseVastPlayer], T]) -> T | None:
        """What ``picture(public_id, player)`` says of a session running here, asked on its own loop by a thread.

        None when it does not run here, or when the loop has no time for an answer.
        """
        loop, live = self._loop, self._live.get(public_id)
        if loop is None or live is None:
            return None

        async def take() -> T:
            return picture(public_id, live.player)

        asked = asyncio.run_coroutine_threadsafe(take(), loop)
        try:
            return asked.result(LOOK_TIMEOUT_SEC)
        except TimeoutError:
            asked.cancel()
            return None

    def player(self, public_id: str) -> BaseVastPlayer | None:
        live = self._live.get(public_id)
        return live.player if live else None

    def _begin(self, public_id: str) -> None:
        """The one place where a session's task starts.

        The empty context keeps it from holding on to a request's thread and database connection.
        """
        if public_id in self._tasks or self._loop is None:
            return
        task = self._loop.create_task(self._run(public_id), context=contextvars.Context())
        self._tasks[public_id] = task
        task.add_done_callback(lambda _: self._forget(public_id))

    def _forget(self, public_id: str) -> None:
        self._tasks.pop(public_id, None)
        self._early.pop(public_id, None)

    def _obey(self, public_id: str, command: Command) -> None:
        live = self._live.get(public_id)
        if live is None:
            if public_id in self._tasks:
                self._early.setdefault(public_id, []).append(command)
            return
        answer = command(live.player)
        if asyncio.iscoroutine(answer):
            task = asyncio.ensure_future(answer)
            live.tasks.add(task)
            task.add_done_callback(live.tasks.discard)

    async def _run(self, public_id: str) -> None:
        store = RowStore(public_id)
        try:
            player = await store.player()
        except NotConfirmed:
            return
        except Exception as error:
            log.exception("session cannot be played", session=public_id)
            await store.fail(f"{type(error).__name__}: {error}")
            await broadcast.tell(public_id)
            return
        live = self._live[public_id] = Live(public_id, player, store)
        # What was asked while the session was read from its row waits until play() has begun it.
        for command in self._early.pop(public_id, ()):
            asyncio.get_running_loop().call_soon(self._obey, public_id, command)
        news = asyncio.create_task(self._tell(live))
        try:
            await player.play()
        except Exception as error:
            log.exception("session failed", session=public_id)
            await store.fail(f"{type(error).__name__}: {error}")
        finally:
            news.cancel()
            self._live.pop(public_id, None)
            await store.let_go()
        await broadcast.tell(public_id)  # the last state, always

    async def _tell(self, live: Live) -> None:
        """News for whoever watches, and a checkpoint of the playhead between events."""
        loop = asyncio.get_running_loop()
        due = stored = loop.time()
        while True:
            try:
                await broadcast.tell(live.public_id, live.player)
                if loop.time() - stored >= CHECKPOINT_INTERVAL_SEC:
                    stored = loop.time()
                    await live.store.checkpoint(live.player)
            except Exception:  # a database away for a moment must not silence the rest of the session
                log.exception("news or checkpoint failed", session=live.public_id)
            due = max(due + NEWS_INTERVAL_SEC, loop.time())
            await asyncio.sleep(due - loop.time())


runner: Runner = import_string(settings.SESSION_RUNNER)()
