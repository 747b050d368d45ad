"""Sessions of tags: followed hop by hop, kept whole, and told whose fault it was when there was no ad."""

import json

import pytest
from asgiref.sync import sync_to_async

from pipeline.endpoint.keeper import keeper
from playback import network
from playback.models import Session
from tests.pipeline.players import make_endpoint, pod
from tests.pipeline.responses import inline
from tests.playback.servers import knocks, redirecting, serving
from tests.site.people import PEOPLE, browser_of
from tests.site.rows import make_session, play_out

pytestmark = pytest.mark.django_db

ADDRESS = "/api/v1/sessions"


@pytest.fixture
def reachable(settings):
    settings.FETCH_ALLOWED = ["127.0.0.1"]


def post(client, payload: dict, address: str = ADDRESS):
    return client.post(address, json.dumps(payload), content_type="application/json")


def started(client, **payload) -> dict:
    answer = post(client, {"mode": "headless", "speed": 0, "seed": 7, **payload})
    assert answer.status_code == 201, answer.content
    return answer.json()


def outcomes(client, public_id: str) -> list[str]:
    return [hop["outcome"] for hop in client.get(f"{ADDRESS}/{public_id}/chain").json()["hops"]]


@pytest.mark.usefixtures("reachable")
class TestAnAd:
    def test_a_tag_is_followed_through_its_wrappers_and_played_from_what_was_kept(self, qa):
        with serving() as (here, _):
            found = started(qa, url=f"{here}/wrapped/3/clip")
        assert (found["source"], found["url"], found["status"]) == (
            "tag",
            f"{here}/wrapped/3/clip",
            "pending",
        )
        assert (found["title"], found["ad_index"]) == (f"{here[7:]}/wrapped/3/clip", None)
        assert (found["chain"]["count"], found["chain"]["failed"], found["blame"]) == (4, 0, None)
        # The server is gone by now.
        row = play_out(Session.objects.get())
        assert row.status == "completed"
        assert {entry["origin"] for entry in row.ledger.entries} == {
            "wrapper 1",
            "wrapper 2",
            "wrapper 3",
            "InLine",
        }
        assert outcomes(qa, row.public_id) == ["wrapper", "wrapper", "wrapper", "ads"]

    def test_the_seed_of_the_session_makes_the_macros_of_its_requests(self, qa):
        with serving() as (here, _):
            asked = [
                qa.get(
                    f"{ADDRESS}/{started(qa, url=f'{here}/clip?cb=[CACHEBUSTING]', seed=seed)['id']}/chain"
                ).json()
                for seed in (7, 7, 8)
            ]
        first, again, other = (chain["hops"][0]["asked_url"] for chain in asked)
        assert first == again != other
        assert "[CACHEBUSTING]" not in first

    def test_bodies_of_a_chain_are_for_those_who_may_see_debug(self, qa, viewer):
        with serving() as (here, _):
            found = started(qa, url=f"{here}/clip")
        address = f"{ADDRESS}/{found['id']}/chain"
        assert "body" not in viewer.get(address).json()["hops"][0]
        assert viewer.get(f"{address}?bodies=1").status_code == 403
        assert "<VAST" in qa.get(f"{address}?bodies=1").json()["hops"][0]["body"]

    def test_the_page_shows_the_chain(self, viewer, qa):
        with serving() as (here, _):
            found = started(qa, url=f"{here}/wrapped/1/clip")
        page = viewer.get(f"/sessions/{found['id']}/").content.decode()
        assert f"{here}/wrapped/1/clip" in page
        assert f"{here}/clip" in page

    def test_a_wrapper_that_is_handed_over_is_followed(self, qa):
        with serving() as (here, _):
            xml = (
                '<VAST version="3.0"><Ad id="w"><Wrapper><AdSystem>w</AdSystem>'
                f"<VASTAdTagURI>{here}/clip</VASTAdTagURI></Wrapper></Ad></VAST>"
            )
            found = started(qa, vast=xml)
        assert (found["source"], found["chain"]["count"]) == ("document", 2)
        assert play_out(Session.objects.get()).status == "completed"

    def test_the_list_is_narrowed_by_source_and_delivery(self, qa):
        make_session(inline())
        with serving() as (here, _):
            tag = started(qa, url=f"{here}/clip", delivery="sandbox")
        for query in ({"source": "tag"}, {"delivery": "sandbox"}):
            assert [row["id"] for row in qa.get(ADDRESS, query).json()["items"]] == [tag["id"]]
            rows = qa.get("/sessions/", query).context["page"].rows
            assert [row.public_id for row in rows] == [tag["id"]]


