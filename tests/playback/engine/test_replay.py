"""A replay of a stored record gives the record back, whatever the viewer, the rules and the clock did."""

import asyncio
import json
import random

import pytest

from playback.engine import (
    HeadlessPlayer,
    PlaybackSession,
    SimulatedTimeProvider,
    VastPlayer,
    record_differences,
    redrawn,
    replay,
    replay_otherwise,
    without_lateness,
)
from tests.playback.engine.ads import f30, play, rule, three
from tests.playback.engine.test_resume_pods import PODS, RULES, go_on

DEEDS = ("pause", "resume", "skip", "seek", "click", "stop")
QUIET = {"emit_playback_events": False}
SETTINGS = [
    {},
    QUIET,
    {"pause_pixels": "once"},
    {"pause_pixels": "once", **QUIET},
    {"log_tracking_urls": True},
    {"max_session_duration_sec": 9.0},
    {"enable_auto_quartiles": False},
    {"quartile_offset_tolerance_sec": 0.0},
]
EARLY = {"interruption_rules": {"request": rule(0.3, 0, 0), "load": rule(0.3, 0, 0)}}


class World(SimulatedTimeProvider):
    """A clock that tests turn and that stamps as the world does: not by the clock of the session."""

    is_virtual = False

    def stamp(self, session_clock_sec):
        return 1_700_000_000.123 + self.time()


def viewer(rng):
    """What somebody does who presses buttons at random."""
    steps, at = [], 0.0
    for _ in range(rng.randrange(7)):
        at += rng.randrange(1, 60) / 10
        deed = rng.choices(DEEDS, (4, 4, 2, 4, 2, 1))[0]
        steps.append((at, deed, float(rng.randrange(36))) if deed == "seek" else (at, deed))
    return steps


async def stored(seed, ad):
    rng = random.Random(seed)
    config = {**rng.choice(SETTINGS), **rng.choice([*RULES.values(), EARLY])}
    kind, clock = rng.choice(
        [(HeadlessPlayer, SimulatedTimeProvider(autojump=False)), (VastPlayer, World(autojump=False))]
    )
    player = kind(None, ad, config, seed=seed, time_provider=clock, metadata={"note": "kept"})
    record, _ = await go_on(player, clock, viewer(rng), 0.0, rng.choice((4.0, 11.0, 200.0)))
    return PlaybackSession.from_dict(record)


@pytest.mark.parametrize("block", range(2))
async def test_a_replay_of_any_session_gives_its_record_back(block):
    ads = [*PODS.values(), await f30()]
    for seed in range(block * 75, block * 75 + 75):
        ad = ads[seed % 3]
        session = await stored(seed, ad)
        done = replay(ad, session)
        assert record_differences(session.to_dict(), done.session.to_dict()) == (), f"seed {seed}"
        assert [place for step in done.steps for place in step.due] == [*range(len(session.tracked))]
        last = done.steps[-1].state
        assert (last.status, last.end_reason) == (session.status, session.end_reason)


async def test_every_step_has_the_state_of_its_instant():
    session = await play(await f30(), {"interruption_rules": {"thirdQuartile": rule(1, 24, 24)}})
    steps = {step.event: step for step in replay(await f30(), session).steps}
    opened, middle, cut = steps["opened"], steps["midpoint"], steps["interrupt"]
    assert (opened.state.status, opened.state.event_count) == ("pending", 0)
    assert (opened.next_us, opened.upcoming[:2]) == (0, ("impression", "creativeView"))
    assert (middle.state.playhead_ms, middle.state.quartiles, middle.state.status) == (
        15_000,
        (1, 2),
        "running",
    )
    assert (middle.next_us, middle.upcoming) == (22_500_000, ("thirdQuartile",))
    assert steps["thirdQuartile"].upcoming == ("rule thirdQuartile",)
    assert (cut.by, cut.state.status) == ("rule", "running")
    assert replay(await f30(), session).steps[-1].state.status == "closed"


async def test_a_draw_is_ahead_until_it_strikes():
    ad = await f30()
    done = replay(ad, await play(ad, {"interruption_rules": {"midpoint": rule(1, 16, 16)}}))
    ahead = {step.event: [draw.event for draw in done.ahead(step)] for step in done.steps}
    assert ahead["opened"] == ahead["midpoint"] == ["midpoint"]
    assert ahead["interrupt"] == ahead["closeLinear"] == []


async def test_what_becomes_due_at_a_step_has_its_macros():
    ad = await f30(impressions=["http://t.test/i?at=[ADPLAYHEAD]&n=[CACHEBUSTING]"])
    session = await play(ad, seed=7)
    done = replay(ad, session)
    step = next(step for step in done.steps if step.event == "impression")
    (row,) = [row for row in done.ledger if row.instant in step.due]
    assert [macro.name for macro in done.macros(row)] == ["ADPLAYHEAD", "CACHEBUSTING"]


