"""Shared reports: who may read what, for how long, and what nobody learns from a link."""

import csv
import io
import json
from datetime import timedelta
from time import process_time

import pytest
from django.core.signing import Signer
from django.urls import reverse
from django.utils import timezone

from playback.models import Session
from tests.site.people import PEOPLE, browser_of, make_person
from tests.site.rows import make_build, make_provider, make_session, play_out, run_batch
from vastdash.models import ReportLink
from vastdash.reports import links, shared
from vastdash.reports.mask import masked_text, without_query
from vastdash.reports.rate import CALLERS, Rate
from vastdash.reports.table import cell, lines
from vastdash.roles import Role


@pytest.fixture(autouse=True)
def unhurried(monkeypatch):
    """The limit is a process's, and so would be spent by other tests."""
    monkeypatch.setattr(shared, "rate", Rate(0))


def link_to(kind: str, subject: str, *, user=None, days: int = 1) -> ReportLink:
    return links.make(kind, subject, user, timezone.now() + timedelta(days=days))


def address_of(link: ReportLink, file: str = "") -> str:
    return reverse("share", args=[links.token_of(link)]) + file


@pytest.fixture
def session(db):
    make_provider("yandex")
    return play_out(make_session(provider="yandex", seed=3))


# The whole way


@pytest.mark.django_db
def test_a_stranger_reads_what_happened_and_takes_it_along_without_an_account(viewer, nobody, session):
    page = viewer.post(f"/reports/session/{session.public_id}/", {"lifetime": "day"})
    address = page.context["address"]
    report = nobody.get(address)
    text = report.content.decode()
    assert report.status_code == 200
    assert "The rule of" in text
    assert "Whose fault:" in text
    assert "Shared by somebody of this site" in text  # a name to sign in with is no stranger's business
    assert "manager" not in text
    data = nobody.get(f"{address}report.json").json()
    assert data["configuration"]["seed"] == session.seed == data["seed"]
    assert [event["event"] for event in data["events"]] == [
        event["event_type"] for event in session.record["events"]
    ]
    table = list(csv.DictReader(io.StringIO(nobody.get(f"{address}report.csv").content.decode())))
    assert len(table) == len(session.record["events"]) + len(session.ledger.entries)
    link = ReportLink.objects.get()
    assert (link.opened, link.last_opened_at is not None) == (3, True)


