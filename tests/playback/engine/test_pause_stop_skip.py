"""What a viewer does: playback.md 5.4."""

import asyncio

import pytest

from playback.engine import HeadlessPlayer, InvalidTransition, SimulatedTimeProvider, VastPlayer
from tests.playback.engine.ads import (
    ad_of,
    events_of,
    f30,
    inline,
    names_of,
    play_with,
    rule,
    sent,
    sent_names,
    vast,
)
from vast.lint import lint

PLAYERS = pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])


def make(kind, ad, config=None, **options):
    return kind(None, ad, config, **{"seed": 1, "time_provider": SimulatedTimeProvider(), **options})


def script(*steps):
    """A viewer from (seconds to wait, action) pairs."""

    async def viewer(player):
        for seconds, action in steps:
            await player.time_provider.sleep(seconds)
            done = getattr(player, action)()
            if asyncio.iscoroutine(done):
                await done

    return viewer


@PLAYERS
async def test_P01_a_pause_freezes_the_playhead_and_the_same_play_goes_on(kind):
    player = make(kind, await f30())
    session = await play_with(player, script((10, "pause"), (5, "resume")))
    assert sent_names(player).count("pause") == sent_names(player).count("resume") == 1
    assert ("q2", 15.0) in sent(player)
    assert {row.event: row.clock_ms for row in player.ledger}["midpoint"] == 20_000.0
    assert (session.status, session.current_offset_sec, session.clock_ms) == ("completed", 30.0, 35_000.0)
    assert session.end_time == 35.0
    assert session.start_time == 0.0


@PLAYERS
async def test_P02_a_pause_at_a_quartile_comes_after_it(kind):
    player = make(kind, await f30())
    session = await play_with(player, script((7.5, "pause"), (1, "resume")))
    assert [name for name, offset in events_of(session) if offset == 7.5] == [
        "firstQuartile",
        "pause",
        "resume",
    ]
    assert sent_names(player).count("q1") == 1


@PLAYERS
async def test_P04_stop_during_a_pause_closes_without_resuming(kind):
    player = make(kind, await f30())
    session = await play_with(player, script((10, "pause"), (3, "stop")))
    assert (session.status, session.end_reason, session.paused) == ("closed", "stopped", False)
    assert not {"resume", "q2", "q3", "done"} & set(sent_names(player))
    assert sent_names(player).count("close") == names_of(session).count("stop") == 1
    assert (session.current_offset_sec, session.end_time) == (10.0, 13.0)


@PLAYERS
async def test_P05_stop_while_running(kind):
    player = make(kind, await f30())
    session = await play_with(player, script((12, "stop")))
    assert (session.status, session.current_offset_sec) == ("closed", 12.0)
    assert "q1" in sent_names(player)
    assert "q2" not in sent_names(player)
    assert events_of(session)[-2:] == [("stop", 12.0), ("closeLinear", 12.0)]
    assert sent_names(player).count("close") == 1


@PLAYERS
async def test_P07_repeated_controls_have_no_effect(kind):
    player = make(kind, await f30())
    steps = [
        (1, "resume"),
        (1, "pause"),
        (0, "pause"),
        (1, "resume"),
        (0, "resume"),
        (1, "stop"),
        (0, "stop"),
    ]
    session = await play_with(player, script(*steps))
    for action in ("pause", "stop"):
        getattr(player, action)()
    await player.resume()
    assert [name for name in sent_names(player) if name in ("pause", "resume", "close")] == [
        "pause",
        "resume",
        "close",
    ]
    assert names_of(session).count("stop") == 1
    assert await player.play() is session


async def test_controls_before_play_have_no_effect_but_stop_closes():
    player = make(HeadlessPlayer, await f30())
    player.pause()
    await player.resume()
    assert player.skip() is False
    assert player.session.status == "pending"
    player.stop()
    session = await player.play()
    assert (session.status, session.end_reason, session.events, sent(player)) == ("closed", "stopped", [], [])


@pytest.mark.parametrize(("option", "times"), [("every", 3), ("once", 1)])
async def test_P08_pause_and_resume_pixels_every_time_or_once(option, times):
    player = make(HeadlessPlayer, await f30(), {"pause_pixels": option})
    session = await play_with(player, script(*[(2, "pause"), (1, "resume")] * 3))
    for name in ("pause", "resume"):
        assert sent_names(player).count(name) == times
        assert names_of(session).count(name) == 3


async def test_P10_a_pause_puts_a_scheduled_interruption_off():
    config = {"interruption_rules": {"midpoint": rule(1, 12, 12)}}
    player = make(HeadlessPlayer, await f30(), config)
    session = await play_with(player, script((10, "pause"), (60, "resume")))
    assert (session.current_offset_sec, session.clock_ms, session.end_reason) == (
        12.0,
        72_000.0,
        "user_close",
    )
    assert names_of(session)[-3:] == ["resume", "interrupt", "closeLinear"]


async def test_P11_a_skip_before_the_offset_is_refused_and_later_it_ends_the_ad():
    answers = []

    async def viewer(player):
        for seconds in (3, 2):
            await player.time_provider.sleep(seconds)
            answers.append(player.skip())

    player = make(HeadlessPlayer, await f30())
    session = await play_with(player, viewer)
    assert answers == [False, True]
    assert (session.status, session.end_reason, session.current_offset_sec) == ("closed", "user_skip", 5.0)
    assert sent_names(player)[-1] == "skip"
    assert not {"q1", "done"} & set(sent_names(player))
    assert {row.reason for row in player.ledger if row.event == "complete"} == {"skipped at 5 s"}


