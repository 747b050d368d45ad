"""The JSON API of the sessions: start, find, read and command; errors as problem documents that name the field."""

import json

import pytest
from django.test import Client

from playback.models import AdDocument, Session
from tests.pipeline.responses import bid, body, inline
from tests.site.people import PEOPLE
from tests.site.rows import make_build, make_provider, make_session, play_out
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/sessions"
LARGE = {"record", "ledger", "pod", "chain", "confirmation"}


def post(client: Client, payload: object, address: str = ADDRESS, **options):
    text = payload if isinstance(payload, str) else json.dumps(payload)
    return client.post(address, text, content_type="application/json", **options)


def problem(answer, status: int) -> dict:
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == "application/problem+json"
    found = answer.json()
    assert (found["status"], found["type"]) == (status, "about:blank")
    assert found["title"]
    assert found["detail"]
    assert "Traceback" not in answer.content.decode()
    return found


def nothing_kept() -> bool:
    return not (Session.objects.exists() or AdDocument.objects.exists())


def test_a_build_is_played_as_asked(qa):
    make_provider("yandex")
    Publisher.objects.create(name="attic", title="Attic")
    build = make_build()
    how = {"mode": "headless", "speed": 2, "provider": "yandex", "publisher": "attic", "seed": 5}
    answer = post(qa, {"build": build.public_id, **how})
    assert answer.status_code == 201
    found = answer.json()
    assert {key: found[key] for key in how} == {**how, "speed": 2.0}
    assert (found["build"], found["status"], found["title"]) == (build.public_id, "pending", "A build")
    assert found["record"]["seed"] == 5
    assert found["ledger"] == []
    assert Session.objects.get().public_id == found["id"]


def test_a_document_is_played_without_a_build(qa):
    found = post(qa, {"vast": inline(), "mode": "headless"}).json()
    assert (found["build"], found["duration_sec"], found["provider"]) == (None, 30.0, None)


def test_a_title_is_kept_as_far_as_a_column_can(qa):
    assert post(qa, {"vast": inline(), "title": "a\0b"}).json()["title"] == "a?b"
    assert problem(post(qa, {"vast": inline(), "title": "x" * 201}), 422)["fields"][0]["field"] == "title"


def test_an_ad_of_a_pod_is_chosen_by_its_place(qa):
    build = make_build(body(bid("a", price=9), bid("b", price=2, adm=inline("b", duration="00:00:15"))))
    assert post(qa, {"build": build.public_id, "ad_index": 1}).json()["duration_sec"] == 15.0


