"""The history as its page, its file and its API tell it: one filter, the same sessions in all of them."""

import csv
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.http import QueryDict

from playback.history import export, listing
from playback.history.choice import Choice
from playback.history.groups import groups_of
from playback.history.tally import together
from playback.models import SavedView, Session, SessionDay
from playback.records import recording
from playback.views.history import charts_of, narrowed_of
from tests.playback.history.rows import NOON, enter
from tests.site.people import ad_ops, qa, viewer

__all__ = ["ad_ops", "qa", "viewer"]

pytestmark = pytest.mark.django_db

TWO_DAYS = "since=2026-11-17&until=2026-11-18"
EDGE = datetime(2026, 11, 18, tzinfo=UTC)


@pytest.fixture
def sessions() -> None:
    enter("completed", NOON, 3, provider="yandex", publisher="kitchen")
    enter("network_error", NOON, 2, provider="yandex")
    enter("user_close", NOON - timedelta(days=1), 2, provider="tiger", title="Summer snack")
    enter("error", NOON, duration_ms=0)
    enter("stopped", EDGE - timedelta(microseconds=1))
    enter("", EDGE + timedelta(days=1), provider="yandex")


def said(page: str) -> int:
    return int(re.search(r'data-count="(\d+)"', page).group(1))


def read(answer) -> str:
    async def whole() -> bytes:
        return b"".join([piece async for piece in answer])

    return async_to_sync(whole)().decode()


@pytest.mark.parametrize(
    ("query", "number"),
    [
        (TWO_DAYS, 9),
        (f"{TWO_DAYS}&provider=yandex", 5),
        (f"{TWO_DAYS}&provider=-", 2),
        (f"{TWO_DAYS}&outcome=interrupted", 4),
        (f"{TWO_DAYS}&outcome=interrupted&provider=tiger&reason=user_close", 2),
        (f"{TWO_DAYS}&text=snack+summer", 2),
        ("since=2026-11-18&until=2026-11-18", 6),
        ("days=all", 10),
    ],
)
def test_charts_list_file_and_api_tell_the_same_number_under_a_filter(viewer, sessions, query, number):
    page = viewer.get(f"/history/?{query}").content.decode()
    assert said(page) == number
    _, narrowed = narrowed_of(QueryDict(query))
    assert listing.count(narrowed.choice) == (number, False)
    groups = groups_of(narrowed.choice)
    outcomes = charts_of(narrowed, groups)[0]
    assert sum(point.value for series in outcomes.series for point in series.points) == number
    assert {together(groups.by[name].values()).sessions for name in groups.by} == {number}
    rows = list(csv.DictReader(io.StringIO(read(viewer.get(f"/history/export.csv?{query}")))))
    assert len({row["id"] for row in rows}) == len(rows) == number
    assert viewer.get(f"/api/v1/history?{query}").json()["sessions"] == number


def test_every_point_of_every_chart_leads_to_as_many_sessions_as_it_says(sessions):
    _, narrowed = narrowed_of(QueryDict(TWO_DAYS))
    for chart in charts_of(narrowed, groups_of(narrowed.choice)):
        for series in chart.series:
            for point in series.points:
                if point.href and chart.unit == "sessions":
                    _, there = narrowed_of(QueryDict(point.href.partition("?")[2]))
                    assert listing.count(there.choice).number == point.value, (chart.name, point)


def test_a_session_that_ends_moves_from_one_count_to_the_other():
    (row,) = enter("")
    choice = Choice()
    assert groups_of(choice).whole.reasons == {"": 1}
    recording.change(row, status="completed", end_reason="completed", offset_ms=30_000)
    assert groups_of(choice).whole.completion == (1, 1)
    assert groups_of(choice).whole.sessions == 1


def test_sessions_that_retention_took_are_said_to_be_counted_only(viewer, sessions):
    row = Session.objects.filter(status="completed").first()
    SessionDay.objects.filter(cohort=row.cohort).update(gone=1)
    row.delete()
    page = viewer.get(f"/history/?{TWO_DAYS}").content.decode()
    assert said(page) == 9
    assert "1 of these sessions are counted only" in page


def test_a_list_is_read_page_by_page_either_way(viewer):
    enter(number=60)
    page = viewer.get(f"/history/?{TWO_DAYS}&order=oldest").content.decode()
    (further,) = re.findall(r'href="([^"]+)" rel="next"', page)
    behind = viewer.get("/history/" + further.replace("&amp;", "&")).content.decode()
    assert (page.count("/sessions/") - 1, behind.count("/sessions/") - 1) == (50, 10)
    assert 'rel="prev"' in behind
    assert 'rel="prev"' not in page


