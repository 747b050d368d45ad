"""Clocks: playback.md 2.15-2.17 and 5.5."""

import asyncio
import math
import time

import pytest

from playback.engine import (
    HeadlessPlayer,
    RealtimeTimeProvider,
    SimulatedTimeProvider,
    TimeProvider,
    VastPlayer,
)
from playback.engine.time_provider import Wake, fresh_seed
from tests.playback.engine.ads import QUARTILES, events_of, f30, names_of


async def sleepers(clock, *seconds):
    finished = []

    async def sleeper(duration):
        await clock.sleep(duration)
        finished.append((duration, clock.time()))

    await asyncio.gather(*(sleeper(duration) for duration in seconds))
    return finished


async def test_C01_concurrent_sleeps_finish_at_their_own_times():
    assert await sleepers(SimulatedTimeProvider(), 3, 1, 2) == [(1, 1.0), (2, 2.0), (3, 3.0)]


async def test_C01_also_when_time_is_paced():
    finished = await sleepers(SimulatedTimeProvider(speed=200), 3, 1, 2)
    assert [seconds for seconds, _ in finished] == [1, 2, 3]


@pytest.mark.parametrize("seconds", [-5, math.nan, math.inf, -0.001])
@pytest.mark.parametrize("clock", [SimulatedTimeProvider(), RealtimeTimeProvider()])
async def test_C02_a_span_that_is_none_is_refused(clock, seconds):
    with pytest.raises(ValueError, match="span of time"):
        await clock.sleep(seconds)


@pytest.mark.parametrize("speed", [-1, math.nan, math.inf])
def test_C02_a_speed_that_is_none_is_refused(speed):
    with pytest.raises(ValueError, match="speed"):
        SimulatedTimeProvider(speed=speed)


def test_C02_driving_backwards_is_refused():
    with pytest.raises(ValueError, match="span of time"):
        SimulatedTimeProvider(autojump=False).advance(-1)


async def test_C04_a_sleep_of_zero_gives_others_a_turn_and_takes_no_time():
    clock, turns = SimulatedTimeProvider(), []

    async def other():
        turns.append("other")

    task = asyncio.create_task(other())
    await clock.sleep(0)
    assert (turns, clock.time()) == (["other"], 0.0)
    await task


@pytest.mark.parametrize("speed", [0, None, 50, 1000])
async def test_sleep_always_moves_virtual_time_by_what_was_asked(speed):
    clock = SimulatedTimeProvider(speed=speed)
    before = clock.time()
    started = time.monotonic()
    await clock.sleep(2)
    assert clock.time() - before == pytest.approx(2, abs=0.2 if speed else 0)
    if speed:
        assert time.monotonic() - started >= 2 / speed * 0.9


async def test_virtual_time_stands_still_while_work_outside_the_clock_is_under_way():
    clock, order = SimulatedTimeProvider(), []

    async def sleeper():
        await clock.sleep(1)
        order.append("woken")

    task = asyncio.create_task(sleeper())
    with clock.hold():
        for _ in range(30):
            await clock.sleep(0)
        assert not clock.jump(5)
        order.append("work done")
    await task
    assert order == ["work done", "woken"]


async def test_a_driven_clock_moves_only_when_told():
    clock = SimulatedTimeProvider(start=100, autojump=False)
    task = asyncio.create_task(clock.sleep(2))
    for _ in range(30):
        await clock.sleep(0)
    assert (task.done(), clock.time()) == (False, 100.0)
    clock.advance(5)
    await task
    assert clock.time() == 105.0


async def test_a_cancelled_sleeper_does_not_hold_time_back():
    clock = SimulatedTimeProvider()
    task = asyncio.create_task(clock.sleep(1))
    await clock.sleep(0)
    task.cancel()
    await clock.sleep(3)
    assert clock.time() == 3.0


async def test_a_paced_clock_stands_at_the_next_wake_up_until_it_was_served():
    clock = SimulatedTimeProvider(speed=1e6)
    task = asyncio.create_task(clock.sleep(4))
    await clock.sleep(0)
    for _ in range(100):
        assert clock.time() <= 4.0
    await task
    assert clock.time() == 4.0
    await clock.sleep(2)
    assert clock.time() == 6.0


class TwoMethodClock(TimeProvider):
    """A time source with the two methods that must be there, and no more."""

    def __init__(self):
        self.inner = SimulatedTimeProvider()

    def time(self):
        return self.inner.time()

    async def sleep(self, seconds):
        await self.inner.sleep(seconds)


@pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])
async def test_a_clock_with_only_time_and_sleep_plays_an_ad(kind):
    player = kind(None, await f30(), seed=1, time_provider=TwoMethodClock())
    session = await player.play()
    assert events_of(session)[-1] == ("complete", 30.0)
    assert session.end_time == 30.0


async def test_a_clock_with_only_time_and_sleep_is_woken_by_a_button():
    clock = TwoMethodClock()
    wake = Wake()
    waiting = asyncio.create_task(clock.wait(None, wake))
    await asyncio.sleep(0)
    wake.set()
    await waiting
    wake.set()
    await clock.wait(1e9, wake)
    assert clock.time() == 0.0