@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({}, "build"),
        ({"vast": inline(), "build": "zzzzzzzzzzzz"}, "build"),
        ({"vast": inline(), "provider": "nobody"}, "provider"),
        ({"vast": inline(), "publisher": "nobody"}, "publisher"),
        ({"vast": inline(), "mode": "sideways"}, "mode"),
        ({"vast": inline(), "seed": -1}, "seed"),
        ({"vast": inline(), "seed": 2**53}, "seed"),
        ({"vast": inline(), "seed": "lucky"}, "seed"),
        ({"vast": inline(), "speed": -1}, "speed"),
        ({"vast": inline(), "speed": 1e-300}, "speed"),
        ({"vast": inline(), "speed": 5000}, "speed"),
        ({"vast": inline(), "speed": float("inf")}, "speed"),
        ({"vast": inline(), "speed": float("nan")}, "speed"),
        ({"vast": inline(), "ad_index": 4}, "ad_index"),
        ({"vast": inline(), "ad_index": -1}, "ad_index"),
        ({"vast": "<VAST/>"}, "vast"),
        ({"vast": "no XML"}, "vast"),
        ({"vast": "\ud800"}, "vast"),
        ({"vast": inline(), "provider": "\ud800"}, "provider"),
        ({"vast": inline(), "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_played_is_refused_naming_the_field_and_nothing_is_kept(qa, payload, field):
    found = problem(post(qa, payload), 422)
    named = found.get("field") or " ".join(row["field"] for row in found["fields"])
    assert named == field
    assert found["detail"].startswith(field)
    assert found["detail"].count(f"{field}: ") == 1
    assert nothing_kept()


def test_a_build_without_an_ad_is_refused_at_the_build(qa):
    build = make_build(b'{"id": "1", "seatbid": []}')
    assert problem(post(qa, {"build": build.public_id}), 422)["field"] == "build"


@pytest.mark.parametrize("text", ["{", "nothing", "[" * 100_000])
def test_a_body_that_is_not_json_is_refused(qa, text):
    problem(post(qa, text), 400)


def test_a_build_nobody_made_is_not_found(qa):
    problem(post(qa, {"build": "zzzzzzzzzzzz"}), 404)
    assert nothing_kept()


def test_a_finished_session_is_read_with_record_and_ledger(viewer):
    row = play_out(make_session())
    found = viewer.get(f"{ADDRESS}/{row.public_id}").json()
    assert found["status"] == found["end_reason"] == "completed"
    assert found["record"] == row.record
    assert found["ledger"] == row.ledger.entries
    assert (found["offset_sec"], found["duration_sec"]) == (30.0, 30.0)
    assert viewer.get(ADDRESS).json()["items"] == [
        {key: value for key, value in found.items() if key not in LARGE}
    ]


def test_the_list_is_filtered_and_goes_on_page_by_page(viewer, django_assert_max_num_queries):
    make_provider("yandex")
    made = [make_session(provider="yandex" if number % 2 else None).public_id for number in range(110)]
    Session.objects.update(created_at=Session.objects.first().created_at)
    found, before = [], {}
    while True:
        with django_assert_max_num_queries(8):
            page = viewer.get(ADDRESS, {"provider": "yandex", **before}).json()
        found += [row["id"] for row in page["items"]]
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert found == made[1::2][::-1]


def test_the_list_narrows_down_by_day_publisher_reason_and_text(viewer):
    row = play_out(make_session(title="Autumn coats"))
    make_session(title="Oat milk")
    today = row.created_at.date().isoformat()
    for query in (
        {"text": "COATS autumn"},
        {"text": row.public_id[:6]},
        {"reason": row.end_reason, "publisher": "-"},
        {"since": today, "until": today, "text": "coats"},
    ):
        assert [item["id"] for item in viewer.get(ADDRESS, query).json()["items"]] == [row.public_id], query
    for query in ({"publisher": "den"}, {"batch": "none"}, {"until": "2001-01-01"}):
        assert viewer.get(ADDRESS, query).json()["items"] == [], query


@pytest.mark.parametrize(
    "query",
    [
        {"provider": "nobody"},
        {"status": "asleep"},
        {"mode": "auto"},
        {"reason": "whim"},
        {"since": "yesterday"},
        {"until": "9999-12-31"},
    ],
)
def test_a_filter_that_does_not_exist_is_refused_by_name(viewer, query):
    found = problem(viewer.get(ADDRESS, query), 422)
    (field,) = query
    assert [row["field"] for row in found["fields"]] == [field]


def test_commands_that_cannot_be_obeyed_say_why(qa):
    row = play_out(make_session())
    assert "not running" in problem(qa.post(f"{ADDRESS}/{row.public_id}/pause"), 409)["detail"]
    assert "explode" in problem(qa.post(f"{ADDRESS}/{row.public_id}/explode"), 404)["detail"]
    problem(qa.post(f"{ADDRESS}/zzzzzzzzzzzz/pause"), 404)
    problem(qa.get(f"{ADDRESS}/zzzzzzzzzzzz"), 404)


def test_without_the_csrf_token_nothing_starts_and_nothing_stops(db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(PEOPLE["qa"]())
    problem(post(client, {"vast": inline()}), 403)
    problem(client.post(f"{ADDRESS}/zzzzzzzzzzzz/stop"), 403)
    assert nothing_kept()


def test_a_viewer_reads_and_starts_nothing(viewer):
    assert viewer.get(ADDRESS).status_code == 200
    problem(post(viewer, {"vast": inline()}), 403)
    assert nothing_kept()
