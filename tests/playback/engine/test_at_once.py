"""A session played in one piece is the session played step by step, field by field."""

import asyncio
import copy
import pickle
from dataclasses import fields

import pytest

from playback.engine import (
    HeadlessPlayer,
    InterruptionReason,
    PlaybackSession,
    SimulatedTimeProvider,
    get_provider_rules,
)
from playback.engine.playing.session import NOTHING
from tests.playback.engine.ads import (
    F30_TRACKERS,
    brief,
    events_of,
    f30,
    names_of,
    play_with,
    pod_of,
    rule,
    three,
    vast,
)

CROWDED = [*F30_TRACKERS, *(("progress", f"p{n}", f"{n}%") for n in range(0, 101, 7)), ("close", "old", None)]
ADS = {
    "the fixture": {},
    "an odd length": {"duration": "00:00:07.333", "trackers": CROWDED},
    "one millisecond": {"duration": "00:00:00.001"},
    "no close": {"trackers": [tracker for tracker in F30_TRACKERS if tracker[0] != "closeLinear"]},
    "no length": {"duration": None},
    "no media": {"media": ""},
}
BROKEN = {"media": ""}
PODS = {
    "three": three(),
    "a substitute": pod_of(
        vast(brief("A", 7, sequence=1, **BROKEN), brief("B", 3, sequence=2), brief("S", 5), brief("T", 9))
    ),
    "faults at the end": pod_of(
        vast(brief("A", 9, sequence=1), brief("B", sequence=2, **BROKEN), brief("C", sequence=3, **BROKEN))
    ),
    "nothing but faults": pod_of(vast(brief("A", sequence=1, **BROKEN), brief("B", sequence=2, **BROKEN))),
}
EVERYWHERE = ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
CONFIGS = {
    "nothing": {},
    "a limit": {"max_session_duration_sec": 12.345},
    "a limit at a quartile": {"max_session_duration_sec": 15},
    "no quartiles": {"enable_auto_quartiles": False},
    "no events": {"emit_playback_events": False},
    "addresses": {"log_tracking_urls": True},
    "google": {"interruption_rules": dict(get_provider_rules("google", "legacy"))},
    "before rendering": {"interruption_rules": {"request": rule(0.4, 0, 0), "load": rule(0.4, 0, 0)}},
    "at the very moments": {
        "interruption_rules": {event: rule(0.3, 0, 0, anchor="event") for event in EVERYWHERE}
    },
    **{
        reason.value: {"interruption_rules": {"midpoint": rule(0.8, 0, 30, reason=reason.value)}}
        for reason in InterruptionReason
    },
}


async def step_by_step(ad, config, seed):
    """A player whose clock somebody else sleeps on all the time, so that it never jumps over anything."""
    clock = SimulatedTimeProvider()

    async def bystander(player):
        while not player.session.has_ended():
            await clock.sleep(0.1)

    player = HeadlessPlayer(None, ad, config, seed=seed, time_provider=clock)
    await play_with(player, bystander)
    return player


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("changes", ADS.values(), ids=ADS)
async def test_one_piece_and_steps_give_the_same_session(changes, config):
    await assert_same_in_steps(await f30(**changes), config)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
async def test_one_piece_and_steps_give_the_same_session_of_a_pod(pod, config):
    await assert_same_in_steps(pod, config)


async def assert_same_in_steps(ad, config):
    for seed in range(4):
        whole = HeadlessPlayer(None, ad, config, seed=seed)
        await whole.play()
        stepped = await step_by_step(ad, config, seed)
        for field in fields(PlaybackSession):
            mine, theirs = (getattr(player.session, field.name) for player in (whole, stepped))
            assert (mine, type(mine)) == (theirs, type(theirs)), field.name
        assert whole.session.to_dict() == stepped.session.to_dict()
        assert whole.ledger == stepped.ledger
        assert whole.state() == stepped.state()
        assert whole.time_provider.time() == whole.session.clock_ms / 1000


async def test_sessions_of_one_plan_share_nothing_that_can_be_changed():
    ad = await f30()
    first, second = [await HeadlessPlayer(None, ad, seed=1).play() for _ in range(2)]
    before = second.to_dict()
    first.events.clear()
    first.tracked.clear()
    first.quartiles_tracked.clear()
    first.metadata["note"] = first.ad["note"] = "mine"
    assert second.to_dict() == before
    assert (await HeadlessPlayer(None, ad, seed=1).play()).to_dict() == before


@pytest.mark.parametrize(
    "fill",
    [
        lambda metadata: metadata.__setitem__("late", True),
        lambda metadata: metadata.update(late=True),
        lambda metadata: metadata.setdefault("late", True),
        lambda metadata: metadata.__ior__({"late": True}),
    ],
    ids=["item", "update", "setdefault", "or"],
)
async def test_the_metadata_of_an_event_without_any_cannot_be_filled(fill):
    session = await HeadlessPlayer(None, await f30(), seed=1).play()
    with pytest.raises(TypeError, match="shared"):
        fill(session.events[0].metadata)
    assert session.events[0].metadata == NOTHING == {}


async def test_a_session_played_in_one_piece_can_be_copied_and_pickled():
    session = await HeadlessPlayer(None, await f30(), seed=1).play()
    for twin in (copy.deepcopy(session), pickle.loads(pickle.dumps(session))):
        assert twin == session
        assert twin.to_dict() == session.to_dict()


async def pause_at_ten(player):
    await player.time_provider.sleep(10)
    player.pause()
    await player.time_provider.sleep(4)
    await player.resume()


async def beside(player):
    await asyncio.gather(player.play(), pause_at_ten(player))


async def begun_before(player):
    viewer = asyncio.create_task(pause_at_ten(player))
    await player.play()
    await viewer


async def begun_after(player):
    playing = asyncio.create_task(player.play())
    await pause_at_ten(player)
    await playing


@pytest.mark.parametrize("meet", [beside, begun_before, begun_after])
async def test_a_viewer_finds_a_player_on_its_own_clock_still_playing(meet):
    player = HeadlessPlayer(None, await f30(), seed=1)
    await meet(player)
    assert [event for event in events_of(player.session) if event[0] in ("pause", "resume")] == [
        ("pause", 10.0),
        ("resume", 10.0),
    ]
    assert player.session.clock_ms == 34_000.0


async def test_a_player_stopped_as_it_begins_never_plays():
    player = HeadlessPlayer(None, await f30(), seed=1)
    playing = asyncio.create_task(player.play())
    await asyncio.sleep(0)
    player.stop()
    session = await playing
    assert (session.status, names_of(session)) == ("closed", [])


async def test_playing_in_one_piece_lets_others_have_a_turn():
    turns = []

    async def other():
        for _ in range(5):
            turns.append(len(played))
            await asyncio.sleep(0)

    ad, played = await f30(), []
    neighbour = asyncio.create_task(other())
    for seed in range(5):
        await HeadlessPlayer(None, ad, seed=seed).play()
        played.append(seed)
    await neighbour
    assert turns == [0, 1, 2, 3, 4]


async def test_a_clock_with_stamps_of_its_own_is_asked_for_each():
    class Stamped(SimulatedTimeProvider):
        is_virtual = False

        def stamp(self, session_clock_sec):
            return 1000 + session_clock_sec

    session = await HeadlessPlayer(None, await f30(), seed=1, time_provider=Stamped()).play()
    assert [event.timestamp - 1000 for event in session.events] == [
        event.offset_sec for event in session.events
    ]
