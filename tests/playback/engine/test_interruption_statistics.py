"""Interruptions in number, against the published bands and the closed form (playback.md 5.1)."""

import itertools
import os
import subprocess
import sys
from collections import Counter
from functools import lru_cache
from math import sqrt

import pytest

from playback.engine import (
    PROVIDERS,
    InterruptionReason,
    InterruptionRule,
    PlaybackSessionConfig,
    get_provider_rules,
    simulate,
)
from playback.engine.configuration.interruptions import fit
from playback.engine.configuration.survival import expected_shares, interruption_probability, survival
from playback.engine.playing.plan import compile_plan
from playback.engine.splitmix import draws, session_seed, stable_key, uniform
from tests.playback.engine.ads import f30, inline, names_of, play, rule, vast

N = 20_000
BATCH = 1
FUNNEL = {"firstQuartile": 7500, "midpoint": 15_000, "thirdQuartile": 22_500, "complete": 30_000}


def draw_all(rules, duration_ms, seed):
    """What each rule draws by itself for the session with this seed, in rule order."""
    rng = draws(seed)
    return tuple(rule.draw(duration_ms, rng) for rule in rules)


def legacy(provider):
    return tuple(get_provider_rules(provider, "legacy").values())


def rules(**stated):
    return tuple(PlaybackSessionConfig(interruption_rules=stated).rules)


@lru_cache(maxsize=64)
def batch_of(chosen, duration_ms=30_000, batch=BATCH):
    """N sessions of an ad under these rules and no others."""
    ad = vast(inline(duration=f"00:00:{duration_ms // 1000:02d}"))
    config = {"interruption_rules": {one.event: one for one in chosen}, "max_session_duration_sec": 0}
    return simulate(ad, config, N, batch)


@lru_cache(maxsize=64)
def cuts(chosen, duration_ms=30_000, batch=BATCH):
    """For each session of a batch how a rule ended it, or None."""
    lean = batch_of(chosen, duration_ms, batch).lean()
    return [session if session.interrupted else None for session in lean]


def interrupted(drawn):
    return sum(cut is not None for cut in drawn)


def by_rule(drawn):
    return Counter(cut.rule for cut in drawn if cut)


def band(share):
    return pytest.approx(N * share, abs=3 * sqrt(N * share * (1 - share)))


# The expected figures of playback.md 5.1, not computed by the code under test.


def test_S01_a_quarter_of_the_sessions_is_interrupted_at_the_start():
    drawn = cuts(rules(start=rule(0.25, 0, 5)))
    assert batch_of(rules(start=rule(0.25, 0, 5))).summary["interrupted"] == interrupted(drawn)
    assert 4817 <= interrupted(drawn) <= 5183
    assert set(by_rule(drawn)) == {"start"}
    assert all(0 <= cut.offset_ms < 5000 for cut in drawn if cut)


@pytest.mark.parametrize(
    ("provider", "low", "high"),
    [
        ("tiger", 341, 459),
        ("global", 908, 1092),
        ("google", 1485, 1715),
        ("custom", 2849, 3151),
        ("leto", 3831, 4169),
    ],
)
def test_S02_the_seed_start_rules_alone(provider, low, high):
    chosen = (get_provider_rules(provider)["start"],)
    assert low <= interrupted(cuts(chosen)) <= high


def test_S03_the_seed_global_profile_counts_from_the_start_of_the_ad():
    drawn = cuts(tuple(get_provider_rules("global").values()))
    counted = by_rule(drawn)
    assert 5276 <= interrupted(drawn) <= 5654
    assert 908 <= counted["start"] <= 1092
    assert 1776 <= counted["midpoint"] <= 2024
    assert band(0.12825) == counted["complete"]


