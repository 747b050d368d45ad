"""The door to the network: what comes of a GET over real sockets, and which dials are refused (playback.md 2.38)."""

import asyncio
import tracemalloc

import httpx
import pytest

from playback.engine import ConfigError, Http, NoNetwork, SimulatedTimeProvider, VastClient, VastPlayer
from playback.engine.request.chain import Redirect
from tests.ad_server import (
    PIXEL,
    AdServer,
    Behaviour,
    gzip_bomb,
    huge,
    packed,
    redirect,
    reset,
    self_signed,
    slow,
    status,
)
from tests.playback.engine.ads import inline, vast
from vast.address import parse_allowed

MIB = 1024 * 1024
DOCUMENT = "<VAST version='3.0'/>"


async def get(url, *, headers=None, timeout_sec=60.0, max_bytes=4 * MIB, **options):
    http = Http(**options)
    try:
        return await http.get(url, headers=headers or {}, timeout_sec=timeout_sec, max_bytes=max_bytes)
    finally:
        await http.close()


async def test_an_answer_comes_with_status_headers_and_body():
    async with AdServer({"/tag": DOCUMENT}) as server:
        got = await get(server.url("/tag?a=1"), headers={"User-Agent": "tv", "X-Device-IP": "198.51.100.7"})
    assert (got.status, got.body, got.failure) == (200, DOCUMENT.encode(), "")
    assert dict(got.headers)["content-type"] == "application/xml"
    (asked,) = server.requests
    assert asked.target == "/tag?a=1"
    assert (asked.headers["user-agent"], asked.headers["x-device-ip"]) == ("tv", "198.51.100.7")
    assert asked.headers["accept-encoding"] == "gzip"


async def test_any_status_is_an_answer():
    async with AdServer({"/gone": status(410, b"gone"), "/none": status(204)}) as server:
        gone, none = await get(server.url("/gone")), await get(server.url("/none"))
    assert (gone.status, gone.body, gone.failure) == (410, b"gone", "")
    assert (none.status, none.body, none.failure) == (204, b"", "")


async def test_a_packed_answer_is_unpacked_and_another_packing_is_refused():
    strange = Behaviour(body=b"x", headers={"content-encoding": "br"})
    broken = Behaviour(body=b"no gzip at all", headers={"content-encoding": "gzip"})
    async with AdServer({"/gzip": packed(DOCUMENT), "/br": strange, "/broken": broken}) as server:
        assert (await get(server.url("/gzip"))).body == DOCUMENT.encode()
        for path, word in (("/br", "'br'"), ("/broken", "unpacked")):
            got = await get(server.url(path))
            assert (got.failure, got.body) == ("unreadable", b"")
            assert word in got.text


async def test_without_room_for_a_body_none_is_kept_and_the_connection_serves_again():
    async with AdServer(default=PIXEL) as server:
        http = Http()
        for path in ("/1", "/2", "/3"):
            got = await http.get(server.url(path), headers={}, timeout_sec=60)
            assert (got.status, got.body) == (200, b"")
        await http.close()
    assert server.paths == ["/1", "/2", "/3"]
    assert server.connections == 1


async def test_redirects_are_followed_and_recorded():
    table = {"/a": redirect("/b"), "/b": redirect("c?x=[1]", 307), "/c": DOCUMENT}
    async with AdServer(table) as server:
        got = await get(server.url("/a"))
        assert got.body == DOCUMENT.encode()
        assert got.redirects == (
            Redirect(server.url("/a"), 302, server.url("/b")),
            Redirect(server.url("/b"), 307, server.url("/c?x=[1]")),
        )


async def test_a_protocol_relative_redirect_keeps_the_scheme():
    async with AdServer({"/c": DOCUMENT}) as server:
        server.table["/a"] = redirect(server.url("/c").removeprefix("http:"))
        assert (await get(server.url("/a"))).body == DOCUMENT.encode()


