"""The address players call: VAST on every answer, the right status and headers, and nothing told to strangers."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from pipeline.endpoint import serving
from pipeline.endpoint.door import NO_AD, VastDoor, slug_of
from pipeline.models import Outcome, Source
from tests.pipeline.engine.prebid_server import FakePrebidServer, http, saying, silence
from tests.pipeline.players import Player, make_endpoint, pod
from tests.pipeline.responses import bid, body
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db(transaction=True)

made = sync_to_async(make_endpoint)
ORIGIN = "https://player.example"
DOCUMENT_HEADERS = {
    "content-type": "application/xml; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "vary": "Origin",
}

# Nothing at all, only separators, wrong values, bytes of no text, a control character, Unicode unescaped, a long one.
UNUSUAL = (
    "",
    "&&&==;;",
    "w=abc&h=-5&tmax=50",
    "ctitle=%FF%FE",
    b"ctitle=Caf\xe9",
    b"ctitle=\x00",
    "ctitle=Za\u017c\u00f3\u0142\u0107",
    "x" * 4000,
)


def auctioned(server: FakePrebidServer, **fields):
    return made(source=Source.PREBID_SERVER, auction_url=server.url, **fields)


@pytest.fixture(autouse=True)
def reachable(settings):
    settings.FETCH_ALLOWED = ["127.0.0.1"]


class TestAnswer:
    async def test_a_player_gets_the_bids_as_vast(self, player):
        heard = await player.get(await made(pod(8, 10)), "w=1920&h=1080")
        assert (heard.status, heard.ads) == (200, ["b2", "b1"])
        assert {name: heard.headers[name] for name in DOCUMENT_HEADERS} == DOCUMENT_HEADERS
        assert int(heard.headers["content-length"]) == len(heard.body)

    async def test_head_gets_the_same_headers_and_no_body(self, player):
        endpoint = await made()
        get = await player.get(endpoint, origin=ORIGIN)
        head = await player.ask(f"/vast/{endpoint.slug}", method="HEAD", origin=ORIGIN)
        assert (head.status, head.headers, head.body) == (200, get.headers, b"")

    async def test_a_slash_at_the_end_is_forgiven(self, player):
        endpoint = await made()
        assert (await player.ask(f"/vast/{endpoint.slug}/")).ads == ["b1", "b2"]

    async def test_the_same_request_gets_the_same_bytes(self, player):
        endpoint = await made()
        assert (await player.get(endpoint)).body == (await player.get(endpoint)).body

    async def test_a_long_answer_is_built_in_a_thread_to_the_same_bytes(self, player, monkeypatch):
        endpoint = await made(pod(*range(1, 9)))
        short = await player.get(endpoint)
        threads = []
        to_thread = asyncio.to_thread

        async def watched(*args):
            threads.append(args[0])
            return await to_thread(*args)

        monkeypatch.setattr(asyncio, "to_thread", watched)
        monkeypatch.setattr(serving, "INLINE_BYTES", 100)
        assert (await player.get(endpoint)).body == short.body
        assert len(threads) == 1


class TestRefusals:
    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "get"])
    async def test_other_methods_are_refused_with_what_is_allowed(self, player, method):
        endpoint = await made()
        heard = await player.ask(f"/vast/{endpoint.slug}", method=method)
        assert (heard.status, heard.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert heard.body == NO_AD

    async def test_an_unknown_a_closed_and_a_rotated_slug_are_told_the_same(self, player):
        closed, rotated = await made(is_open=False), await made()
        old = rotated.slug
        assert (await player.ask(f"/vast/{old}")).status == 200
        rotated.slug = "bcdfghjkmnpq"
        await rotated.asave()
        paths = [
            f"/vast/{old}",
            f"/vast/{closed.slug}",
            "/vast/zzzzzzzzzzzz",
            "/vast/",
            "/vast/a/b",
            "/vast/%00",
        ]
        told = [await player.ask(path, origin=ORIGIN) for path in paths]
        assert {heard.status for heard in told} == {404}
        assert len({heard.body for heard in told}) == len({str(heard.headers) for heard in told}) == 1
        assert told[0].ads == []
        assert (await player.ask("/vast/bcdfghjkmnpq")).status == 200

    async def test_over_the_rate_limit_a_player_is_told_to_wait_and_still_gets_a_document(
        self, player, settings, monkeypatch
    ):
        settings.ENDPOINT_RATE = 3
        busy, other = await made(), await made()
        loop = asyncio.get_running_loop()
        now = loop.time()
        monkeypatch.setattr(loop, "time", lambda: now)
        told = [await player.get(busy) for _ in range(5)]
        assert [heard.status for heard in told] == [200, 200, 200, 429, 429]
        assert (told[-1].headers["retry-after"], told[-1].ads) == ("1", [])
        assert (await player.get(other)).status == 200
        now += 0.4
        assert [(await player.get(busy)).status for _ in range(2)] == [200, 429]

    async def test_a_rate_of_zero_is_no_limit(self, player, settings):
        settings.ENDPOINT_RATE = 0
        endpoint = await made()
        assert {(await player.get(endpoint)).status for _ in range(20)} == {200}

    async def test_a_host_that_is_not_ours_is_refused_as_on_every_other_address(self, player, settings):
        settings.ALLOWED_HOSTS = ["ads.example"]
        endpoint = await made()
        for host, status in (
            ("ads.example", 200),
            ("ads.example:8000", 200),
            ("evil.example", 400),
            ("a b", 400),
        ):
            heard = await player.get(endpoint, host=host)
            assert (host, heard.status) == (host, status)
            assert heard.root is not None

    @pytest.mark.parametrize("query", UNUSUAL, ids=range(len(UNUSUAL)))
    async def test_a_tag_that_a_tv_cannot_mend_is_served(self, player, query):
        heard = await player.get(await made(), query)
        assert (heard.status, heard.ads) == (200, ["b1", "b2"])

    async def test_our_own_fault_is_500_with_a_document_and_no_trace(self, player, keeper, monkeypatch):
        def broken(*args, **kwargs):
            raise RuntimeError("secret of the house")

        monkeypatch.setattr(serving, "request_from_query", broken)
        heard = await player.get(await made(), origin=ORIGIN)
        assert (heard.status, heard.body) == (500, NO_AD)
        assert heard.headers["access-control-allow-origin"] == ORIGIN


class TestOrigins:
    async def test_an_origin_is_echoed_without_credentials(self, player):
        heard = await player.get(await made(), origin=ORIGIN)
        assert heard.headers["access-control-allow-origin"] == ORIGIN
        assert "access-control-allow-credentials" not in heard.headers

    async def test_credentials_are_a_switch_of_the_endpoint(self, player):
        heard = await player.get(await made(allows_credentials=True), origin=ORIGIN)
        assert heard.headers["access-control-allow-origin"] == ORIGIN
        assert heard.headers["access-control-allow-credentials"] == "true"

    async def test_a_player_without_an_origin_hears_nothing_of_origins(self, player):
        heard = await player.get(await made(allows_credentials=True))
        assert not [name for name in heard.headers if name.startswith("access-control")]
        assert heard.headers["vary"] == "Origin"

    @pytest.mark.parametrize("credentials", [False, True])
    async def test_a_preflight_is_answered_without_an_auction(self, player, credentials):
        async with FakePrebidServer(silence) as server:
            endpoint = await auctioned(server, allows_credentials=credentials)
            heard = await player.ask(
                f"/vast/{endpoint.slug}",
                method="OPTIONS",
                origin=ORIGIN,
                access_control_request_method="GET",
                access_control_request_headers="x-device-ip, x-device-user-agent",
            )
            assert not server.posted
        assert (heard.status, heard.body) == (204, b"")
        assert heard.headers["access-control-allow-origin"] == ORIGIN
        assert heard.headers["access-control-allow-methods"] == "GET, HEAD"
        assert heard.headers["access-control-allow-headers"] == "x-device-ip, x-device-user-agent"
        assert ("access-control-allow-credentials" in heard.headers) is credentials

    async def test_header_names_that_are_none_are_not_echoed(self, player):
        endpoint = await made()
        heard = await player.ask(
            f"/vast/{endpoint.slug}", method="OPTIONS", origin=ORIGIN, access_control_request_headers="<x>"
        )
        assert "access-control-allow-headers" not in heard.headers


class TestAuction:
    async def test_the_mapped_request_is_auctioned_and_its_bids_are_served(self, player):
        async with FakePrebidServer(saying(http(pod(3, 7)))) as server:
            endpoint = await auctioned(server, tmax_ms=900)
            heard = await player.get(endpoint, "w=1920&h=1080&bundle=tv.app&ifa=abc", user_agent="TV/1")
            [posted] = server.posted
        assert heard.ads == ["b2", "b1"]
        asked = posted.json
        assert (asked["imp"][0]["video"]["w"], asked["app"]["bundle"], asked["device"]["ifa"]) == (
            1920,
            "tv.app",
            "abc",
        )
        assert (asked["device"]["ua"], asked["tmax"]) == ("TV/1", 900)

    @pytest.mark.parametrize(("query", "tmax"), [("tmax=400", 400), ("tmax=60000", 900), ("tmax=5", 900)])
    async def test_a_tag_shortens_the_time_of_an_auction_and_never_lengthens_it(self, player, query, tmax):
        async with FakePrebidServer(saying(http(pod(3)))) as server:
            await player.get(await auctioned(server, tmax_ms=900), query)
            assert server.posted[0].json["tmax"] == tmax

    async def test_connections_are_kept_between_requests(self, player):
        async with FakePrebidServer(saying(http(pod(3)))) as server:
            endpoint = await auctioned(server)
            for _ in range(3):
                assert (await player.get(endpoint)).status == 200
            assert (len(server.posted), server.connections) == (3, 1)

    async def test_an_auction_that_the_servers_end_cuts_short_is_answered_and_counted(self, player, keeper):
        async with FakePrebidServer(silence) as server:
            endpoint = await auctioned(server, tmax_ms=20_000)
            asking = asyncio.create_task(player.get(endpoint))
            await server.heard.wait()
            asking.cancel()
            heard = await asking
        assert (heard.status, heard.ads) == (200, [])
        assert await keeper.traffic.flush()
        [counted] = [row async for row in endpoint.traffic.all()]
        assert (counted.outcome, counted.requests) == (Outcome.AUCTION_FAILED, 1)

    async def test_connections_end_when_the_row_changes(self, player, monkeypatch):
        monkeypatch.setattr("pipeline.endpoint.directory.GRACE_SEC", 0)
        async with FakePrebidServer(saying(http(pod(3)))) as server:
            endpoint = await auctioned(server, tmax_ms=1)
            await player.get(endpoint, "tmax=1000")
            endpoint.title = "Another title"
            await endpoint.asave()
            async with asyncio.timeout(20):
                await server.left.wait()

    async def test_whose_request_it_is_comes_from_the_proxies_we_trust_only(self, player, settings):
        async with FakePrebidServer(saying(http(pod(3)))) as server:
            endpoint = await auctioned(server)
            await player.get(endpoint, x_forwarded_for="198.51.100.7")
            settings.TRUSTED_PROXIES = ["203.0.113.0/24"]
            await player.get(endpoint, x_forwarded_for="198.51.100.7")
            told = [posted.json.get("device", {}).get("ip") for posted in server.posted]
        assert told[0] != "198.51.100.7"
        assert told[1] == "198.51.100.7"

    @pytest.mark.parametrize(
        ("query", "place", "named"),
        [
            ("", "app", {"publisher": {"id": "living-room"}}),
            ("bundle=tv.app", "app", {"bundle": "tv.app", "publisher": {"id": "living-room"}}),
            ("pubid=acme&bundle=tv.app", "app", {"bundle": "tv.app", "publisher": {"id": "acme"}}),
        ],
    )
    async def test_the_inventory_is_the_endpoints_publishers_unless_the_tag_names_another(
        self, player, query, place, named
    ):
        publisher = await Publisher.objects.acreate(name="living-room", title="Living Room")
        async with FakePrebidServer(saying(http(pod(3)))) as server:
            await player.get(await auctioned(server, publisher=publisher), query)
            assert server.posted[0].json[place] == named

    async def test_an_auction_is_told_of_an_app_even_by_an_empty_tag(self, player):
        async with FakePrebidServer(saying(http(pod(3)))) as server:
            await player.get(await auctioned(server))
            assert server.posted[0].json["app"] == {}


class TestConfiguration:
    async def test_the_layers_are_the_site_the_publisher_and_the_profile(self, player, settings):
        settings.RECEIVER_CONFIG = {"vast_version_default": "4.0", "max_ads_in_pod": 1}
        publisher = await Publisher.objects.acreate(
            name="p", title="P", receiver_config={"vast_version_default": "4.1", "max_ads_in_pod": 2}
        )
        endpoint = await made(pod(9, 8, 7), config={"max_ads_in_pod": 3}, publisher=publisher)
        heard = await player.get(endpoint)
        assert heard.ads == ["b1", "b2", "b3"]
        publisher.receiver_config = {"max_ads_in_pod": 2, "vast_version_default": "4.3"}
        await publisher.asave()
        assert (await player.get(endpoint)).root.get("version") == "4.3"

    @pytest.mark.parametrize(
        ("most", "asked", "served"), [(3, 2, 2), (2, 3, 2), (0, 3, 3), (0, None, 4), (3, 0, 3)]
    )
    async def test_a_tag_lowers_the_number_of_ads_and_never_raises_it(self, player, most, asked, served):
        endpoint = await made(pod(9, 8, 7, 6), config={"max_ads_in_pod": most})
        heard = await player.get(endpoint, "" if asked is None else f"maxseq={asked}")
        assert len(heard.ads) == served

    async def test_a_tag_names_the_version_it_wants(self, player):
        endpoint = await made(b'{"id": "1"}', config={"vast_version_default": "3.0"})
        assert (await player.get(endpoint, "vast_version=4.2")).root.get("version") == "4.2"
        assert (await player.get(endpoint, "vast_version=9.9")).root.get("version") == "3.0"

    async def test_a_stored_response_answers_whichever_imp_is_asked(self, player):
        endpoint = await made(body(bid("a", impid="left"), bid("b", impid="right", price=4)))
        assert (await player.get(endpoint)).ads == ["a", "b"]

    async def test_the_limits_of_a_pod_hold_over_all_imps_of_a_stored_response(self, player):
        response = body(*(bid(name, impid=name, price=9, dur=30) for name in "abc"))
        endpoint = await made(response, config={"enforce_pod": True})
        assert len((await player.get(endpoint)).ads) == 3
        assert len((await player.get(endpoint, "poddur=60")).ads) == 2

    async def test_a_no_ad_document_carries_the_error_address_of_the_endpoint(self, player):
        endpoint = await made(b'{"id": "1"}', config={"no_ad_error_url": "https://e.example/?c=[ERRORCODE]"})
        assert (await player.get(endpoint)).root.findtext("Error") == "https://e.example/?c=[ERRORCODE]"


async def test_other_addresses_and_the_debug_page_are_passed_inside(keeper):
    passed = []

    async def inside(scope, receive, send):
        passed.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside"})

    player = Player(VastDoor(inside, keeper.directory, keeper.traffic))
    paths = ["/", "/vast", "/builds/", "/vast/abc/debug", "/api/v1/docs", "/vastness/abc"]
    for path in paths:
        assert (await player.ask(path)).body == b"inside"
    assert passed == paths


@pytest.mark.parametrize(
    ("path", "slug"),
    [("/vast/abc", "abc"), ("/vast/abc/", "abc"), ("/vast/abc//", ""), ("/vast/", "")],
)
def test_the_slug_is_what_stands_between_the_slashes(path, slug):
    assert slug_of(path) == slug