def test_S04_the_same_windows_round_the_events_are_another_profile():
    stated = {
        event: {**one.to_dict(), "anchor": "event"} for event, one in get_provider_rules("global").items()
    }
    chosen = rules(**stated)
    drawn = cuts(chosen)
    assert 2749 <= interrupted(drawn) <= 3051
    assert "complete" not in by_rule(drawn)
    outcome = draw_all(chosen, 30_000, 1)[-1]
    assert (outcome.applicable, outcome.u, outcome.remark) == (
        False,
        None,
        "its window lies outside an ad of 30 s",
    )


@pytest.mark.parametrize(
    ("provider", "low", "high"),
    [
        ("global", 5971, 6363),
        ("tiger", 3552, 3883),
        ("leto", 2337, 2617),
        ("yandex", 4538, 4899),
        ("google", 8231, 8650),
        ("custom", 3209, 3526),
    ],
)
def test_S05_the_legacy_profiles(provider, low, high):
    assert low <= interrupted(cuts(legacy(provider))) <= high


async def test_S07_a_certain_rule_interrupts_every_session():
    chosen = rules(start=rule(1, 0, 5))
    assert interrupted(cuts(chosen)) == N
    assert batch_of(chosen).summary["completed"] == 0
    session = await play(await f30(), {"interruption_rules": {"start": rule(1, 0, 5)}})
    assert session.status == "error"
    assert "complete" not in names_of(session)


async def test_S08_tick_and_speed_change_nothing_but_the_configuration_in_the_record():
    ad = await f30()
    records = []
    for tick, speed in ((0.05, 0.0), (0.1, 1.0), (1, 10), (10, 0.5)):
        config = {"headless_tick_interval_sec": tick, "headless_playback_speed": speed}
        config["interruption_rules"] = {"start": rule(0.25, 0, 5)}
        batch = [(await play(ad, config, seed=session_seed(BATCH, i))).to_dict() for i in range(100)]
        for record in batch:
            del record["config"]
        records.append(batch)
    assert all(batch == records[0] for batch in records)
    counted = [
        simulate(
            ad,
            {"headless_tick_interval_sec": tick, "interruption_rules": {"start": rule(0.25, 0, 5)}},
            N,
            BATCH,
        )
        for tick in (0.05, 0.1, 1, 10)
    ]
    assert len({simulation.summary["interrupted"] for simulation in counted}) == 1
    assert 4817 <= counted[0].summary["interrupted"] <= 5183
    assert 0 < sum(record["interrupted_by"] is not None for record in records[0]) < 100


SUBPROCESS = """
import asyncio, hashlib, json, sys
from playback.engine import HeadlessPlayer, VastClient, get_provider_rules
from playback.engine.splitmix import session_seed
from tests.playback.engine.ads import inline, vast
async def main():
    ad = await VastClient.from_xml(vast(inline())).request_ad()
    config = {"interruption_rules": get_provider_rules("google", "legacy")}
    for i in range(50):
        session = await HeadlessPlayer(None, ad, config, seed=session_seed(7, i)).play()
        sys.stdout.write(json.dumps(session.to_dict(), sort_keys=True))
asyncio.run(main())
"""