async def test_C05_a_two_second_ad_reaches_its_quartiles_on_time_in_real_mode():
    clock = SimulatedTimeProvider(start=1000, autojump=False)
    player = VastPlayer(None, await f30(duration="00:00:02", trackers=()), seed=1, time_provider=clock)
    playing = asyncio.create_task(player.play())
    stamped = {}
    while not playing.done():
        await settle(clock)
        for event in player.session.events:
            stamped.setdefault(event.event_type, clock.time() - 1000)
        clock.advance(0.05)
    reached = {name: stamped[name] for name in (*QUARTILES, "complete")}
    assert reached == pytest.approx(
        {"firstQuartile": 0.5, "midpoint": 1.0, "thirdQuartile": 1.5, "complete": 2.0}, abs=0.1
    )
    assert (await playing).clock_ms == 2000.0


async def settle(clock):
    for _ in range(3):
        await clock.sleep(0)


async def test_C05_real_mode_on_the_wall():
    player = VastPlayer(None, await f30(duration="00:00:00.200", trackers=()), seed=1)
    started = time.time()
    session = await player.play()
    wall = time.time() - started
    assert 0.2 <= wall < 2
    offsets = dict(events_of(session))
    assert [offsets[name] for name in QUARTILES] == [0.05, 0.1, 0.15]
    for event in session.events:
        assert event.offset_sec <= event.timestamp - session.start_time + 0.001 < event.offset_sec + 1
    assert started - 1 < session.start_time <= session.end_time < started + 3


async def test_real_mode_is_paused_resumed_and_stopped_by_buttons():
    player = VastPlayer(None, await f30(duration="00:01:00"), seed=1)
    playing = asyncio.create_task(player.play())
    await asyncio.sleep(0)
    player.pause()
    await asyncio.sleep(0)
    await player.resume()
    await asyncio.sleep(0)
    player.stop()
    session = await asyncio.wait_for(playing, 5)
    assert names_of(session)[-4:] == ["pause", "resume", "stop", "closeLinear"]


async def test_C11_two_cores_play_more_than_870_headless_sessions_a_second():
    ad = await f30()
    started = time.process_time()
    for seed in range(300):
        await HeadlessPlayer(None, ad, seed=seed).play()
    assert 300 / (time.process_time() - started) > 870 / 2


async def test_C11_a_headless_session_costs_little():
    ad = await f30()
    started = time.process_time()
    for seed in range(50):
        await HeadlessPlayer(None, ad, seed=seed).play()
    assert (time.process_time() - started) / 50 < 0.05


def test_fresh_seeds_differ_and_are_exact_in_json():
    seeds = {fresh_seed() for _ in range(1000)}
    assert len(seeds) == 1000
    assert all(0 <= seed < 2**53 for seed in seeds)


async def test_however_fast_it_is_watched_the_record_is_that_of_an_unpaced_session():
    ad = await f30()
    plain = HeadlessPlayer(None, ad, seed=1)
    await plain.play()
    clock = SimulatedTimeProvider(speed=1e6)
    watched = HeadlessPlayer(None, ad, seed=1, time_provider=clock)
    assert (await watched.play()).to_dict() == plain.session.to_dict()


async def test_a_clock_that_fails_is_heard():
    class Broken(TwoMethodClock):
        async def sleep(self, seconds):
            raise OSError("the clock stopped")

    with pytest.raises(OSError, match="the clock stopped"):
        await HeadlessPlayer(None, await f30(), seed=1, time_provider=Broken()).play()


async def test_a_button_pressed_before_the_wait_ends_it_at_once():
    for clock in (SimulatedTimeProvider(), RealtimeTimeProvider(), TwoMethodClock()):
        wake = Wake()
        wake.set()
        before = clock.time()
        await clock.wait(before + 1e6, wake)
        assert clock.time() - before < 1


async def test_a_pause_of_a_paced_session_lasts_as_long_as_it_lasts_and_nothing_is_rushed_after_it():
    config = {"headless_playback_speed": 10, "max_session_duration_sec": 0}
    player = HeadlessPlayer(None, await f30(duration="00:00:05"), config, seed=1, watched=True)
    started = time.monotonic()
    playing = asyncio.create_task(player.play())
    await asyncio.sleep(0.05)
    player.pause()
    before = player.state().playhead_ms
    await asyncio.sleep(0.05)
    assert player.state().playhead_ms == before < 5000
    await player.resume()
    paused_for = player.session.clock_ms - before
    session = await asyncio.wait_for(playing, 30)
    assert paused_for >= 450
    assert session.clock_ms == pytest.approx(5000 + paused_for, abs=2)
    assert time.monotonic() - started >= (5 + paused_for / 1000) / 10 * 0.95


async def test_a_paced_clock_that_waited_for_its_player_plays_at_its_pace():
    clock = SimulatedTimeProvider(speed=200)
    player = HeadlessPlayer(None, await f30(), seed=1, time_provider=clock)
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await player.play()
    assert time.monotonic() - started >= 0.15 * 0.95
