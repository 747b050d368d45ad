"""Headless sessions against a player that looks at its clock every tenth of a second, as simulators commonly do.

The yardstick below walks 300 ticks through a 30 s ad, each with its coroutine hop, two quartile computations, a log
call and context variables, and acts on the same draws. Both sides keep every session, and must end the same way.
Each player is made with PlayerFactory.

`abstraction_overhead` is the real player against the headless one, both on a clock that is pushed by hand from event
to event of a crowded ad. `given_over_own_clock` is a real player undisturbed on a virtual clock it was given, against
a headless one on a clock of its own, per session.
"""

import asyncio
import logging
import random
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from statistics import median
from typing import Any
from uuid import UUID

from bench.rounds import interleaved, ratio
from playback.engine import (
    AdData,
    HeadlessPlayer,
    PlaybackSession,
    PlaybackSessionConfig,
    PlayerFactory,
    SimulatedTimeProvider,
    VastClient,
    VastPlayer,
)
from playback.engine.interruptions import earliest
from playback.engine.plan import Moment, Plan, compile_plan

ROUNDS = 9
TICKED = 100
JUMPED = 1000
TICK_MS = 100
LENGTHS_SEC = (15, 300)
DRIVEN = 20
CROWD = 108

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


async def tick(plan: Plan, count: int) -> list[TickPlayer]:
    return [await TickPlayer(plan, seed).play() for seed in range(count)]


async def jump(
    client: VastClient, ad: AdData, count: int, config: PlaybackSessionConfig = CONFIG
) -> list[PlaybackSession]:
    return [await PlayerFactory.create(client, ad, config=config, seed=seed).play() for seed in range(count)]


def stretched(ad: AdData) -> PlaybackSessionConfig:
    """The rules at the same shares of another ad, so that as many of them strike, at the same events."""
    factor = (ad.duration_ms or 0) / 30_000
    rules = {
        event: {name: value * factor if name.endswith("_sec") else value for name, value in parts.items()}
        for event, parts in RULES.items()
    }
    return CONFIG.evolve(interruption_rules=rules)


@cache
def whole(mode: Any) -> PlaybackSessionConfig:
    return PlaybackSessionConfig(mode=mode, max_session_duration_sec=0)


async def driven(kind: type[VastPlayer] | type[HeadlessPlayer], ad: AdData, count: int) -> None:
    """Sessions on a clock that is pushed to each percent of the ad in turn, where this ad has its events."""
    for seed in range(count):
        clock = SimulatedTimeProvider(autojump=False)
        player = kind(None, ad, whole(kind.mode), seed=seed, time_provider=clock)
        playing = asyncio.create_task(player.play())
        await clock.sleep(0)
        while not playing.done():
            clock.advance((ad.duration_ms or 0) / 100_000)
            await clock.sleep(0)
            await clock.sleep(0)
        assert len(playing.result().events) == CROWD


async def undisturbed(kind: type[VastPlayer] | type[HeadlessPlayer], ad: AdData, count: int) -> None:
    """Sessions alone on their clock: one they are given where they are real, else their own."""
    for seed in range(count):
        clock = SimulatedTimeProvider() if kind is VastPlayer else None
        await kind(None, ad, whole(kind.mode), seed=seed, time_provider=clock).play()


def overheads() -> dict[str, float]:
    crowded, plain = ad_of(30, range(1, 101)), ad_of(30)
    taken = interleaved(
        {
            "real": (lambda: asyncio.run(driven(VastPlayer, crowded, DRIVEN)), 1),
            "headless": (lambda: asyncio.run(driven(HeadlessPlayer, crowded, DRIVEN)), 1),
            "given": (lambda: asyncio.run(undisturbed(VastPlayer, plain, JUMPED)), 1),
            "own": (lambda: asyncio.run(undisturbed(HeadlessPlayer, plain, JUMPED)), 1),
        },
        ROUNDS,
    )
    return {
        "abstraction_overhead": ratio(taken["real"], taken["headless"]),
        "driven_us_per_event": median(taken["real"]) / DRIVEN / CROWD * 1e6,
        "given_over_own_clock": ratio(taken["given"], taken["own"]),
    }


def check_same_outcomes(plan: Plan, client: VastClient, ad: AdData, sessions: int = 400) -> float:
    """Both sides over the same seeds; the share of sessions that were cut short. AssertionError where they differ."""
    ticked, jumped = asyncio.run(tick(plan, sessions)), asyncio.run(jump(client, ad, sessions))
    for seed, (slow, fast) in enumerate(zip(ticked, jumped, strict=True)):
        mine = ([(event.event_type, event.offset_sec) for event in slow.events], slow.status, slow.end_reason)
        theirs = (
            [(event.event_type, event.offset_sec) for event in fast.events],
            fast.status.value,
            fast.end_reason or "",
        )
        if mine != theirs:
            raise AssertionError(f"seed {seed}: the tick loop gives {mine}, the player {theirs}")
    return sum(session.interrupted for session in jumped) / len(jumped)


def run() -> dict[str, float]:
    ad, client = ad_of(30), VastClient.from_xml(document(30))
    plan = compile_plan(ad, CONFIG)
    cut_short = check_same_outcomes(plan, client, ad)
    taken = interleaved(
        {
            "tick": (lambda: asyncio.run(tick(plan, TICKED)), 1),
            "jump": (lambda: asyncio.run(jump(client, ad, JUMPED)), 1),
        },
        ROUNDS,
    )
    ticked = [took / TICKED for took in taken["tick"]]
    jumped = [took / JUMPED for took in taken["jump"]]

    short, long = (ad_of(seconds) for seconds in LENGTHS_SEC)
    by_length = interleaved(
        {
            "short": (lambda: asyncio.run(jump(client, short, JUMPED, stretched(short))), 1),
            "long": (lambda: asyncio.run(jump(client, long, JUMPED, stretched(long))), 1),
        },
        ROUNDS,
    )
    return {
        "sim_x_tick_loop": ratio(ticked, jumped),
        "sim_sessions_per_s": 1 / median(jumped),
        "sim_tick_loop_sessions_per_s": 1 / median(ticked),
        "sim_share_cut_short": cut_short,
        "sim_time_300s_over_15s": ratio(by_length["long"], by_length["short"]),
        **overheads(),
    }
