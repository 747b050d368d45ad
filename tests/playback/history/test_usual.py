"""What is usual, what is chance and what is neither, computed by hand beside the code."""

from math import sqrt

import pytest

from playback.history.sentence import completion_sentence, largest_rise, moved, rise_sentence
from playback.history.tally import Share, Tally, together
from playback.history.usual import Usual, Verdict, judge_number, judge_share, usual_number, usual_share


def test_completion_is_of_viewings_and_leaves_out_what_was_stopped_or_never_began():
    tally = Tally.of([("completed", 70, 0), ("user_skip", 20, 0), ("timeout", 10, 0), ("stopped", 7, 0)])
    tally += Tally.of([("error", 9, 0), ("", 4, 0)])
    assert tally.sessions == 120
    assert tally.completion == (70, 100)
    assert tally.interruption == (30, 100)
    assert tally.failure == (9, 116)
    assert list(tally.interruptions.items()) == [("user_skip", 20), ("timeout", 10)]


def test_without_anything_to_share_there_is_no_share_and_no_band():
    nothing = together([])
    assert (nothing.completion.value, nothing.completion.band, nothing.mean_length_ms) == (None, None, None)


def test_the_mean_length_is_that_of_the_ads_that_were_viewed():
    tally = Tally.of([("completed", 1, 30_000), ("timeout", 1, 10_000), ("error", 5, 0)])
    assert tally.mean_length_ms == 20_000


def test_the_band_of_a_share_is_wilsons_and_stays_within_bounds():
    band = Share(50, 100).band
    z, n = 3, 100
    half = z * sqrt(0.25 / n + z * z / (4 * n * n)) / (1 + z * z / n)
    assert band == pytest.approx((0.5 - half, 0.5 + half))
    assert Share(0, 10).band == pytest.approx((0, 9 / 19))
    assert Share(10, 10).band == pytest.approx((10 / 19, 1))


def test_one_odd_day_moves_what_is_usual_of_counts_by_nothing():
    usual = usual_number([100, 100, 100, 100, 9_000])
    assert usual == Usual(100, 70, 130, 5)


def test_too_few_days_are_not_judged():
    assert usual_number([5, 5, 5]) is None
    assert judge_number(1_000, None) is Verdict.UNKNOWN
    assert usual_share([Share(1, 2)] * 6 + [Share(0, 0)] * 20) is None
    assert judge_share(Share(0, 0), None) is Verdict.NONE


def test_a_share_is_unusual_only_beyond_the_usual_and_beyond_chance():
    usual = usual_share([Share(part, 1_000) for part in (830, 835, 840, 845, 850, 838, 842)])
    assert (usual.median, usual.days) == (0.84, 7)
    assert judge_share(Share(780, 1_000), usual) is Verdict.LOW
    assert judge_share(Share(990, 1_000), usual) is Verdict.HIGH
    assert judge_share(Share(836, 1_000), usual) is Verdict.SAME
    assert judge_share(Share(1, 80_000), Usual(0.0, 0.0, 0.0, 28)) is Verdict.SAME
    assert judge_share(Share(1, 3), usual) is Verdict.SAME


def test_one_failure_in_twenty_thousand_alarms_nobody_where_none_is_usual():
    never = usual_share([Share(0, 1_000)] * 7)
    assert judge_share(Share(1, 20_000), never) is Verdict.SAME
    assert judge_share(Share(40, 20_000), never) is Verdict.HIGH


def test_a_rate_fell_when_chance_does_not_explain_it():
    assert moved(Share(780, 1_000), Share(840, 1_000)) == "fell"
    assert moved(Share(840, 1_000), Share(780, 1_000)) == "rose"
    assert moved(Share(78, 100), Share(84, 100)) == "held"
    assert moved(Share(10, 10), Share(10, 10)) == "held"


def test_the_sentence_says_what_changed_and_never_compares_with_nothing():
    usual = Usual(0.84, 0.82, 0.86, 28)
    told = completion_sentence(Share(780, 1_000), Share(840, 1_000), usual, "yesterday", "the day before")
    assert told == (
        "Completion fell to 78.0 % yesterday, from 84.0 % the day before; usual is 82.0 % to 86.0 %."
    )
    first = completion_sentence(Share(1, 2), Share(0, 0), None, "today", "yesterday")
    assert first == "Completion is 50.0 % today; yesterday has none to compare with."
    assert completion_sentence(Share(0, 0), Share(1, 2), usual, "today", "yesterday").startswith("Nothing")


def test_what_grew_most_is_named_and_ends_that_are_no_interruptions_are_not():
    before = {("yandex", "timeout"): 10, ("tiger", "user_skip"): 50, ("tiger", "completed"): 900}
    now = {("yandex", "timeout"): 90, ("tiger", "user_skip"): 55, ("tiger", "completed"): 1_800}
    rise = largest_rise(before, 1_000, now, 1_000)
    assert rise_sentence(rise) == "What grew most: yandex, timeout: 9.0 % of all viewings, 1.0 % before."
    assert largest_rise(before, 1_000, before, 1_000) is None
    assert largest_rise({}, 0, now, 1_000) is None
