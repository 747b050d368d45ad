"""Every end of a session is one outcome, and narrowing to an outcome finds exactly its ends."""

from playback.engine import InterruptionReason
from playback.history.choice import Choice
from playback.history.outcome import REASONS, Outcome, outcome_of, reasons_of


def test_every_interruption_of_the_engine_is_one_and_the_other_ends_are_not():
    assert set(reasons_of("interrupted")) == {reason.value for reason in InterruptionReason}
    assert reasons_of("stopped") == ("stopped", "exceeded_limit")
    assert reasons_of("failed") == ("error",)


def test_the_outcomes_share_out_every_reason_without_a_rest():
    found = [reason for outcome in Outcome for reason in reasons_of(outcome)]
    assert sorted(found) == sorted([*REASONS, ""])
    assert all(reason in reasons_of(outcome_of(reason)) for reason in found)


def test_an_outcome_narrows_by_reason_beside_whatever_else_is_decided():
    choice = Choice(provider="yandex", reason="-", outcome="unfinished")
    assert choice.cohorts == {"provider": "yandex", "end_reason": "", "end_reason__in": ("",)}