@pytest.mark.parametrize(("hops", "followed"), [(5, True), (6, False)])
async def test_five_redirects_are_followed_and_no_sixth(hops, followed):
    table = {f"/{number}": redirect(f"/{number + 1}") for number in range(hops)}
    async with AdServer({**table, f"/{hops}": DOCUMENT}) as server:
        got = await get(server.url("/0"))
    assert (got.failure == "") is followed
    assert len(got.redirects) == 5
    if not followed:
        assert (got.failure, got.status) == ("redirects", 302)
        assert "/6" not in server.paths


async def test_a_redirect_to_something_else_than_http_is_not_followed():
    async with AdServer({"/a": redirect("file:///etc/passwd")}) as server:
        got = await get(server.url("/a"))
    assert got.failure == "url"


async def test_what_is_meant_for_the_first_server_is_not_told_to_another():
    headers = {
        "Authorization": "Bearer secret",
        "X-Api-Key": "secret",
        "X-Device-IP": "198.51.100.7",
        "User-Agent": "tv",
    }
    async with AdServer({"/b": DOCUMENT}) as other, AdServer() as server:
        server.table |= {"/a": redirect("/same"), "/same": redirect(other.url("/b"))}
        await get(server.url("/a"), headers=headers)
    assert [asked.headers.get("authorization") for asked in server.requests] == ["Bearer secret"] * 2
    (asked,) = other.requests
    assert (asked.headers["user-agent"], asked.headers["x-device-ip"]) == ("tv", "198.51.100.7")
    assert "secret" not in str(asked)


async def test_cookies_are_never_kept():
    cookie = Behaviour(headers={"set-cookie": "uid=1; Path=/"})
    async with AdServer(default=cookie) as server:
        http = Http()
        for path in ("/1", "/2"):
            await http.get(server.url(path), headers={}, timeout_sec=60)
        await http.close()
    assert [asked.headers.get("cookie") for asked in server.requests] == [None, None]


async def test_an_answer_that_does_not_come_in_time_is_late():
    clock, never = SimulatedTimeProvider(autojump=False), asyncio.Event()
    async with AdServer({"/slow": slow(never, DOCUMENT)}) as server:
        asking = asyncio.create_task(get(server.url("/slow"), timeout_sec=4, clock=clock))
        await server.arrived("/slow")
        clock.advance(3.9)
        assert not asking.done()
        clock.advance(0.1)
        got = await asking
    assert (got.status, got.failure, got.ms) == (None, "timeout", 4000.0)
    assert "4 s" in got.text


async def test_on_the_wall_an_answer_that_never_comes_is_late_as_well():
    async with AdServer({"/slow": slow(asyncio.Event(), DOCUMENT)}) as server:
        got = await get(server.url("/slow"), timeout_sec=0.02)
    assert got.failure == "timeout"


async def test_a_connection_that_is_cut_is_unreachable():
    async with AdServer({"/reset": reset()}) as server:
        got = await get(server.url("/reset"))
    assert (got.status, got.failure) == (None, "unreachable")
    assert got.text


async def test_cancellation_is_raised():
    async with AdServer({"/slow": slow(asyncio.Event(), DOCUMENT)}) as server:
        asking = asyncio.create_task(get(server.url("/slow")))
        await server.arrived("/slow")
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking


BODIES = {
    "a gzip bomb": lambda: gzip_bomb(200 * MIB),
    "50 MB, undeclared": lambda: huge(50 * MIB),
    "50 MB, declared": lambda: huge(50 * MIB, declared=True),
}


@pytest.mark.parametrize("make", BODIES.values(), ids=BODIES)
async def test_V22_a_body_beyond_the_cap_is_refused_within_bounded_memory(make):
    behaviour = make()
    async with AdServer({"/big": behaviour}) as server:
        tracemalloc.start()
        try:
            got = await get(server.url("/big"))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert (got.failure, got.body, got.status) == ("too_large", b"", 200)
    assert peak < 16 * MIB
    assert server.bytes_sent < 20 * MIB


async def test_a_body_of_exactly_the_cap_is_read():
    async with AdServer({"/a": Behaviour(body=b"x" * 100)}) as server:
        assert len((await get(server.url("/a"), max_bytes=100)).body) == 100
        assert (await get(server.url("/a"), max_bytes=99)).failure == "too_large"


