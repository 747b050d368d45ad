"""Who watches what in this process, and how news reach each viewer without waiting for any of them.

News are parts: an id and the whole of what it stands for. A viewer who takes no more for now is told, once he does,
only the newest of every part, so nothing may rest on having seen an earlier one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from functools import partial
from types import coroutine
from typing import Any

import structlog

from vastdash.ready_frame import frame_of

log = structlog.get_logger(__name__)

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Viewer:
    """One socket. It is told nothing before ``begin``; what comes until then waits.

    ``send`` is the socket's own ASGI send. Its first step is taken by whoever brings the news, without a task of its
    own; what it awaits must therefore be futures, as every server's is that waits for a full socket.
    """

    __slots__ = ("_finishing", "_held", "_mail", "_send", "lost")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._mail: dict[str, Message] = {}
        self._held = True
        self._finishing: asyncio.Task[None] | None = None
        self.lost = False

    @property
    def parked(self) -> bool:
        """Whether its socket takes nothing more for now."""
        return self._finishing is not None

    def begin(self, present: Mapping[str, Message]) -> None:
        """The present state first, then what became news while it was looked up."""
        self._mail = {**present, **self._mail}
        self._held = False
        self._deliver()

    def tell(self, news: Mapping[str, Message]) -> None:
        self._mail.update(news)
        if not self._held and self._finishing is None:
            self._deliver()

    def leave(self) -> None:
        self.lost = True
        self._mail.clear()
        if self._finishing:
            self._finishing.cancel()

    def _deliver(self) -> None:
        """Send until nothing is left, or until the socket is full: then a task waits for it, and goes on."""
        while self._mail and not self.lost:
            sending = _coroutine(self._send(self._next()))
            try:
                awaited = sending.send(None)
            except StopIteration:
                continue
            except Exception:
                self._fail()
                return
            self._finishing = asyncio.get_running_loop().create_task(self._finish(sending, awaited))
            self._finishing.add_done_callback(partial(self._finished, sending))
            return

    async def _finish(self, sending: Coroutine[Any, Any, None], awaited: Any) -> None:
        try:
            await _rest(sending, awaited)
            while self._mail:
                await self._send(self._next())
        except Exception:
            self._fail()

    def _finished(self, sending: Coroutine[Any, Any, None], _finishing: asyncio.Task[None]) -> None:
        sending.close()  # a task that was cancelled before its first step has not done so
        self._finishing = None
        self._deliver()

    def _next(self) -> Message:
        return self._mail.pop(next(iter(self._mail)))

    def _fail(self) -> None:
        """Its socket is gone; the server says so to its own side, and the others are told all the same."""
        self.lost = True
        self._mail.clear()
        log.debug("viewer lost")


class Hub:
    """The viewers of each topic. Everything here happens on one event loop, and nothing waits."""

    def __init__(self) -> None:
        self._topics: defaultdict[str, dict[Viewer, None]] = defaultdict(dict)

    def join(self, topic: str, viewer: Viewer) -> None:
        self._topics[topic][viewer] = None

    def leave(self, topic: str, viewer: Viewer) -> None:
        """Also for one that never joined."""
        viewers = self._topics.get(topic, {})
        viewers.pop(viewer, None)
        if not viewers:
            self._topics.pop(topic, None)

    def watched(self, topic: str) -> int:
        """By how many."""
        return len(self._topics.get(topic, ()))

    def tell(self, topic: str, news: Mapping[str, str]) -> None:
        """Text by the id of its part, to all who watch; whoever is lost is let go."""
        if not news or topic not in self._topics:
            return
        messages = encoded(news)
        for viewer in list(self._topics[topic]):
            viewer.tell(messages)
            if viewer.lost:
                self.leave(topic, viewer)


def encoded(news: Mapping[str, str]) -> dict[str, Message]:
    """Each part as the message that every socket is given: made once, its frame too, shared by all."""
    return {
        part: {"type": "websocket.send", "text": text, "frame": frame_of(text)} for part, text in news.items()
    }


def _coroutine(sending: Awaitable[None]) -> Coroutine[Any, Any, None]:
    """What can be stepped by hand: what a send gives almost always is."""
    if isinstance(sending, Coroutine):
        return sending

    async def wait() -> None:
        await sending

    return wait()


@coroutine
def _rest(sending: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """The rest of a coroutine whose first step was taken, and which awaits ``awaited``."""
    try:
        while True:
            try:
                yield awaited
            except BaseException as error:
                awaited = sending.throw(error)
            else:
                awaited = sending.send(None)
    except StopIteration:
        return
