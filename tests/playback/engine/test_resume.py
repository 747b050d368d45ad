"""A session that outlives its process: checkpoints, crashes, and going on (playback.md Z04, Z05)."""

import asyncio
import json

import pytest

from playback.engine import (
    HeadlessPlayer,
    PlaybackSession,
    PlayerFactory,
    SimulatedTimeProvider,
    VastPlayer,
)
from tests.playback.engine.ads import events_of, f30, play, play_with, rule, sent, sent_names

STAMPS = ("start_time", "end_time")
PERSISTENT = {"enable_session_persistence": True}


def without_stamps(session):
    record = session.to_dict()
    for name in STAMPS:
        del record[name]
    for event in record["events"]:
        del event["timestamp"]
    return record


class Store:
    """Keeps every checkpoint as JSON text; may crash at one of them."""

    def __init__(self, crash_at=None):
        self.saved, self.ledgers, self.crash_at = [], [], crash_at

    async def save(self, session, ledger):
        self.saved.append(json.dumps(session.to_dict()))
        self.ledgers.append([row.to_dict() for row in ledger])
        if len(self.saved) == self.crash_at:
            raise CrashError

    def last(self):
        return PlaybackSession.from_dict(json.loads(self.saved[-1]))


async def drive(clock, seconds):
    """Move a driven clock in steps a healthy event loop would take."""
    await clock.sleep(0)
    while seconds > 0:
        clock.advance(min(seconds, 0.25))
        seconds -= 0.25
        await clock.sleep(0)
        await clock.sleep(0)


class CrashError(Exception):
    pass


def again(ad, session, **options):
    return PlayerFactory.create(None, ad, session=session, time_provider=SimulatedTimeProvider(), **options)


async def viewer(player):
    await player.time_provider.sleep(10)
    player.pause()
    await player.time_provider.sleep(4.5)
    await player.resume()


@pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])
@pytest.mark.parametrize("second", [0.0, 0.001, 3.0, 7.4999, 7.5, 12.3, 22.5, 29.999])
async def test_Z04_a_session_stored_between_events_goes_on_to_the_same_record(kind, second):
    ad = await f30()
    undisturbed = kind(None, ad, seed=1, time_provider=SimulatedTimeProvider())
    await undisturbed.play()
    crashed = kind(None, ad, seed=1, time_provider=SimulatedTimeProvider(autojump=False, start=50))
    playing = asyncio.create_task(crashed.play())
    await drive(crashed.time_provider, second)
    stored = json.loads(json.dumps(crashed.checkpoint().to_dict()))
    before = len(sent(crashed))
    playing.cancel()
    resumed = again(ad, PlaybackSession.from_dict(stored))
    session = await resumed.play()
    assert type(resumed) is kind
    assert without_stamps(session) == without_stamps(undisturbed.session)
    assert sent(resumed) == sent(undisturbed)
    assert len(sent(undisturbed)) > before or second == 30
    if kind is HeadlessPlayer:
        assert session.to_dict() == undisturbed.session.to_dict()


async def test_Z04_at_12_3_only_what_is_left_becomes_due():
    ad = await f30()
    player = VastPlayer(None, ad, seed=1, time_provider=SimulatedTimeProvider(autojump=False))
    playing = asyncio.create_task(player.play())
    await player.time_provider.sleep(0)
    player.time_provider.advance(12.3)
    stored = PlaybackSession.from_dict(player.checkpoint().to_dict())
    playing.cancel()
    already = len(stored.tracked)
    session = await again(ad, stored).play()
    assert [done.event for done in session.tracked[already:]] == ["midpoint", "thirdQuartile", "complete"]


@pytest.mark.parametrize("interruption", [None, 18], ids=["to the end", "interrupted at 18"])
async def test_Z04_Z05_a_crash_at_any_checkpoint_changes_nothing(interruption):
    rules = {} if interruption is None else {"midpoint": rule(1, interruption, interruption)}
    config = {**PERSISTENT, "interruption_rules": rules}
    ad = await f30()
    whole = Store()
    player = HeadlessPlayer(None, ad, config, seed=5, store=whole)
    undisturbed = await play_with(player, viewer)
    assert undisturbed.current_offset_sec == (interruption or 30.0)
    for crash_at in range(1, len(whole.saved)):
        store = Store(crash_at)
        broken = HeadlessPlayer(None, ad, config, seed=5, store=store)
        with pytest.raises(ExceptionGroup):
            await play_with(broken, viewer)
        resumed = again(ad, store.last(), store=store)
        paused_for = {True: 14.5 - resumed.session.clock_ms / 1000}.get(resumed.session.paused)
        pause_ahead = resumed.session.current_offset_sec < 10

        async def rest(player, paused_for=paused_for, pause_ahead=pause_ahead):
            clock = player.time_provider
            if pause_ahead:
                await clock.sleep(10 - player.session.current_offset_sec)
                player.pause()
                await clock.sleep(4.5)
                await player.resume()
            elif paused_for is not None:
                await clock.sleep(paused_for)
                await player.resume()

        session = await play_with(resumed, rest)
        assert session.to_dict() == undisturbed.to_dict(), f"after a crash at checkpoint {crash_at}"
        assert store.ledgers[-1] == whole.ledgers[-1]