@pytest.mark.django_db
def test_a_shared_page_leads_nowhere_names_nobody_else_and_leaves_nothing_behind(nobody, session):
    sharer, maker = make_person("the-sharer"), make_person("the-maker")
    Session.objects.update(created_by=maker)
    answer = nobody.get(address_of(link := link_to("session", session.public_id, user=sharer)))
    text = answer.content.decode()
    assert "the-sharer" not in text  # a stranger is told a full name, if there is one
    assert "the-maker" not in text
    token = links.token_of(link)
    hrefs = {part.partition('"')[0] for part in text.split('<a href="')[1:]}
    assert hrefs == {f"/share/{token}/report.csv", f"/share/{token}/report.json"}
    assert "<form" not in text
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]
    assert "no-store" in answer["Cache-Control"]
    assert not answer.cookies


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["build", "session"])
def test_those_who_are_signed_in_take_a_report_along_from_its_own_page(viewer, session, kind):
    subject = make_build().public_id if kind == "build" else session.public_id
    data = viewer.get(f"/{kind}s/{subject}/report.json").json()
    assert (data["kind"], data["id"]) == (kind, subject)
    answer = viewer.get(f"/{kind}s/{subject}/report.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="{kind}-{subject}.csv"'
    assert viewer.get(f"/{kind}s/{subject}/report.exe").status_code == 404


@pytest.mark.django_db
def test_a_build_is_told_with_the_fate_of_every_bid(nobody):
    build = make_build()
    link = link_to("build", build.public_id)
    page = nobody.get(address_of(link)).content.decode()
    table = list(csv.DictReader(io.StringIO(nobody.get(address_of(link, "report.csv")).content.decode())))
    assert [row["fate"] for row in table] == ["selected"] * build.selected_count
    assert all(row["bid"] in page for row in table)
    assert "&lt;VAST" in page


@pytest.mark.django_db
def test_a_batch_is_told_beside_what_was_expected_and_each_of_its_sessions_has_a_report(nobody, viewer):
    make_provider("yandex")
    batch = run_batch(providers=["yandex"], sessions=50)
    link = link_to("batch", batch.public_id)
    page = nobody.get(address_of(link)).content.decode()
    assert "of the sessions completed" in page
    assert "/sessions/" not in page
    (cell,) = csv.DictReader(io.StringIO(nobody.get(address_of(link, "report.csv")).content.decode()))
    data = nobody.get(address_of(link, "report.json")).json()
    assert int(cell["completed_count"]) == data["results"]["completed"]["count"]
    assert cell["done"] == "50"
    of_member = viewer.get(f"/sessions/{batch.public_id}-3/report.json").json()
    assert (of_member["id"], bool(of_member["ledger"]["rows"])) == (f"{batch.public_id}-3", True)


# Attacks


@pytest.mark.django_db
def test_what_was_never_signed_here_is_unknown_and_says_no_more(nobody, session):
    link = link_to("session", session.public_id)
    token = links.token_of(link)
    forged = [
        link.public_id,
        f"{link.public_id}.",
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        Signer(salt="another", sep=".").sign(link.public_id),
        Signer(key="x" * 50, salt="vastdash.reports.link", sep=".").sign(link.public_id),
        links._SIGNER.sign(session.public_id),
        links._SIGNER.sign("bcdfghjkmnpq"),
        "x" * 5000,
    ]
    answers = [nobody.get(f"/share/{token}/") for token in forged]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.django_db
def test_a_link_ends_at_its_time_by_its_revocation_and_with_its_subject_alike(nobody, monkeypatch, session):
    build = make_build()
    ended, revoked, gone = (link_to("session", session.public_id) for _ in range(3))
    lost = link_to("build", build.public_id)
    links.revoke(revoked, None, timezone.now())
    build.delete()
    said = [nobody.get(address_of(link)) for link in (revoked, lost)]
    assert nobody.get(address_of(gone)).status_code == 200
    later = timezone.now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr(shared.timezone, "now", lambda: later)
    said += [nobody.get(address_of(ended)), nobody.get(address_of(ended, "report.csv"))]
    assert {answer.status_code for answer in said} == {410}
    assert len({answer.content for answer in said}) == 1
    assert ReportLink.objects.get(pk=ended.pk).opened == 0


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_link_is_for_reading_only(nobody, session, method):
    answer = nobody.generic(method, address_of(link_to("session", session.public_id)))
    assert answer.status_code == 405


@pytest.mark.django_db
def test_a_look_at_the_head_is_no_opening(nobody, session):
    link = link_to("session", session.public_id)
    assert nobody.head(address_of(link)).status_code == 200
    assert ReportLink.objects.get().opened == 0


@pytest.mark.django_db
def test_one_who_asks_too_often_waits(nobody, monkeypatch):
    monkeypatch.setattr(shared, "rate", Rate(2))
    statuses = [nobody.get("/share/nothing/").status_code for _ in range(3)]
    assert statuses == [404, 404, 429]


def test_a_caller_may_ask_again_as_time_passes_and_others_are_not_held_up():
    now = [0.0]
    rate = Rate(60, lambda: now[0])
    assert [rate.admits("a") for _ in range(61)] == [True] * 60 + [False]
    assert rate.admits("b")
    now[0] = 1.0
    assert [rate.admits("a"), rate.admits("a")] == [True, False]
    assert all(rate.admits(str(number)) for number in range(CALLERS + 1))
    assert len(rate._left) == CALLERS


# Links


@pytest.mark.django_db
def test_own_links_are_revoked_by_their_maker_others_by_ad_ops_only_after_they_are_asked(qa, session):
    person = PEOPLE["viewer"]()
    other = link_to("session", session.public_id, user=person)
    own = ReportLink.objects.exclude(pk=other.pk)
    qa.post(f"/reports/session/{session.public_id}/", {"lifetime": "hour"})
    assert qa.get(f"/reports/{other.public_id}/revoke/").status_code == 404
    assert qa.post(f"/reports/{other.public_id}/revoke/").status_code == 404
    assert "Nobody has opened it" in qa.get(f"/reports/{own.get().public_id}/revoke/").content.decode()
    assert own.get().revoked_at is None
    qa.post(f"/reports/{own.get().public_id}/revoke/")
    assert own.get().revoked_by.username == "qa"
    browser_of(PEOPLE["ad_ops"]()).post(f"/reports/{other.public_id}/revoke/")
    assert ReportLink.objects.get(pk=other.pk).revoked_by.username == "adops"


@pytest.mark.django_db
def test_everybody_lists_their_own_links_and_ad_ops_all_and_only_ones_own_show_their_address(session):
    link = link_to("session", session.public_id, user=make_person("somebody"))
    mine = browser_of(person := PEOPLE["ad_ops"]())
    link_to("session", session.public_id, user=person)
    rows = mine.get("/reports/").context["rows"]
    assert [bool(row.address) for row in rows] == [True, False]
    assert browser_of(PEOPLE["qa"]()).get("/reports/").context["rows"] == []
    of_subject = browser_of(PEOPLE["viewer"]()).get(f"/reports/session/{session.public_id}/")
    assert [row.address for row in of_subject.context["rows"]] == ["", ""]
    assert links.token_of(link) not in of_subject.content.decode()


@pytest.mark.django_db
def test_a_link_lives_no_longer_than_the_site_allows(viewer, settings, session):
    settings.REPORT_DAYS_MAX = 1
    answer = viewer.post(f"/reports/session/{session.public_id}/", {"lifetime": "month"})
    assert answer.status_code == 422
    body = {"kind": "session", "subject": session.public_id, "lifetime": "month"}
    problem = viewer.post("/api/v1/reports", body, content_type="application/json").json()
    assert [row["field"] for row in problem["fields"]] == ["lifetime"]
    assert not ReportLink.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/reports/session/nothing/", "/reports/endpoint/nothing/"])
def test_what_is_not_there_cannot_be_shared(viewer, address):
    assert viewer.post(address, {"lifetime": "day"}).status_code == 404


@pytest.mark.django_db
def test_the_api_makes_lists_and_revokes_links(qa, nobody, session):
    body = {"kind": "session", "subject": session.public_id, "lifetime": "hour"}
    made = qa.post("/api/v1/reports", body, content_type="application/json")
    assert made.status_code == 201
    assert nobody.get(made.json()["url"]).status_code == 200
    assert [row["opened"] for row in qa.get("/api/v1/reports").json()["items"]] == [1]
    assert (
        browser_of(make_person("other", Role.QA)).delete(f"/api/v1/reports/{made.json()['id']}").status_code
        == 404
    )
    assert qa.delete(f"/api/v1/reports/{made.json()['id']}").status_code == 204
    assert nobody.get(made.json()["url"]).status_code == 410


# What is hidden, and what a spreadsheet must not run


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:pass@ads.example.com/x", "https://***@ads.example.com/x"),
        ("at https://a/?token=abc&w=1 it failed", "at https://a/?token=***&w=1 it failed"),
        ("https://a/?w=1&amp;api_key=9#f", "https://a/?w=1&amp;api_key=***#f"),
        ("https://a/;signature=9;w=1", "https://a/;signature=***;w=1"),
        ("https://a/?u=https%3A%2F%2Fu%3Ap%40b%2F%3Fkey%3D9%26w%3D1", "https://a/?u=https%3A%2F%2F***%40b%2F%3Fkey%3D***%26w%3D1"),
        ("https://a/?sessionid=[SESSIONID]&author=me&keywords=tv", "https://a/?sessionid=[SESSIONID]&author=me&keywords=tv"),
    ],
)  # fmt: skip
def test_what_opens_doors_is_masked_wherever_it_stands(text, shown):
    assert masked_text(text) == shown


