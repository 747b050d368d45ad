"""Sessions to find again: the list with its filters, a session's own page, its record, and its buttons."""

import json
import re
from itertools import product

import pytest
from django.urls import reverse

from playback.engine import PlaybackSession
from playback.models import AdDocument, Provider, Session
from playback.pod import ads_of
from playback.records import recording
from tests.pipeline.responses import inline, wrapper
from tests.site.rows import make_build, make_provider, make_session, play_out

pytestmark = pytest.mark.django_db

LIST = reverse("session-list")


def address(session: Session, route: str = "session") -> str:
    return reverse(route, args=[session.public_id])


def shown(client, **query: str) -> list[str]:
    """Every row of the list in order, all pages of it."""
    found, before = [], None
    while True:
        page = client.get(LIST, {**query, **({"before": before} if before else {})}).context["page"]
        found += [row.public_id for row in page.rows]
        before = page.next
        if before is None:
            return found


@pytest.fixture
def crowd(viewer) -> list[Session]:
    """120 sessions of which many share their timestamp, in all combinations of what can be filtered."""
    model = make_session()
    kinds = list(product(("", "yandex", "tiger"), Session.Status.values, ("real", "headless")))
    for number, (provider, status, mode) in enumerate(kinds * 4):
        columns = {"provider": provider, "status": status, "mode": mode, "seed": number}
        recording.enter(title="A session", record=model.record, **columns)
    recording.leave(Session.objects.filter(pk=model.pk))
    Session.objects.update(created_at=model.created_at)
    return list(Session.objects.order_by("-id"))


def test_paging_neither_loses_nor_doubles_rows_that_share_a_timestamp(viewer, crowd):
    assert shown(viewer) == [row.public_id for row in crowd]


@pytest.mark.parametrize(
    "query",
    [
        {"provider": "yandex"},
        {"status": "error"},
        {"mode": "real"},
        {"provider": "tiger", "status": "closed", "mode": "headless"},
    ],
)
def test_filters_narrow_the_list_and_keep_its_order(viewer, crowd, query):
    make_provider("yandex")
    make_provider("tiger")
    fitting = [
        row.public_id for row in crowd if all(getattr(row, key) == value for key, value in query.items())
    ]
    assert 0 < len(fitting) < len(crowd)
    assert shown(viewer, **query) == fitting


def test_the_next_page_keeps_the_filter_and_the_first_is_one_step_away(viewer, crowd):
    page = viewer.get(LIST, {"mode": "real"})
    older = page.context["page"].next
    assert f'href="?mode=real&amp;before={older}"' in page.content.decode()
    second = viewer.get(LIST, {"mode": "real", "before": older}).content.decode()
    assert 'href="?mode=real"' in second


@pytest.mark.parametrize("query", [{"provider": "nobody"}, {"status": "asleep"}, {"mode": "auto"}])
def test_a_filter_that_does_not_exist_shows_nothing_and_says_so_beside_it(viewer, crowd, query):
    answer = viewer.get(LIST, query)
    assert answer.status_code == 200
    assert answer.context["page"].rows == []
    (field,) = query
    assert f'id="id_{field}_error"' in answer.content.decode()


@pytest.mark.parametrize("before", ["", "yesterday", "1-2-3", "-", "99999999999999999999-1", "1", "-5-3"])
def test_a_position_nobody_gave_out_starts_at_the_newest(viewer, crowd, before):
    page = viewer.get(LIST, {"before": before}).context["page"]
    assert [row.public_id for row in page.rows] == [row.public_id for row in crowd[:50]]