@pytest.mark.parametrize(
    ("skip", "at"), [("25%", 7_500_000), ("00:00:40", None), ("00:00:30", None), (None, None), ("0%", 0)]
)
async def test_P13_P14_the_skip_offset_may_be_a_share_and_beyond_the_ad_means_never(skip, at):
    assert make(HeadlessPlayer, await f30(skip=skip)).plan.parts[0].skip_at_us == at


@PLAYERS
@pytest.mark.parametrize(
    ("skip", "answers"), [("25%", [False, True]), ("00:00:40", [False, False])], ids=["P13", "P14"]
)
async def test_P13_P14_the_viewer_may_skip_from_the_offset_on_and_never_beyond_the_ad(kind, skip, answers):
    found = []

    async def viewer(player):
        for seconds in (7.499, 0.001):
            await player.time_provider.sleep(seconds)
            found.append(player.skip())

    session = await play_with(make(kind, await f30(skip=skip)), viewer)
    assert found == answers
    assert session.end_reason == ("user_skip" if answers[-1] else "completed")


def test_P14_the_linter_warns_of_a_skip_offset_beyond_the_ad():
    [finding] = [one for one in lint(vast(inline(skip="00:00:40")).encode()) if "skipoffset" in one.rule]
    assert finding.severity == "warning"
    assert not [one for one in lint(vast(inline()).encode()) if "skipoffset" in one.rule]


@PLAYERS
async def test_P16_an_ad_of_vast_2_that_knows_only_close_gets_close(kind):
    document = vast(inline(trackers=[("close", "oldclose", None)], skip=None), version="2.0")
    player = make(kind, await ad_of(document))
    session = await play_with(player, script((2, "stop")))
    assert sent_names(player)[-1] == "oldclose"
    assert names_of(session)[-2:] == ["stop", "close"]


@PLAYERS
@pytest.mark.parametrize("paused", [False, True])
async def test_P17_a_cancelled_play_closes_its_session_without_a_pixel(kind, paused):
    player = make(kind, await f30(), time_provider=SimulatedTimeProvider(autojump=False))
    playing = asyncio.create_task(player.play())
    await settle(player)
    player.time_provider.advance(8)
    await settle(player)
    if paused:
        player.pause()
        await settle(player)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    session = player.session
    assert (session.status, session.end_reason, session.current_offset_sec) == ("closed", "stopped", 8.0)
    assert session.events[-1].metadata == {"reason": "cancelled"}
    assert not {"close", "done"} & set(sent_names(player))


async def test_play_cannot_be_entered_twice_at_once():
    player = make(HeadlessPlayer, await f30(), time_provider=SimulatedTimeProvider(autojump=False))
    playing = asyncio.create_task(player.play())
    await settle(player)
    with pytest.raises(InvalidTransition):
        await player.play()
    player.stop()
    assert (await playing).status == "closed"


async def test_a_paced_player_is_paused_and_stopped_while_it_waits():
    player = HeadlessPlayer(None, await f30(), {"headless_playback_speed": 0.001}, seed=1, watched=True)
    playing = asyncio.create_task(player.play())
    await settle(player)
    player.pause()
    await settle(player)
    assert player.state().paused
    player.stop()
    session = await asyncio.wait_for(playing, 5)
    assert session.status == "closed"
    assert player.time_provider.speed == 0.001


async def test_a_paused_player_alone_does_not_make_virtual_time_fly():
    player = make(HeadlessPlayer, await f30())
    clock = player.time_provider
    await play_until(player, clock, 10)
    player.pause()
    await settle(player)
    await settle(player)
    assert (player.session.status, clock.time()) == ("running", 10.0)
    await player.resume()
    assert (await player.playing).clock_ms == 30_000.0


async def play_until(player, clock, second):
    player.playing = asyncio.create_task(player.play())
    await clock.sleep(second)


async def settle(player):
    for _ in range(20):
        await player.time_provider.sleep(0)


async def test_the_state_shows_the_playhead_between_events_without_recording_it():
    player = make(HeadlessPlayer, await f30(), time_provider=SimulatedTimeProvider(autojump=False))
    assert player.state().to_dict()["status"] == "pending"
    playing = asyncio.create_task(player.play())
    await settle(player)
    player.time_provider.advance(3.2)
    await settle(player)
    player.time_provider.advance(1.034)
    before = player.session.to_dict()
    state = player.state()
    assert (state.playhead_ms, state.clock_ms, state.duration_ms, state.quartiles) == (4234, 4234, 30_000, ())
    assert state.to_dict()["events"][-1] == ["progress", 3.0]
    assert player.session.to_dict() == before
    player.time_provider.advance(100)
    assert player.state().playhead_ms == 5500, "what has not been recorded is not shown as passed"
    await playing
    assert player.state().playhead_ms == 30_000
    assert player.playback_seconds == 30.0


async def test_a_checkpoint_brings_the_session_up_to_now():
    player = make(HeadlessPlayer, await f30(), time_provider=SimulatedTimeProvider(autojump=False))
    playing = asyncio.create_task(player.play())
    await settle(player)
    player.time_provider.advance(3)
    player.time_provider.advance(1.5)
    session = player.checkpoint()
    assert (session.current_offset_sec, session.clock_ms) == (4.5, 4500.0)
    player.time_provider.advance(3.5)
    assert names_of(player.checkpoint())[-1] == "firstQuartile"
    player.stop()
    await playing


@PLAYERS
@pytest.mark.parametrize("press", ["pause", "stop"])
async def test_what_a_viewer_does_lies_on_a_whole_millisecond(kind, press):
    player = make(kind, await f30())
    session = await play_with(player, script((4.0678912, press), (1, "stop")))
    assert session.current_offset_sec == 4.067
    assert player.state().playhead_ms == 4067