def test_S10_records_are_the_same_bytes_in_every_process_and_under_every_hash_seed():
    outputs = set()
    for hash_seed in ("0", "1", "12345"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", SUBPROCESS], env=environment, capture_output=True, check=True, timeout=60
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert b'"session_id"' in outputs.pop()


def test_S11_another_batch_seed_gives_other_sessions_in_the_same_band():
    chosen = rules(start=rule(0.25, 0, 5))
    other = cuts(chosen, batch=8)
    assert other != cuts(chosen)
    assert 4817 <= interrupted(other) <= 5183


def test_S13_a_window_round_an_event_holds_every_offset():
    chosen = tuple(one for one in legacy("google") if one.event == "firstQuartile")
    offsets = [cut.offset_ms for cut in cuts(chosen) if cut]
    assert min(offsets) >= 5500
    assert max(offsets) < 9500
    assert min(offsets) < 5600
    assert max(offsets) > 9400


def test_S14_neighbouring_sessions_are_uncorrelated():
    flags = [cut is not None for cut in cuts(rules(start=rule(0.25, 0, 5)))]
    mean = sum(flags) / N
    variance = sum((flag - mean) ** 2 for flag in flags)
    covariance = sum((a - mean) * (b - mean) for a, b in itertools.pairwise(flags))
    assert abs(covariance / variance) < 0.0212


def test_the_bands_are_met_by_chance_as_often_as_they_should():
    """Thirty batches: the deviations of a quarter-likely rule have the mean and spread of a normal distribution."""
    key, size = stable_key("start"), 2000
    spread = sqrt(size * 0.25 * 0.75)
    scores = [
        (sum(uniform(session_seed(batch, index), key) < 0.25 for index in range(size)) - size / 4) / spread
        for batch in range(30)
    ]
    mean = sum(scores) / 30
    assert abs(mean) < 3 / sqrt(30)
    assert 0.6 < sqrt(sum((score - mean) ** 2 for score in scores) / 29) < 1.4


def test_S16_two_certain_rules_win_equally_often_and_early():
    chosen = rules(start=rule(1, 0, 10), midpoint=rule(1, 0, 10))
    drawn = cuts(chosen)
    assert all(9788 <= count <= 10_212 for count in by_rule(drawn).values())
    assert 3.283 <= sum(cut.offset_ms for cut in drawn) / N / 1000 <= 3.383


def test_S17_a_half_likely_rule_beats_a_certain_one_a_quarter_of_the_time():
    drawn = cuts(rules(start=rule(1, 0, 10), midpoint=rule(0.5, 0, 10)))
    assert 4817 <= by_rule(drawn)["midpoint"] <= 5183


def test_S19_overlapping_windows_on_a_ten_second_ad():
    drawn = cuts(legacy("global"), 10_000)
    counted = by_rule(drawn)
    assert 5971 <= interrupted(drawn) <= 6363
    shares = {"start": 0.14772, "firstQuartile": 0.04401, "midpoint": 0.06476, "thirdQuartile": 0.03719}
    for event, share in {**shares, "complete": 0.01468}.items():
        assert band(share) == counted[event]


def test_S20_windows_are_cut_to_a_five_second_ad():
    drawn = cuts(legacy("global"), 5000)
    assert band(0.30836) == interrupted(drawn)
    assert band(0.14166) == by_rule(drawn)["start"]
    assert all(0 <= cut.offset_ms < 5000 for cut in drawn if cut)


def test_S22_a_window_across_the_end_is_cut_and_stays_even():
    offsets = [cut.offset_ms for cut in cuts(rules(complete=rule(1, -5, 0, anchor="event")), 3000)]
    assert len(offsets) == N
    assert sum(offset < 100 for offset in offsets) / N == pytest.approx(0.0333, abs=0.0038)
    assert sum(offset >= 2900 for offset in offsets) / N == pytest.approx(0.0333, abs=0.0038)


def test_S23_changing_adding_or_moving_one_rule_leaves_the_draws_of_the_others():
    base = legacy("google")
    changed = (*base[:-1], InterruptionRule("complete", 0.9, -5, 0, "event"))
    for seed in range(100):
        drawn = {outcome.event: outcome for outcome in draw_all(base, 30_000, seed)}
        for other in (changed, base[:-1], base[::-1], base[1:]):
            for outcome in draw_all(other, 30_000, seed):
                if outcome.event != "complete":
                    assert outcome == drawn[outcome.event]
    before, after = cuts(base), cuts(changed)
    kept = [
        (a, b)
        for a, b in zip(before, after, strict=True)
        if a and a.rule != "complete" and a.offset_ms < 25_000
    ]
    assert kept
    assert all(a == b for a, b in kept)


def test_S25_every_reason_is_one_of_the_enumeration():
    known = {reason.value for reason in InterruptionReason}
    for provider in PROVIDERS:
        reasons = {cut.reason for cut in cuts(legacy(provider)) if cut}
        assert reasons <= known
        assert reasons


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("global", (16575, 160, 15504, 177, 14487, 190, 13833, 196)),
        ("tiger", (18124, 124, 17402, 143, 16701, 157, 16282, 165)),
        ("leto", (18810, 100, 18341, 117, 17881, 131, 17523, 140)),
        ("yandex", (17640, 137, 16762, 156, 15918, 171, 15282, 180)),
        ("google", (15360, 179, 13837, 196, 12435, 206, 11560, 210)),
        ("custom", (18321, 118, 17681, 136, 17061, 150, 16633, 159)),
    ],
)
def test_S26_S28_the_funnel_of_the_legacy_profiles(provider, expected):
    check_funnel(legacy(provider), expected)


