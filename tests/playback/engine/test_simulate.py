"""Many sessions at once are the same sessions as those that are played one by one."""

import json
import os
import subprocess
import sys
import tracemalloc
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from math import floor, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playback.engine import (
    AdData,
    ConfigError,
    HeadlessPlayer,
    InterruptionReason,
    InterruptionRule,
    NoAd,
    PlaybackSessionConfig,
    Simulation,
    VastClient,
    get_provider_rules,
    simulate,
)
from playback.engine.configuration.interruptions import RuleOutcome
from playback.engine.simulation.screening import LeanSession
from playback.engine.simulation.simulate import Piece, _count
from playback.engine.simulation.summary import Tally
from playback.engine.splitmix import session_seed
from tests.playback.engine.ads import f30, inline, names_of, rule, vast

MODULE = sys.modules[Simulation.__module__]
NO_MEDIA = '<MediaFile delivery="progressive" type="video/x-flv" width="1" height="1">http://t.test/v.flv</MediaFile>'
GOOGLE = get_provider_rules("google", "legacy")
CONFIGS = {
    "no rules": {},
    "the legacy google profile": {"interruption_rules": GOOGLE},
    "the seed global profile": {"interruption_rules": get_provider_rules("global")},
    "never": {"interruption_rules": {"start": rule(0, 0, 30), "midpoint": rule(0, 0, 1)}},
    "always": {"interruption_rules": {"start": rule(1, 0, 5)}},
    "windows at both edges": {
        "interruption_rules": {"start": rule(0.5, 0, 0), "complete": rule(0.5, 30, 30)}
    },
    "a window up to the end": {"interruption_rules": {"midpoint": rule(0.5, 29.99, 30)}},
    "equal windows": {"interruption_rules": {"start": rule(1, 0, 10), "midpoint": rule(1, 0, 10)}},
    "one instant": {"interruption_rules": {"start": rule(0.5, 7.5, 7.5), "midpoint": rule(0.5, 7.5, 7.5)}},
    "a window beyond the ad": {
        "interruption_rules": {"start": rule(0.5, 40, 50), "midpoint": rule(0.5, 0, 9)}
    },
    "before the first frame": {
        "interruption_rules": {
            "load": rule(0.3, 0, 0),
            "start": rule(0.5, 0, 0),
            "request": rule(0.3, 0, 0, reason="user_close"),
        }
    },
    "a session limit": {"max_session_duration_sec": 15, "interruption_rules": {"start": rule(0.6, 10, 20)}},
    "a limit at the end": {
        "max_session_duration_sec": 30,
        "interruption_rules": {"start": rule(0.6, 10, 40)},
    },
    "a limit nobody reaches alive": {"max_session_duration_sec": 0.0000001, "interruption_rules": GOOGLE},
    "anchored at events": {
        "interruption_rules": {
            "complete": rule(0.9, -5, 5, anchor="event"),
            "thirdQuartile": rule(0.4, -3.3333, 7.0007, anchor="event"),
        }
    },
    "every reason": {
        "interruption_rules": {
            event: rule(0.25, 0, 25, reason=reason)
            for event, reason in zip(
                ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete", "load"),
                InterruptionReason,
                strict=True,
            )
        }
    },
    "no event list": {"emit_playback_events": False, "interruption_rules": GOOGLE},
    "no quartiles": {"enable_auto_quartiles": False, "interruption_rules": GOOGLE},
    "addresses in the record": {"log_tracking_urls": True, "interruption_rules": GOOGLE},
}
ADS = {
    "30 s": {},
    "1.001 s": {"duration": "00:00:01.001"},
    "5 s": {"duration": "00:00:05"},
    "cannot be played": {"media": NO_MEDIA},
    "no length": {"duration": None},
}
AD_AND_CONFIG = [
    (ad, config) for ad in ADS for config in CONFIGS if ad == "30 s" or config in list(CONFIGS)[1::4]
]


async def replayed(ad: AdData, config, seed: int):
    return await HeadlessPlayer(None, ad, config, seed=seed).play()


def one_by_one(simulation: Simulation) -> Iterator[LeanSession]:
    """The lean sessions, drawn by plain Python."""
    return (
        simulation.screening.lean(session_seed(simulation.seed, index)) for index in range(len(simulation))
    )


