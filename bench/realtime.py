"""How many wall-clock sessions one process holds while each event still comes within 50 ms of its instant.

Sessions of VastPlayer, 30 s ads with twelve events, are under way all at once, each at another place of its ad; who
comes to the end starts anew. They join one after the other in the first seconds, most of them in the middle of an ad,
as sessions that are continued. An event's lateness is the time it was recorded less the time it was due by the clock
of its session; how late a session joins counts as the lateness of one event.

Python's cyclic collector looks at every living object at its own time, which takes longer than an event may be late.
A process that holds so many sessions does what this one does: once they are there they are frozen, and later full
collections are left to a quiet hour. Nothing of a session that ended is in a cycle, so none is missed.

    python -m bench.realtime [sessions [seconds]]
"""

import asyncio
import gc
import sys
from dataclasses import dataclass, field
from time import process_time, time

from bench.sim_tick import ad_of
from playback.engine import AdData, PlaybackSession, PlaybackSessionConfig, VastPlayer
from playback.engine.playing.playthrough import Playthrough

SESSIONS = (20_000, 10_000, 5_000, 1_000)
"""Tried in turn until one number holds."""

SECONDS = 12.0
JOINING_SEC = 4.0
HELD_MS = 50.0
AD_SEC = 30
APART = 0.6180339887
"""Of the ad's length, between one seat's place in it and the next one's: any number of seats is spread evenly."""
RARELY = 100_000
"""Collections of the middle generation between two full ones."""

CONFIG = PlaybackSessionConfig(mode="real", max_session_duration_sec=0)


@dataclass
class House:
    """Everybody who watches; of each event the time it was due and by how many seconds it was late."""

    ad: AdData
    lateness: list[tuple[float, float]] = field(default_factory=list)

    async def watch(self, seat: int, joins: float) -> None:
        """From `joins` on, one ad after the other, the first one from somewhere in its middle."""
        session = self.under_way(seat, int(seat * APART % 1 * AD_SEC * 1000))
        await asyncio.sleep(joins - time())
        self.lateness.append((joins, time() - joins))
        while True:
            known, begun = len(session.events), time() - session.clock_ms / 1000
            try:
                await VastPlayer(None, self.ad, session=session).play()
            finally:
                self.note(session, begun, known)
            session = VastPlayer(None, self.ad, CONFIG, seed=seat).session

    def under_way(self, seat: int, place_ms: int) -> PlaybackSession:
        """A stored session that has got to this place of its ad."""
        player = VastPlayer(None, self.ad, CONFIG, seed=seat)
        Playthrough(player.plan, player.session).begin(place_ms * 1000)
        return player.session

    def note(self, session: PlaybackSession, begun: float, known: int) -> None:
        for event, due in zip(session.events[known:], session.tracked[known:], strict=False):
            at = begun + due.clock_us / 1e6
            self.lateness.append((at, event.timestamp - at))


async def hold(ad: AdData, sessions: int, seconds: float) -> tuple[float, float, int]:
    """Lateness below which 99 of 100 events lie, in milliseconds; share of one processor; events."""
    house, start = House(ad), time() + 1
    joining = (start + JOINING_SEC * seat / sessions for seat in range(sessions))
    watching = [asyncio.create_task(house.watch(seat, joins)) for seat, joins in enumerate(joining)]
    await asyncio.sleep(start + JOINING_SEC - time())
    gc.freeze()
    began, spent = time(), process_time()
    await asyncio.sleep(seconds)
    end, share = time(), (process_time() - spent) / (time() - began)
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    # What was due in the last moment before the end may have been on its way.
    late = sorted(by for due, by in house.lateness if due < end - HELD_MS / 1000)
    return late[len(late) * 99 // 100] * 1000, share, len(late)


def measure(sessions: int, seconds: float = SECONDS) -> tuple[float, float]:
    gc.collect()
    thresholds = gc.get_threshold()
    gc.set_threshold(*thresholds[:2], RARELY)
    p99_ms, share, events = asyncio.run(hold(ad_of(AD_SEC), sessions, seconds))
    gc.set_threshold(*thresholds)
    gc.unfreeze()
    print(f"{sessions} sessions: {events} events, p99 {p99_ms:.1f} ms late, {share:.2f} of a processor")
    return p99_ms, share


def run() -> dict[str, float]:
    p99_ms = share = 0.0
    for sessions in SESSIONS:
        p99_ms, share = measure(sessions)
        if p99_ms < HELD_MS:
            break
    else:
        sessions = 0
    return {"realtime_sessions": sessions, "realtime_lateness_p99_ms": p99_ms, "realtime_cpu_share": share}


if __name__ == "__main__":
    measure(
        int(sys.argv[1]) if len(sys.argv) > 1 else SESSIONS[0],
        float(sys.argv[2]) if len(sys.argv) > 2 else SECONDS,
    )
