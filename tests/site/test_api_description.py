"""The API's own description (OpenAPI) is true: its statuses and content types are those of real answers."""

import json
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from playback.rows import shipped
from playback.session_page.ledger_filter import keyed
from tests.pipeline.players import make_endpoint
from tests.pipeline.responses import response
from tests.pipeline.settings_forms import make_profile
from tests.site.people import make_person
from tests.site.rows import make_build, make_provider, make_session
from vastdash.models import Publisher
from vastdash.roles import Role
from vastdash.version import version_of

pytestmark = pytest.mark.django_db

V1 = "/api/v1"


@pytest.fixture
def described(viewer):
    return viewer.get(reverse("api:openapi-json")).json()


def calls():
    """(method, path as it is described, its values, body) of calls of which each succeeds."""
    profile, unused, endpoint = make_profile("followed"), make_profile("unused"), make_endpoint()
    build, session = make_build(), make_session()
    live = make_session(delivery="live", user=make_person("who-starts", Role.AD_OPS))
    shown = {"public_id": live.public_id}
    key = keyed(live.ledger.entries)[0]["key"]
    one = {"public_id": build.public_id}
    mine = {"public_id": endpoint.public_id}
    make_provider("yandex")
    Publisher.objects.create(name="yandex", title="A publisher", playback=shipped("yandex", "seed"))
    named, read = {"name": "yandex"}, version_of(shipped("yandex", "seed"))
    nothing = {"profile": {}, "version": read, "note": "Nothing is stated"}
    canned = {"title": "T", "receiver": profile.name, "response": response()}
    return [
        ("post", "/builds", {}, {"response": response()}),
        ("get", "/builds", {}, None),
        ("get", "/builds/{public_id}", one, None),
        ("get", "/builds/{public_id}/ads/{number}", {**one, "number": 1}, None),
        ("post", "/builds/{public_id}/again", one, {}),
        ("get", "/receivers", {}, None),
        ("post", "/receivers", {}, {"name": "made", "title": "Made"}),
        ("get", "/receivers/{name}", {"name": "followed"}, None),
        ("patch", "/receivers/{name}", {"name": "followed"}, {"title": "Other"}),
        ("delete", "/receivers/{name}", {"name": unused.name}, None),
        ("get", "/endpoints", {}, None),
        ("post", "/endpoints", {}, canned),
        ("get", "/endpoints/{public_id}", mine, None),
        ("patch", "/endpoints/{public_id}", mine, {"title": "Other"}),
        ("post", "/endpoints/{public_id}/rotate", mine, None),
        ("delete", "/endpoints/{public_id}", mine, None),
        ("get", "/providers", {}, None),
        ("get", "/providers/{name}", named, None),
        ("put", "/providers/{name}", named, nothing),
        ("get", "/providers/{name}/versions", named, None),
        ("get", "/publishers", {}, None),
        ("get", "/publishers/{name}", named, None),
        ("put", "/publishers/{name}", named, nothing),
        ("get", "/publishers/{name}/versions", named, None),
        ("post", "/sessions", {}, {"build": build.public_id}),
        ("get", "/sessions", {}, None),
        ("get", "/sessions/{public_id}", {"public_id": session.public_id}, None),
        ("get", "/sessions/{public_id}/chain", shown, None),
        ("get", "/sessions/{public_id}/ledger", shown, None),
        ("get", "/sessions/{public_id}/pixels/{key}", {**shown, "key": key}, None),
        ("post", "/reports", {}, {"kind": "build", "subject": build.public_id}),
        ("get", "/reports", {}, None),
        ("post", "/sessions/{public_id}/confirm", shown, {"pixels": live.pixels}),
    ]


def ask(client, method, address, body):
    text = "" if body is None else json.dumps(body)
    return client.generic(method.upper(), address, text, content_type="application/json")


def test_every_success_is_described_with_its_status_and_content_type(ad_ops, described):
    wrong = {}
    for method, path, values, body in calls():
        answer = ask(ad_ops, method, V1 + path.format(**values), body)
        told = described["paths"][V1 + path][method]["responses"]
        content = told.get(str(answer.status_code), {}).get("content", {})
        kinds = [answer["Content-Type"].partition(";")[0]] if answer.content else []
        if not answer.status_code < 300 or str(answer.status_code) not in told or list(content) != kinds:
            wrong[method, path] = f"{answer.status_code} {kinds}, described: {told}"
    assert wrong == {}


def test_every_operation_says_that_a_refusal_is_a_problem_document(described):
    for operations in described["paths"].values():
        for operation in operations.values():
            assert list(operation["responses"]["default"]["content"]) == ["application/problem+json"]
    known = described["components"]["schemas"]
    assert {"type", "title", "status", "detail", "field", "fields"} == set(known["Problem"]["properties"])
    assert known["Problem"]["properties"]["fields"]["anyOf"][0]["items"]["$ref"].endswith("/Fault")
    assert "Fault" in known


@pytest.mark.parametrize("path", ["/builds", "/sessions"])
def test_every_filter_that_is_described_is_looked_at(viewer, described, path):
    parameters = {row["name"] for row in described["paths"][V1 + path]["get"]["parameters"]}
    # What is any text narrows the list to nothing.
    free = parameters & {"title", "publisher", "text", "batch"}
    for name in free:
        assert viewer.get(f"{V1}{path}?{urlencode({name: 'nonsense'})}").json()["items"] == []
    for name in parameters - free:
        answer = viewer.get(f"{V1}{path}?{urlencode({name: 'nonsense'})}")
        assert [row["field"] for row in answer.json()["fields"]] == [name]


def test_builds_are_found_by_the_name_of_who_made_them(viewer, qa):
    made = ask(qa, "post", f"{V1}/builds", {"response": response()}).json()["id"]
    make_build()
    assert [row["id"] for row in viewer.get(f"{V1}/builds", {"created_by": "qa"}).json()["items"]] == [made]


def test_of_very_many_wrong_fields_the_first_are_told_and_long_names_are_cut(qa):
    payload = {"response": {}, "n" * 5000: 1, **{f"field{number}": 1 for number in range(5000)}}
    answer = ask(qa, "post", f"{V1}/builds", payload)
    assert answer.status_code == 422
    assert len(answer.json()["fields"]) == 50
    assert len(answer.content) < 20_000