class TestTls:
    async def test_D11_a_certificate_nobody_vouches_for_is_a_failure_of_its_own(self, tmp_path):
        context, _ = self_signed(tmp_path)
        async with AdServer({"/a": DOCUMENT}, tls=context) as server:
            got = await get(server.url("/a"))
        assert (got.status, got.failure) == (None, "tls")
        assert "certificate" in got.text.lower()
        assert server.requests == []

    async def test_D11_a_single_host_may_be_trusted_by_its_name_or_by_a_file(self, tmp_path):
        context, certificate = self_signed(tmp_path)
        async with AdServer({"/a": DOCUMENT}, tls=context) as server:
            for verify in ({"127.0.0.1": False}, {"127.0.0.1": str(certificate)}, str(certificate)):
                assert (await get(server.url("/a"), ssl_verify=verify)).body == DOCUMENT.encode()
            assert (await get(server.url("/a"), ssl_verify={"ads.example.com": False})).failure == "tls"

    def test_D11_trusting_everybody_is_refused_and_the_way_out_is_named(self):
        with pytest.raises(ConfigError, match=r'ssl_verify: .*\{"ads.example.com": False\}'):
            Http(ssl_verify=False)

    @pytest.mark.parametrize("setting", ["/no/such/file.pem", {"h": 3}, "", {"h": ""}])
    def test_a_setting_that_cannot_be_used_is_refused(self, setting):
        with pytest.raises(ConfigError, match="ssl_verify"):
            Http(ssl_verify=setting)

    async def test_plain_http_on_a_tls_port_is_unreachable(self, tmp_path):
        context, _ = self_signed(tmp_path)
        async with AdServer({"/a": DOCUMENT}, tls=context) as server:
            got = await get(server.url("/a").replace("https", "http"))
        assert got.failure == "unreachable"


def resolver(*answers):
    """A resolver that gives another answer each time."""
    queue = list(answers)

    async def resolve(host, port):
        return [queue.pop(0) if len(queue) > 1 else queue[0]]

    return resolve


# httpx calls an octal address no address at all, before the guard sees it.
REFUSED = ("address_refused", "url")


class TestGuard:
    """2.44: nothing but public addresses is dialled; what the library allows besides is this machine."""

    HOSTS = (
        "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "2130706433", "0177.0.0.1", "0x7f.0.0.1",
        "127.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "[fe80::1]", "[fd00::1]",
    )  # fmt: skip

    @pytest.mark.parametrize("host", HOSTS)
    async def test_an_address_that_is_not_public_is_refused(self, host):
        async with AdServer({"/": DOCUMENT}) as server:
            got = await get(server.url("/", host), allowed=())
        assert got.status is None
        assert got.failure in REFUSED
        assert server.connections == 0

    @pytest.mark.parametrize("host", ["127.0.0.2", *HOSTS[1:]])
    async def test_a_redirect_to_one_is_refused(self, host):
        first = parse_allowed(["127.0.0.1/32"])
        async with AdServer({"/": DOCUMENT}) as target, AdServer() as server:
            server.table["/a"] = redirect(target.url("/", host))
            got = await get(server.url("/a"), allowed=first)
        assert got.failure in REFUSED
        assert [row.status for row in got.redirects] == ([302] if got.failure == "address_refused" else [])
        assert (server.paths, target.connections) == (["/a"], 0)

    @pytest.mark.parametrize("host", ["2130706433", "0177.0.0.1", "127.1", "[::ffff:127.0.0.1]"])
    async def test_even_where_this_machine_is_allowed_odd_ways_to_write_it_are_refused(self, host):
        async with AdServer({"/": DOCUMENT}) as server:
            assert (await get(server.url("/", host))).failure in REFUSED
            assert server.connections == 0

    async def test_a_resolver_that_changes_its_answer_changes_nothing(self):
        async with AdServer({"/": DOCUMENT}) as server:
            options = {"allowed": (), "resolve": resolver("127.0.0.1", "93.184.215.14")}
            got = await get(server.url("/", "ads.example.com"), **options)
            assert got.failure == "address_refused"
        assert server.connections == 0

    async def test_the_address_that_was_checked_is_the_one_dialled(self):
        looked_up = []

        async def resolve(host, port):
            looked_up.append(host)
            return ["127.0.0.1"] if len(looked_up) == 1 else ["10.0.0.1"]

        async with AdServer({"/": DOCUMENT}) as server:
            got = await get(server.url("/", "ads.example.com"), resolve=resolve)
        assert got.body == DOCUMENT.encode()
        assert looked_up == ["ads.example.com"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://h/x",
        "javascript:x",
        "about:blank",
        "/relative",
        "http://",
        "http://a b/x",
        "http://h:99999/",
        "http://h\\x",
    ],
)
async def test_what_is_no_http_address_is_not_asked(url):
    got = await get(url)
    assert (got.status, got.failure) == (None, "url")
    assert got.text