def by_hand(simulation: Simulation) -> Tally:
    """The tally of sessions played one by one, without numpy."""
    return Tally.of(simulation.screening.plan, (lean.session for lean in one_by_one(simulation)))


def assert_equal_field_by_field(ours, theirs):
    for item in fields(theirs):
        assert getattr(ours, item.name) == getattr(theirs, item.name), item.name
    assert json.dumps(ours.to_dict()) == json.dumps(theirs.to_dict())


@pytest.mark.parametrize(("ad", "config"), AD_AND_CONFIG)
async def test_every_session_equals_the_one_a_headless_player_plays_from_its_seed(ad, config):
    ad_data, config = await f30(**ADS[ad]), CONFIGS[config]
    simulation = simulate(ad_data, config, 150, 11)
    for index, (session, lean) in enumerate(zip(simulation, simulation.lean(), strict=True)):
        played = await replayed(ad_data, config, session_seed(11, index))
        for made in (session, simulation[index], lean.session):
            assert_equal_field_by_field(made, played)
        assert lean == simulation.screening.lean(played.seed)
        assert (lean.status, lean.end_reason, lean.rule) == (
            played.status,
            played.end_reason,
            played.interrupted_by,
        )
        assert (lean.interrupted, lean.events, lean.tracked) == (
            played.interrupted,
            played.events,
            played.tracked,
        )
        if lean.interrupted:
            assert lean.offset_ms == round(played.current_offset_sec * 1000)
            assert lean.reason == played.end_reason
        else:
            assert (lean.offset_ms, lean.reason) == (None, None)


async def test_a_thousand_sessions_picked_from_ten_million_replay_from_their_seeds():
    ad, config = await f30(), {"interruption_rules": GOOGLE}
    simulation = simulate(ad, config, 10_000_000, 42)
    assert simulation.summary["sessions"] == len(simulation) == 10_000_000
    picked = [pick * 7_919_317 % 10_000_000 for pick in range(1, 1001)]
    assert len(set(picked)) == 1000
    ends = Counter()
    for index in picked:
        session = simulation[index]
        assert session.seed == session_seed(42, index)
        assert_equal_field_by_field(session, await replayed(ad, config, session.seed))
        ends[session.status] += 1
    assert len(ends) == 3
    expected = simulation.summary["expected"]
    assert (
        expected["interrupted"]["low"] <= simulation.summary["interrupted"] <= expected["interrupted"]["high"]
    )


@pytest.mark.parametrize(("ad", "config"), AD_AND_CONFIG)
async def test_the_statistics_count_what_lean_sessions_made_one_by_one_count(ad, config):
    simulation = simulate(await f30(**ADS[ad]), CONFIGS[config], 4_000, 3)
    lean, counted = list(one_by_one(simulation)), _count(simulation.screening, Piece(3, 0, 4_000))
    assert counted.endings == Counter(session.ending for session in lean)
    edges = simulation.summary["offsets"]["edges_sec"]
    cut = Counter(
        bisect_right(edges, session.cut_ms / 1000) - 1
        for session in lean
        if session.interrupted and session.rule not in ("request", "load")
    )
    assert counted.buckets == tuple(cut[bucket] for bucket in range(len(edges) - 1))
    assert _count(simulation.screening, Piece(3, 0, 1500)) == by_hand(
        simulate(simulation.ad_data, simulation.config, 1500, 3)
    )


NUMBERS = st.integers(-5000, 35_000).map(lambda ms: ms / 1000)


@st.composite
def interruption_rules(draw):
    events = draw(st.lists(st.sampled_from([*GOOGLE, "request", "load"]), unique=True))
    stated = {}
    for event in events:
        lo, hi = sorted((draw(NUMBERS), draw(NUMBERS)))
        probability = draw(st.one_of(st.sampled_from([0, 1, 5e-324, 2**-53, 1 - 2**-53]), st.floats(0, 1)))
        stated[event] = rule(probability, lo, hi, anchor=draw(st.sampled_from(["ad_start", "event"])))
    return stated


