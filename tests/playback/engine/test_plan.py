"""A plan is compiled once for an ad and a configuration, and shared by their sessions."""

import asyncio
import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from playback.engine import HeadlessPlayer, PlaybackSessionConfig
from playback.engine.playing.plan import PLANS_PER_AD, compile_plan, plan_of
from tests.playback.engine.ads import f30, rule


def config_of(**fields):
    return PlaybackSessionConfig(mode="headless", **fields)


async def test_players_of_one_ad_and_equal_configurations_share_a_plan():
    ad = await f30()
    rules = {"midpoint": rule(0.5, 0, 9)}
    plans = {id(HeadlessPlayer(None, ad, config_of(interruption_rules=rules)).plan) for _ in range(3)}
    assert len(plans) == 1
    assert plan_of(ad, config_of(interruption_rules=rules)) == compile_plan(
        ad, config_of(interruption_rules=rules)
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"max_session_duration_sec": 7},
        {"quartile_offset_tolerance_sec": 0.25},
        {"enable_auto_quartiles": False},
        {"interruption_rules": {"midpoint": rule(0.5, 0, 9.001)}},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_another_configuration_has_a_plan_of_its_own(changed):
    ad = await f30()
    plain = plan_of(ad, config_of())
    assert plan_of(ad, config_of(**changed)) == compile_plan(ad, config_of(**changed)) != plain


async def test_another_ad_has_a_plan_of_its_own():
    config = config_of()
    assert plan_of(await f30(), config) != plan_of(await f30(duration="00:00:15"), config)


async def test_the_order_of_rules_stays_that_of_each_configuration():
    ad = await f30()
    rules = {"start": rule(1, 0, 9), "midpoint": rule(1, 0, 9)}
    forward, backward = (
        config_of(interruption_rules=dict(items)) for items in (rules.items(), reversed(rules.items()))
    )
    assert forward == backward
    assert [found.event for found, _ in plan_of(ad, forward).rules] == ["start", "midpoint"]
    assert [found.event for found, _ in plan_of(ad, backward).rules] == ["midpoint", "start"]


async def test_an_ad_keeps_a_bounded_number_of_plans_and_the_oldest_makes_room():
    ad = await f30()
    configs = [config_of(max_session_duration_sec=limit) for limit in range(1, 2 * PLANS_PER_AD)]
    for config in configs:
        plan_of(ad, config)
        assert len(ad.plans) <= PLANS_PER_AD
    assert [config for config, _ in ad.plans] == configs[-PLANS_PER_AD:]


async def test_the_plans_of_an_ad_are_no_part_of_what_it_is():
    ad, other = await f30(), await f30()
    plan_of(ad, config_of())
    assert ad == other
    assert "plans" not in repr(ad)
    for twin in (copy.deepcopy(ad), pickle.loads(pickle.dumps(ad))):
        assert twin == ad
        assert plan_of(twin, config_of()) is next(iter(twin.plans.values()))


def test_a_plan_is_found_again_in_a_process_with_other_string_hashes():
    ad = asyncio.run(f30())
    plan_of(ad, config_of(interruption_rules={"midpoint": rule(0.5, 0, 9)}))
    code = (
        "import pickle, sys\n"
        "from playback.engine import PlaybackSessionConfig\n"
        "from playback.engine.playing.plan import plan_of\n"
        "ad = pickle.load(sys.stdin.buffer)\n"
        "rules = {'midpoint': {'probability': 0.5, 'min_offset_sec': 0, 'max_offset_sec': 9}}\n"
        "plan_of(ad, PlaybackSessionConfig(mode='headless', interruption_rules=rules))\n"
        "sys.exit(len(ad.plans) - 1)\n"
    )
    checkout = Path(__file__).parents[3]
    subprocess.run([sys.executable, "-c", code], input=pickle.dumps(ad), check=True, cwd=checkout)