async def test_a_transport_of_ones_own_is_used_as_it_is():
    def answer(request):
        return httpx.Response(200, text=f"{request.url.host} {request.url.raw_path.decode()}")

    got = await get("http://10.0.0.1/a b?c=[d]", transport=httpx.MockTransport(answer), allowed=())
    assert got.body == b"10.0.0.1 /a%20b?c=[d]"


async def test_whatever_a_transport_raises_is_a_value():
    def answer(request):
        raise RuntimeError("no such luck")

    got = await get("http://t.test/", transport=httpx.MockTransport(answer))
    assert (got.failure, got.text) == ("unreachable", "could not be asked: no such luck")


async def test_no_network_asks_nobody():
    got = await NoNetwork("a replay asks nobody").get("http://t.test/", headers={}, timeout_sec=1)
    assert (got.failure, got.text) == ("unreachable", "a replay asks nobody")


def test_a_client_serves_one_event_loop_after_the_other():
    http = Http()

    async def once():
        async with AdServer({"/": DOCUMENT}) as server:
            got = await http.get(server.url("/"), headers={}, timeout_sec=60, max_bytes=100)
            await http.close()
            return got.body

    assert [asyncio.run(once()), asyncio.run(once())] == [DOCUMENT.encode()] * 2


@pytest.mark.parametrize(
    ("url", "answered"),
    [
        ("http://site.test/tag", True),
        ("https://SITE.test:443/tag", True),
        ("http://site.test:8000/tag", False),
        ("http://site.test.example/tag", False),
    ],
)
async def test_a_mounted_host_answers_in_place_of_the_network_and_no_other_does(url, answered):
    asked = []

    async def resolve(host, _port):
        asked.append(host)
        return ["10.0.0.1"]

    here = httpx.MockTransport(lambda request: httpx.Response(204))
    got = await get(url, mounts={"Site.test": here}, resolve=resolve, allowed=(), max_bytes=0)
    assert (got.status, got.failure) == ((204, "") if answered else (None, "address_refused"))
    assert bool(asked) is not answered


async def test_a_redirect_to_a_mounted_host_never_reaches_the_network():
    here = httpx.MockTransport(lambda request: httpx.Response(204))
    async with AdServer({"/tag": redirect("http://site.test/there")}) as server:
        got = await get(server.url("/tag"), mounts={"site.test": here}, max_bytes=0)
    assert (got.status, [row.location for row in got.redirects]) == (204, ["http://site.test/there"])


async def test_M07_a_macro_of_somebody_else_arrives_as_it_was_written():
    async with AdServer(default=PIXEL) as server:
        tracker = ("start", server.url("/start?v=[MYVENDOR]&c=a b"), None)
        client = VastClient.from_xml(vast(inline(trackers=[tracker], impressions=(), error="")))
        player = VastPlayer(client, await client.request_ad(), time_provider=SimulatedTimeProvider())
        await player.play()
        await client.close()
        assert [asked.target for asked in server.requests] == ["/start?v=[MYVENDOR]&c=a%20b"]
