"""What hostile documents, damaged rows and impatient people do to sessions, and what must not come of it."""

import asyncio
import json
import re
import threading

import pytest
from asgiref.sync import sync_to_async

from playback import network, starting
from playback.engine import AdData, BaseVastPlayer, PlayerFactory
from playback.live import store as store_module
from playback.models import Session
from playback.requesting import Asked, Crowded, ad_again, request
from playback.session_page.chain import LONGEST, masked
from playback.session_page.view import URLS_SHOWN
from tests.pipeline.responses import inline, wrapper
from tests.playback.servers import redirecting, serving
from tests.site.rows import make_session, play_out

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/sessions"


def post(client, payload: dict, address: str = ADDRESS):
    return client.post(address, json.dumps(payload), content_type="application/json")


def started(client, **payload) -> dict:
    answer = post(client, {"mode": "headless", "speed": 0, "seed": 7, **payload})
    assert answer.status_code == 201, answer.content
    return answer.json()


def player_of(vast: str) -> BaseVastPlayer:
    client, ad = request(Asked(document=vast))
    return PlayerFactory.create(client, ad, mode="headless")


class TestDamagedRows:
    @pytest.mark.parametrize(
        "record",
        [{}, [], "text", {"hops": None}, {"hops": [1]}, {"hops": ["hop"]}, {"hops": [{"number": 1}]}],
    )
    def test_a_chain_that_cannot_be_read_is_left_out_of_its_page_and_missing_elsewhere(self, qa, record):
        row = make_session()
        row.chain.record = record
        row.chain.save()
        assert qa.get(f"/sessions/{row.public_id}/").status_code == 200
        assert qa.get(f"{ADDRESS}/{row.public_id}").json()["chain"] is None
        for address in (f"/sessions/{row.public_id}/hops/1/", f"{ADDRESS}/{row.public_id}/chain"):
            assert qa.get(address).status_code == 404

    def test_a_hop_whose_body_is_gone_is_missing(self, qa):
        row = make_session()
        row.chain.bodies.clear()
        for number in (0, 1, 999):
            assert qa.get(f"/sessions/{row.public_id}/hops/{number}/").status_code == 404
        assert qa.get(f"{ADDRESS}/{row.public_id}/chain?bodies=1").status_code == 404

    @pytest.mark.parametrize("record", [{}, [], "text", {"config": 1}, {"config": {}}])
    @pytest.mark.parametrize("delivery", ["dry_run", "live"])
    def test_a_record_that_cannot_be_read_breaks_no_page(self, ad_ops, delivery, record):
        found = started(ad_ops, vast=inline(), delivery=delivery)
        Session.objects.update(record=record)
        assert "cannot be read" in ad_ops.get(f"/sessions/{found['id']}/").content.decode()
        told = ad_ops.get(f"{ADDRESS}/{found['id']}").json()
        assert (told["record"], told["confirmation"]) == (record, None)
        assert ad_ops.get("/sessions/").status_code == 200
        assert post(ad_ops, {}, f"{ADDRESS}/{found['id']}/discard").status_code == 409


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "\u0663", "", "1e3", " 3"])
def test_a_confirmation_of_no_number_of_pixels_changes_nothing(ad_ops, number):
    found = started(ad_ops, vast=inline(), delivery="live")
    answer = ad_ops.post(f"/sessions/{found['id']}/confirm/", {"pixels": number})
    assert answer.status_code == 302
    assert Session.objects.get().waits_for_confirmation


class TestFloods:
    @pytest.mark.parametrize("vast", [inline(), inline().replace("<Error>", "<Error>x</Error><Error>")])
    def test_the_trackers_of_a_plan_are_counted_as_the_ledger_lists_them(self, vast):
        assert starting.trackers_of(player_of(vast).plan) == len(player_of(vast).ledger)

    def test_more_trackers_than_the_site_can_bear_are_refused_and_nothing_is_kept(self, qa, monkeypatch):
        most = starting.trackers_of(player_of(inline()).plan)
        monkeypatch.setattr(starting, "TRACKERS_MAX", most)
        started(qa, vast=inline())
        more = inline().replace("<Error>", "<Error>https://track.example.com/more</Error><Error>")
        answer = post(qa, {"vast": more})
        assert (answer.status_code, answer.json()["field"]) == (422, "vast")
        assert f"{most + 1} trackers" in answer.json()["detail"]
        assert Session.objects.count() == 1

    def test_so_are_error_addresses_of_an_ad_that_is_not_there(self, qa, monkeypatch, settings):
        settings.FETCH_ALLOWED = ["127.0.0.1"]
        monkeypatch.setattr(starting, "TRACKERS_MAX", 1)
        with serving() as (here, _):
            answer = post(qa, {"url": f"{here}/wrapped/1/empty"})
        assert (answer.status_code, answer.json()["field"]) == (422, "url")
        assert not Session.objects.exists()


