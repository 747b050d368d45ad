"""BaseVastPlayer: one way of playing for every kind of player, which adds a mode and a clock and nothing else."""

import asyncio
import inspect

import pytest

from playback.engine import (
    BaseVastPlayer,
    ConfigError,
    DeliveryUnavailable,
    HeadlessPlayer,
    InvalidTransition,
    NoAd,
    PlaybackSession,
    SimulatedTimeProvider,
    VastPlayer,
)
from tests.playback.engine.ads import f30, names_of, play_with

KINDS = pytest.mark.parametrize("kind", [VastPlayer, HeadlessPlayer])


class Metronome(BaseVastPlayer):
    """A third kind of player: all it has of its own is its clock."""

    mode = "headless"

    def _default_time_provider(self):
        return SimulatedTimeProvider(start=7)


async def test_a_player_without_a_clock_of_its_own_is_abstract():
    assert BaseVastPlayer.__abstractmethods__ == {"_default_time_provider"}
    with pytest.raises(TypeError, match="abstract"):
        BaseVastPlayer(None, await f30())


@KINDS
def test_both_kinds_add_a_mode_and_a_clock_to_the_template_and_nothing_else(kind):
    own = {name for name in vars(kind) if not name.startswith("__")} - {"_abc_impl"}
    assert {"mode", "_default_time_provider"} <= own
    for name in ("play", "pause", "resume", "stop", "skip", "state", "checkpoint"):
        assert getattr(kind, name) is getattr(BaseVastPlayer, name)


async def test_another_kind_plays_by_the_same_template():
    ad = await f30()
    other, headless = Metronome(None, ad, seed=1), HeadlessPlayer(None, ad, seed=1)
    await other.play()
    await headless.play()
    assert isinstance(other.time_provider, SimulatedTimeProvider)
    assert other.session.events == headless.session.events
    assert other.ledger == headless.ledger


def test_play_and_resume_are_awaited_and_pause_and_stop_are_not():
    asynchronous = {name for name in ("play", "pause", "resume", "stop", "skip")
                    if inspect.iscoroutinefunction(getattr(BaseVastPlayer, name))}  # fmt: skip
    assert asynchronous == {"play", "resume"}


@KINDS
async def test_play_gives_the_session_and_gives_it_again(kind):
    player = kind(None, await f30(), seed=1, time_provider=SimulatedTimeProvider())
    session = await player.play()
    assert isinstance(session, PlaybackSession)
    assert session is player.session
    assert await player.play() is session
    assert names_of(session).count("start") == 1


@KINDS
async def test_what_cannot_be_played_is_refused_when_the_player_is_made(kind):
    ad = await f30()
    with pytest.raises(ValueError, match="no ad to play: 303"):
        kind(None, NoAd(303, "nothing", "EMPTY"))
    with pytest.raises(TypeError, match="ad_data must be what request_ad gives, not dict"):
        kind(None, {"duration": 30})
    with pytest.raises(ConfigError):
        kind(None, ad, {"no_such_field": 1})
    with pytest.raises(DeliveryUnavailable):
        kind(None, ad, delivery="carrier pigeon")
    with pytest.raises(ValueError, match="seed"):
        kind(None, ad, seed=-1)


@KINDS
async def test_a_player_plays_once_at_a_time(kind):
    player = kind(None, await f30(), seed=1, time_provider=SimulatedTimeProvider(autojump=False))
    playing = asyncio.create_task(player.play())
    await player.time_provider.sleep(0)
    with pytest.raises(InvalidTransition, match="play again"):
        await player.play()
    player.stop()
    assert (await playing).end_reason == "stopped"


@KINDS
async def test_the_viewers_part_of_the_template_is_the_same_for_both(kind):
    async def viewer(player):
        await player.time_provider.sleep(3)
        player.pause()
        await player.time_provider.sleep(2)
        await player.resume()
        await player.time_provider.sleep(1)
        player.stop()

    player = kind(None, await f30(), seed=1, time_provider=SimulatedTimeProvider())
    session = await play_with(player, viewer)
    assert names_of(session)[-4:] == ["pause", "resume", "stop", "closeLinear"]
    assert (session.current_offset_sec, session.clock_ms) == (4.0, 6000.0)
