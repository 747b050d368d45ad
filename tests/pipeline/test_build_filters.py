"""The list of builds is narrowed by what people remember of a build, and paging goes on within what was chosen."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from pipeline.models import Build
from tests.pipeline.responses import bid, body, inline, sample
from tests.site.people import make_person
from tests.site.rows import make_build

pytestmark = pytest.mark.django_db

EMPTY = b'{"id": "1", "seatbid": []}'


def found(client, **query: str) -> list[int]:
    answer = client.get(reverse("build-list"), query)
    assert answer.status_code == 200
    return [row.pk for row in answer.context["page"].rows]


def test_each_filter_keeps_what_it_names(viewer):
    plain = make_build()
    empty = make_build(EMPTY)
    gam = make_build(receiver="GAM_SSU")
    warned = make_build(sample("pod-three-seats"))
    Build.objects.filter(pk=plain.pk).update(title="Friday's break.json", warning_count=0, lint_error_count=0)
    Build.objects.filter(pk=gam.pk).update(created_by=make_person("adops"), warning_count=0)
    Build.objects.filter(pk=warned.pk).update(lint_error_count=2)
    assert found(viewer, outcome="no_ad") == [empty.pk]
    assert found(viewer, outcome="ad") == [warned.pk, gam.pk, plain.pk]
    assert found(viewer, receiver="GAM_SSU") == [gam.pk]
    assert found(viewer, title="friday") == [plain.pk]
    assert warned.pk in found(viewer, warnings="yes")
    assert plain.pk in found(viewer, warnings="no")
    assert found(viewer, lint_errors="yes")[0] == warned.pk
    assert found(viewer, created_by="adops") == [gam.pk]
    assert found(viewer, receiver="GENERIC", outcome="ad", title="friday") == [plain.pk]


def test_days_are_whole_and_include_the_last(viewer):
    early, late = make_build(), make_build()
    day = datetime(2026, 3, 4, tzinfo=UTC)
    Build.objects.filter(pk=early.pk).update(created_at=day - timedelta(microseconds=1))
    Build.objects.filter(pk=late.pk).update(created_at=day + timedelta(hours=23, minutes=59))
    assert found(viewer, since="2026-03-04") == [late.pk]
    assert found(viewer, until="2026-03-03") == [early.pk]
    assert found(viewer, since="2026-03-04", until="2026-03-04") == [late.pk]
    assert found(viewer, until="9999-12-31") == [late.pk, early.pk]


@pytest.mark.parametrize(
    "query", [{"receiver": "ROKU"}, {"since": "yesterday"}, {"outcome": "maybe"}, {"created_by": "x"}]
)
def test_a_choice_that_does_not_exist_is_refused_beside_its_field(viewer, query):
    make_build()
    answer = viewer.get(reverse("build-list"), query)
    assert answer.context["page"].rows == []
    assert f'id="id_{next(iter(query))}_error"' in answer.content.decode()


def test_pages_go_on_within_what_was_chosen(viewer, django_assert_max_num_queries):
    template = make_build()
    rows = [
        Build(
            **{
                field.attname: getattr(template, field.attname)
                for field in Build._meta.fields
                if field.name not in {"id", "public_id"}
            }
        )
        for _ in range(120)
    ]
    for number, row in enumerate(rows):
        row.receiver = "GAM_SSU" if number % 2 else "GENERIC"
    Build.objects.bulk_create(rows)
    query, seen = {"receiver": "GAM_SSU"}, []
    while True:
        with django_assert_max_num_queries(7):
            page = viewer.get(reverse("build-list"), query)
        seen += [row.pk for row in page.context["page"].rows]
        following = page.context["page"].next
        if not following:
            break
        assert f"receiver=GAM_SSU&amp;before={following}" in page.content.decode()
        query["before"] = following
    assert len(seen) == len(set(seen)) == 60


def test_the_list_does_not_read_the_documents(viewer, django_assert_max_num_queries):
    make_build(body(*[bid(f"b{n}", adm=inline(f"a{n}")) for n in range(3)]))
    rows = viewer.get(reverse("build-list")).context["page"].rows
    assert {"vast", "result", "findings", "config"} <= rows[0].get_deferred_fields()


def test_the_api_takes_the_same_filters_and_refuses_the_same_values(viewer):
    make_build(EMPTY)
    kept = make_build()
    items = viewer.get("/api/v1/builds", {"outcome": "ad", "receiver": "GENERIC"}).json()["items"]
    assert [item["id"] for item in items] == [kept.public_id]
    refused = viewer.get("/api/v1/builds", {"since": "yesterday"})
    assert refused.status_code == 422
    assert refused.json()["fields"][0]["field"] == "since"


def test_no_match_offers_the_way_back(viewer):
    make_build()
    assert "No build matches" in viewer.get(reverse("build-list"), {"title": "nothing"}).content.decode()
