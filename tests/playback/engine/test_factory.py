"""Which player a mode means (playback.md 2.24, K17), and what both kinds share."""

import asyncio
import re

import pytest

from playback.engine import (
    BaseVastPlayer,
    ConfigError,
    ConfigResolver,
    HeadlessPlayer,
    PlaybackSessionConfig,
    PlayerFactory,
    RealtimeTimeProvider,
    SimulatedTimeProvider,
    VastPlayer,
)
from tests.playback.engine.ads import f30, play

VARIABLE = "VASTDASH_PLAYBACK_MODE"


@pytest.mark.parametrize(
    ("mode", "config_mode", "env", "kind"),
    [
        ("headless", None, {}, HeadlessPlayer),
        ("real", "headless", {VARIABLE: "headless"}, VastPlayer),
        (None, "headless", {VARIABLE: "real"}, HeadlessPlayer),
        ("auto", "headless", {}, HeadlessPlayer),
        (None, "auto", {VARIABLE: "headless"}, HeadlessPlayer),
        (None, "auto", {VARIABLE: " Headless "}, HeadlessPlayer),
        (None, None, {VARIABLE: "real"}, VastPlayer),
        (None, None, {VARIABLE: ""}, VastPlayer),
        (None, None, {VARIABLE: "auto"}, VastPlayer),
        (None, None, {"CI": "1", "PYTEST_CURRENT_TEST": "x"}, VastPlayer),
        (None, None, {"DISPLAY": ""}, VastPlayer),
        (None, None, {"DISPLAY": ":0"}, VastPlayer),
        (None, None, {}, VastPlayer),
    ],
)
async def test_K17_the_mode_is_the_argument_else_the_configuration_else_the_environment(
    mode, config_mode, env, kind
):
    config = PlaybackSessionConfig(mode=config_mode) if config_mode else None
    player = PlayerFactory.create(None, await f30(), mode, config, env=env)
    assert type(player) is kind
    assert player.session.config.mode == kind.mode


@pytest.mark.parametrize(
    ("mode", "env", "field"), [("fast", {}, "mode"), ("", {}, "mode"), (None, {VARIABLE: "1"}, VARIABLE)]
)
async def test_K17_a_mode_that_does_not_exist_is_an_error_wherever_it_was_named(mode, env, field):
    with pytest.raises(ConfigError) as refused:
        PlayerFactory.create(None, await f30(), mode, env=env)
    assert refused.value.field == field


async def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setenv(VARIABLE, "headless")
    assert isinstance(PlayerFactory.create(None, await f30()), HeadlessPlayer)
    monkeypatch.delenv(VARIABLE)
    assert isinstance(PlayerFactory.create(None, await f30()), VastPlayer)


async def test_the_factory_never_changes_its_arguments():
    config = PlaybackSessionConfig(mode="real", headless_playback_speed=2.0)
    before = config.to_dict()
    player = PlayerFactory.create(None, await f30(), "headless", config)
    assert config.to_dict() == before
    assert player.config.headless_playback_speed == 2.0
    assert player.config.mode == "headless"


async def test_a_configuration_may_be_a_mapping():
    player = PlayerFactory.create(
        None, await f30(), config={"mode": "headless", "emit_playback_events": False}
    )
    assert isinstance(player, HeadlessPlayer)
    assert player.config.emit_playback_events is False


async def test_each_kind_has_its_clock():
    ad = await f30()
    assert isinstance(VastPlayer(None, ad).time_provider, RealtimeTimeProvider)
    assert HeadlessPlayer(None, ad, {"headless_playback_speed": 4}).time_provider.speed == 0.0
    watched = HeadlessPlayer(None, ad, {"headless_playback_speed": 4}, watched=True)
    assert isinstance(watched.time_provider, SimulatedTimeProvider)
    assert watched.time_provider.speed == 4.0


async def test_a_player_that_names_no_clock_cannot_be_made():
    class Clockless(BaseVastPlayer):
        mode = "real"

    with pytest.raises(TypeError, match="_default_time_provider"):
        Clockless(None, await f30())


async def test_ids_belong_to_seed_and_ad_unless_given():
    ad, other = await f30(), await f30(duration="00:00:15")
    ids = [HeadlessPlayer(None, one, seed=seed).session.session_id for one in (ad, other) for seed in (1, 2)]
    assert len(set(ids)) == 4
    assert HeadlessPlayer(None, ad, seed=1).session.session_id == ids[0]
    assert re.fullmatch("[0-9a-f]{32}", ids[0])
    assert HeadlessPlayer(None, ad, seed=1, session_id="mine").session.session_id == "mine"


async def test_without_a_seed_one_is_chosen_and_replays_the_session():
    ad = await f30()
    config = ConfigResolver.resolve(provider="google", mode="headless")
    first = await HeadlessPlayer(None, ad, config).play()
    assert first.to_dict() == (await play(ad, config, seed=first.seed)).to_dict()
    assert HeadlessPlayer(None, ad).session.seed != HeadlessPlayer(None, ad).session.seed


@pytest.mark.parametrize("seed", [-1, 2**53, "7", 1.0])
async def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match="seed"):
        PlayerFactory.create(None, await f30(), "headless", seed=seed)


async def test_metadata_of_the_caller_is_kept_and_must_be_json():
    session = await play(await f30(), metadata={"publisher": "my_publisher"})
    assert session.to_dict()["metadata"] == {"publisher": "my_publisher"}
    with pytest.raises(TypeError):
        HeadlessPlayer(None, await f30(), metadata={"when": {1}})


async def test_many_players_share_one_virtual_clock():
    ad, clock = await f30(), SimulatedTimeProvider()
    players = [HeadlessPlayer(None, ad, seed=seed, time_provider=clock) for seed in range(20)]
    sessions = await asyncio.gather(*(player.play() for player in players))
    assert {str(session.to_dict()["events"]) for session in sessions} == {
        str(sessions[0].to_dict()["events"])
    }
    assert {session.status.value for session in sessions} == {"completed"}
