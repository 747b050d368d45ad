"""The yardstick of bench.sim: a player that looks at its clock every tenth of a second, as simulators commonly do.

It acts on the same draws as the engine and keeps its events, so that both sides can be compared session by session.
"""

import asyncio
import logging
import random
from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from playback.engine import AdData, PlaybackSessionConfig, VastClient
from playback.engine.configuration.interruptions import earliest
from playback.engine.playing.plan import Moment, Plan

TICK_MS = 100

PER_TICK = """\
The yardstick is a coroutine that looks every 0.1 s, 300 times in a 30 s ad. Each tick: two quartile computations, a
comparison with the next event and with the drawn interruption, two context variables set, one log call with a dict
(its level is off), one await of a virtual clock. Each event: a dict of metadata and one await of a tracker that sends
nothing. Each session: a uuid, its own clock, the same draws. Both sides keep every session."""
"""Printed with the figures."""

RULES: dict[str, dict[str, Any]] = {
    "start": {"probability": 0.05, "min_offset_sec": 0.0, "max_offset_sec": 5.0, "reason": "network_error"},
    "firstQuartile": {"probability": 0.08, "min_offset_sec": 5.0, "max_offset_sec": 10.0},
    "midpoint": {"probability": 0.10, "min_offset_sec": 10.0, "max_offset_sec": 18.0},
    "thirdQuartile": {"probability": 0.08, "min_offset_sec": 18.0, "max_offset_sec": 25.0},
    "complete": {"probability": 0.06, "min_offset_sec": 25.0, "max_offset_sec": 29.5},
}
CONFIG = PlaybackSessionConfig(mode="headless", interruption_rules=RULES, max_session_duration_sec=0)

log = logging.getLogger("bench.sim")
log.addHandler(logging.NullHandler())
log.propagate = False
log.setLevel(logging.WARNING)

playhead = ContextVar("playhead", default=0.0)
status = ContextVar("status", default="pending")


def document(seconds: int, marks_at: Sequence[int] = (10, 40, 60, 90)) -> str:
    """An ad with twelve instants: loaded, impression, creativeView, start, the quartiles, and four progress marks."""
    marks = "".join(
        f'<Tracking event="progress" offset="{share}%"><![CDATA[https://t.example.com/p{share}]]></Tracking>'
        for share in marks_at
    )
    names = ("loaded", "creativeView", "start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
    trackers = "".join(
        f'<Tracking event="{name}"><![CDATA[https://t.example.com/{name}]]></Tracking>' for name in names
    )
    length = f"00:{seconds // 60:02}:{seconds % 60:02}"
    return (
        '<VAST version="4.2"><Ad id="a"><InLine><AdSystem>bench</AdSystem>'
        "<Impression>https://t.example.com/i</Impression><AdServingId>s</AdServingId><AdTitle>bench</AdTitle>"
        '<Creatives><Creative><UniversalAdId idRegistry="x">1</UniversalAdId><Linear>'
        f"<Duration>{length}</Duration><TrackingEvents>{trackers}{marks}</TrackingEvents><MediaFiles>"
        '<MediaFile delivery="progressive" type="video/mp4" width="640" height="360">https://cdn.example.com/a.mp4'
        "</MediaFile></MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"
    )


@dataclass
class TickEvent:
    """An event of the yardstick, with its metadata as a dict."""

    timestamp: float
    event_type: str
    offset_sec: float
    metadata: dict[str, Any] = field(default_factory=dict)


class TickClock:
    """Virtual time that somebody has to push."""

    def __init__(self) -> None:
        self.now_ms = 0

    async def sleep(self, ms: int) -> None:
        self.now_ms += ms


class TickPlayer:
    """The yardstick: looks every tick, and fires what has become due since the last one."""

    def __init__(self, plan: Plan, seed: int) -> None:
        self.session_id = str(UUID(int=random.Random(seed).getrandbits(128)))
        self.duration_ms = plan.duration_us // 1000
        self.waiting: list[Moment] = list(plan.moments)
        self.cut = earliest(plan.draw(seed))
        self.clock = TickClock()
        self.events: list[TickEvent] = []
        self.status = "pending"
        self.end_reason = ""

    async def track(self, event: str, urls: Sequence[str]) -> None:
        """Where a tracker would send its pixels."""

    def quartile(self, at_ms: int) -> int:
        share = at_ms / self.duration_ms
        return sum(share >= mark for mark in (0.25, 0.5, 0.75, 1.0))

    async def fire(self, moment: Moment) -> None:
        urls = [pixel.url for pixel in moment.pixels]
        await self.track(moment.event, urls)
        metadata = {"session_id": self.session_id, "urls": urls}
        self.events.append(
            TickEvent(self.clock.now_ms / 1000, moment.event, moment.at_us / 1_000_000, metadata)
        )

    def interrupt(self) -> None:
        assert self.cut is not None
        self.status = "error" if self.cut.reason == "network_error" else "closed"
        self.end_reason = self.cut.reason
        metadata = {"session_id": self.session_id, "rule": self.cut.event}
        self.events.append(
            TickEvent(self.clock.now_ms / 1000, "interrupt", (self.cut.offset_ms or 0) / 1000, metadata)
        )

    def is_cut(self, before_ms: float) -> bool:
        return self.cut is not None and (self.cut.offset_ms or 0) < before_ms

    async def play(self) -> "TickPlayer":
        self.status = "running"
        before = -1
        while self.status == "running":
            now = self.clock.now_ms
            playhead.set(now / 1000)
            status.set(self.status)
            if self.quartile(now) != self.quartile(max(before, 0)):
                log.info("quartile reached", extra={"session_id": self.session_id})
            while self.status == "running" and self.waiting and self.waiting[0].at_us <= now * 1000:
                if self.is_cut(self.waiting[0].at_us / 1000):
                    break
                await self.fire(self.waiting.pop(0))
            if self.waiting and self.is_cut(now + 1):
                self.interrupt()
            elif not self.waiting:
                self.status, self.end_reason = "completed", "completed"
            log.debug("tick", extra={"session_id": self.session_id, "playhead": now})
            before = now
            await self.clock.sleep(TICK_MS)
        return self


def ad_of(seconds: int, marks_at: Sequence[int] = (10, 40, 60, 90)) -> AdData:
    ad = asyncio.run(VastClient.from_xml(document(seconds, marks_at)).request_ad())
    assert isinstance(ad, AdData)
    return ad


async def tick(plan: Plan, seeds: Iterable[int]) -> list[TickPlayer]:
    return [await TickPlayer(plan, seed).play() for seed in seeds]
