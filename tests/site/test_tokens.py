"""Personal API tokens: made once, shown once, good for the API alone, and gone when revoked, expired or orphaned."""

import json
import logging
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pipeline.models import Build
from playback.live.consumers import NOT_ALLOWED
from tests.pipeline.responses import response
from tests.site.people import browser_of, make_person
from vastdash import tokens
from vastdash.asgi import application
from vastdash.models import ApiToken
from vastdash.roles import Role

pytestmark = pytest.mark.django_db

LIST, NEW, BUILDS = reverse("token-list"), reverse("token-new"), "/api/v1/builds"


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def secret_of(person, **how) -> str:
    return tokens.issue(person, "a script", **how)[1]


@pytest.fixture
def tester():
    return make_person("tess", Role.QA)


class TestPages:
    def test_the_secret_is_shown_in_the_answer_that_makes_it_and_never_again(self, qa):
        page = qa.post(NEW, {"name": "nightly", "expires": "30"})
        secret = page.context["secret"]
        assert page.content.decode().count(secret) == 1
        assert secret.startswith("vd_")
        assert len(secret) >= 46
        row = ApiToken.objects.get()
        assert secret not in json.dumps([row.name, row.digest, row.hint])
        assert secret.startswith(row.hint)
        assert row.expires_at - row.created_at > timedelta(days=29)
        again = qa.get(LIST).content.decode()
        assert secret not in again
        assert f"{row.hint}…" in again

    def test_no_two_secrets_are_alike(self, tester):
        assert secret_of(tester) != secret_of(tester)

    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 61}, "name"),
            ({"name": "a\x00b"}, "name"),
            ({"name": "a", "expires": "-1"}, "expires"),
        ],
    )
    def test_a_token_that_cannot_be_is_refused_beside_its_field(self, qa, fields, wrong):
        answer = qa.post(NEW, fields)
        assert answer.status_code == 422
        assert f'id="id_{wrong}_error"' in answer.content.decode()
        assert not ApiToken.objects.exists()

    def test_a_name_with_markup_is_text(self, qa):
        assert "<script>alert" not in qa.post(NEW, {"name": "<script>alert(1)</script>"}).content.decode()

    def test_one_s_own_are_listed_and_revoked_and_others_are_not_there(self, qa, tester):
        own = qa.post(NEW, {"name": "mine"}).context["made"]
        other, _ = tokens.issue(tester, "theirs")
        page = qa.get(LIST).content.decode()
        assert "mine" in page
        assert "theirs" not in page
        assert qa.post(reverse("token-revoke", args=[other.public_id])).status_code == 404
        assert qa.post(reverse("token-revoke", args=[own.public_id])).status_code == 302
        other.refresh_from_db()
        own.refresh_from_db()
        assert (other.revoked_at, own.revoked_at is None) == (None, False)

    def test_who_may_delete_sees_and_revokes_everybody_s(self, ad_ops, tester):
        other, _ = tokens.issue(tester, "theirs")
        assert "tess" in ad_ops.get(LIST).content.decode()
        assert ad_ops.post(reverse("token-revoke", args=[other.public_id])).status_code == 302
        other.refresh_from_db()
        assert other.revoked_at

    def test_the_first_revocation_counts(self, tester):
        token, _ = tokens.issue(tester, "a script")
        then = timezone.now()
        tokens.revoke(token, then)
        tokens.revoke(token, then + timedelta(hours=1))
        token.refresh_from_db()
        assert token.revoked_at == then

    def test_the_way_there_is_shown_to_who_may_have_tokens(self, qa, viewer):
        assert LIST in qa.get("/").content.decode()
        assert LIST not in viewer.get("/").content.decode()