@pytest.mark.parametrize(
    ("query", "field", "word"),
    [
        ("since=2026-11-18&until=2026-11-17", "To", "before the first"),
        ("outcome=sleepy", "Outcome", "sleepy"),
        ("since=yesterday", "From", "valid date"),
        ("text=a%00b", "Id or title", "Null"),
    ],
)
def test_a_filter_that_cannot_be_used_is_told_at_its_field_and_finds_nothing(viewer, query, field, word):
    answer = viewer.get(f"/history/?{query}")
    assert answer.status_code == 422
    assert re.search(f"<li>{field}: [^<]*{word}", answer.content.decode())
    assert viewer.get(f"/history/export.csv?{query}").status_code == 422
    assert viewer.get(f"/api/v1/history?{query}").json()["fields"][0]["text"]


def test_what_htmx_asks_for_is_the_results_alone_and_the_address_is_the_shortest_that_says_it(
    viewer, sessions
):
    query = f"days=dates&{TWO_DAYS}&provider=yandex&publisher=&text=&order=newest"
    answer = viewer.get(f"/history/?{query}", headers={"HX-Request": "true"})
    assert answer["HX-Replace-Url"] == f"/history/?{TWO_DAYS}&provider=yandex"
    page = answer.content.decode()
    assert "<form" not in page.partition("<details")[0]
    assert 'hx-swap-oob="innerHTML"' in page


def test_no_cell_of_the_file_is_a_formula_and_json_lines_keep_the_text(viewer):
    enter(title='=HYPERLINK("http://evil","x"),1')
    table = read(viewer.get(f"/history/export.csv?{TWO_DAYS}"))
    (row,) = csv.DictReader(io.StringIO(table))
    assert row["title"] == '\'=HYPERLINK("http://evil","x"),1'
    (line,) = read(viewer.get(f"/history/export.jsonl?{TWO_DAYS}")).splitlines()
    assert json.loads(line)["title"].startswith("=HYPERLINK")
    assert tuple(json.loads(line)) == export.COLUMNS


def test_the_file_is_sent_in_pieces_that_miss_and_double_nothing(monkeypatch):
    rows = enter(number=7)
    monkeypatch.setattr(export, "ROWS", 3)

    async def pieces() -> list[bytes]:
        return [piece async for piece in export.exported(Choice(), export.json_lines, head=False)]

    sent = async_to_sync(pieces)()
    assert [piece.count(b"\n") for piece in sent] == [3, 3, 1]
    ids = [json.loads(line)["id"] for line in b"".join(sent).splitlines()]
    assert ids == [row.public_id for row in reversed(rows)]


def test_qa_saves_a_view_renames_and_shares_it_and_a_manager_opens_and_pins_it(qa, viewer, sessions):
    saved = qa.post("/history/views/new/", {"name": "Yandex", "query": f"{TWO_DAYS}&provider=yandex"})
    assert saved["Location"] == f"/history/?{TWO_DAYS}&provider=yandex"
    view = SavedView.objects.get()
    assert "Yandex</a>" not in viewer.get("/history/").content.decode()
    assert viewer.post(f"/history/views/{view.pk}/pin/").status_code == 404
    qa.post(f"/history/views/{view.pk}/", {"name": "Our Yandex", "is_shared": "on"})
    assert viewer.post(f"/history/views/{view.pk}/pin/").status_code == 302
    assert viewer.get("/history/")["Location"] == saved["Location"]
    assert viewer.post(f"/history/views/{view.pk}/", {"name": "Mine"}).status_code == 403
    qa.post(f"/history/views/{view.pk}/delete/")
    assert viewer.get("/history/").status_code == 200


def test_a_view_of_somebody_else_is_not_there_and_two_of_one_name_are_refused(qa, ad_ops):
    qa.post("/history/views/new/", {"name": "Mine", "query": "days=7", "is_shared": "on"})
    view = SavedView.objects.get()
    for address in ("", "delete/"):
        assert ad_ops.post(f"/history/views/{view.pk}/{address}", {"name": "Theirs"}).status_code == 404
    again = qa.post("/history/views/new/", {"name": "Mine", "query": "days=30"})
    assert again.status_code == 422
    assert "of this name already" in again.content.decode()
    assert qa.post("/history/views/new/", {"name": "Odd", "query": "outcome=sleepy"}).status_code == 422
    assert SavedView.objects.get() == view
