"""What every page promises: a strict policy, security headers, no inline style or script, and no leak when it fails."""

import re

import pytest
from django.db import DatabaseError
from django.test import Client
from django.urls import include, path, reverse

from playback.session_page.ledger_filter import keyed
from tests.pipeline.settings_forms import make_endpoint, make_profile
from tests.site.people import PEOPLE, browser_of
from tests.site.rows import make_build, make_provider, make_session, play_out
from vastdash.models import Publisher
from vastdash.urls import handler403, handler404, handler500

__all__ = ["handler403", "handler404", "handler500", "urlpatterns"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def pages() -> list[str]:
    build = make_build()
    session = play_out(make_session(build.vast, build=build))
    make_provider("yandex")
    Publisher.objects.create(name="attic", title="Attic", playback={"mode": "headless"})
    endpoint = make_endpoint(make_profile("gam"))
    pixel = keyed(session.ledger.entries)[0]["key"]
    one = {
        "build": [build.public_id],
        "session": [session.public_id],
        "session-delete": [session.public_id],
        "build-delete": [build.public_id],
        "report-links": ["build", build.public_id],
        "session-pixel": [session.public_id, pixel],
        "session-replay": [session.public_id],
        "session-otherwise": [session.public_id],
        "provider": ["yandex"],
        "publisher": ["attic"],
        "publisher-receiver": ["attic"],
        "receiver": ["gam"],
        "receiver-delete": ["gam"],
        "endpoint": [endpoint.public_id],
        "endpoint-edit": [endpoint.public_id],
        "endpoint-rotate": [endpoint.public_id],
        "endpoint-delete": [endpoint.public_id],
    }
    lists = (
        "home",
        "build-list",
        "build-new",
        "session-list",
        "session-new",
        "history",
        "view-list",
        "weekly-report",
        "compare-sessions",
        "compare-builds",
        "provider-list",
        "publisher-list",
        "publisher-new",
        "receiver-list",
        "receiver-new",
        "endpoint-list",
        "endpoint-new",
        "token-list",
        "configuration",
        "profiles",
        "search",
        "glossary",
        "permissions",
        "report-list",
    )
    return [
        *(reverse(name) for name in lists),
        *(reverse(name, args=arguments) for name, arguments in one.items()),
        reverse("publisher-delete", args=["attic"]),
        f"{reverse('session-new')}?build={build.public_id}",
        reverse("api:openapi-view"),
        "/nowhere/",
        "/sign-in/",
    ]


@pytest.mark.parametrize("name", ["nobody", "viewer", "ad_ops"])
def test_every_page_carries_the_strict_policy_and_the_security_headers(pages, name):
    client = browser_of(PEOPLE[name]())
    for address in pages:
        answer = client.get(address)
        policy = dict(
            part.strip().partition(" ")[::2] for part in answer["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'", address
        for directive in ("script-src", "style-src", "connect-src", "form-action"):
            assert policy[directive] == "'self'", address
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "no-store" in answer["Cache-Control"]
        assert "private" in answer["Cache-Control"]


def test_no_page_holds_what_the_policy_would_block(pages):
    client = browser_of(PEOPLE["ad_ops"]())
    for address in pages:
        page = client.get(address, follow=True).content.decode()
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|hx-on|js:", page), address
        for script in re.findall(r"<script[^>]*>", page):
            assert re.search(r'src="/static/', script) or 'type="application/json"' in script, (
                address,
                script,
            )
        for source in re.findall(r'<(?:link|img|script)[^>]+(?:href|src)="([^"]+)"', page):
            assert source.startswith(("/static/", "data:")), (address, source)


def test_every_page_is_whole_and_says_where_one_is(pages):
    client = browser_of(PEOPLE["ad_ops"]())
    titles = {}
    for address in pages:
        if address.startswith("/api/"):
            continue
        page = client.get(address, follow=True).content.decode()
        titles[address] = re.search(r"<title>(.*?) · vastdash</title>", page).group(1)
        assert '<html lang="en">' in page
        assert page.count("<main ") == page.count("<h1") == 1, address
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), (address, sorted(one for one in ids if ids.count(one) > 1))
    assert all(titles.values())


def test_every_form_that_changes_something_carries_the_csrf_token(pages):
    client = browser_of(PEOPLE["ad_ops"]())
    for address in pages:
        for form in re.findall(
            r'<form[^>]*method="post".*?</form>', client.get(address).content.decode(), re.DOTALL
        ):
            assert "csrfmiddlewaretoken" in form, address


def test_every_error_is_tied_to_its_field_for_readers_who_cannot_see_it(qa):
    page = qa.post(reverse("build-new"), {"receiver": "ROKU"}).content.decode()
    field = re.search(r'<select[^>]*name="receiver"[^>]*>', page).group(0)
    assert 'aria-invalid="true"' in field
    assert "id_receiver_error" in re.search(r'aria-describedby="([^"]*)"', field).group(1)


def test_an_address_that_is_nowhere_is_a_page_of_ours_that_tells_nothing(viewer, nobody):
    for client in (viewer, nobody):
        answer = client.get("/nowhere/<script>/")
        assert answer.status_code == 404
        page = answer.content.decode()
        assert "Nothing is here" in page
        assert "<script>/" not in page
        assert "urlpatterns" not in page.lower()


def test_an_api_address_that_is_nowhere_is_a_problem_document(viewer):
    answer = viewer.get("/api/v1/nowhere")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def failing(request, **_):
    raise RuntimeError("the secret is 42")


urlpatterns = [
    path("healthz", failing, name="healthz"),
    path("api/v1/builds", failing, name="healthz"),
    path("", include("vastdash.urls")),
]


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_shows_a_page_of_ours_and_not_what_went_wrong():
    answer = Client(raise_request_exception=False).get("/healthz")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something broke on our side" in page
    for secret in ("42", "RuntimeError", "Traceback", "failing"):
        assert secret not in page
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]


@pytest.mark.urls(__name__)
def test_a_fault_of_ours_in_the_api_is_a_problem_document_that_tells_nothing():
    answer = Client(raise_request_exception=False).get("/api/v1/builds")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "42" not in answer.content.decode()


def test_a_fault_inside_an_api_endpoint_is_a_problem_document_that_tells_nothing(monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(PEOPLE["viewer"]())

    def broken(*_, **__):
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("pipeline.api.builds.Page", broken)
    answer = client.get("/api/v1/builds")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert "42" not in answer.content.decode()


def test_a_missing_csrf_token_is_refused_on_a_page_of_ours():
    client = Client(enforce_csrf_checks=True)
    client.force_login(PEOPLE["qa"]())
    answer = client.post(reverse("build-new"), {})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "vastdash" in page
    assert "<style" not in page


def test_the_site_is_unwell_without_its_database_or_its_runner(client, monkeypatch):
    assert client.get("/healthz").json() == {"database": True, "runner": False}

    def gone(*_):
        raise DatabaseError("gone")

    monkeypatch.setattr("vastdash.home.connection.cursor", gone)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"database": False, "runner": False})