class TestUse:
    def test_a_token_reads_and_builds_without_a_csrf_token(self, tester):
        client = Client(enforce_csrf_checks=True, headers=bearer(secret_of(tester)))
        assert client.get(BUILDS).status_code == 200
        answer = client.post(BUILDS, {"response": response()}, content_type="application/json")
        assert answer.status_code == 201
        assert Build.objects.get().created_by == tester
        assert "no-store" in answer["Cache-Control"]

    def test_a_browser_still_needs_its_csrf_token(self, tester):
        client = Client(enforce_csrf_checks=True)
        client.force_login(tester)
        answer = client.post(BUILDS, {"response": response()}, content_type="application/json")
        assert answer.status_code == 403

    def test_a_token_may_what_its_owner_s_role_may_now(self, tester):
        client = Client(headers=bearer(secret_of(tester)))
        tester.role = Role.VIEWER
        tester.save()
        assert client.get(BUILDS).status_code == 200
        assert (
            client.post(BUILDS, {"response": response()}, content_type="application/json").status_code == 403
        )

    def test_cookies_count_for_nothing_beside_a_token(self, tester):
        reader = make_person("reader")
        client = browser_of(make_person("boss", Role.AD_OPS))
        answer = client.post(
            BUILDS,
            {"response": response()},
            content_type="application/json",
            headers=bearer(secret_of(reader)),
        )
        assert answer.status_code == 403
        assert client.get(BUILDS, headers=bearer("vd_nonsense")).status_code == 401

    @pytest.mark.parametrize(
        "spoil", ["unknown", "empty", "revoked", "expired", "deactivated", "long", "bytes"]
    )
    def test_a_token_that_is_no_good_is_a_401_that_says_so(self, tester, spoil):
        token, secret = tokens.issue(tester, "a script")
        if spoil == "revoked":
            tokens.revoke(token, timezone.now())
        elif spoil == "expired":
            ApiToken.objects.update(expires_at=timezone.now())
        elif spoil == "deactivated":
            tester.is_active = False
            tester.save()
        told = {"unknown": secret + "x", "empty": "", "long": "vd_" + "x" * 10_000, "bytes": "vd_\xff\xfe"}
        answer = Client().get(BUILDS, headers=bearer(told.get(spoil, secret)))
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer ")
        assert "no-store" in answer["Cache-Control"]
        assert ApiToken.objects.get().last_used_at is None

    @pytest.mark.parametrize("address", ["/", "/builds/", "/tokens/", "/admin/"])
    def test_a_token_opens_no_page(self, tester, address):
        answer = Client(headers=bearer(secret_of(tester))).get(address)
        assert answer.status_code == 302
        assert "/sign-in/" in answer["Location"]

    def test_another_scheme_is_not_ours_to_judge(self, tester):
        client = browser_of(tester)
        assert client.get(BUILDS, headers={"authorization": "Basic eDp5"}).status_code == 200

    def test_an_address_no_table_names_stays_closed(self, tester):
        assert Client(headers=bearer(secret_of(tester))).get("/api/v1/").status_code in {403, 404}


@pytest.mark.django_db(transaction=True)
async def test_a_token_opens_no_socket():
    secret = await sync_to_async(lambda: secret_of(make_person("tess", Role.QA)))()
    headers = [
        (b"origin", b"http://127.0.0.1"),
        (b"host", b"127.0.0.1"),
        (b"authorization", f"Bearer {secret}".encode()),
    ]
    socket = WebsocketCommunicator(application, "/ws/sessions/abc/", headers=headers)
    assert await socket.connect() == (True, None)
    assert await socket.receive_output() == {"type": "websocket.close", "code": NOT_ALLOWED}


class TestTraces:
    def test_the_last_use_is_noted_once_a_minute_at_most(self, tester, django_assert_num_queries):
        client = Client(headers=bearer(secret_of(tester)))
        client.get(BUILDS)
        first = ApiToken.objects.get().last_used_at
        with django_assert_num_queries(2):  # the token with its owner, the builds
            client.get(BUILDS)
        assert ApiToken.objects.get().last_used_at == first
        ApiToken.objects.update(last_used_at=first - timedelta(minutes=1))
        client.get(BUILDS)
        assert ApiToken.objects.get().last_used_at >= first

    def test_a_busy_database_costs_the_note_and_not_the_request(self, tester, monkeypatch):
        client = Client(headers=bearer(secret_of(tester)))

        def busy(*_, **__):
            raise OperationalError("database is locked")

        monkeypatch.setattr("django.db.models.query.QuerySet.update", busy)
        assert client.get(BUILDS).status_code == 200

    def test_no_log_line_holds_a_secret(self, tester, caplog, capfd):
        secret = secret_of(tester)
        with caplog.at_level(logging.DEBUG):
            for header in (f"Bearer {secret}", f"Bearer {secret}x", f"Token {secret}"):
                Client().get(BUILDS, headers={"authorization": header})
        heard = caplog.text + "".join(capfd.readouterr())
        assert "GET /api/v1/builds" in heard
        assert secret not in heard
