"""What retention takes away, what it leaves, and what is still counted."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Sum

from playback.models import (
    AdDocument,
    Batch,
    Session,
    SessionChain,
    SessionDay,
    SessionLedger,
    SessionTitle,
)
from playback.records import retention
from playback.records.seeding import seed_history
from tests.site.rows import make_session, play_out

pytestmark = pytest.mark.django_db


def told(**options) -> str:
    out = StringIO()
    call_command("apply_retention", stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def kept_for_ten_days(settings, monkeypatch):
    settings.RETENTION_DAYS = 10
    monkeypatch.setattr(retention, "AT_ONCE", 7)


def grow_old(row: Session, days: int = 30) -> Session:
    at = datetime.now(UTC) - timedelta(days=days)
    Session.objects.filter(pk=row.pk).update(created_at=at, ended_at=at)
    SessionDay.objects.update(day=int(at.timestamp() // 86400))
    return row


def test_an_old_session_goes_with_its_ledger_chain_and_documents_and_stays_counted(kept_for_ten_days):
    grow_old(play_out(make_session(title="Old")))
    assert SessionChain.objects.exists()
    assert "1 sessions" in told(dry_run=True)
    assert Session.objects.exists()
    assert "1 sessions, 0 batches, 1 documents, 1 titles" in told()
    for rows in (Session, SessionLedger, SessionChain, AdDocument, SessionTitle):
        assert not rows.objects.exists()
    assert SessionDay.objects.aggregate(Sum("sessions"), Sum("gone")) == {"sessions__sum": 1, "gone__sum": 1}


def test_what_is_young_or_has_not_ended_stays_with_what_it_names(kept_for_ten_days):
    grow_old(play_out(make_session(title="Old")))
    play_out(make_session(title="Young"))
    waiting = make_session(title="Waiting")
    Session.objects.filter(pk=waiting.pk).update(created_at=datetime.now(UTC) - timedelta(days=30))
    told()
    assert {row.title for row in Session.objects.all()} == {"Young", "Waiting"}
    assert AdDocument.objects.count() == 1


def test_a_batch_goes_when_its_last_session_went(kept_for_ten_days):
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    list(seed_history(120, 4, 7, midnight - timedelta(days=9)))
    assert Batch.objects.count() == 4
    told()
    old = Batch.objects.filter(ended_at__lt=datetime.now(UTC) - timedelta(days=10))
    assert not old.exists()
    assert Session.objects.count() + SessionDay.objects.aggregate(gone=Sum("gone"))["gone"] == 120
    assert {row.batch.pk for row in Session.objects.select_related("batch")} == set(
        Batch.objects.values_list("pk", flat=True)
    )


def test_without_a_number_of_days_everything_is_kept(settings):
    settings.RETENTION_DAYS = 0
    grow_old(play_out(make_session()))
    assert "Everything is kept" in told()
    assert Session.objects.exists()
