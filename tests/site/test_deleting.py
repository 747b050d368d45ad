"""What is destroyed is asked about first and says what goes with it; what was typed survives."""

import pytest
from django.urls import reverse

from pipeline.models import Build, Endpoint, ReceiverProfile
from playback.history.choice import Choice
from playback.history.counts import counts
from playback.models import Session, SessionChain, SessionLedger
from tests.pipeline.settings_forms import make_endpoint, make_profile, make_publisher, settings_form
from tests.playback.level_forms import level_form
from tests.site.people import make_person
from tests.site.rows import make_build, make_session, play_out
from vastdash import tokens
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db


def counted() -> int:
    return sum(row.sessions for row in counts(Choice()))


def test_a_deleted_session_takes_its_ledger_and_chain_along_and_is_counted_no_more(ad_ops):
    kept, lost = play_out(make_session()), play_out(make_session())
    address = f"/sessions/{lost.public_id}/delete/"
    assert "ledger of trackers" in ad_ops.get(address).content.decode()
    assert counted() == 2
    assert ad_ops.post(address, follow=True).redirect_chain == [("/sessions/", 302)]
    assert list(Session.objects.all()) == [kept]
    assert {row.pk for table in (SessionLedger, SessionChain) for row in table.objects.all()} == {kept.pk}
    assert counted() == 1
    assert ad_ops.post(address).status_code == 404


def test_a_session_that_has_not_ended_stays(ad_ops):
    row = make_session()
    page = ad_ops.post(f"/sessions/{row.public_id}/delete/")
    assert page.status_code == 409
    assert "it has not ended" in page.content.decode()
    assert Session.objects.exists()


def test_a_deleted_build_leaves_the_sessions_that_played_it_readable(ad_ops):
    build = make_build()
    session = play_out(make_session(build=build))
    address = f"/builds/{build.public_id}/delete/"
    assert "1 session played it" in ad_ops.get(address).content.decode()
    ad_ops.post(address)
    assert not Build.objects.exists()
    page = ad_ops.get(f"/sessions/{session.public_id}/").content.decode()
    assert "a build that is no longer there" in page


def test_a_token_is_revoked_only_after_its_owner_was_asked(qa):
    token, _ = tokens.issue(qa.get("/").wsgi_request.user, "nightly")
    address = reverse("token-revoke", args=[token.public_id])
    assert "never been used" in qa.get(address).content.decode()
    token.refresh_from_db()
    assert token.revoked_at is None
    qa.post(address)
    token.refresh_from_db()
    assert token.revoked_at


def test_nobody_is_asked_about_another_persons_token(qa):
    token, _ = tokens.issue(make_person("owner"), "nightly")
    assert qa.get(reverse("token-revoke", args=[token.public_id])).status_code == 404


TYPED = {"name": "attic", "title": "Typed title"}
GONE = {
    "receiver": (make_profile, "/receivers/attic/", settings_form(**TYPED)),
    "publisher": (make_publisher, "/publishers/attic/", level_form([], **TYPED)),
}


@pytest.mark.parametrize("what", GONE)
def test_an_edit_of_what_was_deleted_meanwhile_can_be_saved_as_new(ad_ops, what):
    make, address, typed = GONE[what]
    row = make("attic")
    version = ad_ops.get(address).context["version"]
    row.delete()
    answer = ad_ops.post(address, {"version": version, **typed})
    assert answer.status_code == 410
    page = answer.content.decode()
    assert 'value="Typed title"' in page
    assert f'action="/{what}s/new/"' in page
    assert not type(row).objects.exists()
    sent = {"version": answer.context["version"], **typed}
    assert ad_ops.post(answer.context["gone"], sent).status_code == 302
    assert type(row).objects.get().title == "Typed title"


def test_an_edit_of_a_deleted_endpoint_can_be_saved_as_new(ad_ops):
    endpoint = make_endpoint()
    typed = {
        "title": "Typed title",
        "receiver": endpoint.receiver.name,
        "source": "prebid_server",
        "auction_url": "https://pbs.example.com/openrtb2/auction",
        "tmax_ms": "800",
    }
    endpoint.delete()
    answer = ad_ops.post(f"/endpoints/{endpoint.public_id}/edit/", {"version": "read-before", **typed})
    assert answer.status_code == 410
    assert 'value="Typed title"' in answer.content.decode()
    assert ad_ops.post(answer.context["gone"], typed).status_code == 302
    assert Endpoint.objects.get().title == "Typed title"
    assert {ReceiverProfile.objects.count(), Publisher.objects.count()} == {1, 0}
