"""Sessions of a batch stored by the thousand: as the engine played them, each once, counted with them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Count, Sum

from playback.engine import simulate
from playback.models import Batch, BatchAd, BatchCell, Session, SessionDay
from playback.records import trail
from playback.records.writing import write
from tests.pipeline.responses import inline
from tests.playback.engine.ads import rule

pytestmark = pytest.mark.django_db

RULES = {"start": rule(0.2, 0, 4, reason="network_error"), "midpoint": rule(0.3, 0, 9)}
SESSIONS = 60


def make_cell(sessions: int = SESSIONS, first: int = 0, **names: str) -> BatchCell:
    batch = Batch.objects.create(title="A batch", seed=1, sessions=sessions)
    ad = BatchAd.objects.create(batch=batch, title="100% 'ours'", source="document")
    return BatchCell.objects.create(
        batch=batch, ad=ad, config={}, seed=1, first=first, sessions=sessions, **names
    )


@pytest.fixture
def lean():
    return list(simulate(inline(), {"interruption_rules": RULES}, SESSIONS, seed=1).lean())


def test_a_stored_session_says_what_the_engine_played(lean):
    cell = make_cell(first=100, provider="tubi", publisher="den\\ \t")
    assert write(cell, 0, lean, cell.batch.created_at) == SESSIONS
    rows = list(Session.objects.listed().order_by("ordinal"))
    for place, (row, played) in enumerate(zip(rows, lean, strict=True)):
        whole = played.session
        assert row.public_id == f"{cell.batch.public_id}-{100 + place}"
        assert (row.title, row.source, row.provider) == ("100% 'ours'", "document", "tubi")
        assert (row.publisher, row.mode, row.delivery) == ("den\\ \t", "headless", "dry_run")
        assert (row.seed, row.status, row.end_reason) == (played.seed, whole.status.value, whole.end_reason)
        assert (row.error_code, row.offset_ms) == (whole.error_code, round(whole.current_offset_sec * 1000))
        assert (row.duration_ms, row.record) == (round(whole.duration_sec * 1000), None)
        assert [event for event, _ in trail.read(row.trail)] == [event.event_type for event in whole.events]
        assert [event.name for event in row.events] == [event.event_type for event in whole.events]
    assert {row.status for row in rows} == {"completed", "closed", "error"}


def test_the_counts_of_days_are_those_of_the_rows(lean):
    cell = make_cell(provider="tubi")
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    Batch.objects.update(created_at=noon)
    cell.batch.refresh_from_db()
    write(cell, 0, lean, noon, every=timedelta(hours=1))
    counted = SessionDay.objects.values_list("cohort", "day", "sessions", "played_ms", "duration_ms")
    rows = Session.objects.order_by().values_list("cohort").annotate(Count("pk"), Sum("offset_ms"))
    by_cohort = SessionDay.objects.values_list("cohort").annotate(Sum("sessions"), Sum("played_ms"))
    assert set(by_cohort) == set(rows)
    assert len({day for _, day, *_ in counted}) == 3


def test_a_stretch_is_stored_once_and_never_in_part(lean):
    cell = make_cell()
    at = cell.batch.created_at
    assert write(cell, 10, lean[10:30], at) == 20
    assert write(cell, 10, lean[10:30], at) == 0
    with pytest.raises(ValueError, match="10 of the 20 sessions from ordinal 20 on are stored"):
        write(cell, 20, lean[20:40], at)
    with pytest.raises(ValueError, match="do not fit in 60"):
        write(cell, 50, lean[:20], at)
    with pytest.raises(ValueError, match="before its batch"):
        write(cell, 40, lean[40:], at - timedelta(seconds=1))
    assert Session.objects.count() == 20
    assert SessionDay.objects.aggregate(Sum("sessions")) == {"sessions__sum": 20}
