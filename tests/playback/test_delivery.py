"""The pixels of the site's sessions: a sandbox that says what arrived, live ones that somebody has to confirm."""

import asyncio
import json
from collections import Counter

import pytest
from asgiref.sync import sync_to_async
from django.urls import reverse

from playback.confirming import pixels_of
from playback.engine import Collector
from playback.live import store as store_module
from playback.live.runner import Runner
from playback.live.runner import runner as site_runner
from playback.models import Provider, Session
from playback.sources import StartRefused
from playback.starting import NotAllowed
from tests.pipeline.responses import inline
from tests.playback.servers import serving
from tests.playback.watching import ended, events_of, kill, row_of, started, until_row
from tests.site.people import PEOPLE, browser_of
from tests.site.rows import make_session, play_out

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "/api/v1/sessions"


@pytest.fixture(autouse=True)
def reachable(settings):
    settings.FETCH_ALLOWED = ["127.0.0.1"]


@pytest.fixture
def sink():
    with serving() as (here, received):
        yield here, received


@pytest.fixture
async def runner(transactional_db):
    await site_runner.open()
    yield site_runner
    await site_runner.close()


def tracked(here: str, **options) -> str:
    return inline(**options).replace("https://track.example.com", f"{here}/pixel")


def post(client, payload: dict | None = None, address: str = ADDRESS):
    return client.post(address, json.dumps(payload or {}), content_type="application/json")


def live(client, here: str, **payload) -> dict:
    payload = {"vast": tracked(here), "mode": "headless", "speed": 0, "delivery": "live", **payload}
    answer = post(client, payload)
    assert answer.status_code == 201, answer.content
    return answer.json()


def confirm(client, session: dict, pixels: int | None = None):
    number = session["confirmation"]["pixels"] if pixels is None else pixels
    return post(client, {"pixels": number}, f"{ADDRESS}/{session['id']}/confirm")


async def as_ad_ops(work, *arguments, **options):
    return await sync_to_async(work)(await sync_to_async(signed_in)("ad_ops"), *arguments, **options)


def signed_in(who: str):
    return browser_of(PEOPLE[who]())


class TestSandbox:
    async def test_every_pixel_that_was_due_arrived_once_at_our_own_collector(self, runner, sink):
        here, received = sink
        row = await ended(runner, (await started(tracked(here), delivery="sandbox")).public_id)
        rows = [entry for entry in row.ledger.entries if entry["status"] == "sent"]
        assert {entry["event"] for entry in rows} >= {"impression", "start", "midpoint", "complete"}
        assert {(entry["received"], entry["verdict"]) for entry in rows} == {(1, "")}
        assert received == []

    async def test_one_swallowed_and_one_doubled_are_named(self, runner, monkeypatch):
        class Unfaithful(Collector):
            async def get(self, url, **how):
                if url.endswith("/midpoint"):
                    return await Collector().get(url, **how)
                if url.endswith("/start"):
                    await super().get(url, **how)
                return await super().get(url, **how)

        monkeypatch.setattr(store_module, "Collector", Unfaithful)
        row = await ended(runner, (await started(delivery="sandbox")).public_id)
        verdicts = {entry["event"]: entry["verdict"] for entry in row.ledger.entries if entry["verdict"]}
        assert verdicts == {"midpoint": "missing", "start": "doubled"}


