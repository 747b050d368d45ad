"""Whatever way a list is found, it holds what its choice says, in order, and is counted as it is long."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from playback.history import branches, listing, seeking
from playback.history.choice import NONE, Choice
from playback.models import Batch, Session, SessionDay
from playback.records.recording import enter, leave
from playback.records.seeding import seed_history

pytestmark = pytest.mark.django_db

UNTIL = datetime(2026, 3, 3, tzinfo=UTC)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def seeded():
    """Two days of seeded sessions and a few single ones, two of which sent their pixels."""
    list(seed_history(240, 2, 7, UNTIL))
    own = {"seed": 1, "mode": "real", "status": "closed", "end_reason": "stopped", "provider": "google"}
    for number, delivery in enumerate(("dry_run", "sandbox", "live")):
        row = enter(title=f"My own coats {number}", delivery=delivery, **own)
        Session.objects.filter(pk=row.pk).update(created_at=NOON + timedelta(minutes=number))
    Session.objects.filter(delivery="live").update(own_id="zzz123")


def choices():
    batch = Batch.objects.first().public_id
    return [
        Choice(),
        Choice(since=NOON, until=NOON + timedelta(hours=6)),
        Choice(provider="google"),
        Choice(provider=NONE, mode="real"),
        Choice(provider="google", mode="headless", since=NOON, status="completed"),
        Choice(publisher="den", outcome="interrupted"),
        Choice(provider="nobody"),
        Choice(delivery="live"),
        Choice(delivery="dry_run", provider="google"),
        Choice(delivery="sandbox", provider="tiger"),
        Choice(batch=batch),
        Choice(batch=batch, status="closed"),
        Choice(batch="nothing"),
        Choice(text="coats own"),
        Choice(text="oat", provider="google"),
        Choice(text="OAT MILK", mode="headless"),
        Choice(text="zzz1"),
        Choice(text="zz"),
        Choice(text=f"{batch}-17"),
        Choice(text=batch[:4]),
    ]


def pages(choice, **how):
    found, before = [], None
    while True:
        page = listing.page(choice, before, 7, **how)
        found += page.rows
        if page.next is None:
            return found
        before = page.next


@pytest.mark.parametrize("probe", [0, 20, 2000])
def test_every_way_to_a_list_finds_what_its_choice_says(seeded, monkeypatch, probe):
    monkeypatch.setattr(seeking, "PROBE", probe)
    monkeypatch.setattr(branches, "FEW", 1 if probe == 20 else 200)
    for choice in choices():
        expected = list(Session.objects.filter(choice.rows()).order_by("-created_at", "-id").distinct())
        assert pages(choice) == expected, choice
        if probe == 0:
            assert pages(choice, oldest_first=True) == expected[::-1], choice
        assert listing.count(choice) == (len(expected), False), choice


def test_the_page_in_front_is_found_again(seeded):
    choice = Choice(provider="google")
    first = listing.page(choice, size=5)
    second = listing.page(choice, first.next, 5)
    assert listing.page(choice, after=second.previous, size=5).rows == first.rows


def test_more_than_are_counted_one_by_one_are_called_more(seeded, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED_UP_TO", 10)
    assert listing.count(Choice(since=NOON)) == (10, True)
    assert listing.count(Choice()).number == 243


def test_what_retention_took_is_in_no_list_and_still_in_the_history(seeded):
    rows = Session.objects.filter(provider="google", created_at__lt=NOON)
    gone = leave(rows, stay_counted=True)
    assert gone
    choice = Choice(provider="google")
    assert listing.count(choice) == (Session.objects.filter(provider="google").count(), False)
    assert sum(day.sessions for day in SessionDay.objects.all()) == 243
    leave(Session.objects.all())
    assert listing.count(choice) == (0, False)
    assert sum(day.sessions for day in SessionDay.objects.all()) == gone


def test_a_made_up_history_goes_into_an_empty_site_only(seeded):
    with pytest.raises(CommandError, match="sessions already"):
        call_command("seed_sessions", sessions=10, days=1)


def test_a_made_up_history_is_the_same_again(seeded):
    first = list(
        Session.objects.filter(batch__isnull=False).order_by("created_at").values_list("seed", "trail")
    )
    leave(Session.objects.all())
    list(seed_history(240, 2, 7, UNTIL))
    assert first == list(Session.objects.order_by("created_at").values_list("seed", "trail"))
