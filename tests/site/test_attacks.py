"""What a hostile or unlucky caller tries: it is refused by name, costs little, and breaks nobody else's page."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.management.base import CommandError
from django.db import OperationalError
from django.test import Client

from pipeline.models import Build
from playback.engine import ConfigError, ConfigResolver
from playback.engine.configuration.config import HIGHEST
from playback.forms import Profile
from playback.live import runner as runner_module
from playback.live import store as store_module
from playback.live.consumers import UNKNOWN
from playback.live.runner import runner as site_runner
from playback.live.store import RowStore
from playback.models import Session
from tests.pipeline.responses import inline
from tests.playback.watching import ended, row_of, started, until, until_row
from tests.site.people import PEOPLE, browser_of
from tests.site.rows import make_provider, make_session
from vastdash.asgi import application
from vastdash.management.commands.serve import claim

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]

NO_BIDS = '{"id": "1", "seatbid": []}'


def post_json(client: Client, address: str, body: str):
    return client.post(f"/api/v1/{address}", body, content_type="application/json")


def checked_browser() -> tuple[Client, str]:
    """A browser of a QA person that is asked for its CSRF token, and that token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(PEOPLE["qa"]())
    return client, client.get("/builds/new/").cookies["csrftoken"].value


class TestApi:
    @pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", '"\\ud800"', '{"\\ud800": 1}'])
    def test_a_config_that_no_json_column_holds_is_refused_at_its_field(self, qa, value):
        answer = post_json(qa, "builds", f'{{"response": {NO_BIDS}, "config": {{"x": {value}}}}}')
        assert answer.status_code == 422
        assert [row["field"] for row in answer.json()["fields"]] == ["config"]
        assert not Build.objects.exists()

    def test_half_a_surrogate_pair_is_no_build_id(self, qa):
        answer = post_json(qa, "sessions", '{"build": "\\ud800"}')
        assert answer.status_code == 422
        assert [row["field"] for row in answer.json()["fields"]] == ["build"]

    def test_a_multipart_form_is_told_that_json_is_wanted(self):
        client, token = checked_browser()
        answer = client.post("/api/v1/builds", {"csrfmiddlewaretoken": token, "response": NO_BIDS})
        assert answer.status_code == 415
        assert answer["Content-Type"] == "application/problem+json"


class TestPages:
    @pytest.mark.parametrize("address", ["/builds/new/", "/api/v1/builds"])
    def test_a_form_in_a_strange_encoding_is_400_and_no_server_error(self, address):
        client, _ = checked_browser()
        answer = client.post(
            address, b"a=b", content_type="application/x-www-form-urlencoded; charset=utf-16"
        )
        assert answer.status_code == 400
        assert b"cannot be read" in answer.content

    def test_a_media_address_with_broken_brackets_breaks_no_page(self, viewer):
        row = make_session(inline(media="http://[::1/spot.mp4"))
        page = viewer.get(f"/sessions/{row.public_id}/")
        assert page.status_code == 200
        assert "Not shown" in page.content.decode()

    @pytest.mark.parametrize("address", ["/", "/builds/", "/sessions/", "/api/v1/builds", "/admin/"])
    def test_no_cache_on_the_way_keeps_a_private_page(self, superuser, nobody, address):
        for client in (superuser, nobody):
            assert "private" in client.get(address)["Cache-Control"]
            assert "no-store" in client.get(address)["Cache-Control"]


class TestConfiguration:
    @pytest.mark.parametrize("field", ["max_session_duration_sec", "quartile_offset_tolerance_sec"])
    def test_a_number_too_large_to_count_in_microseconds_is_refused_where_it_is_written(self, field):
        assert getattr(ConfigResolver.resolve(override={field: HIGHEST}), field) == HIGHEST
        with pytest.raises(ConfigError) as refused:
            ConfigResolver.resolve(override={field: 1e308})
        assert refused.value.field == field

    def test_a_form_that_claims_ten_thousand_rules_makes_few_of_them(self):
        data = {"rules-TOTAL_FORMS": "10000", "rules-INITIAL_FORMS": "10000"}
        profile = Profile({}, "provider", data)
        assert not profile.is_valid()
        assert len(profile.rules.forms) < 20

    def test_raw_rules_cannot_be_typed_into_the_administration(self, superuser):
        provider = make_provider()
        before = provider.playback
        address = f"/admin/playback/provider/{provider.pk}/change/"
        superuser.post(address, {"name": provider.name, "title": "T", "position": "0", "playback": "[]"})
        provider.refresh_from_db()
        assert (provider.title, provider.playback) == ("T", before)


class TestSockets:
    @pytest.mark.parametrize(
        "address", ["/ws/nowhere/", "/ws/sessions/%00/", "/ws/sessions/a/b/", f"/ws/sessions/{'a' * 200}/"]
    )
    async def test_an_address_that_is_no_session_is_closed_with_a_code(self, address):
        headers = [(b"origin", b"http://127.0.0.1"), (b"host", b"127.0.0.1")]
        socket = WebsocketCommunicator(application, address, headers=headers)
        assert await socket.connect() == (True, None)
        assert await socket.receive_output() == {"type": "websocket.close", "code": UNKNOWN}