class TestLive:
    def test_it_waits_and_says_how_many_addresses_it_may_call(self, transactional_db, sink):
        here, received = sink
        found = live(signed_in("ad_ops"), here)
        ledger = found["ledger"]
        assert (found["status"], found["confirmed_by"], found["confirmed_at"]) == ("pending", None, None)
        assert found["confirmation"] == {
            "pixels": len(ledger),
            "hosts": {"127.0.0.1": len(ledger)},
            "repeated": ["pause", "resume"],
        }
        row = Session.objects.get()
        assert row.pixels == len(ledger) > 8
        assert row.waits_for_confirmation
        assert received == []

    async def test_no_runner_plays_it_and_it_takes_nobodys_place(self, runner, sink, settings):
        here, received = sink
        settings.RUNNING_SESSIONS_MAX = 1
        found = await as_ad_ops(live, here)
        runner.submit(found["id"])
        other = await ended(runner, (await started()).public_id)
        assert other.status == "completed"
        later = Runner()
        await later.open()
        assert found["id"] not in later._tasks
        await later.close()
        assert ((await row_of(found["id"])).status, received) == ("pending", [])

    async def test_confirmed_it_sends_and_keeps_who_and_when(self, runner, sink):
        here, received = sink
        client = await sync_to_async(signed_in)("ad_ops")
        found = await sync_to_async(live)(client, here)
        answer = await sync_to_async(confirm)(client, found)
        assert (answer.status_code, answer.json()["confirmation"]) == (200, None)
        row = await ended(runner, found["id"])
        assert (row.status, row.confirmed_at >= row.created_at) == ("completed", True)
        sent = [entry for entry in row.ledger.entries if entry["status"] == "sent"]
        assert Counter(received) == Counter(entry["resolved_url"].removeprefix(here) for entry in sent)
        assert {entry["http_status"] for entry in sent} == {204}
        assert {entry["attempt_count"] for entry in sent} == {1}
        assert 0 < len(sent) <= row.pixels
        told = await sync_to_async(client.get)(f"{ADDRESS}/{found['id']}")
        assert told.json()["confirmed_by"] == "adops"

    def test_another_number_of_pixels_sends_nothing(self, transactional_db, sink):
        client = signed_in("ad_ops")
        found = live(client, sink[0])
        answer = confirm(client, found, found["confirmation"]["pixels"] - 1)
        assert (answer.status_code, answer.json()["field"]) == (422, "pixels")
        assert Session.objects.get().waits_for_confirmation

    @pytest.mark.parametrize("payload", [{}, {"pixels": "9"}, {"pixels": True}, {"pixels": 9, "yes": 1}])
    def test_a_confirmation_names_the_number_and_nothing_else(self, transactional_db, sink, payload):
        client = signed_in("ad_ops")
        found = live(client, sink[0])
        assert post(client, payload, f"{ADDRESS}/{found['id']}/confirm").status_code == 422
        assert Session.objects.get().waits_for_confirmation

    def test_it_is_confirmed_once(self, transactional_db, sink):
        client = signed_in("ad_ops")
        found = live(client, sink[0])
        assert [confirm(client, found).status_code for _ in range(2)] == [200, 409]

    def test_what_is_not_live_has_nothing_to_confirm_or_discard(self, transactional_db):
        client = signed_in("ad_ops")
        row = make_session()
        for name in ("confirm", "discard"):
            assert post(client, {"pixels": 9}, f"{ADDRESS}/{row.public_id}/{name}").status_code == 409

    async def test_discarded_it_is_closed_and_nothing_was_sent(self, runner, sink):
        here, received = sink
        client = await sync_to_async(signed_in)("ad_ops")
        found = await sync_to_async(live)(client, here)
        answer = await sync_to_async(post)(client, {}, f"{ADDRESS}/{found['id']}/discard")
        assert answer.status_code == 202
        row = await row_of(found["id"])
        assert (row.status, row.end_reason, row.record["status"]) == ("closed", "stopped", "closed")
        assert row.ended_at is not None
        assert {entry["status"] for entry in row.ledger.entries} == {"not_reached"}
        assert (await sync_to_async(confirm)(client, found)).status_code == 409
        assert received == []

    def test_the_page_confirms_and_discards_too(self, transactional_db, sink):
        client = signed_in("ad_ops")
        first, second = live(client, sink[0]), live(client, sink[0])
        page = client.get(reverse("session", args=[first["id"]])).content.decode()
        number = first["confirmation"]["pixels"]
        assert f"Nothing is sent until you confirm: {number} pixels to 1 host." in page
        assert f"Confirm: send up to {number} pixels" in page
        assert "/pause/" not in page
        client.post(reverse("session-confirm", args=[first["id"]]), {"pixels": "no number"})
        assert Session.objects.get(own_id=first["id"]).waits_for_confirmation
        client.post(reverse("session-confirm", args=[first["id"]]), {"pixels": number})
        assert Session.objects.get(own_id=first["id"]).confirmed_by.username == "adops"
        client.post(reverse("session-command", args=[second["id"], "discard"]))
        assert Session.objects.get(own_id=second["id"]).status == "closed"

    def test_only_ad_ops_go_live(self, transactional_db, sink):
        answer = post(signed_in("qa"), {"vast": tracked(sink[0]), "delivery": "live"})
        assert (answer.status_code, answer.json()["field"]) == (403, "delivery")
        assert not Session.objects.exists()
        found = live(signed_in("ad_ops"), sink[0])
        assert confirm(browser_of(PEOPLE["viewer"]()), found).status_code == 403
        qa = browser_of(Session.objects.get().created_by.__class__.objects.get(username="qa"))
        assert confirm(qa, found).status_code == 403
        assert Session.objects.get().waits_for_confirmation

    def test_nobody_in_particular_goes_live(self, transactional_db):
        with pytest.raises(NotAllowed):
            make_session(delivery="live")
        with pytest.raises(StartRefused, match="no delivery named 'loud'"):
            make_session(delivery="loud")

    async def test_a_pixel_that_may_not_be_dialled_is_told_and_disturbs_nothing(self, runner, sink):
        xml = tracked(sink[0]).replace(f"{sink[0]}/pixel/shoes/midpoint", "http://10.0.0.1/midpoint")
        client = await sync_to_async(signed_in)("ad_ops")
        found = await sync_to_async(live)(client, sink[0], vast=xml)
        assert found["confirmation"]["hosts"]["10.0.0.1"] == 1
        await sync_to_async(confirm)(client, found)
        row = await ended(runner, found["id"])
        (refused,) = [entry for entry in row.ledger.entries if entry["event"] == "midpoint"]
        assert (row.status, refused["status"]) == ("completed", "failed")
        assert "address_refused" in refused["reason"]

    @pytest.mark.parametrize("persistence", [True, False])
    async def test_after_a_crash_nothing_is_sent_twice(self, sink, settings, persistence):
        """Whatever a provider says of checkpoints: a live session's are always kept."""
        here, received = sink
        settings.SESSION_PERSISTENCE = persistence
        await Provider.objects.acreate(
            name="tiger",
            title="Tiger",
            playback={"quartile_offset_tolerance_sec": 60.0, "enable_session_persistence": persistence},
        )
        client = await sync_to_async(signed_in)("ad_ops")
        vast = tracked(here, duration="00:00:00.900")
        found = await sync_to_async(live)(client, here, vast=vast, mode="real", provider="tiger")
        first, second = Runner(), Runner()
        await first.open()
        await sync_to_async(confirm)(client, found)
        first.submit(found["id"])
        await until_row(found["id"], lambda row: "firstQuartile" in events_of(row.record))
        await kill(first)
        await second.open()
        row = await ended(second, found["id"])
        await second.close()
        assert row.status == "completed"
        assert max(Counter(received).values()) == 1
        fates = Counter(entry["status"] for entry in row.ledger.entries)
        assert fates["unknown"] > 0
        assert fates["sent"] > 0


