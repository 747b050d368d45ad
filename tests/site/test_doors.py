"""Every address of the resolver is knocked at by everybody: the tables of ``roles.py`` decide who comes in."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import include, path, reverse
from django.utils import timezone

from tests.pipeline.players import make_endpoint
from tests.pipeline.settings_forms import make_profile, make_request
from tests.site.addresses import ADMIN_PARAMETERS, parameters, patterns
from tests.site.people import PEOPLE, browser_of, make_person
from tests.site.rows import make_batch, make_build, make_provider, make_session
from vastdash import tokens
from vastdash.models import Publisher
from vastdash.reports import links
from vastdash.roles import NAMESPACES, Action, is_public, may, rule

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def methods(route: str) -> tuple[str, ...]:
    """A namespace that brings its own pages has one rule for every method, so one knock is enough."""
    return METHODS[:1] if route.partition(":")[0] in NAMESPACES else METHODS


def addresses() -> list[tuple[str, str]]:
    """(route name, address) of every named route, with rows behind those that take one."""
    build, session, endpoint = make_build(), make_session(), make_endpoint()
    make_provider("yandex")
    Publisher.objects.create(name="yandex", title="A publisher of that name")
    make_profile("yandex")
    recorded = make_request(endpoint)
    token, _ = tokens.issue(make_person("owner"), "a script")
    link = links.make("build", build.public_id, None, timezone.now() + timedelta(days=1))
    owners = {
        "batch": make_batch(sessions=1),
        "report-revoke": link,
        "api:report": link,
        "session": session,
        "endpoint": endpoint,
        "token": token,
    }
    found = []
    for route, pattern in patterns():
        if not pattern.name or route == "api:api-root":
            continue
        own = next((row for word, row in owners.items() if word in route), build)
        name = "pause" if route.endswith("session-command") else "yandex"
        values = {
            "token": links.token_of(link),
            "subject": build.public_id,
            "public_id": own.public_id,
            "name": name,
            "slug": endpoint.slug,
            "row_id": recorded.pk,
            **ADMIN_PARAMETERS,
        }
        found.append((route, reverse(route, kwargs=parameters(pattern, values))))
    return found


@pytest.fixture
def without_files(settings):
    """Files are handed out before any door, by a middleware of which each of some thousand knocks starts a thread."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.startswith("servestatic.")]


def knock(client: Client, method: str, address: str):
    """One request whose effects are undone, so that the next finds the same rows and the same person."""
    cookies = SimpleCookie(client.cookies.output(header="", sep=";"))
    with transaction.atomic():
        answer = client.generic(method, address)
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


def way_in(answer: HttpResponse) -> str:
    """``open``, ``refused`` (403; 405 for a method) or ``sign in`` (the answers a signed-out person gets)."""
    if answer.status_code == 401 or answer.get("Location", "").startswith("/sign-in/?next="):
        return "sign in"
    return "refused" if answer.status_code in {403, 405} else "open"


@pytest.mark.usefixtures("without_files")
@pytest.mark.parametrize("name", PEOPLE)
def test_every_address_opens_for_exactly_those_the_tables_name(name):
    person = PEOPLE[name]()
    client = browser_of(person)
    wrong = {}
    for route, address in addresses():
        for method in methods(route):
            closed = "refused" if person or is_public(route) else "sign in"
            expected = "open" if may(person, rule(route, method)) else closed
            answer = knock(client, method, address)
            # The administration has a second lock of its own, which never opens what the table closed.
            if way_in(answer) != expected and not (expected == "open" and route.startswith("admin:")):
                wrong[method, route] = f"{way_in(answer)} ({answer.status_code}), not {expected}"
    assert wrong == {}


@pytest.mark.usefixtures("without_files")
@pytest.mark.parametrize("name", ["viewer", "qa", "ad_ops", "superuser"])
def test_the_api_opens_to_a_token_as_to_its_owner_and_pages_do_not(name):
    person = PEOPLE[name]()
    secret = tokens.issue(person, "a script")[1]
    client = Client(headers={"authorization": f"Bearer {secret}"})
    wrong = {}
    for route, address in addresses():
        if rule(route, "GET") == Action.PUBLIC:
            continue
        for method in methods(route):
            open_to = may(person if route.startswith("api:") else None, rule(route, method))
            expected = "open" if open_to else "refused" if route.startswith("api:") else "sign in"
            if (found := way_in(knock(client, method, address))) != expected:
                wrong[method, route] = f"{found}, not {expected}"
    assert wrong == {}