@settings(max_examples=40, deadline=None)
@given(
    stated=interruption_rules(),
    limit=st.one_of(st.none(), st.integers(0, 40_000_000).map(lambda us: us / 1_000_000)),
    duration_ms=st.integers(1, 30_000),
    seed=st.integers(0, 2**53 - 1),
)
async def test_numpy_and_plain_python_agree_bit_for_bit_under_any_rules(stated, limit, duration_ms, seed):
    ad = await f30(duration=f"00:00:{duration_ms // 1000:02d}.{duration_ms % 1000:03d}")
    simulation = simulate(ad, {"interruption_rules": stated, "max_session_duration_sec": limit}, 300, seed)
    plan = simulation.screening.plan
    for session, lean in zip(simulation, simulation.lean(), strict=True):
        assert session.interruption_plan == plan.draw(session.seed)
        cut = plan.cut(session.seed)
        assert (lean.rule, lean.offset_ms) == ((cut.event, cut.offset_ms) if cut else (None, None))
    assert _count(simulation.screening, Piece(seed, 0, 300)) == by_hand(simulation)
    assert_equal_field_by_field(simulation[7], await replayed(ad, simulation.config, session_seed(seed, 7)))


@dataclass(frozen=True, slots=True)
class LateRule(InterruptionRule):
    """A rule of another shape: it strikes in the last tenth of its ad."""

    kind = "late"

    def draw(self, duration_ms, rng):
        u = rng(99)
        hit = u < self.probability
        at = floor(duration_ms * (0.9 + rng(100) / 10)) if hit else None
        window = (duration_ms * 9 // 10, duration_ms)
        return RuleOutcome(self.event, self.probability, self.reason.value, True, hit, u, at, window)


async def test_a_rule_of_another_shape_is_drawn_by_itself_in_every_path(monkeypatch):
    kinds = {"late": LateRule, "uniform": InterruptionRule}
    monkeypatch.setattr("playback.engine.configuration.interruptions.RULE_KINDS", kinds)
    config = PlaybackSessionConfig(
        interruption_rules={"complete": rule(0.5, 0, 0, kind="late"), "start": rule(0.2, 0, 9)}
    )
    ad = await f30()
    simulation = simulate(ad, config, 2000, 9)
    assert not simulation.screening.is_plain
    for session, lean in zip(simulation, simulation.lean(), strict=True):
        assert (lean.rule, lean.status) == (session.interrupted_by, session.status)
    played = [await replayed(ad, config, session_seed(9, index)) for index in range(50)]
    assert simulation[:50] == played
    summary = simulation.summary
    assert summary["expected"] is None
    assert 700 < summary["interrupted_by"]["complete"] < 900
    assert summary["offsets"]["counts"][10:27] == [0] * 17
    assert (
        sum(summary["offsets"]["counts"]) == summary["interrupted"] == sum(summary["interrupted_by"].values())
    )


async def test_the_ledger_of_a_simulated_session_reads_as_that_of_its_player():
    ad, config = await f30(), {"interruption_rules": GOOGLE}
    simulation = simulate(ad, config, 40, 2)
    statuses = set()
    for session, lean in zip(simulation, simulation.lean(), strict=True):
        player = HeadlessPlayer(None, ad, config, seed=session.seed)
        await player.play()
        assert simulation.screening.ledger(session) == lean.ledger == player.ledger
        statuses |= {row.status for row in lean.ledger}
    assert statuses == {"dry_run", "not_reached"}


async def test_the_summary_agrees_with_the_sessions_themselves():
    simulation = simulate(await f30(), {"interruption_rules": GOOGLE}, 3000, 5)
    sessions, summary = list(simulation), simulation.summary
    assert summary["sessions"] == 3000
    assert summary["completed"] == sum("complete" in names_of(session) for session in sessions)
    assert summary["interrupted"] == sum(session.interrupted for session in sessions)
    assert summary["interrupted_by"] == Counter(
        session.interrupted_by for session in sessions if session.interrupted
    )
    assert summary["reasons"] == Counter(session.end_reason for session in sessions if session.interrupted)
    assert summary["end_reasons"] == Counter(session.end_reason for session in sessions)
    for event, count in summary["funnel"].items():
        assert count == sum(event in names_of(session) for session in sessions), event
    edges, counts = summary["offsets"]["edges_sec"], summary["offsets"]["counts"]
    offsets = [session.current_offset_sec for session in sessions if session.interrupted]
    assert counts == [sum(lo <= at < hi for at in offsets) for lo, hi in pairwise(edges)]
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


async def test_beside_each_count_stands_what_the_rules_made_us_expect():
    summary = simulate(await f30(), {"interruption_rules": get_provider_rules("global")}, 20_000, 1).summary
    expected = summary["expected"]
    assert expected["interrupted"]["share"] == pytest.approx(0.27325)
    assert expected["interrupted"]["count"] == pytest.approx(5465)
    spread = 3 * sqrt(20_000 * 0.27325 * (1 - 0.27325))
    assert expected["interrupted"]["high"] == pytest.approx(5465 + spread)
    assert expected["interrupted"]["low"] == pytest.approx(5465 - spread)
    assert expected["completed"]["share"] == pytest.approx(1 - 0.27325)
    assert (
        list(expected["interrupted_by"])
        == list(summary["interrupted_by"])
        == ["start", "midpoint", "complete"]
    )
    for name in ("interrupted_by", "funnel"):
        for event, band in expected[name].items():
            assert band["low"] <= summary[name][event] <= band["high"], (name, event)
    curve = dict(map(tuple, expected["survival"]))
    assert (curve[0.0], curve[5.0]) == (1.0, pytest.approx(0.95))
    assert curve[30.0] == pytest.approx(1 - 0.27325)
    assert [s for _, s in expected["survival"]] == sorted(curve.values(), reverse=True)


async def test_a_rule_at_one_instant_is_a_step_of_the_survival_curve():
    curve = simulate(await f30(), {"interruption_rules": {"start": rule(0.25, 10, 10)}}, 0, 1).summary[
        "expected"
    ]
    assert [point for point in curve["survival"] if point[0] == 10] == [[10.0, 1.0], [10.0, 0.75]]


async def test_neither_a_session_limit_nor_an_unplayable_ad_is_an_interruption():
    limited = simulate(await f30(), {"max_session_duration_sec": 10}, 50, 1).summary
    assert (limited["completed"], limited["interrupted"], limited["end_reasons"]) == (
        0,
        0,
        {"exceeded_limit": 50},
    )
    assert (limited["funnel"]["firstQuartile"], limited["funnel"]["midpoint"]) == (50, 0)
    assert limited["expected"]["completed"]["count"] == 0
    assert limited["expected"]["survival"][-1] == [10.0, 1.0]
    broken = simulate(await f30(media=NO_MEDIA), {"interruption_rules": GOOGLE}, 50, 1).summary
    assert (broken["completed"], broken["interrupted"], broken["end_reasons"]) == (0, 0, {"error": 50})
    assert set(broken["funnel"].values()) == {0}
    assert broken["expected"]["completed"]["count"] == 0


async def test_sessions_can_be_indexed_sliced_and_counted():
    simulation = simulate(await f30(), {"interruption_rules": GOOGLE}, 12, 4)
    sessions = list(simulation)
    assert len(simulation) == len(sessions) == 12
    assert simulation[-1] == sessions[-1]
    assert simulation[2:9:3] == sessions[2:9:3]
    with pytest.raises(IndexError):
        simulation[12]
    assert list(simulate(simulation.ad_data, None, 0, 4)) == []
    assert simulate(simulation.ad_data, None, 0, 4).summary["completed"] == 0


async def test_sessions_share_nothing_that_can_be_changed():
    one, other = simulate(await f30(), {"interruption_rules": {"start": rule(1, 5, 5)}}, 2, 4)
    before = json.dumps(other.to_dict())
    one.events.clear()
    one.tracked.clear()
    one.ad.clear()
    one.metadata["mine"] = True
    one.quartiles_tracked.add(3)
    assert json.dumps(other.to_dict()) == before
    one, other = simulate(await f30(), {"max_session_duration_sec": 3}, 2, 4)
    one.events[-1].metadata["reason"] = "mine"
    assert other.events[-1].metadata["reason"] == "exceeded_limit"


def test_an_ad_is_read_from_xml_text_bytes_ad_data_or_a_client():
    xml = vast(inline())
    client = VastClient.from_xml(xml)
    texts = [simulate(source, None, 2, 1) for source in (xml, xml.encode(), client)]
    assert list(texts[0]) == list(texts[1]) == list(texts[2]) == list(simulate(texts[0].ad_data, None, 2, 1))


class SlowClient:
    """A client whose ad comes from somewhere."""

    def __init__(self, answer):
        self.answer, self.asked = answer, 0

    async def request_ad(self):
        import asyncio

        self.asked += 1
        await asyncio.sleep(0)
        return self.answer


async def test_in_a_running_loop_a_client_that_waits_has_to_be_asked_by_the_caller():
    client = VastClient.from_xml(vast(inline()))
    assert len(list(simulate(client, None, 2, 1))) == 2
    with pytest.raises(ValueError, match="vast: this client has to wait"):
        simulate(SlowClient(await client.request_ad()), None, 2, 1)


def test_outside_a_loop_a_client_that_waits_is_asked_once():
    client = SlowClient(simulate(vast(inline()), None, 0, 1).ad_data)
    assert simulate(client, None, 3, 1).summary["completed"] == 3
    assert client.asked == 1


@pytest.mark.parametrize(
    ("arguments", "error", "named"),
    [
        ({"sessions": -1}, ValueError, "sessions"),
        ({"sessions": 1.5}, ValueError, "sessions"),
        ({"sessions": True}, ValueError, "sessions"),
        ({"processes": 0}, ValueError, "processes"),
        ({"processes": "2"}, ValueError, "processes"),
        ({"seed": -1}, ValueError, "seed"),
        ({"seed": 2**53}, ValueError, "seed"),
        ({"seed": 1.0}, ValueError, "seed"),
        ({"vast": 7}, ValueError, "vast"),
        ({"vast": "<VAST version='4.0'/>"}, ValueError, "vast: there is no ad to play: 303"),
        ({"vast": NoAd(303, "nothing", "EMPTY")}, ValueError, "vast: there is no ad"),
        ({"config": {"headles": 1}}, ConfigError, "headles"),
        ({"config": 5}, ConfigError, "config"),
    ],
)
def test_what_cannot_be_simulated_is_refused_by_the_name_of_the_argument(arguments, error, named):
    with pytest.raises(error, match=named):
        simulate(**{"vast": vast(inline()), **arguments})


async def test_without_a_seed_a_fresh_one_is_chosen_and_told():
    ad = await f30()
    one, other = simulate(ad, None, 1), simulate(ad, None, 1)
    assert one.seed != other.seed
    assert one.summary["seed"] == one.seed
    assert list(simulate(ad, None, 1, one.seed)) == list(one)


async def test_a_retained_lean_session_takes_at_most_200_bytes():
    simulation = simulate(await f30(), {"interruption_rules": GOOGLE}, 20_000, 1)
    list(simulation.lean())
    tracemalloc.start()
    kept = list(simulation.lean())
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(kept) == 20_000
    assert size / 20_000 <= 200


def record_lines(simulation: Simulation) -> list[str]:
    return [json.dumps(session.to_dict(), sort_keys=True) for session in simulation]


async def test_S10_one_process_and_four_give_the_same_bytes(monkeypatch):
    for name, size in (("WHOLE", 64), ("LEAN", 100), ("COUNTED", 333)):
        monkeypatch.setattr(MODULE, name, size)
    ad, config = await f30(), {"interruption_rules": {"start": rule(0.25, 0, 5)}}
    alone = simulate(ad, config, 1500, 7)
    assert record_lines(simulate(ad, config, 1500, 7, processes=4)) == record_lines(alone)
    by_two = simulate(ad, config, 1500, 7, processes=2)
    assert repr(list(by_two.lean())) == repr(list(alone.lean()))
    assert json.dumps(by_two.summary) == json.dumps(alone.summary)


async def test_S10_a_reader_who_stops_early_stops_the_processes(monkeypatch):
    monkeypatch.setattr(MODULE, "WHOLE", 8)
    ad = await f30()
    some = iter(simulate(ad, None, 4000, 7, processes=2))
    assert [next(some) for _ in range(3)] == simulate(ad, None, 3, 7)[:]
    some.close()


SUBPROCESS = """
import json, sys
from playback.engine import get_provider_rules, simulate
from tests.playback.engine.ads import inline, vast
simulation = simulate(vast(inline()), {"interruption_rules": get_provider_rules("google", "legacy")}, 20_000, 7)
sys.stdout.write(json.dumps(simulation.summary))
sys.stdout.write(json.dumps([session.to_dict() for session in simulation[:300]]))
sys.stdout.write(repr(list(simulation.lean())[-300:]))
"""


def test_S10_hash_seeds_change_nothing():
    outputs = set()
    for hash_seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(
            [sys.executable, "-c", SUBPROCESS], env=environment, capture_output=True, check=True, timeout=60
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert b'"session_id"' in outputs.pop()