def test_pixels_on_their_way_when_the_process_ended_are_unknown(transactional_db):
    client = signed_in("viewer")
    row = play_out(make_session())
    row.ledger.entries = [
        {**row.ledger.entries[0], "status": "in_flight"},
        {**row.ledger.entries[1], "status": "pending"},
        row.ledger.entries[2],
    ]
    row.ledger.save()
    rows = client.get(f"{ADDRESS}/{row.public_id}/ledger").json()["items"]
    assert [entry["status"] for entry in rows] == ["unknown", "unknown", "dry_run"]
    found = client.get(f"{ADDRESS}/{row.public_id}/ledger", {"fate": "unknown"}).json()
    assert (len(found["items"]), found["of"]) == (2, 3)
    page = client.get(reverse("session", args=[row.public_id]))
    assert [entry["status"] for entry in page.context["view"].ledger][:2] == ["unknown", "unknown"]


class TestThePixelsOfALedger:
    def entry(self, event="start", status="pending", url="https://track.example.com/a"):
        return {"event": event, "status": status, "url": url, "origin": "InLine"}

    def test_what_may_still_be_called_counts(self):
        rows = [
            self.entry(),
            self.entry("error", "not_reached"),
            self.entry("pause", "not_reached", "//other.example.com/p"),
            self.entry("mute", "not_reached"),
            self.entry("progress", "not_reached"),
            self.entry(url="about:blank"),
            self.entry(url="javascript:alert(1)"),
        ]
        found = pixels_of(rows)
        assert found == (3, {"other.example.com": 1, "track.example.com": 2}, ("pause",))
        assert pixels_of(rows, "once").repeated == ()


