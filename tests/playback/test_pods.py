"""Pods in the site: every ad by its fate, the skip button while it works, a place to go to, and old rows of one ad."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.urls import reverse

from playback.live.board import CONTROLS, Board
from playback.live.broadcast import live_view
from playback.live.runner import Runner
from playback.live.runner import runner as site_runner
from playback.models import Session
from tests.pipeline.responses import bid, body, inline, wrapper
from tests.playback.watching import ended, events_of, started, until, until_row
from tests.site.people import PEOPLE, browser_of
from tests.site.rows import make_build, make_session, play_out

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/v1/sessions"


@pytest.fixture
async def runner(transactional_db):
    await site_runner.open()
    yield site_runner
    await site_runner.close()


def of_two():
    return make_build(
        body(bid("a", price=9), bid("b", price=2, adm=inline("b", title="Boots", duration="00:00:15")))
    )


def skippable(**options) -> str:
    return inline(**options).replace("<Linear>", '<Linear skipoffset="00:00:00.050">')


def states(parts) -> list[tuple[str, str]]:
    return [(part["title"], part["state"]) for part in parts]


def test_a_whole_pod_is_played_ad_by_ad(transactional_db):
    row = make_session(build=of_two())
    assert (row.ad_index, row.duration_ms) == (None, 45_000)
    assert states(row.ledger.parts) == [("Spring shoes", "ahead"), ("Boots", "ahead")]
    row = play_out(row)
    assert (row.status, row.offset_ms) == ("completed", 45_000)
    assert states(row.ledger.parts) == [("Spring shoes", "played"), ("Boots", "played")]
    assert events_of(row.record).count("complete") == 2
    viewer = browser_of(PEOPLE["viewer"]())
    found = viewer.get(f"{ADDRESS}/{row.public_id}").json()
    assert [(part["place"], part["start_ms"], part["duration_ms"]) for part in found["pod"]] == [
        (1, 0, 30_000),
        (2, 30_000, 15_000),
    ]
    view = viewer.get(reverse("session", args=[row.public_id])).context["view"]
    assert states(view.parts) == states(row.ledger.parts)
    assert not view.skippable


def test_one_ad_of_a_pod_is_a_session_of_that_ad(transactional_db):
    row = play_out(make_session(build=of_two(), ad_index=1))
    assert (row.ad_index, row.duration_ms) == (1, 15_000)
    assert states(row.ledger.parts) == [("Boots", "played")]


async def test_the_skip_button_is_there_while_it_works_and_ends_the_ad(runner):
    public_id = (await started(skippable(), mode="real")).public_id
    player = await until(lambda: runner.player(public_id))
    await until(lambda: player.state().skippable)
    view = live_view(public_id, player)
    assert view.skippable_at_sec == 0.05
    controls = Board().update(view, 0)[CONTROLS]
    assert f'hx-post="/sessions/{public_id}/skip/"' in controls
    browser = await sync_to_async(lambda: browser_of(PEOPLE["qa"]()))()
    answer = await sync_to_async(browser.post)(f"{ADDRESS}/{public_id}/skip")
    assert answer.status_code == 202
    row = await ended(runner, public_id)
    assert (row.status, row.end_reason) == ("closed", "user_skip")
    assert states(row.ledger.parts) == [("Spring shoes", "skipped")]


async def test_an_ad_that_cannot_be_skipped_has_no_button_and_goes_on(runner):
    public_id = (await started(mode="real")).public_id
    await until_row(public_id, lambda row: "start" in events_of(row.record))
    assert "/skip/" not in Board().update(live_view(public_id, runner.player(public_id)), 0)[CONTROLS]
    runner.command(public_id, "skip")
    runner.command(public_id, "pause")
    row = await until_row(public_id, lambda row: row.paused)
    assert row.status == "running"
    runner.command(public_id, "stop")
    await ended(runner, public_id)


async def test_the_playhead_is_moved_over_the_api(runner):
    public_id = (await started(mode="real")).public_id
    await until(lambda: runner.player(public_id))
    browser = await sync_to_async(lambda: browser_of(PEOPLE["qa"]()))()

    def seek(place: object):
        text = json.dumps({"to_sec": place})
        return browser.post(f"{ADDRESS}/{public_id}/seek", text, content_type="application/json")

    for wrong in (-1, "soon", None):
        assert (await sync_to_async(seek)(wrong)).status_code == 422
    assert (await sync_to_async(seek)(29.9)).status_code == 202
    row = await ended(runner, public_id)
    assert (row.status, row.offset_ms) == ("completed", 30_000)
    assert "midpoint" not in events_of(row.record)
    assert (await sync_to_async(seek)(1)).status_code == 409


class TestOldRows:
    """Sessions from before the chains have a document, one ad of it, and no chain."""

    @pytest.fixture
    def old(self, transactional_db) -> Session:
        row = make_session(build=of_two(), ad_index=1)
        row.chain.delete()
        row.ledger.parts = []
        row.ledger.save()
        return Session.objects.get(pk=row.pk)

    def test_they_open(self, old):
        viewer = browser_of(PEOPLE["viewer"]())
        page = viewer.get(reverse("session", args=[old.public_id]))
        assert (page.status_code, page.context["chain"]) == (200, None)
        assert page.context["creatives"][0].url == "https://ads.example.com/media/demo-30s.mp4"
        found = viewer.get(f"{ADDRESS}/{old.public_id}").json()
        assert (found["chain"], found["ad_index"]) == (None, 1)
        assert viewer.get(f"{ADDRESS}/{old.public_id}/chain").status_code == 404

    async def test_they_are_gone_on_with(self, old):
        later = Runner()
        await later.open()
        row = await ended(later, old.public_id)
        await later.close()
        assert (row.status, row.offset_ms) == ("completed", 15_000)
        assert states(row.ledger.parts) == [("Boots", "played")]

    async def test_one_of_which_nothing_was_kept_says_so(self, old):
        await Session.objects.aupdate(document=None)
        later = Runner()
        await later.open()
        row = await ended(later, old.public_id)
        await later.close()
        assert row.status == "error"
        assert "nothing was kept" in row.record["metadata"]["error"]


def test_what_a_hop_answered_is_text_for_those_who_may_see_debug(transactional_db):
    row = make_session(wrapper())
    qa, viewer = browser_of(PEOPLE["qa"]()), browser_of(PEOPLE["viewer"]())
    address = reverse("session-hop", args=[row.public_id, 1])
    answer = qa.get(address)
    assert (answer.content.decode(), answer["Content-Type"]) == (wrapper(), "text/plain; charset=utf-8")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert viewer.get(address).status_code == 403
    assert qa.get(reverse("session-hop", args=[row.public_id, 9])).status_code == 404
    assert qa.get(reverse("session-hop", args=["zzzzzzzzzzzz", 1])).status_code == 404
