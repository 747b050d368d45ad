"""Headless sessions against a player that looks at its clock every tenth of a second (bench.sim_tick).

`sim_x_tick_loop` is `simulate`, whole sessions with all their events; `player_x_tick_loop` the same played one by one
by PlayerFactory; `sim_batch_x_tick_loop` lean sessions; `sim_stats_x_tick_loop` their number alone. Whole and lean
sessions are kept, as the yardstick's are, and all must have ended the same way. `sim_growth` is the time of a 300 s ad
over that of a 15 s ad.

`abstraction_overhead` is the real player against the headless one, both on a clock that is pushed by hand from event
to event of a crowded ad. `given_over_own_clock` is a real player undisturbed on a virtual clock it was given, against
a headless one on a clock of its own, per session.
"""

import asyncio
import tracemalloc
from collections import Counter
from functools import cache
from statistics import median
from typing import Any

from bench.rounds import interleaved, ratio
from bench.sim_tick import CONFIG, PER_TICK, RULES, TickPlayer, ad_of, document, tick
from playback.engine import (
    AdData,
    HeadlessPlayer,
    PlaybackSession,
    PlaybackSessionConfig,
    PlayerFactory,
    SimulatedTimeProvider,
    Simulation,
    VastClient,
    VastPlayer,
    simulate,
)
from playback.engine.playing.plan import Plan, compile_plan
from playback.engine.splitmix import session_seed

ROUNDS = 9
BATCH = 1
TICKED = 100
PLAYED = 1000
LEAN = 100_000
COUNTED = 2_000_000
LENGTHS_SEC = (15, 300)
DRIVEN = 20
CROWD = 108


@cache
def seeds(count: int) -> list[int]:
    return [session_seed(BATCH, index) for index in range(count)]


async def play(client: VastClient, ad: AdData, count: int) -> list[PlaybackSession]:
    made = (PlayerFactory.create(client, ad, config=CONFIG, seed=seed) for seed in seeds(count))
    return [await player.play() for player in made]


def simulation(ad: AdData, count: int, config: PlaybackSessionConfig = CONFIG) -> Simulation:
    return simulate(ad, config, count, BATCH)


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
            "given": (lambda: asyncio.run(undisturbed(VastPlayer, plain, PLAYED)), 1),
            "own": (lambda: asyncio.run(undisturbed(HeadlessPlayer, plain, PLAYED)), 1),
        },
        ROUNDS,
    )
    return {
        "abstraction_overhead": ratio(taken["real"], taken["headless"]),
        "driven_us_per_event": median(taken["real"]) / DRIVEN / CROWD * 1e6,
        "given_over_own_clock": ratio(taken["given"], taken["own"]),
    }


Outcome = tuple[list[tuple[str, float]], str, str | None]


def of_tick(session: TickPlayer) -> Outcome:
    return (
        [(event.event_type, event.offset_sec) for event in session.events],
        session.status,
        session.end_reason,
    )


def of_session(session: PlaybackSession) -> Outcome:
    events = [(event.event_type, event.offset_sec) for event in session.events]
    return events, session.status.value, session.end_reason


def check_same_outcomes(plan: Plan, client: VastClient, ad: AdData, sessions: int = 400) -> float:
    """Every way over the same seeds; the share of sessions that were cut short. AssertionError where two differ."""
    ticked = [of_tick(session) for session in asyncio.run(tick(plan, seeds(sessions)))]
    whole = simulation(ad, sessions)
    ways = {
        "the player": map(of_session, asyncio.run(play(client, ad, sessions))),
        "simulate": map(of_session, whole),
        "the lean session": (of_session(lean.session) for lean in whole.lean()),
    }
    for way, outcomes in ways.items():
        for index, (mine, theirs) in enumerate(zip(ticked, outcomes, strict=True)):
            if mine != theirs:
                raise AssertionError(f"session {index}: the tick loop gives {mine}, {way} {theirs}")
    ends = [(status, end_reason) for _, status, end_reason in ticked]
    if ends != [(lean.status.value, lean.end_reason) for lean in whole.lean()]:
        raise AssertionError("the lean sessions end otherwise")
    if Counter(end_reason for _, end_reason in ends) != whole.summary["end_reasons"]:
        raise AssertionError("the summary counts otherwise")
    check_ledger(whole)
    return sum(session.interrupted for session in whole) / sessions


def check_ledger(whole: Simulation) -> None:
    """The ledger of a session can be read afterwards, and holds what its events say."""
    for session in whole[:20]:
        rows = whole.screening.ledger(session)
        due = [row.event for row in rows if row.status == "dry_run"]
        reached = [event.event_type for event in session.events if event.event_type != "interrupt"]
        if due != reached:
            raise AssertionError(f"session {session.session_id}: events {reached}, ledger {due}")


def lean_bytes(ad: AdData, count: int = 20_000) -> float:
    """Bytes one kept lean session takes."""
    list(simulation(ad, 1).lean())
    tracemalloc.start()
    kept = list(simulation(ad, count).lean())
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size / len(kept)


def growth() -> float:
    short, long = (ad_of(seconds) for seconds in LENGTHS_SEC)
    taken = interleaved(
        {
            "short": (lambda: list(simulation(short, PLAYED, stretched(short))), 5),
            "long": (lambda: list(simulation(long, PLAYED, stretched(long))), 5),
        },
        ROUNDS,
    )
    return ratio(taken["long"], taken["short"])


def run() -> dict[str, float]:
    print(PER_TICK)
    ad, client = ad_of(30), VastClient.from_xml(document(30))
    plan = compile_plan(ad, CONFIG)
    cut_short = check_same_outcomes(plan, client, ad)
    sizes = {"tick": TICKED, "whole": PLAYED, "player": PLAYED, "lean": LEAN, "count": COUNTED}
    taken = interleaved(
        {
            "tick": (lambda: asyncio.run(tick(plan, seeds(TICKED))), 1),
            "whole": (lambda: list(simulation(ad, PLAYED)), 1),
            "player": (lambda: asyncio.run(play(client, ad, PLAYED)), 1),
            "lean": (lambda: list(simulation(ad, LEAN).lean()), 1),
            "count": (lambda: simulation(ad, COUNTED).summary, 1),
        },
        ROUNDS,
    )
    each = {name: [took / sizes[name] for took in rounds] for name, rounds in taken.items()}
    return {
        "sim_x_tick_loop": ratio(each["tick"], each["whole"]),
        "player_x_tick_loop": ratio(each["tick"], each["player"]),
        "sim_batch_x_tick_loop": ratio(each["tick"], each["lean"]),
        "sim_stats_x_tick_loop": ratio(each["tick"], each["count"]),
        "sim_sessions_per_s": 1 / median(each["whole"]),
        "sim_tick_loop_sessions_per_s": 1 / median(each["tick"]),
        "sim_share_cut_short": cut_short,
        "sim_growth": growth(),
        "sim_lean_bytes": lean_bytes(ad),
        **overheads(),
    }
