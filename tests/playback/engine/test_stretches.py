"""A batch counted in stretches, several of them taken together, and the sessions of it that are worth a look."""

import pytest

from playback.engine import PlaybackSessionConfig, VastClient, simulate
from playback.engine.simulation.extremes import Extremes
from playback.engine.simulation.results import Figure, results_of
from playback.engine.simulation.summary import summary_of
from tests.pipeline.responses import inline

RULES = {
    "start": {"probability": 0.2, "min_offset_sec": 0, "max_offset_sec": 5, "reason": "network_error"},
    "midpoint": {"probability": 0.005, "min_offset_sec": 0, "max_offset_sec": 10, "reason": "user_close"},
    "load": {"probability": 0.1, "min_offset_sec": 0, "max_offset_sec": 0, "reason": "timeout"},
}


def config(**rules):
    return PlaybackSessionConfig.from_dict({"interruption_rules": rules})


async def ad():
    return await VastClient.from_xml(inline()).request_ad()


async def test_stretches_add_up_to_the_summary_of_the_whole_batch():
    simulation = simulate(await ad(), config(**RULES), 3000, seed=5)
    first, second = simulation.stretch(0, 1100), simulation.stretch(1100, 3000)
    assert summary_of(simulation.screening, 5, first.tally + second.tally) == simulation.summary
    assert [*first.sessions, *second.sessions] == list(simulation.lean())
    assert simulation.tally(0, 3000) == first.tally + second.tally


async def test_results_of_two_batches_stand_beside_the_sum_of_their_expectations():
    one = simulate(await ad(), config(**RULES), 4000, seed=1).summary
    other = simulate((await ad()).of_length(6000), None, 1000, seed=2).summary
    results = results_of([one, other])
    assert results.sessions == 5000
    assert results.completed.count == one["completed"] + 1000
    assert results.completed.expected == pytest.approx(4000 * 0.9 * 0.8 * 0.995 + 1000)
    # Nothing varies among sessions without rules.
    assert results.completed.deviation == pytest.approx((4000 * 0.7164 * (1 - 0.7164)) ** 0.5)
    assert results.edges_sec is None
    assert results_of([one]).edges_sec[-1] == 30


async def test_every_count_of_drawn_sessions_lies_inside_its_band():
    results = results_of([simulate(await ad(), config(**RULES), 20_000, seed=3).summary])
    figures = [
        results.completed,
        results.interrupted,
        *results.funnel.values(),
        *results.reasons.values(),
        *results.rules.values(),
        *results.offsets,
        *results.survival,
    ]
    assert [figure for figure in figures if figure.expected is None or figure.is_outside] == []


async def test_a_batch_that_follows_other_rules_lies_outside_the_band():
    drawn = simulate(await ad(), config(start=RULES["start"]), 2000, seed=3).summary
    expected = simulate(
        await ad(), config(start={**RULES["start"], "probability": 0.3}), 2000, seed=3
    ).summary
    results = results_of([{**drawn, "expected": expected["expected"]}])
    assert results.completed.is_outside
    assert results.completed.sigmas == pytest.approx(10, abs=2)


def test_a_count_that_could_not_be_is_infinitely_far_off_and_an_expected_one_is_not():
    assert Figure(1, 100, 0.0, 0.0).is_outside
    assert Figure(100, 100, 100.0, 0.0).sigmas == 0
    assert Figure(3, 100).sigmas is None


async def test_without_a_closed_form_nothing_is_expected():
    summary = simulate(await ad(), config(**RULES), 100, seed=1).summary
    results = results_of([{**summary, "expected": None}])
    assert results.completed.expected is None
    assert not results.completed.is_outside


async def test_the_extremes_of_two_stretches_are_those_of_the_whole():
    simulation = simulate(await ad(), config(**RULES), 4000, seed=5)
    sessions = list(simulation.lean())
    whole = Extremes.of(simulation.screening, 0, sessions)
    parts = [Extremes.of(simulation.screening, at, sessions[at : at + 1000]) for at in range(0, 4000, 1000)]
    assert parts[0] | parts[1] | parts[2] | parts[3] == whole
    cuts = [one.cut_ms for one in sessions if one.rule in {"start", "midpoint"}]
    assert [one.cut_ms for one in whole.earliest] == sorted(cuts)[:5]
    assert {one.rule for one in whole.rare} == {"midpoint"}
    assert [sessions[one.place].rule for one in whole.rare] == ["midpoint"] * 3
    assert Extremes.from_dict(whole.to_dict()) == whole


async def test_an_ad_of_another_length_plays_as_if_it_had_been_written_so():
    written = await VastClient.from_xml(inline(duration="00:00:06")).request_ad()
    edited = (await ad()).of_length(6000)
    assert edited.duration_ms == 6000
    rules = config(start=RULES["start"])
    assert simulate(edited, rules, 500, seed=1).summary == simulate(written, rules, 500, seed=1).summary