def test_a_tag_keeps_the_names_of_its_parameters():
    shown = "https://***@a/t?w=***&ifa=***;e=[ERRORCODE]&flag&empty="
    assert without_query("https://u:p@a/t?w=1920&ifa=abc;e=[ERRORCODE]&flag&empty=") == shown


@pytest.mark.parametrize("text", ["?" * 300_000, "?key" * 100_000, "?a%3D" * 100_000, "%3A%2F%2F" * 50_000])
def test_hostile_text_is_masked_in_a_moment(text):
    began = process_time()
    masked_text(text)
    assert process_time() - began < 2


@pytest.mark.django_db
def test_a_session_of_a_tag_hides_what_opens_doors_on_page_json_and_csv(nobody, session):
    entries = [
        {**entry, "url": f"{entry['url']}?token=opensesame", "resolved_url": None}
        for entry in session.ledger.entries
    ]
    session.ledger.entries = entries
    session.ledger.save()
    Session.objects.update(tag_url="https://me:opensesame@ads.example.com/t?ifa=opensesame")
    link = link_to("session", session.public_id)
    for file in ("", "report.json", "report.csv"):
        assert b"opensesame" not in nobody.get(address_of(link, file)).content
    assert b"ads.example.com/t?ifa=***" in nobody.get(address_of(link)).content


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"])
def test_no_text_becomes_a_formula(text):
    assert cell(text) == f"'{text}"


def test_numbers_stay_numbers_and_quotes_and_lines_are_kept():
    (line,) = lines([[-1.5, None, True, 'a "b",\nc']])
    assert line == '-1.5,,True,"a ""b"",\nc"\r\n'
    assert json.loads(json.dumps(next(csv.reader(io.StringIO(line))))) == ["-1.5", "", "True", 'a "b",\nc']