@pytest.mark.usefixtures("reachable")
class TestNoAd:
    @pytest.mark.parametrize(
        ("path", "code", "hop"),
        [
            ("empty", 303, 1),
            ("nothing", 303, 1),
            ("broken", 100, 1),
            ("missing", 301, 1),
            ("wrapped/2/empty", 303, 3),
            ("wrapped/1/broken", 100, 2),
        ],
    )
    def test_it_is_a_session_with_its_code_and_blame(self, qa, path, code, hop):
        with serving() as (here, received):
            found = started(qa, url=f"{here}/{path}")
        assert (found["status"], found["error_code"], found["end_reason"]) == ("error", code, "error")
        assert found["blame"].startswith(f"hop {hop}, 127.0.0.1, code {code}, ")
        assert found["blame"].endswith(" ms")
        assert found["record"]["error_code"] == code
        assert (found["pod"], received) == ([], [])
        row = Session.objects.get()
        assert row.ended_at is not None
        assert list(Session.objects.playing()) == []
        page = qa.get(f"/sessions/{row.public_id}/")
        assert page.status_code == 200
        assert row.blame in page.content.decode()

    def test_its_ledger_lists_the_error_addresses_with_their_macros(self, qa):
        with serving() as (here, received):
            found = started(qa, url=f"{here}/wrapped/1/empty")
        rows = qa.get(f"{ADDRESS}/{found['id']}/ledger").json()["items"]
        assert [(row["event"], row["origin"], row["status"]) for row in rows] == [
            ("error", "root", "dry_run"),
            ("error", "wrapper 1", "dry_run"),
        ]
        assert rows[0]["resolved_url"] == f"{here}/pixel/error?code=303"
        pixel = qa.get(f"{ADDRESS}/{found['id']}/pixels/{rows[0]['key']}").json()
        assert [(row["name"], row["value"], row["encoded"]) for row in pixel["macros"]] == [
            ("ERRORCODE", "303", "303")
        ]
        assert received == []

    def test_its_record_is_read_again(self, qa):
        with serving() as (here, _):
            found = started(qa, url=f"{here}/empty")
        assert qa.get(f"{ADDRESS}/{found['id']}").json()["record"] == found["record"]
        record = qa.get(f"/sessions/{found['id']}/record.json").json()
        assert record == found["record"]
        assert record["metadata"]["blame"] == found["blame"]

    def test_live_calls_no_error_address_and_asks_nobody_to_confirm(self, ad_ops):
        with serving() as (here, received):
            found = started(ad_ops, url=f"{here}/empty", delivery="live")
        assert (found["status"], found["confirmation"], received) == ("error", None, [])


