"""Time as an object: real seconds, or virtual ones that pass as fast as wanted (playback.md 2.15-2.17).

The only file of the engine that reads a clock. `time()` is for pacing and never goes backwards; `stamp()` is what a
record carries.
"""

import asyncio
import heapq
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from itertools import count
from math import inf, isfinite
from types import coroutine
from typing import ClassVar

from playback.engine.splitmix import GAMMA, mix

SETTLE_TURNS = 5
"""Turns of the event loop without a new sleeper after which virtual time moves on."""

DELAY_MADE_GOOD_SEC = 0.25
"""A paced clock catches up with the wall after work of this length between two sleeps; a longer one is a break."""

_asked = count(1)


def fresh_seed() -> int:
    """A seed for a caller who gave none; the session records it."""
    return mix(time.time_ns() ^ mix(os.getpid() * GAMMA + next(_asked))) >> 11


def check_span(seconds: float) -> float:
    """The seconds themselves; ValueError when negative or not finite."""
    if not isfinite(seconds) or seconds < 0:
        raise ValueError(f"a span of time must be a finite number of seconds, at least 0, not {seconds!r}")
    return seconds


@coroutine
def one_turn() -> Generator[None, None, None]:
    """Let everybody else who is ready have a turn of the event loop."""
    yield


class Wake:
    """An alarm clock's other button: `set()` ends the wait that is going on, or the next one."""

    __slots__ = ("_future", "_rung")

    def __init__(self) -> None:
        self._rung = False
        self._future: asyncio.Future[None] | None = None

    def set(self) -> None:
        self._rung = True
        if self._future is not None:
            release(self._future)

    def arm(self) -> "asyncio.Future[None] | None":
        """The future a wait may await; None when the button was pressed already."""
        if self._rung:
            self._rung = False
            return None
        self._future = asyncio.get_running_loop().create_future()
        return self._future

    def disarm(self) -> None:
        self._future = None
        self._rung = False


