"""Search: by the beginning of an id, by name, by words of a title, along indexes and no further."""

import pytest
from django.db import connection
from django.urls import reverse

from playback.models import Session, SessionTitle
from tests.pipeline.settings_forms import make_endpoint, make_profile
from tests.site.rows import make_build, make_provider, make_session
from vastdash.models import Publisher
from vastdash.search import KINDS, MOST, search

pytestmark = pytest.mark.django_db


def found(text):
    return {kind.title: [hit.name for hit in kind.hits] for kind in search(text)}


def test_an_id_is_found_by_its_beginning_and_leads_there_when_it_is_whole(viewer):
    build = make_build()
    session = make_session(build.vast, build=build)
    assert found(session.public_id[:6].upper())["Sessions"] == [session.public_id]
    assert found(build.public_id[:6])["Builds"] == [build.public_id]
    for row, route in ((session, "session"), (build, "build")):
        answer = viewer.get(reverse("search"), {"q": f" {row.public_id} "})
        assert answer["Location"] == reverse(route, args=[row.public_id])


def test_names_and_titles_are_found_by_their_words_in_any_order(viewer):
    make_provider("yandex")
    Publisher.objects.create(name="attic", title="Attic television")
    endpoint = make_endpoint(make_profile("gam-attic"))
    session = make_session(title="Summer film, attic cut")
    assert found("CUT summer")["Sessions"] == [session.public_id]
    assert found("attic") == {
        "Sessions": [session.public_id],
        "Publishers": ["attic"],
        "Receivers": ["gam-attic"],
    }
    assert found(endpoint.slug)["Endpoints"] == [endpoint.public_id]
    assert viewer.get(reverse("search"), {"q": "yandex"})["Location"] == "/providers/yandex/"
    assert found("survival")["Words"] == ["survival curve"]
    assert found("percent % _ no") == {}


def test_what_is_too_short_or_nothing_says_so(viewer):
    make_provider("yandex")
    assert search("y") == search("  ") == []
    assert "at least 2 characters" in viewer.get(reverse("search")).content.decode()
    page = viewer.get(reverse("search"), {"q": "\0no such <b>thing</b>"}).content.decode()
    assert "Nothing found" in page
    assert "<b>thing" not in page


def test_of_each_kind_few_are_shown_and_looking_costs_the_same_however_many_there_are(
    viewer, django_assert_max_num_queries
):
    titles = [SessionTitle.of(f"Spring film {number}") for number in range(MOST + 3)]
    common = {"mode": "headless", "seed": 1, "status": "completed"}
    Session.objects.bulk_create(Session(titled=titles[n % len(titles)], **common) for n in range(60))
    with django_assert_max_num_queries(2 * MOST + 12):
        kinds = search("spring film")
    assert [len(kind.hits) for kind in kinds] == [MOST]


def test_sessions_are_looked_up_along_an_index():
    """By id and by title: a million of them would not be looked through."""
    asked = []

    def note(execute, sql, params, many, context):
        asked.append((sql, params))
        return execute(sql, params, many, context)

    make_session(title="Spring film")
    with connection.execute_wrapper(note):
        search("spring")
        search("b2c3")
        search("b2c3d4f5g6h7-12")
    for sql, params in asked:
        if 'FROM "playback_session"' not in sql or connection.vendor != "sqlite":
            continue
        with connection.cursor() as cursor:
            plan = [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall()]
        assert any("SEARCH playback_session USING" in step for step in plan), (sql, plan)
        assert not any("TEMP B-TREE" in step for step in plan), (sql, plan)


def test_a_role_that_may_not_read_finds_nothing(nobody):
    assert nobody.get(reverse("search"), {"q": "attic"}).status_code == 302


def test_every_kind_of_thing_is_looked_for():
    assert [kind.title for kind in KINDS][:7] == [
        "Sessions",
        "Builds",
        "Batches",
        "Providers",
        "Publishers",
        "Receivers",
        "Endpoints",
    ]
