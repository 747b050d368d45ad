"""Batches as people and scripts meet them: the form, the page, the lists behind a point, downloads, the API."""

import csv
import json
from io import BytesIO

import pytest
from asgiref.sync import async_to_sync

from playback.batches import running
from playback.models import Batch, BatchCell, Session
from tests.pipeline.responses import inline
from tests.site.rows import make_batch, make_build, make_provider, run_batch

pytestmark = pytest.mark.django_db

FORM = {"lengths": "own", "providers": "-", "publishers": "-", "sessions": "50", "spread": "all", "seed": "7"}


def text_of(answer):
    return " ".join(answer.content.decode().split())


def file(text, name="ad.xml"):
    upload = BytesIO(text.encode())
    upload.name = name
    return upload


def test_a_batch_of_every_kind_of_source_is_started_by_its_form(qa):
    make_provider("yandex")
    form = {
        **FORM,
        "builds": make_build().public_id,
        "samples": ["short_clip"],
        "vast": inline("pasted"),
        "vast_files": [file(inline("one"), "one.xml"), file(inline("two"), "two.xml")],
        "lengths": ["own", "6"],
        "other_lengths": "12.5",
        "providers": ["-", "yandex"],
        "sessions": "60",
    }
    answer = qa.post("/batches/new/", form)
    batch = Batch.objects.get()
    assert answer["Location"] == f"/batches/{batch.public_id}/"
    assert [ad.title for ad in batch.ads.order_by("id")] == [
        "A build",
        "Short clip",
        "one.xml",
        "two.xml",
        "Pasted document",
    ]
    assert {cell.length_ms for cell in batch.cells.all()} == {None, 6000, 12_500}
    assert (batch.cells.count(), batch.sessions, batch.seed) == (30, 60, 7)


def test_the_form_tells_what_a_batch_takes_before_it_begins(qa):
    form = {**FORM, "samples": ["short_clip"], "lengths": ["own", "6"], "sessions": "3000", "spread": "each"}
    told = "2 combinations, 6,000 sessions"
    assert told in text_of(qa.post("/batches/new/estimate/", form))
    assert told in text_of(qa.post("/batches/new/", {**form, "estimate": "1"}))
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"samples": []}, "Choose an ad, or hand one over."),
        ({"providers": []}, "Choose one at least."),
        ({"other_lengths": "six"}, "A length is more than 0"),
        ({"sessions": "6000000"}, "a batch has 5,000,000 at most"),
        ({"urls": "ads.example.com"}, "This is no http or https address."),
        ({"vast": "<VAST/>"}, "Pasted document: this ad cannot be played"),
        ({"samples": ["../secret"]}, "There is no such ad: “../secret”."),
    ],
)
def test_what_the_form_cannot_use_is_told_and_nothing_is_stored(qa, wrong, said):
    answer = qa.post("/batches/new/", {**FORM, "samples": ["short_clip"], **wrong})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Batch.objects.exists()


def test_builds_are_found_by_words_of_their_title_and_chosen_ones_stay(qa):
    chosen = make_build()
    found = text_of(qa.get("/batches/new/builds/", {"search": "nowhere", "builds": chosen.public_id}))
    assert f'value="{chosen.public_id}"' in found
    assert "checked" in found
    assert chosen.public_id not in text_of(qa.get("/batches/new/builds/", {"search": "nowhere"}))


def test_the_page_says_first_whether_completions_lie_inside_the_band(viewer):
    make_provider("yandex")
    batch = run_batch(providers=("", "yandex"), sessions=400)
    page = text_of(viewer.get(f"/batches/{batch.public_id}/"))
    assert "of 400 sessions completed" in page
    assert "inside the band" in page
    assert "outside the band" not in page
    for title in (
        "How far sessions get",
        "Still uninterrupted",
        "Where interruptions strike",
        "Why sessions end",
    ):
        assert title in page
    assert f"/batches/{batch.public_id}/sessions/?reached=midpoint" in page
    assert "Cancel" not in page
    alone = text_of(viewer.get(f"/batches/{batch.public_id}/?provider=-"))
    assert "100.00 %" in alone
    assert f"/batches/{batch.public_id}/sessions/?provider=-&amp;reason=completed" in alone


def test_a_count_outside_its_band_is_named_and_leads_to_its_sessions(viewer):
    batch = run_batch(sessions=50)
    cell = BatchCell.objects.get()
    cell.summary["expected"]["completed"] |= {"count": 25, "low": 15, "high": 35}
    cell.save()
    page = text_of(viewer.get(f"/batches/{batch.public_id}/"))
    assert "outside the band, +7.5" in page
    assert f'/batches/{batch.public_id}/sessions/?cell=1&amp;reason=completed">completed</a>' in page