@pytest.mark.django_db(transaction=True)
class TestRunner:
    @pytest.fixture
    async def runner(self, transactional_db):
        await site_runner.open()
        yield site_runner
        await site_runner.close()

    async def test_a_stop_before_the_session_is_read_is_obeyed_once_it_plays(self, runner):
        row = await started(mode="real")
        await until(lambda: row.public_id in runner._tasks)
        assert runner.player(row.public_id) is None
        assert runner.command(row.public_id, "stop")
        assert (await ended(runner, row.public_id)).end_reason == "stopped"
        assert runner._early == {}

    async def test_a_pause_before_the_session_is_read_is_obeyed_once_it_plays(self, runner):
        row = await started(mode="real")
        await until(lambda: row.public_id in runner._tasks)
        assert runner.command(row.public_id, "pause")
        assert (await until_row(row.public_id, lambda row: row.record["paused"])).status == "running"
        runner.command(row.public_id, "stop")
        await ended(runner, row.public_id)

    async def test_a_database_away_for_a_moment_costs_one_checkpoint_and_no_more(self, runner, monkeypatch):
        monkeypatch.setattr(runner_module, "NEWS_INTERVAL_SEC", 0.001)
        monkeypatch.setattr(runner_module, "CHECKPOINT_INTERVAL_SEC", 0.001)
        calls = []
        checkpoint = RowStore.checkpoint

        async def failing_once(store, player):
            calls.append(player.state().playhead_ms)
            if len(calls) == 1:
                raise OperationalError("database is locked")
            await checkpoint(store, player)

        monkeypatch.setattr(RowStore, "checkpoint", failing_once)
        row = await started(mode="real")
        found = await until_row(row.public_id, lambda row: row.offset_ms > 0)
        assert found.status == "running"
        assert len(calls) > 1
        runner.command(row.public_id, "stop")
        await ended(runner, row.public_id)

    async def test_closing_stores_the_others_where_one_checkpoint_fails(self, monkeypatch, transactional_db):
        await site_runner.open()
        rows = [await started(mode="real", seed=seed) for seed in (1, 2)]
        players = [await until(lambda row=row: site_runner.player(row.public_id)) for row in rows]
        await until(lambda: all(player.state().playhead_ms > 0 for player in players))
        save = store_module._save

        def failing_for_the_first(public_id, record, entries):
            if public_id == rows[0].public_id:
                raise OperationalError("database is locked")
            save(public_id, record, entries)

        monkeypatch.setattr(store_module, "_save", failing_for_the_first)
        await site_runner.close()
        assert (await row_of(rows[1].public_id)).offset_ms > 0
        await sync_to_async(Session.objects.all().delete)()

    async def test_an_end_found_by_a_checkpoint_is_left_to_the_player_to_store(self, transactional_db):
        row = await started(mode="real")
        store = RowStore(row.public_id)
        player = await store.player()
        playing = asyncio.create_task(player.play())
        await until_row(row.public_id, lambda row: row.status == "running")

        def ending():
            player.session.close("stopped")
            return player.session

        player.checkpoint = ending
        await store.checkpoint(player)
        assert (await row_of(row.public_id)).status == "running"
        playing.cancel()
        await asyncio.gather(playing, return_exceptions=True)


def test_a_second_server_is_kept_from_the_sessions_of_the_first(tmp_path):
    first = claim(tmp_path)
    with pytest.raises(CommandError, match="already uses"):
        claim(tmp_path)
    first.close()
    claim(tmp_path).close()


def test_a_viewer_gets_no_further_by_another_way_of_asking():
    client = browser_of(PEOPLE["viewer"]())
    for headers in ({"x-http-method-override": "GET"}, {"x-method-override": "GET"}):
        assert client.post("/builds/", headers=headers).status_code == 403


class TestManyBids:
    @pytest.mark.parametrize(
        "seats", ["1," * 10_000 + "1", '{"bid": [' + "1," * 9_999 + "1]}"], ids=["seats", "bids"]
    )
    def test_more_than_an_auction_can_hold_is_refused_unread(self, qa, seats):
        answer = post_json(qa, "builds", f'{{"response": {{"id": "1", "seatbid": [{seats}]}}}}')
        assert answer.status_code == 422
        assert answer.json()["code"] == "RESPONSE_TOO_MANY_BIDS"
        assert "10001 seats and bids" in answer.json()["detail"]

    def test_a_page_shows_the_first_rows_and_says_how_many_there_are(self, qa):
        bids = [{"id": f"bad-{number}", "price": "dear", "dur": "x"} for number in range(700)]
        response = json.dumps({"id": "1", "seatbid": [{"bid": bids}]})
        data = {"receiver": "GENERIC", "selection_strategy": "ALL", "max_ads_in_pod": 0}
        page = qa.post("/builds/new/", {**data, "collision_policy": "VAST_WINS", "response": response})
        assert page.status_code == 422
        text = page.content.decode()
        assert text.count('<tr class="rejected">') == 500
        assert "The first 500 of 700 are shown." in text


def test_linting_in_threads_that_end_does_not_bring_the_process_down():
    """In a process of its own: the fault this guards against is a segmentation fault in the linter's library."""
    code = (
        "import sys, threading; from vast.lint import lint; found = []\n"
        "for _ in range(300):\n"
        "    thread = threading.Thread(target=lambda: found.append(lint(sys.argv[1].encode())))\n"
        "    thread.start(); thread.join()\n"
        "print(len(found), len(set(found)))"
    )
    answer = subprocess.run([sys.executable, "-c", code, inline()], capture_output=True, text=True, cwd=ROOT)
    assert (answer.returncode, answer.stdout.split()) == (0, ["300", "1"])


@pytest.mark.parametrize(
    ("address", "kind"), [("/builds/", "text/html"), ("/api/v1/builds", "application/problem+json")]
)
def test_a_database_that_is_busy_is_a_503_that_says_so(viewer, monkeypatch, address, kind):
    def locked(*_arguments, **_options):
        raise OperationalError("database is locked")

    monkeypatch.setattr("pipeline.views.builds.Page", locked)
    monkeypatch.setattr("pipeline.api.builds.Page", locked)
    answer = viewer.get(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Type"].startswith(kind)
    assert "The database is busy" in answer.content.decode()
    assert "locked" not in answer.content.decode()