async def test_Z05_a_paused_session_stays_paused_until_it_is_resumed():
    ad = await f30()
    player = VastPlayer(None, ad, seed=1, time_provider=SimulatedTimeProvider(autojump=False))
    playing = asyncio.create_task(player.play())
    await player.time_provider.sleep(0)
    player.time_provider.advance(10)
    player.pause()
    player.time_provider.advance(2)
    stored = PlaybackSession.from_dict(player.checkpoint().to_dict())
    playing.cancel()
    assert (stored.paused, stored.current_offset_sec, stored.clock_ms) == (True, 10.0, 12_000.0)

    async def waker(player):
        await player.time_provider.sleep(3)
        assert player.state().playhead_ms == 10_000
        await player.resume()

    resumed = again(ad, stored)
    session = await play_with(resumed, waker)
    assert (session.status, session.clock_ms) == ("completed", 35_000.0)
    assert sent_names(resumed).count("pause") == sent_names(resumed).count("resume") == 1


async def test_a_real_session_goes_on_at_its_stored_playhead_whatever_the_downtime():
    ad = await f30()
    stored = await stored_at(ad, 12.0)
    clock = SimulatedTimeProvider(start=99_999.0)
    session = await PlayerFactory.create(None, ad, session=stored, time_provider=clock).play()
    assert clock.time() == 99_999.0 + 18.0
    assert (session.status, session.clock_ms) == ("completed", 30_000.0)


async def stored_at(ad, second):
    player = VastPlayer(None, ad, seed=1, time_provider=SimulatedTimeProvider(autojump=False))
    playing = asyncio.create_task(player.play())
    await player.time_provider.sleep(0)
    player.time_provider.advance(second)
    stored = PlaybackSession.from_dict(player.checkpoint().to_dict())
    playing.cancel()
    return stored


async def test_persistence_decides_whether_a_running_session_is_stored_and_the_end_always_is():
    ad = await f30()
    on, off = Store(), Store()
    await play(ad, PERSISTENT, store=on)
    await play(ad, store=off)
    assert len(off.saved) == 1
    assert off.last().status == "completed"
    assert [PlaybackSession.from_dict(json.loads(text)).current_offset_sec for text in on.saved] == [
        0.0, 3.0, 5.5, 7.5, 15.0, 22.5, 30.0,
    ]  # fmt: skip
    assert [row["status"] for row in on.ledgers[0]].count("pending") == 6


async def test_pause_resume_and_stop_are_stored_too():
    store = Store()

    async def leaves(player):
        await viewer(player)
        await player.time_provider.sleep(1)
        player.stop()

    await play_with(HeadlessPlayer(None, await f30(), PERSISTENT, seed=1, store=store), leaves)
    last = [json.loads(text) for text in store.saved[-3:]]
    assert [(record["status"], record["paused"]) for record in last] == [
        ("running", True), ("running", False), ("closed", False),
    ]  # fmt: skip


async def test_a_session_stopped_before_it_began_is_stored_when_played():
    store = Store()
    player = HeadlessPlayer(None, await f30(), seed=1, store=store)
    player.stop()
    await player.play()
    assert store.last().status == "closed"


async def test_an_error_session_is_stored():
    store = Store()
    await play(await f30(media=""), store=store)
    assert store.last().error_code == 403


async def test_a_button_pressed_while_the_store_works_is_heard():
    class SlowStore(Store):
        async def save(self, session, ledger):
            await super().save(session, ledger)
            for _ in range(20):
                await asyncio.sleep(0)
            if len(self.saved) == 2:
                player.stop()

    store = SlowStore()
    player = HeadlessPlayer(None, await f30(), PERSISTENT, seed=1, store=store)
    session = await player.play()
    assert events_of(session)[-2:] == [("stop", 3.0), ("closeLinear", 3.0)]
    assert store.last() == session


@pytest.mark.parametrize(
    "break_it",
    [
        lambda session: session.ad.update(sha256="0"),
        lambda session: session.tracked.insert(0, session.tracked[-1]),
        lambda session: session.ad.update(index=3),
    ],
)
async def test_a_session_of_another_ad_is_refused(break_it):
    ad = await f30()
    stored = await stored_at(ad, 8.0)
    break_it(stored)
    with pytest.raises(ValueError, match=stored.session_id):
        PlayerFactory.create(None, ad, session=stored)


async def test_a_session_is_continued_by_its_own_kind_of_player():
    ad = await f30()
    stored = await stored_at(ad, 8.0)
    with pytest.raises(ValueError, match="is real"):
        HeadlessPlayer(None, ad, session=stored)
    assert isinstance(PlayerFactory.create(None, ad, "headless", session=stored), VastPlayer)


async def test_a_session_that_ended_is_returned_as_it_is():
    ad = await f30()
    stored = PlaybackSession.from_dict((await play(ad)).to_dict())
    before = stored.to_dict()
    assert await again(ad, stored).play() is stored
    assert stored.to_dict() == before
