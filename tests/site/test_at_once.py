"""Two people at the same row at the same moment: one of them is told so, nobody meets an error."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from playback.batches import deleting, running
from playback.batches.deleting import delete_batch
from playback.batches.running import run
from playback.models import Batch, SavedView, Session
from playback.views import saved
from tests.site.rows import make_batch, run_batch

pytestmark = pytest.mark.django_db


def test_a_name_that_was_taken_since_it_was_looked_for_is_told_at_its_field(qa, monkeypatch):
    qa.post(reverse("view-new"), {"name": "Mine", "query": "days=7"})
    monkeypatch.setattr(saved.ViewForm, "clean_name", lambda form: form.cleaned_data["name"])
    answer = qa.post(reverse("view-new"), {"name": "Mine", "query": "days=30"})
    assert (answer.status_code, SavedView.objects.count()) == (422, 1)
    assert saved.NAME_TAKEN in answer.content.decode()


def test_a_batch_that_two_delete_at_once_is_gone_for_both(monkeypatch):
    batch = run_batch()
    cancel = deleting.cancel

    def quicker(row):
        monkeypatch.setattr(deleting, "cancel", cancel)
        delete_batch(row.public_id)
        cancel(row)

    monkeypatch.setattr(deleting, "cancel", quicker)
    delete_batch(batch.public_id)
    assert (Batch.objects.count(), Session.objects.count()) == (0, 0)


def test_a_batch_that_breaks_says_so_instead_of_running_for_ever(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("no such thing")

    monkeypatch.setattr(running, "write", broken)
    batch = make_batch()
    run(batch.public_id)
    batch.refresh_from_db()
    assert (batch.status, batch.error, batch.done) == ("error", "ZeroDivisionError: no such thing", 0)


def test_a_batch_outlives_a_clock_that_is_set_back():
    batch = make_batch()
    later = timezone.now() + timedelta(minutes=5)
    Batch.objects.update(created_at=later)
    run(batch.public_id)
    assert Session.objects.filter(batch=batch, created_at__gte=later).count() == 200