def test_the_documentation_of_the_api_opens_and_names_every_endpoint(viewer):
    page = viewer.get(reverse("api:openapi-view")).content.decode()
    assert "http://" not in page
    assert "https://" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    schema = viewer.get(reverse("api:openapi-json")).json()
    assert set(schema["paths"]) == {
        "/api/v1/builds",
        "/api/v1/builds/{public_id}",
        "/api/v1/builds/{public_id}/ads/{number}",
        "/api/v1/builds/{public_id}/again",
        "/api/v1/builds/{public_id}/compare/{other}",
        "/api/v1/receivers",
        "/api/v1/receivers/{name}",
        "/api/v1/configuration",
        "/api/v1/endpoints",
        "/api/v1/endpoints/{public_id}",
        "/api/v1/endpoints/{public_id}/rotate",
        "/api/v1/history",
        "/api/v1/reports",
        "/api/v1/reports/{public_id}",
        "/api/v1/batches",
        "/api/v1/batches/{public_id}",
        "/api/v1/batches/{public_id}/cancel",
        "/api/v1/providers",
        "/api/v1/providers/{name}",
        "/api/v1/providers/{name}/versions",
        "/api/v1/publishers",
        "/api/v1/publishers/{name}",
        "/api/v1/publishers/{name}/versions",
        "/api/v1/sessions",
        "/api/v1/sessions/{public_id}",
        "/api/v1/sessions/{public_id}/chain",
        "/api/v1/sessions/{public_id}/compare/{other}",
        "/api/v1/sessions/{public_id}/confirm",
        "/api/v1/sessions/{public_id}/ledger",
        "/api/v1/sessions/{public_id}/pixels/{key}",
        "/api/v1/sessions/{public_id}/replay",
        "/api/v1/sessions/{public_id}/seek",
        "/api/v1/sessions/{public_id}/{name}",
    }
    for operations in schema["paths"].values():
        assert all(operation["summary"] for operation in operations.values())


def test_the_administration_opens_for_a_superuser_and_builds_and_sessions_are_only_looked_at(superuser):
    build = make_build()
    session = make_session(build.vast, build=build)
    for address in (
        "",
        "pipeline/build/",
        "playback/session/",
        "playback/provider/",
        "vastdash/publisher/",
        "vastdash/user/",
    ):
        assert superuser.get(f"/admin/{address}").status_code == 200
    assert superuser.get("/admin/vastdash/user/add/").status_code == 200
    assert superuser.get("/admin/pipeline/build/add/").status_code == 403
    assert superuser.post(f"/admin/pipeline/build/{build.pk}/change/", {}).status_code == 403
    assert superuser.post(f"/admin/playback/session/{session.pk}/change/", {}).status_code == 403


def test_rules_cannot_be_typed_past_the_engine_in_the_administration(superuser):
    provider = make_provider("yandex")
    publisher = Publisher.objects.create(name="attic", title="Attic", playback={"mode": "real"})
    publisher.receiver_config = {"default_currency": "CHF"}
    publisher.save()
    for row, address in ((provider, "playback/provider"), (publisher, "vastdash/publisher")):
        before = row.playback
        fields = {
            "name": row.name,
            "title": "Renamed",
            "position": "3",
            "playback": "[1]",
            "receiver_config": "[1]",
        }
        assert superuser.post(f"/admin/{address}/{row.pk}/change/", fields).status_code == 302
        row.refresh_from_db()
        assert (row.title, row.playback) == ("Renamed", before)
    assert publisher.receiver_config == {"default_currency": "CHF"}


@pytest.mark.parametrize(
    ("address", "kind"), [("/", "text/html"), ("/api/v1/builds", "application/problem+json")]
)
def test_a_request_that_cannot_be_read_is_refused_on_a_page_of_ours(viewer, address, kind):
    many = "&".join(f"a{number}=1" for number in range(2_000))
    answer = viewer.post(address, many, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in {400, 403}
    assert answer["Content-Type"].startswith(kind)