def test_the_list_costs_the_same_however_many_rows_it_shows(viewer, crowd, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        viewer.get(LIST)


def test_empty_lists_say_what_to_do(viewer):
    assert "No sessions yet" in viewer.get(LIST).content.decode()
    assert "No session matches" in viewer.get(LIST, {"mode": "real"}).content.decode()


@pytest.fixture
def played() -> Session:
    make_provider("yandex")
    build = make_build()
    return play_out(make_session(build.vast, build=build, provider="yandex", seed=1))


def test_the_page_of_a_finished_session_shows_its_events_ledger_and_draws(viewer, played):
    assert played.status == "completed"
    page = viewer.get(address(played)).content.decode()
    for event in played.record["events"]:
        assert f'data-event="{event["event_type"]}"' in page
        assert f"{event['offset_sec']:.3f} s" in page
    for entry in played.ledger.entries:
        assert (entry["resolved_url"] or entry["url"]).replace("&", "&amp;") in page
    assert "does not strike" in page
    assert "0.25" in page
    assert f"{played.record['interruption_plan'][0]['u']:.4f}" in page
    assert "Playhead at 30.0 of 30 seconds" in page
    assert address(played, "session-record") in page
    assert reverse("build", args=[played.build.public_id]) in page
    assert f'ws-connect="/ws/sessions/{played.public_id}/"' in page


def test_the_page_of_an_interrupted_session_says_what_struck_where_and_why(viewer):
    provider = make_provider("yandex")
    provider.playback = {
        "rules": [{"event": "midpoint", "probability": 1.0, "min_offset_sec": 12.0, "max_offset_sec": 12.0}]
    }
    provider.save()
    session = play_out(make_session(provider="yandex"))
    assert (session.status, session.end_reason, session.offset_ms) == ("closed", "user_close", 12_000)
    page = viewer.get(address(session)).content.decode()
    assert "strikes at 12 s" in page
    assert "user_close at 12 s" in page
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert re.search(r"not reached:? interrupted at 12 s: user_close", words)
    assert "closed: user_close" in page


def test_a_rule_that_cannot_apply_says_so(viewer):
    provider = make_provider("yandex")
    provider.playback = {
        "rules": [{"event": "complete", "probability": 1.0, "min_offset_sec": 40.0, "max_offset_sec": 50.0}]
    }
    provider.save()
    assert "not applicable" in viewer.get(address(make_session(provider="yandex"))).content.decode()


def test_buttons_are_shown_to_those_who_may_press_them_while_there_is_something_to_press(viewer, qa):
    pending = make_session()
    ended = play_out(make_session())
    assert 'hx-post="/sessions/' in qa.get(address(pending)).content.decode()
    assert 'hx-post="/sessions/' not in viewer.get(address(pending)).content.decode()
    assert 'hx-post="/sessions/' not in qa.get(address(ended)).content.decode()


def test_the_record_is_the_engines_own_and_can_be_played_from(viewer, played):
    answer = viewer.get(address(played, "session-record"))
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert f'filename="session-{played.public_id}.json"' in answer["Content-Disposition"]
    record = json.loads(answer.content)
    assert PlaybackSession.from_dict(record).to_dict() == record == played.record


@pytest.mark.parametrize(("command", "htmx", "status"), [("pause", True, 409), ("stop", False, 302)])
def test_a_button_of_a_session_that_does_not_run_says_so(qa, command, htmx, status):
    session = play_out(make_session())
    headers = {"hx-request": "true"} if htmx else {}
    answer = qa.post(reverse("session-command", args=[session.public_id, command]), headers=headers)
    assert answer.status_code == status
    if htmx:
        assert "This session is not running." in answer.content.decode()
    else:
        assert answer["Location"] == address(session)


def test_a_command_nobody_knows_and_a_session_nobody_made_are_not_found(qa, viewer):
    session = make_session()
    assert qa.post(f"/sessions/{session.public_id}/explode/").status_code == 404
    assert qa.post("/sessions/zzzzzzzzzzzz/pause/").status_code == 404
    assert viewer.get("/sessions/zzzzzzzzzzzz/").status_code == 404
    assert viewer.get("/sessions/zzzzzzzzzzzz/record.json").status_code == 404


def test_a_record_of_a_former_version_is_shown_as_unreadable_and_breaks_no_page(viewer):
    session = make_session()
    Session.objects.update(record={"schema_version": 0})
    assert viewer.get(LIST).status_code == 200
    answer = viewer.get(address(session))
    assert answer.status_code == 200
    assert "This record cannot be read" in answer.content.decode()
    assert json.loads(viewer.get(address(session, "session-record")).content) == {"schema_version": 0}


def test_a_document_damaged_after_playing_breaks_no_page(viewer, played):
    AdDocument.objects.update(xml="garbage")
    page = viewer.get(address(played))
    assert page.status_code == 200
    assert "none that can be played" in page.content.decode()


def test_a_document_nobody_can_read_offers_no_ad():
    assert ads_of("garbage") == []
    assert ads_of(inline()) == ["1. Spring shoes (shoes, 00:00:30)"]
    assert ads_of(wrapper()) == ["1. Wrapper, followed when played (chain)"]


def test_the_creative_is_shown_when_its_host_is_allowed_and_named_when_not(viewer, settings):
    own = make_session(inline(media="https://ads.example.com/media/demo-30s.mp4"))
    assert 'data-source="/static/media/demo-30s.mp4"' in viewer.get(address(own)).content.decode()
    far = make_session(inline(media="https://cdn.example.net/a.mp4"))
    page = viewer.get(address(far))
    assert "<video" not in page.content.decode()
    assert "not among the allowed media hosts" in page.content.decode()
    odd = make_session(inline(media="https://[not-an-address/a.mp4"))
    assert "<video" not in viewer.get(address(odd)).content.decode()
    settings.MEDIA_HOSTS.append("https://cdn.example.net")
    page = viewer.get(address(far))
    settings.MEDIA_HOSTS.clear()
    assert 'data-source="https://cdn.example.net/a.mp4"' in page.content.decode()
    assert "media-src 'self' https://cdn.example.net" in page["Content-Security-Policy"]
    assert "https://cdn.example.net" not in viewer.get(LIST)["Content-Security-Policy"]


def test_a_session_keeps_the_names_of_rows_that_are_gone(viewer):
    row = make_session(provider=make_provider("yandex").name)
    address = reverse("session", args=[row.public_id])
    assert reverse("provider", args=["yandex"]) in viewer.get(address).content.decode()
    Provider.objects.all().delete()
    page = viewer.get(address).content.decode()
    assert reverse("provider", args=["yandex"]) not in page
    assert "no longer there" in page