class TestAsking:
    def test_more_sessions_than_may_ask_at_a_time_are_refused_unless_they_need_not_ask(
        self, qa, settings, monkeypatch
    ):
        settings.ASKING_SESSIONS_MAX = 1
        heard = []

        def meanwhile() -> None:
            heard.append(request(Asked(document=inline()))[1])
            with pytest.raises(Crowded, match="1 sessions are asking"):
                request(Asked(url="http://second.example.com/"))

        async def resolve(host, _port):
            await asyncio.to_thread(meanwhile)
            return []

        monkeypatch.setattr(network, "resolve", resolve)
        found = started(qa, url="http://first.example.com/")
        assert found["chain"]["blame"].startswith("hop 1, first.example.com")
        assert isinstance(heard[0], AdData)
        assert started(qa, url="http://first.example.com/")["chain"]["count"] == 1  # the place was given back

    def test_who_is_turned_away_reads_so_at_the_address(self, qa, settings):
        settings.ASKING_SESSIONS_MAX = 0
        answer = post(qa, {"url": "http://ads.example.com/"})
        assert (answer.status_code, answer.json()["field"]) == (422, "url")
        assert "try again in a moment" in answer.json()["detail"]
        assert not Session.objects.exists()

    async def test_what_servers_answer_is_not_read_on_the_loop_that_serves(
        self, transactional_db, monkeypatch
    ):
        loops = []

        async def resolve(_host, _port):
            loops.append(asyncio.get_running_loop())
            return []

        monkeypatch.setattr(network, "resolve", resolve)
        asked = Asked(url="http://ads.example.com/")
        await sync_to_async(request)(asked)
        assert loops
        assert loops[0] is not asyncio.get_running_loop()

    async def test_what_was_kept_of_it_is_not_read_there_either(self, transactional_db, monkeypatch):
        threads = []

        def noticed(client):
            threads.append(threading.current_thread())
            return ad_again(client)

        monkeypatch.setattr(store_module, "ad_again", noticed)
        row = await sync_to_async(make_session)()
        await store_module.RowStore(row.public_id).player()
        assert threads
        assert threads[0] is not threading.current_thread()


class TestPasswordsInAddresses:
    SECRET = "Tr0ub4dor"

    def test_no_reader_is_told_them_and_the_session_still_plays(self, qa, settings):
        settings.FETCH_ALLOWED = ["127.0.0.1"]
        with (
            serving() as (here, _),
            redirecting(f"{here}/clip".replace("//", f"//u:{self.SECRET}@")) as (
                port,
                _,
            ),
        ):
            tag = f"http://me:{self.SECRET}@127.0.0.1:{port}/tag?email=a@b.example"
            found = started(qa, url=tag)
        assert found["url"] == f"http://***@127.0.0.1:{port}/tag?email=a@b.example"
        row = play_out(Session.objects.get())
        assert (row.status, row.tag_url) == ("completed", tag)
        for address in (
            f"/sessions/{row.public_id}/",
            "/sessions/",
            f"/sessions/{row.public_id}/record.json",
            f"{ADDRESS}/{row.public_id}",
            f"{ADDRESS}/{row.public_id}/chain?bodies=1",
            ADDRESS,
        ):
            assert self.SECRET not in qa.get(address).content.decode()

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            ("https://a:b@c@ads.example.com/x", "https://***@ads.example.com/x"),
            ("//a@ads.example.com", "//***@ads.example.com"),
            ("https://ads.example.com/?mail=a@b", "https://ads.example.com/?mail=a@b"),
            ("https://ads.example.com/?next=http://a:b@c/", "https://ads.example.com/?next=http://***@c/"),
            ("'http://a:b@' is no address", "'http://***@' is no address"),
        ],
    )
    def test_what_stands_before_a_host_is_masked_and_nothing_else(self, written, shown):
        assert masked(written) == shown


class TestThousands:
    """The news of a session goes over its loop and its sockets: what it says of thousands is short."""

    def test_an_event_names_the_first_of_its_addresses_and_counts_the_rest(self, qa):
        tracker = '<Tracking event="start">https://track.example.com/one-of-many</Tracking>'
        vast = inline().replace("<TrackingEvents>", f"<TrackingEvents>{tracker * 6000}")
        row = play_out(make_session(vast))
        view = qa.get(f"/sessions/{row.public_id}/").context["view"]
        (start,) = (event for event in view.events if event.event == "start")
        assert len(start.urls) == URLS_SHOWN + 1
        assert start.urls[-1] == f"and {6001 - URLS_SHOWN} more, see the ledger"
        assert len(view.ledger) > 6000

    def test_an_address_of_a_hop_is_cut_where_nobody_reads_on(self, qa, settings):
        settings.FETCH_ALLOWED = ["127.0.0.1"]
        with serving() as (here, _), redirecting(f"{here}/clip?{'x' * 60_000}") as (port, _):
            found = started(qa, url=f"http://127.0.0.1:{port}/")
        (hop,) = qa.get(f"{ADDRESS}/{found['id']}/chain").json()["hops"]
        assert hop["outcome"] == "ads"
        assert len(hop["redirects"][0][2]) == LONGEST + 1
        assert len(qa.get(f"/sessions/{found['id']}/").content) < 60_000


@pytest.mark.parametrize("address", ["javascript:alert(1)", "file:///etc/passwd", ""])
def test_a_wrapper_that_names_no_host_is_not_called_the_document_given(qa, address):
    vast = wrapper().replace("https://ads.example.com/next", f"<![CDATA[{address}]]>")
    found = started(qa, vast=vast)
    assert found["blame"].startswith("hop 2, no host, code 300")
    page = qa.get(f"/sessions/{found['id']}/").content.decode()
    assert page.count("the document given") == 1
    assert not re.search(r'href="\s*(javascript|file):', page)