def release(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class TimeProvider(ABC):
    """A source of time. `time` and `sleep` suffice; the rest has defaults that work on any clock.

    `is_virtual` says that `stamp` gives back what it is given.
    """

    is_virtual: ClassVar[bool] = False

    @abstractmethod
    def time(self) -> float:
        """Seconds since some moment, never going backwards."""

    @abstractmethod
    async def sleep(self, seconds: float) -> None:
        """Let `seconds` of this clock pass. ValueError when negative or not finite."""

    def stamp(self, session_clock_sec: float) -> float:
        """What a record made at this second of its session is stamped with."""
        return self.time()

    async def settle(self, turns: int = SETTLE_TURNS) -> None:
        """Let whoever starts at the same time take their place before time moves; real clocks need no such thing."""
        return

    def jump(self, deadline: float) -> bool:
        """Move to `deadline` at once where nobody else is waiting for an earlier time; False where that cannot be."""
        return False

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Stop virtual time while work outside the clock is under way; real time goes on."""
        yield

    async def wait(self, deadline: float | None, wake: Wake, *, driving: bool = True) -> None:
        """Return at `deadline` or as soon as `wake` is set. A wait that is not `driving` never makes time jump."""
        future = wake.arm()
        if future is None:
            return
        sleeper = None
        if deadline is not None:
            sleeper = asyncio.ensure_future(self.sleep(max(deadline - self.time(), 0.0)))
            sleeper.add_done_callback(lambda _: release(future))
        try:
            await future
        finally:
            wake.disarm()
            if sleeper is not None and not sleeper.cancel():
                sleeper.result()


class RealtimeTimeProvider(TimeProvider):
    """The world's time: monotonic for pacing, wall-clock seconds since 1970 for stamps."""

    def time(self) -> float:
        return time.monotonic()

    def stamp(self, session_clock_sec: float) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(check_span(seconds))

    async def wait(self, deadline: float | None, wake: Wake, *, driving: bool = True) -> None:
        future = wake.arm()
        if future is None:
            return
        timer = None
        if deadline is not None:
            delay = max(deadline - time.monotonic(), 0.0)
            timer = asyncio.get_running_loop().call_later(delay, release, future)
        try:
            await future
        finally:
            wake.disarm()
            if timer is not None:
                timer.cancel()


class SimulatedTimeProvider(TimeProvider):
    """Virtual time: `sleep(n)` always moves it by n, `speed` says how fast the wall follows (wall = n / speed).

    speed 0 or None is as fast as possible: time jumps to the earliest sleeper once nobody else stirs. With
    `autojump=False` time moves only by `advance`: a clock to drive tests with. Concurrent sleepers wake in the
    order of their deadlines. Time passes only while somebody sleeps and never runs past a sleeper that has not been
    woken, so an event is observed at exactly its own time at every speed.
    """

    is_virtual = True

    def __init__(self, speed: float | None = 0.0, *, start: float = 0.0, autojump: bool = True) -> None:
        speed = 0.0 if speed is None else speed
        if not isfinite(speed) or speed < 0:
            raise ValueError(
                f"speed must be a finite number, at least 0 (0 is as fast as possible), not {speed!r}"
            )
        self.speed = float(speed)
        self._now = check_span(start)
        self._autojump = autojump
        self._sleepers: list[tuple[float, int, asyncio.Future[None], bool]] = []
        self._order = count()
        self._holds = 0
        self._quiet = 0
        self._settling = False
        self._timer: asyncio.TimerHandle | None = None
        self._anchor = (self._now, time.monotonic())
        self._slept = False

    def time(self) -> float:
        if self._paced and not self._holds:
            virtual, wall = self._anchor
            scaled = virtual + (time.monotonic() - wall) * self.speed
            self._drop_finished()
            if self._sleepers:
                self._now = max(self._now, min(scaled, self._sleepers[0][0]))
        return self._now

    def stamp(self, session_clock_sec: float) -> float:
        """Virtual: the session's own clock, so that the same inputs give the same record."""
        return session_clock_sec

    async def sleep(self, seconds: float) -> None:
        if check_span(seconds) == 0:
            await asyncio.sleep(0)
            return
        await self._until(self.time() + seconds, asyncio.get_running_loop().create_future(), True)

    async def wait(self, deadline: float | None, wake: Wake, *, driving: bool = True) -> None:
        future = wake.arm()
        if future is None:
            return
        try:
            await self._until(inf if deadline is None else deadline, future, driving and deadline is not None)
        finally:
            wake.disarm()

    async def settle(self, turns: int = SETTLE_TURNS) -> None:
        if self._autojump and not self._paced:
            for _ in range(turns):
                await one_turn()

    def jump(self, deadline: float) -> bool:
        if self._paced or not self._autojump or self._holds:
            return False
        self._drop_finished()
        if self._sleepers and self._sleepers[0][0] <= deadline:
            return False
        self._now = max(self._now, deadline)
        return True

    @contextmanager
    def hold(self) -> Iterator[None]:
        self.time()
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            self._schedule()

    def advance(self, seconds: float) -> None:
        """Move time by hand, all at once: sleepers on the way are woken, and observe the time moved to."""
        self._now = self.time() + check_span(seconds)
        self._anchor = (self._now, time.monotonic())
        self._wake_due()
        self._schedule()

    @property
    def _paced(self) -> bool:
        return self.speed > 0

    async def _until(self, deadline: float, future: "asyncio.Future[None]", driving: bool) -> None:
        self._drop_finished()
        if not self._sleepers:
            self._set_anchor()
        heapq.heappush(self._sleepers, (deadline, next(self._order), future, driving))
        self._quiet = 0
        self._schedule()
        try:
            await future
        finally:
            release(future)

    def _set_anchor(self) -> None:
        """Tie virtual time to the wall again after nobody slept; a short delay is made good instead of kept."""
        virtual, wall = self._anchor
        delay = time.monotonic() - wall - (self._now - virtual) / self.speed if self._paced else 0.0
        if delay > DELAY_MADE_GOOD_SEC or not self._slept:
            self._anchor = (self._now, time.monotonic())
        self._slept = True

    def _drop_finished(self) -> None:
        while self._sleepers and self._sleepers[0][2].done():
            heapq.heappop(self._sleepers)

    def _schedule(self) -> None:
        self._drop_finished()
        if not self._sleepers or not self._autojump:
            return
        if self._paced:
            self._set_timer()
        elif not self._settling and any(driving for *_, driving in self._sleepers):
            self._settling = True
            asyncio.get_running_loop().call_soon(self._settle)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        virtual, wall = self._anchor
        due = wall + (self._sleepers[0][0] - virtual) / self.speed
        if due == inf:
            return
        self._timer = asyncio.get_running_loop().call_later(max(due - time.monotonic(), 0.0), self._ring)

    def _ring(self) -> None:
        self._timer = None
        self.time()
        self._wake_due()
        self._schedule()

    def _settle(self) -> None:
        self._settling = False
        self._quiet += 1
        if self._quiet <= SETTLE_TURNS:
            self._schedule()
            return
        self._quiet = 0
        self._drop_finished()
        if self._holds or not any(driving for *_, driving in self._sleepers):
            return
        self._now = max(self._now, self._sleepers[0][0])
        self._wake_due()
        self._schedule()

    def _wake_due(self) -> None:
        while self._sleepers and self._sleepers[0][0] <= self._now:
            release(heapq.heappop(self._sleepers)[2])
