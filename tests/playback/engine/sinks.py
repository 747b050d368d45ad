"""Beacon sinks for these tests: Getters that record what they are asked for and answer as they are told."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from playback.engine import Collector, TimeProvider
from playback.engine.request.transport import Fetched

Answer = Fetched | Callable[[str], Any]

OK = Fetched(200)


@dataclass
class Sink:
    """Answers with `answer`, or what `answers` has under the last part of the address, after `delay` s of `clock`."""

    answer: Answer = OK
    answers: dict[str, list[Fetched]] = field(default_factory=dict)
    delay: float = 0.0
    clock: TimeProvider | None = None
    asked: list[str] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    timeouts: list[float] = field(default_factory=list)

    async def get(
        self, url: str, *, headers: Mapping[str, str], timeout_sec: float, max_bytes: int = 0
    ) -> Fetched:
        self.asked.append(url)
        self.headers.append(dict(headers))
        self.timeouts.append(timeout_sec)
        if self.clock:
            self.at.append(self.clock.time())
            await self.clock.sleep(self.delay)
        waiting = self.answers.get(last(url))
        if waiting:
            return waiting.pop(0)
        return self.answer if isinstance(self.answer, Fetched) else await self.answer(url)

    @property
    def names(self) -> list[str]:
        """The last part of each address asked for, in order."""
        return [last(url) for url in self.asked]


@dataclass
class Client:
    """What a player needs of a client that sends."""

    http: Any
    config: Any = None
    delivery: str = "live"
    context: Any = None
    embed_client: Any = None
    ad_request: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Settings:
    """The configuration of a client, as far as tracking goes."""

    tracker: Any = None
    provider: str = "generic"
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    macros: Mapping[str, Any] = field(default_factory=dict)
    enable_tracking: bool = True


@dataclass
class Log:
    """A logger that keeps its lines."""

    lines: list[str] = field(default_factory=list)

    def info(self, event: str, /, *args: Any, **facts: Any) -> None:
        self.lines.append(event % args)


class Faulty(Collector):
    """A collector in front of which the addresses that end as named are swallowed, doubled or delayed."""

    def __init__(self, clock: TimeProvider, *, swallowed="", doubled="", delayed="", delay_sec=0.0) -> None:
        super().__init__(clock)
        self.swallowed, self.doubled, self.delayed = swallowed, doubled, delayed
        self.delay_sec = delay_sec

    async def get(self, url: str, **options: Any) -> Fetched:
        name = last(url)
        if name == self.swallowed:
            return Fetched(204)
        if name == self.delayed:
            await self.clock.sleep(self.delay_sec)
        if name == self.doubled:
            await super().get(url, **options)
        return await super().get(url, **options)


async def never(_: str) -> Fetched:
    """An answer that does not come."""
    await asyncio.get_running_loop().create_future()
    raise AssertionError


def last(url: str) -> str:
    return url.partition("?")[0].rsplit("/", 1)[-1]
