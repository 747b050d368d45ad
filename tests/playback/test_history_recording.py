"""The counts of days equal a recount of the rows, whatever was recorded."""

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playback.models import Session, SessionCohort, SessionDay
from playback.records.recording import change, enter, leave
from vastdash.fields import day_of

pytestmark = pytest.mark.django_db

ENDS = {"running": "", "completed": "completed", "closed": "user_close", "error": "network_error"}


def recounted() -> Counter:
    found: Counter = Counter()
    for row in Session.objects.select_related("cohort"):
        assert all(getattr(row, name) == getattr(row.cohort, name) for name in SessionCohort.FIELDS)
        place = day_of(row.created_at), row.cohort_id
        found[*place, "sessions"] += 1
        found[*place, "played_ms"] += row.offset_ms
        found[*place, "duration_ms"] += row.duration_ms
    return +found


def counted() -> Counter:
    rows = SessionDay.objects.annotate(there=F("sessions") - F("gone"))
    found = Counter({(row.day, row.cohort_id, "sessions"): row.there for row in rows})
    for name in ("played_ms", "duration_ms"):
        found.update({(row.day, row.cohort_id, name): getattr(row, name) for row in rows})
    return +found


steps = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.sampled_from(["", "tiger"]), st.integers(0, 2)),
        st.tuples(st.just("change"), st.sampled_from(sorted(ENDS)), st.integers(0, 30_000)),
        st.tuples(st.just("pause"), st.booleans(), st.just(0)),
        st.tuples(st.just("leave"), st.just(""), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_is_recorded_the_counts_are_those_of_the_rows(steps):
    leave(Session.objects.all())
    rows: list[Session] = []
    now = datetime.now(UTC)
    for step, what, number in steps:
        if step == "enter":
            row = enter(title="A", provider=what, mode="real", seed=number, duration_ms=30_000)
            assert row.cohort.provider == what
            rows.append(row)
        elif rows and step == "change":
            change(rows[-1], status=what, end_reason=ENDS[what], offset_ms=number, ended_at=now)
        elif rows and step == "pause":
            change(rows[-1], paused=what)
        elif rows:
            leave(Session.objects.filter(pk=rows.pop().pk))
        assert counted() == recounted()


def test_a_second_that_passes_costs_three_statements(django_assert_num_queries):
    row = enter(title="A", provider="tiger", mode="real", seed=1, status="running", duration_ms=30_000)
    with django_assert_num_queries(5):  # and the savepoint round them
        change(row, offset_ms=1000, status="running", record={})


def test_a_session_that_is_gone_stays_gone():
    row = enter(title="A", mode="real", seed=1)
    leave(Session.objects.filter(pk=row.pk))
    change(row, status="completed")
    assert not Session.objects.exists()
    assert counted() == Counter()


def test_retention_leaves_what_was_played_in_the_history():
    enter(title="A", mode="real", seed=1, offset_ms=500)
    assert leave(Session.objects.all(), stay_counted=True) == 1
    day = SessionDay.objects.get()
    assert (day.sessions, day.gone, day.played_ms) == (1, 1, 500)