class TestOnePixel:
    def test_it_tells_its_macros_with_their_sources(self, transactional_db):
        client = signed_in("qa")
        xml = inline().replace(
            "/shoes/start<", "/shoes/start?cb=[CACHEBUSTING]&amp;a=[ASSETURI]&amp;z=[IFA]<"
        )
        row = play_out(make_session(xml))
        rows = client.get(f"{ADDRESS}/{row.public_id}/ledger", {"event": "start"}).json()
        (entry,) = rows["items"]
        assert rows["of"] == len(row.ledger.entries)
        pixel = client.get(f"{ADDRESS}/{row.public_id}/pixels/{entry['key']}").json()
        macros = {found["name"]: found for found in pixel["macros"]}
        assert macros["CACHEBUSTING"]["source"] == "session"
        assert macros["ASSETURI"]["value"] == "https://ads.example.com/media/demo-30s.mp4"
        assert macros["ASSETURI"]["encoded"] == "https%3A%2F%2Fads.example.com%2Fmedia%2Fdemo-30s.mp4"
        assert macros["IFA"]["value"] == "-1"
        for found in macros.values():
            assert found["encoded"] in pixel["resolved_url"]

    def test_of_a_damaged_session_the_macros_are_not_known(self, transactional_db):
        client = signed_in("qa")
        row = play_out(make_session())
        key = client.get(f"{ADDRESS}/{row.public_id}/ledger").json()["items"][0]["key"]
        row.chain.bodies.clear()
        assert client.get(f"{ADDRESS}/{row.public_id}/pixels/{key}").json()["macros"] is None

    def test_a_key_nobody_has_is_not_found(self, transactional_db):
        assert signed_in("qa").get(f"{ADDRESS}/{make_session().public_id}/pixels/abc").status_code == 404


async def test_a_server_that_ends_sends_nothing_it_has_not_on_record(sink, monkeypatch):
    """While the second session is stored the first may not play on, or the next server would call its pixels again."""
    here, received = sink
    client = await sync_to_async(signed_in)("ad_ops")
    runner = Runner()
    await runner.open()
    rows = []
    for _ in range(2):
        found = await sync_to_async(live)(client, here, vast=tracked(here), mode="real")
        await sync_to_async(confirm)(client, found)
        runner.submit(found["id"])
        rows.append(await until_row(found["id"], lambda row: "start" in events_of(row.record)))
    first, second = (runner.player(row.public_id) for row in rows)
    checkpoint = store_module.RowStore.checkpoint

    async def slow(store, player):
        await checkpoint(store, player)
        if player is second:
            first.pause()
            for _ in range(100):
                await asyncio.sleep(0)

    monkeypatch.setattr(store_module.RowStore, "checkpoint", slow)
    await runner.close()
    events = events_of((await row_of(rows[0].public_id)).record)
    await sync_to_async(Session.objects.all().delete)()
    assert "start" in events
    assert "pause" not in events
    assert not [path for path in received if path.endswith("/pause")]