def test_the_walk_meets_the_administration_and_the_api():
    routes = [route for route, _ in addresses()]
    assert {*NAMESPACES, "api", "home", "session-command"} <= {route.partition(":")[0] for route in routes}
    assert len(routes) > 50


def test_a_signed_out_reader_comes_back_to_the_page_after_signing_in(nobody):
    answer = nobody.get("/sessions/?status=error")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/sessions/%3Fstatus%3Derror"


def test_a_signed_out_fragment_request_sends_the_whole_page_to_sign_in_and_back_to_itself(nobody):
    there = {"hx-request": "true", "referer": "http://testserver/receivers/attic/?lens-build=abc#draft"}
    for answer in (
        nobody.post("/receivers/draft/", headers=there),
        nobody.get("/endpoints/settings/", headers=there),
    ):
        assert answer.status_code == 200
        assert answer["HX-Redirect"] == "/sign-in/?next=/receivers/attic/%3Flens-build%3Dabc"


@pytest.mark.parametrize("address", ["/tokens/new/", "/providers/global/reset/", "/endpoints/new/"])
def test_a_form_that_met_nobody_leads_back_to_the_page_it_stands_on(nobody, address):
    answer = nobody.post(address, headers={"referer": "http://testserver/tokens/"})
    assert answer["Location"] == "/sign-in/?next=/tokens/"


@pytest.mark.parametrize("page", ["", "https://evil.example/tokens/", "javascript:alert(1)"])
def test_a_form_of_no_page_of_ours_leads_to_the_overview(nobody, page):
    assert nobody.post("/tokens/new/", headers={"referer": page})["Location"] == "/sign-in/?next=/"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_signed_out_api_caller_gets_401_as_a_problem_document(nobody, method):
    answer = nobody.generic(method, "/api/v1/builds", b"{}", content_type="application/json")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 401


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ("builds", 200),
        ("build", 200),
        ("receivers", 200),
        ("endpoints", 200),
        ("sessions", 200),
        ("build-again", 405),
    ],
)
def test_head_on_the_api_is_answered_as_get_without_the_body(viewer, route, status):
    given = [make_build().public_id] if route.startswith("build-") or route == "build" else []
    address = reverse(f"api:{route}", args=given)
    answer, whole = viewer.head(address), viewer.get(address)
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer["Content-Type"] == whole["Content-Type"]
    if status == 200:
        assert answer["Content-Length"] == str(len(whole.content))


def test_head_on_the_api_opens_no_more_than_get(nobody):
    assert nobody.head("/api/v1/builds").status_code == 401
    assert nobody.head("/api/v1/builds", headers={"authorization": "Bearer vd_wrong"}).status_code == 401


def test_a_refusal_names_what_the_role_lacks(viewer):
    page = viewer.get("/builds/new/")
    assert page.status_code == 403
    assert "Your role does not include: build." in page.content.decode()
    problem = viewer.post("/api/v1/builds", {}, content_type="application/json")
    assert problem.status_code == 403
    assert problem["Content-Type"] == "application/problem+json"
    assert problem.json()["detail"] == "Your role does not include: build."


def test_somebody_deactivated_is_signed_out_at_once():
    person = make_person("leaver")
    client = browser_of(person)
    assert client.get("/").status_code == 200
    person.is_active = False
    person.save()
    assert client.get("/").status_code == 302


urlpatterns = [
    path("forgotten/", lambda request: HttpResponse("open"), name="forgotten"),
    path("nameless/", lambda request: HttpResponse("open")),
    path("", include("vastdash.urls")),
]


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/forgotten/", "/nameless/"])
def test_an_address_that_no_table_names_is_closed_even_to_a_superuser(superuser, nobody, address):
    assert superuser.get(address).status_code == 403
    assert nobody.get(address).status_code == 302