async def test_a_late_midpoint_is_late_again():
    clock = World(autojump=False)
    player = VastPlayer(None, await f30(), seed=1, time_provider=clock)
    playing = asyncio.create_task(player.play())
    await clock.sleep(0)
    for second in (16.5, 31.0):
        clock.advance(second - clock.time())
        for _ in range(5):
            await clock.sleep(0)
    session = await playing
    assert [event.event_type for event in session.events if event.metadata.get("late")]
    assert replay(await f30(), session).session == session


async def test_a_session_that_was_cancelled_stopped_early_or_given_up_is_replayed_as_such():
    ad = await f30()
    before = HeadlessPlayer(None, ad, seed=1)
    before.stop()
    assert [step.event for step in replay(ad, before.session).steps] == ["opened", "stop"]
    for end in ("cancelled", "failed"):
        clock = SimulatedTimeProvider(autojump=False)
        player = HeadlessPlayer(None, ad, seed=1, time_provider=clock)
        record, _ = await go_on(player, clock, [], 0.0, 9.0)
        session = PlaybackSession.from_dict(record)
        if end == "failed":
            session.error("nobody could read the ad again")
        else:
            await asyncio.sleep(0)
            session = player.session
        assert replay(ad, session).session == session, end


async def test_a_session_that_another_process_went_on_with_is_replayed_as_one():
    ad, config = await f30(), {"pause_pixels": "once"}
    steps = [
        (2.0, "pause"),
        (3.0, "resume"),
        (5.0, "pause"),
        (6.5, "resume"),
        (14.0, "seek", 3.0),
        (18.0, "skip"),
    ]
    player = VastPlayer(None, ad, config, seed=4, time_provider=(clock := World(autojump=False)))
    record, _ = await go_on(player, clock, steps, 0.0, 9.0)
    session = PlaybackSession.from_dict(record)
    later = World(start=500.0, autojump=False)
    other = VastPlayer(None, ad, session=session, time_provider=later)
    playing = asyncio.create_task(other.play())
    await later.sleep(0)
    for _ in range(200):
        later.advance(0.25)
        await later.sleep(0)
        await later.sleep(0)
    await playing
    assert other.session.status == "completed"
    assert replay(ad, other.session).session == other.session


async def test_a_record_of_another_version_differs_and_says_where():
    ad = await f30()
    session = await play(ad, {"interruption_rules": {"midpoint": rule(0.5, 16, 20)}})
    record = json.loads(json.dumps(session.to_dict()))
    record["tracked"][-1][1] += 1000
    record["interruption_plan"][0]["window_ms"] = [15_000, 21_000]
    other = PlaybackSession.from_dict(record)
    found = record_differences(record, replay(ad, other).session.to_dict())
    assert [difference.field for difference in found] == [f"tracked[{len(record['tracked']) - 1}][1]"]
    assert [difference.field for difference in redrawn(ad, other)] == [
        "interruption_plan[0].window_ms[0]",
        "interruption_plan[0].window_ms[1]",
    ]


async def test_the_record_of_another_ad_is_refused():
    session = await play(three(), {"interruption_rules": {"midpoint": rule(0.5, 4, 8)}})
    with pytest.raises(ValueError, match="plays another ad"):
        replay(await f30(), session)


async def test_another_seed_plays_as_a_session_that_had_it():
    ad, config = await f30(), {"interruption_rules": {"midpoint": rule(0.5, 15, 20)}}
    session = await play(ad, config, seed=1)
    for seed in range(20):
        own = await HeadlessPlayer(None, ad, config, seed=seed, session_id=session.session_id).play()
        assert replay_otherwise(ad, session, seed=seed).session == own


async def test_the_viewer_does_the_same_under_another_seed_as_long_as_there_is_something_to_watch():
    ad, config = await f30(), {"interruption_rules": {"midpoint": rule(0.5, 15, 15)}}
    clock = SimulatedTimeProvider(autojump=False)
    player = HeadlessPlayer(None, ad, config, seed=next(whole(ad, config)), time_provider=clock)
    await go_on(player, clock, [(2.0, "pause"), (4.0, "resume"), (20.0, "click")], 0.0)
    other = replay_otherwise(ad, player.session, seed=next(cut(ad, config)))
    assert ([cue.name for cue in other.did], [cue.name for cue in other.refused]) == (
        ["pause", "resume"],
        ["click"],
    )
    assert other.session.clock_ms == 17_000
    assert replay_otherwise(ad, player.session, alone=True).session.clock_ms == 30_000


async def test_a_session_gives_the_same_in_real_time_and_in_simulated_time():
    for seed in range(12):
        ad = await f30()
        session = await stored(seed * 3 + 2, ad)
        if not session.has_ended():
            continue
        other = "real" if session.config.mode == "headless" else "headless"
        there = replay_otherwise(ad, session, mode=other).session
        assert without_lateness(there.to_dict()) == without_lateness(session.to_dict()), seed


def whole(ad, config):
    return (seed for seed in range(99) if HeadlessPlayer(None, ad, config, seed=seed).plan.cut(seed) is None)


def cut(ad, config):
    return (seed for seed in range(99) if HeadlessPlayer(None, ad, config, seed=seed).plan.cut(seed))
