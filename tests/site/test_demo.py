"""The demonstration data: three people who can sign in, six providers, a publisher, builds, endpoints, a
history; never twice."""

import io
import re
from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.test import Client

from pipeline.endpoint.debug import debug
from pipeline.models import Build, Endpoint, ReceiverProfile, Source
from playback.engine import PROVIDERS, get_provider_rules
from playback.models import Batch, ProfileVersion, Provider, SavedView, Session
from playback.rows import to_partial
from playback.rules.publishing import versions
from vastdash.models import Publisher, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def load(**options: object) -> str:
    out = io.StringIO()
    call_command("load_demo", stdout=out, **options)
    return out.getvalue()


def rows() -> dict:
    return {
        "people": list(User.objects.order_by("pk").values()),
        "providers": list(Provider.objects.order_by("pk").values()),
        "publishers": list(Publisher.objects.order_by("pk").values()),
        "builds": Build.objects.count(),
        "sessions": Session.objects.count(),
        "versions": ProfileVersion.objects.filter(level="publisher").count(),
        "views": SavedView.objects.count(),
        "receivers": list(ReceiverProfile.objects.order_by("pk").values()),
        "endpoints": list(Endpoint.objects.order_by("pk").values()),
    }


def test_three_people_of_three_roles_can_sign_in_with_what_is_printed():
    told = re.findall(r"^\s+(\w+)\s+(\S+)\s+role (\S+)$", load(), re.MULTILINE)
    assert [(name, role) for name, _, role in told] == [
        ("adops", "ad-ops"),
        ("qa", "qa"),
        ("manager", "viewer"),
    ]
    for name, password, _ in told:
        assert signs_in(name, password)
    assert len({password for _, password, _ in told}) == 3


def signs_in(name: str, password: str) -> bool:
    answer = Client().post("/sign-in/", {"username": name, "password": password})
    return answer.status_code == 302


def test_six_providers_with_the_shipped_rules_in_their_order():
    load()
    assert [row.name for row in Provider.objects.all()] == list(PROVIDERS)
    for row in Provider.objects.all():
        found = to_partial(row.playback)["interruption_rules"]
        assert found == {event: rule.to_dict() for event, rule in get_provider_rules(row.name).items()}


def test_a_publisher_and_builds_worth_looking_at():
    load()
    assert Publisher.objects.get().playback
    assert Build.objects.filter(no_ad=False, created_by__username="qa").count() >= 3


def test_an_endpoint_that_serves_a_pod_and_one_that_asks_a_prebid_server():
    load()
    rows = Endpoint.objects.select_related("receiver", "publisher", "canned")
    stored, asking = (rows.get(source=source) for source in (Source.CANNED, Source.PREBID_SERVER))
    record = debug(stored, "", {}, "203.0.113.9")
    assert record["result"]["selected_count"] > 1
    assert record["config"]["notices"] == []
    assert asking.auction_url.startswith("https://")
    assert stored.publisher == asking.publisher == Publisher.objects.get()


def test_weeks_of_sessions_of_every_provider_that_say_what_they_are():
    load()
    batch = Batch.objects.get()
    assert "Demonstration" in batch.title
    assert batch.status == Batch.Status.COMPLETED
    assert batch.done == batch.sessions == Session.objects.filter(batch=batch).count()
    assert set(batch.cells.values_list("provider", flat=True)) == set(PROVIDERS)
    days = {moment.date() for moment in Session.objects.values_list("created_at", flat=True)}
    assert len(days) >= 5 * 7
    assert max(days) <= datetime.now(UTC).date()


def test_a_publisher_whose_rules_were_changed_for_a_reason_and_a_view_that_is_shared():
    load()
    newest, first = versions("publisher", Publisher.objects.get().name)
    assert newest.note
    assert newest.playback != first.playback
    assert SavedView.objects.get().is_shared


def test_a_second_load_keeps_passwords_and_rows_and_says_so():
    load()
    Provider.objects.filter(name="yandex").update(playback={"mode": "real"})
    before = rows()
    told = load()
    assert rows() == before
    assert told.count("(as before)") == 3


def test_with_if_empty_nothing_happens_once_somebody_can_sign_in():
    User.objects.create(username="me")
    assert load(if_empty=True) == ""
    assert not Provider.objects.exists()


def test_with_if_empty_an_empty_site_is_filled():
    assert "Demonstration users" in load(if_empty=True)
    assert User.objects.count() == 3