class TestWhatMayNotBeFetched:
    """Nothing of this is dialled; the session says so."""

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "2130706433",
            "0x7f.1",
            "127.1",
            "localhost",
        ],
    )
    def test_an_address_of_this_machine_in_any_spelling(self, qa, host):
        with knocks() as (port, connected):
            found = started(qa, url=f"http://{host}:{port}/tag")
        assert outcomes(qa, found["id"]) == ["address_refused"]
        assert found["status"] == "error"
        assert found["blame"].startswith("hop 1, ")
        assert connected == []

    def test_a_host_of_octal_numbers_is_no_host_at_all(self, qa):
        with knocks() as (port, connected):
            found = started(qa, url=f"http://0177.0.0.1:{port}/tag")
        assert (outcomes(qa, found["id"]), found["status"], connected) == (["url"], "error", [])

    @pytest.mark.parametrize(
        "address", ["10.0.0.1", "169.254.169.254", "192.168.1.1", "fd00::1", "100.64.0.1"]
    )
    def test_a_name_that_leads_to_a_private_address(self, qa, monkeypatch, address):
        async def resolve(_host, _port):
            return ["93.184.216.34", address]

        monkeypatch.setattr(network, "resolve", resolve)
        found = started(qa, url="http://ads.example.com/tag")
        assert outcomes(qa, found["id"]) == ["address_refused"]
        assert found["blame"].startswith("hop 1, ads.example.com, code 30")

    def test_a_resolver_that_changes_its_answer_between_check_and_dial(self, qa, monkeypatch):
        answers = iter((["93.184.216.34"], ["127.0.0.1"]))
        asked = []

        async def resolve(host, _port):
            asked.append(host)
            return next(answers)

        monkeypatch.setattr(network, "resolve", resolve)
        with knocks() as (port, connected):
            first = started(qa, url=f"http://ads.example.com:{port}/tag")
            second = started(qa, url=f"http://ads.example.com:{port}/tag")
        # What was checked is what was dialled: an address beyond this machine, which the tests do not let through.
        assert outcomes(qa, first["id"]) == ["unreachable"]
        assert outcomes(qa, second["id"]) == ["address_refused"]
        assert asked == ["ads.example.com"] * 2
        assert connected == []

    @pytest.mark.usefixtures("reachable")
    @pytest.mark.parametrize(
        "target", ["http://10.0.0.1/", "http://[::1]:1/", "http://169.254.169.254/latest"]
    )
    def test_a_redirect_of_an_allowed_host_to_a_private_one(self, qa, target):
        with redirecting(target) as (port, connected):
            found = started(qa, url=f"http://127.0.0.1:{port}/tag")
        assert outcomes(qa, found["id"]) == ["address_refused"]
        chain = qa.get(f"{ADDRESS}/{found['id']}/chain").json()
        assert [row[2] for row in chain["hops"][0]["redirects"]] == [target]
        assert len(connected) == 1

    @pytest.mark.usefixtures("reachable")
    def test_a_wrapper_that_points_at_a_private_address(self, qa):
        xml = (
            '<VAST version="3.0"><Ad id="w"><Wrapper><AdSystem>w</AdSystem><VASTAdTagURI>http://10.0.0.1/'
            "</VASTAdTagURI></Wrapper></Ad></VAST>"
        )
        found = started(qa, vast=xml)
        assert outcomes(qa, found["id"]) == ["wrapper", "address_refused"]
        assert found["blame"].startswith("hop 2, 10.0.0.1, code 301")

    @pytest.mark.parametrize(
        "url",
        [
            "ftp://ads.example.com/",
            "file:///etc/passwd",
            "ads.example.com",
            "http://",
            "http://[x",
            "x" * 2100,
        ],
    )
    def test_what_is_no_web_address_is_refused_at_its_field(self, qa, url):
        answer = post(qa, {"url": url})
        assert (answer.status_code, answer.json()["field"]) == (422, "url")
        assert not Session.objects.exists()

    def test_two_sources_are_refused(self, qa):
        assert post(qa, {"url": "http://ads.example.com/", "vast": inline()}).status_code == 422

    def test_a_viewer_starts_nothing(self, viewer):
        with knocks() as (port, connected):
            assert post(viewer, {"url": f"http://127.0.0.1:{port}/"}).status_code == 403
        assert connected == []


@pytest.mark.django_db(transaction=True)
class TestOurOwnEndpoint:
    """Asked in this process: nobody looks up or dials the host under which the visitor knows the site."""

    @pytest.fixture
    async def open_keeper(self, transactional_db, settings, monkeypatch):
        settings.FETCH_ALLOWED = []
        asked: list[str] = []

        async def resolve(host, _port):
            asked.append(host)
            return ["10.0.0.1"]

        monkeypatch.setattr(network, "resolve", resolve)
        await keeper.open()
        yield asked
        await keeper.close()

    async def start(self, **payload) -> dict:
        def ask() -> dict:
            return started(browser_of(PEOPLE["qa"]()), **payload)

        return await sync_to_async(ask)()

    async def test_it_is_played_and_counted_like_anybody_elses(self, open_keeper):
        endpoint = await sync_to_async(make_endpoint)(pod(10))
        found = await self.start(url=f"http://testserver/vast/{endpoint.slug}?w=640")
        assert (found["status"], found["error_code"], open_keeper) == ("pending", None, [])
        await keeper.traffic.flush()
        assert [row.requests async for row in endpoint.traffic.all()] == [1]

    async def test_a_wrapper_may_lead_there(self, open_keeper):
        endpoint = await sync_to_async(make_endpoint)(pod(10))
        xml = (
            '<VAST version="3.0"><Ad id="w"><Wrapper><AdSystem>w</AdSystem><VASTAdTagURI>'
            f"https://testserver/vast/{endpoint.slug}</VASTAdTagURI></Wrapper></Ad></VAST>"
        )
        found = await self.start(vast=xml)
        assert (found["chain"]["count"], found["status"], open_keeper) == (2, "pending", [])

    async def test_other_pages_of_the_site_are_not_found_there(self, open_keeper):
        found = await self.start(url="http://testserver/sessions/")
        assert (found["status"], found["error_code"], open_keeper) == ("error", 301, [])

    async def test_another_host_is_nobodys_endpoint(self, open_keeper):
        endpoint = await sync_to_async(make_endpoint)(pod(10))
        found = await self.start(url=f"http://testserver.example/vast/{endpoint.slug}")
        assert (found["status"], open_keeper) == ("error", ["testserver.example"])

    async def test_where_no_endpoints_are_open_the_session_says_so(self, transactional_db):
        found = await self.start(url="http://testserver/vast/abc")
        assert found["status"] == "error"
        assert "not open in this process" in found["record"]["metadata"]["error"]
