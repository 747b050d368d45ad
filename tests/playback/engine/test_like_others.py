"""Sessions that run as others of their plan did, and the draws of all rules in one piece."""

import pytest

from playback.engine import HeadlessPlayer, PlaybackSessionConfig, SimulatedTimeProvider, VastPlayer, simulate
from playback.engine.configuration.interruptions import Blank
from playback.engine.playing.plan import plan_of
from playback.engine.splitmix import SEED_LIMIT, Hand, draws, mix, stable_key
from tests.playback.engine.ads import f30, names_of, rule, three

RULES = {"start": rule(0.2, 0, 5), "midpoint": rule(0.3, 10, 18), "complete": rule(0.2, 25, 29.5)}
OUTSIDE = {"midpoint": rule(0.3, 10, 18), "complete": rule(0.9, 40, 50)}
SEEDS = [0, 1, SEED_LIMIT - 1, *(mix(number) >> 11 for number in range(60))]


@pytest.mark.parametrize("count", [0, 1, 2, 5, 40])
def test_words_drawn_side_by_side_are_those_drawn_one_by_one(count):
    keys = [stable_key(f"rule {number}") for number in range(count)]
    hand = Hand(keys)
    for seed in SEEDS:
        one_by_one = draws(seed)
        assert [(word >> 11) * 2.0**-53 for word in hand.words(seed)] == [one_by_one(key) for key in keys]


@pytest.mark.parametrize("rules", [{}, RULES, OUTSIDE], ids=["none", "three", "one outside the ad"])
async def test_the_lots_of_a_plan_draw_together_what_each_draws_alone(rules):
    plan = plan_of(await f30(), PlaybackSessionConfig(mode="headless", interruption_rules=rules))
    assert any(isinstance(lot, Blank) for lot in plan.lots) is (rules is OUTSIDE)
    for seed in SEEDS:
        drawn = plan.draw(seed)
        assert drawn == tuple(lot.draw(draws(seed)) for lot in plan.lots)
        assert [type(outcome.u) for outcome in drawn] == [
            float if o.applicable else type(None) for o in drawn
        ]


async def test_the_plan_keeps_one_pattern_for_each_way_a_session_ends():
    ad = await f30()
    config = PlaybackSessionConfig(mode="headless", interruption_rules=RULES)
    for _ in range(2):
        for seed in SEEDS:
            await HeadlessPlayer(None, ad, config, seed=seed).play()
        plan = plan_of(ad, config)
        assert {event for event, _ in plan.patterns} == {None, *RULES}
        assert len(plan.patterns) < len(SEEDS) / 2
    kept = dict(plan.patterns)
    list(simulate(ad, config, 3, seed=1))
    assert kept.items() <= plan.patterns.items()


async def test_a_session_played_like_others_keeps_what_its_owner_gave_it():
    ad = await f30()
    stated = PlaybackSessionConfig(mode="headless", pause_pixels="every", interruption_rules=RULES)
    silent = PlaybackSessionConfig(mode="headless", interruption_rules=RULES)
    for config in (stated, silent):
        player = HeadlessPlayer(None, ad, config, seed=5, session_id="mine", metadata={"given": 1})
        player.session.metadata["added"] = 2
        session = await player.play()
        assert session is player.session
        assert (session.session_id, session.config) == ("mine", config)
        assert session.config is config
        assert session.metadata == {"given": 1, "added": 2}


@pytest.mark.parametrize(
    "touch",
    [
        lambda player: player.state(),
        lambda player: player.time_provider,
        lambda player: player.ledger,
        lambda player: player.checkpoint(),
        lambda player: player.delivery,
        lambda player: player.pause(),
    ],
    ids=["state", "clock", "ledger", "checkpoint", "delivery", "pause"],
)
async def test_looking_at_a_player_before_it_plays_changes_nothing(touch):
    ad = await f30()
    config = PlaybackSessionConfig(mode="headless", interruption_rules=RULES)
    for seed in SEEDS[:12]:
        touched, untouched = (HeadlessPlayer(None, ad, config, seed=seed) for _ in range(2))
        touch(touched)
        await touched.play()
        await untouched.play()
        assert touched.session == untouched.session
        assert touched.ledger == untouched.ledger
        assert touched.state() == untouched.state()
        assert touched.time_provider.time() == untouched.time_provider.time()


async def test_buttons_have_no_effect_on_a_session_that_was_played_like_others():
    player = HeadlessPlayer(None, await f30(), seed=1)
    before = (await player.play()).to_dict()
    player.pause()
    await player.resume()
    player.stop()
    assert player.skip() is player.seek(3) is False
    assert player.click() is None
    assert player.checkpoint().to_dict() == before
    assert await player.play() is player.session
    assert player.session.to_dict() == before


async def test_a_player_whose_session_was_ended_by_hand_does_not_play_it():
    player = HeadlessPlayer(None, await f30(), seed=1)
    player.session.close("stopped", 0.0)
    assert names_of(await player.play()) == []


async def test_sessions_of_a_pod_and_those_with_addresses_are_played_one_by_one():
    pod, ad = three(), await f30()
    assert not plan_of(pod, PlaybackSessionConfig(mode="headless")).repeats
    assert not plan_of(ad, PlaybackSessionConfig(mode="headless", log_tracking_urls=True)).repeats
    assert plan_of(ad, PlaybackSessionConfig(mode="headless")).repeats


async def test_players_of_one_configuration_share_the_one_made_for_their_mode():
    ad, config = await f30(), PlaybackSessionConfig(pause_pixels="once")
    first, second = (HeadlessPlayer(None, ad, config, seed=seed) for seed in (1, 2))
    assert first.config is second.config
    assert (first.config.mode, dict(first.config.stated)) == (
        "headless",
        {"pause_pixels": "once", "mode": "headless"},
    )
    real = VastPlayer(None, ad, config, seed=1, time_provider=SimulatedTimeProvider())
    assert real.config.mode == "real"
    assert real.config.in_mode("real") is real.config