def test_progress_is_polled_while_it_runs_and_told_for_the_last_time_at_its_end(qa, monkeypatch):
    monkeypatch.setattr(running, "PIECE", 50)
    batch = make_batch(sessions=200)
    there = {"hx-request": "true"}
    seen = []

    def look(_seconds):
        answer = qa.get(f"/batches/{batch.public_id}/progress/?shown=0", headers=there)
        seen.append((text_of(answer), answer.headers.get("HX-Trigger", "")))

    look(0)
    running.run(batch.public_id, rest=look)
    assert "0 of 200 sessions" in seen[0][0]
    assert "waits its turn" in seen[0][0]
    assert seen[0][1] == ""
    assert "50 of 200 sessions" in seen[1][0]
    assert "left" in seen[1][0]
    assert "batch-moved" in seen[1][1]
    assert 'hx-trigger="every 1s"' in seen[1][0]
    last = text_of(qa.get(f"/batches/{batch.public_id}/progress/", headers=there))
    assert "completed" in last
    assert "hx-trigger" not in last


def test_a_poll_without_htmx_leads_to_the_page(viewer):
    batch = make_batch(sessions=1)
    assert viewer.get(f"/batches/{batch.public_id}/progress/")["Location"] == f"/batches/{batch.public_id}/"


def test_cancelling_by_the_page_and_deleting_with_confirmation(qa, ad_ops):
    batch = make_batch(sessions=20)
    assert qa.post(f"/batches/{batch.public_id}/cancel/").status_code == 302
    batch.refresh_from_db()
    assert batch.status == Batch.Status.CANCELLED
    assert "are lost" in text_of(ad_ops.get(f"/batches/{batch.public_id}/delete/"))
    assert ad_ops.post(f"/batches/{batch.public_id}/delete/")["Location"] == "/batches/"
    assert not Batch.objects.exists()


def test_the_sessions_behind_a_point_lead_to_their_own_pages(viewer):
    make_provider("global", "legacy")
    batch = run_batch(providers=("global",), sessions=100)
    listed = text_of(viewer.get(f"/batches/{batch.public_id}/sessions/?missed=complete"))
    row = Session.objects.filter(batch=batch).exclude(end_reason="completed").order_by("ordinal").first()
    assert "Sessions that did not reach complete" in listed
    assert f"/sessions/{row.public_id}/" in listed
    assert viewer.get(f"/batches/{batch.public_id}/sessions/?part=99").status_code == 200


def test_a_session_of_a_batch_is_read_everywhere_a_session_is(qa):
    make_provider("global", "legacy")
    batch = run_batch(providers=("global",), lengths=(6000,), sessions=20)
    row, other = Session.objects.filter(batch=batch).order_by("-ordinal")[:2]
    here = f"/sessions/{row.public_id}/"
    page = text_of(qa.get(here))
    assert f'<a href="/batches/{batch.public_id}/">' in page
    assert "ws-connect" not in page
    record = qa.get(f"{here}record.json").json()
    assert (record["status"], record["seed"]) == (row.status, row.seed)
    told = qa.get(f"/api/v1/sessions/{row.public_id}").json()
    assert told["record"] == record
    assert qa.get(f"/api/v1/sessions/{row.public_id}/chain").json()["hops"]
    ledger = qa.get(f"/api/v1/sessions/{row.public_id}/ledger").json()["items"]
    assert [{**entry, "key": None} for entry in ledger] == [
        {**entry, "key": None} for entry in told["ledger"]
    ]
    assert qa.get(f"{here}pixels/{ledger[0]['key']}/").status_code == 200
    assert qa.get(f"{here}hops/1/").content.decode() == inline()
    assert qa.get(f"{here}ledger/?event=start", headers={"hx-request": "true"}).status_code == 200
    pixel = qa.get(f"/api/v1/sessions/{row.public_id}/pixels/{ledger[0]['key']}").json()
    assert pixel["macros"] is not None
    assert qa.post(f"{here}pause/").status_code == 302
    assert "cannot be gone through again" not in text_of(qa.get(f"{here}replay/"))
    compared = qa.get(f"/compare/sessions/?a={row.public_id}&b={other.public_id}")
    assert (compared.status_code, "cannot be read" in text_of(compared)) == (200, False)
    assert qa.get("/sessions/").status_code == 200
    assert qa.get(f"/sessions/{batch.public_id}-20/").status_code == 404