def test_S27_S28_the_funnel_of_the_seed_global_profile():
    check_funnel(
        tuple(get_provider_rules("global").values()), (18525, 111, 17100, 149, 15818, 173, 14535, 189)
    )


def check_funnel(chosen, expected):
    funnel = batch_of(chosen).summary["funnel"]
    assert funnel["impression"] == funnel["start"] == N
    reached = [funnel[event] for event in FUNNEL]
    for count, mean, tolerance in zip(reached, expected[::2], expected[1::2], strict=True):
        assert abs(count - mean) <= tolerance
    assert list(funnel.values()) == sorted(funnel.values(), reverse=True)
    windows = fit(chosen, 30_000)
    for at, mean in zip(FUNNEL.values(), expected[::2], strict=True):
        assert survival(windows, at) * N == pytest.approx(mean, abs=1)


@pytest.mark.parametrize("duration", ["00:00:30", "00:00:10", "00:00:05", "00:00:03"])
@pytest.mark.parametrize("provider", ["global", "google"])
async def test_the_expected_shares_add_up_and_agree_with_the_draws(provider, duration):
    ad = await f30(duration=duration)
    plan = compile_plan(ad, PlaybackSessionConfig(interruption_rules=get_provider_rules(provider, "legacy")))
    expected = plan.expected_interruptions()
    drawn = (plan.cut(session_seed(BATCH, i)) for i in range(4000))
    measured = Counter(cut.event for cut in drawn if cut)
    total = interruption_probability(plan.windows, plan.duration_us // 1000)
    assert sum(expected.values()) == pytest.approx(total, abs=1e-9)
    assert plan.expected_funnel()["complete"] == pytest.approx(1 - total)
    for event, share in expected.items():
        assert measured[event] / 4000 == pytest.approx(share, abs=3.5 * sqrt(share * (1 - share) / 4000))


def test_S19_the_closed_form_gives_the_published_shares():
    shares = expected_shares(fit(legacy("global"), 10_000), 10_000)
    published = (0.14772, 0.04401, 0.06476, 0.03719, 0.01468)
    assert list(shares.values()) == pytest.approx(published, abs=0.00001)


async def test_the_closed_form_knows_point_windows_ties_and_the_session_limit():
    async def expected(limit=0, **stated):
        config = PlaybackSessionConfig(interruption_rules=stated, max_session_duration_sec=limit)
        plan = compile_plan(await f30(), config)
        return plan.expected_interruptions(), plan.expected_funnel()

    shares, funnel = await expected(start=rule(0.5, 10, 10), midpoint=rule(0.5, 10, 10))
    assert shares == {"start": 0.5, "midpoint": 0.25}
    assert (funnel["firstQuartile"], funnel["midpoint"]) == (1.0, 0.25)
    shares, _ = await expected(start=rule(1, 30, 30))
    assert shares == {"start": 0.0}
    shares, funnel = await expected(limit=15, start=rule(1, 10, 20))
    assert shares == {"start": pytest.approx(0.5)}
    assert (funnel["midpoint"], funnel["thirdQuartile"]) == (pytest.approx(0.5), 0.0)
    shares, funnel = await expected(request=rule(0.5, 0, 0), load=rule(0.5, 0, 0), start=rule(1, 0, 10))
    assert shares == pytest.approx({"request": 0.5, "load": 0.25, "start": 0.25})
    assert funnel["start"] == 0.25