def test_one_whose_ad_can_no_longer_be_read_says_so(qa):
    batch = run_batch(sessions=1)
    batch.ads.update(record=None)
    page = qa.get(f"/sessions/{batch.public_id}-0/")
    assert page.status_code == 200
    assert "This record cannot be read" in text_of(page)
    assert qa.get(f"/api/v1/sessions/{batch.public_id}-0").json()["record"] is None


def test_results_and_sessions_are_handed_out_as_files(viewer):
    batch = run_batch(inline("a"), sessions=60)
    results = json.loads(viewer.get(f"/batches/{batch.public_id}/results.json").content)
    assert results["results"]["completed"]["count"] == 60
    table = viewer.get(f"/batches/{batch.public_id}/results.csv").content.decode()
    rows = {row["what"]: row for row in csv.DictReader(table.splitlines())}
    assert (rows["completed"]["count"], rows["completed"]["expected"]) == ("60", "60.0")
    streamed = viewer.get(f"/batches/{batch.public_id}/sessions.csv?reason=completed").streaming_content

    async def whole():
        return b"".join([piece async for piece in streamed])

    lines = list(csv.DictReader(async_to_sync(whole)().decode().splitlines()))
    assert [line["id"] for line in lines] == [f"{batch.public_id}-{n}" for n in range(60)]


def test_a_title_that_looks_like_a_formula_is_none_in_a_spreadsheet(viewer):
    batch = run_batch(sessions=1)
    batch.ads.update(title="=cmd()")
    assert "'=cmd()" in viewer.get(f"/batches/{batch.public_id}/results.csv").content.decode()


def test_the_api_starts_reads_cancels_and_deletes(qa, ad_ops):
    make_provider("yandex")
    payload = {
        "title": "Nightly",
        "ads": [{"vast": inline()}],
        "lengths_sec": [None, 6],
        "providers": ["yandex", None],
        "sessions": 40,
        "seed": 3,
    }
    answer = qa.post("/api/v1/batches", payload, content_type="application/json")
    assert answer.status_code == 201, answer.content
    name = answer.json()["id"]
    assert answer.json()["estimate"]["cells"] == 4
    assert [item["id"] for item in qa.get("/api/v1/batches").json()["items"]] == [name]
    running.run(name)
    told = qa.get(f"/api/v1/batches/{name}?provider=yandex").json()
    assert (told["status"], told["done"], told["results"]["sessions"]) == ("completed", 40, 20)
    assert [cell["length_ms"] for cell in told["cells"]] == [None, 6000]
    assert qa.post(f"/api/v1/batches/{name}/cancel").status_code == 409
    assert qa.delete(f"/api/v1/batches/{name}").status_code == 403
    assert ad_ops.delete(f"/api/v1/batches/{name}").status_code == 204
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"providers": ["nobody"]}, "providers"),
        ({"lengths_sec": [-1]}, "lengths_sec"),
        ({"ads": [{"vast": inline()}, {"vast": "no XML"}]}, "ads.1.vast"),
        ({"ads": [{"build": "nothing"}]}, "ads.0.build"),
        ({"ads": [{}]}, "ads.0.build"),
        ({"sessions": 9_000_000}, "sessions"),
    ],
)
def test_the_api_names_the_field_that_it_cannot_use(qa, change, field):
    payload = {"ads": [{"vast": inline()}], "sessions": 10, **change}
    answer = qa.post("/api/v1/batches", payload, content_type="application/json")
    assert (answer.status_code, answer.json().get("field")) == (422, field)
    assert not Batch.objects.exists()


def test_a_batch_says_how_many_of_its_sessions_are_gone_and_still_counts_them(viewer):
    batch = run_batch(sessions=60)
    batch.members.filter(ordinal__in=sorted(batch.members.values_list("ordinal", flat=True))[:20]).delete()
    page = text_of(viewer.get(f"/batches/{batch.public_id}/"))
    assert "The first 20 of its 60 sessions are gone" in page
    assert "of 60 sessions completed" in page
    assert "20 of 60" in text_of(viewer.get(f"/batches/{batch.public_id}/sessions/"))


def test_nothing_is_estimated_before_an_ad_is_chosen(qa):
    assert "Choose an ad, or hand one over." in text_of(
        qa.post("/batches/new/estimate/", {**FORM, "estimate": "1"})
    )
