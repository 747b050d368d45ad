"""Whom the auction client asks: public or allowed addresses, with the credentials and certificates of their URL."""

import httpcore
import pytest

from tests.pipeline.engine.auctions import NO_BIDS, REQUEST, auction_at, auction_of, code
from tests.pipeline.engine.prebid_server import FakePrebidServer, http, saying


async def answering(host, port):
    return {"rebind.example.com": ["127.0.0.1"], "mapped.example.com": ["::ffff:127.0.0.1"]}[host]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f000001",
        "0177.1",
        "127.1",
        "169.254.169.254",
        "rebind.example.com",
        "mapped.example.com",
    ],
)
async def test_an_address_that_is_not_public_is_not_asked_unless_allowed(host):
    async with FakePrebidServer(NO_BIDS) as fake:
        url = f"http://ads:secret@{host}:{fake.port}/openrtb2/auction?key=hidden"
        async with auction_at(url, allowed=(), resolve=answering) as auction:
            answer = await auction.ask(REQUEST)
        assert (code(answer), answer.status) == ("ADDRESS_REFUSED", None)
        assert host.strip("[]") in answer.error.text
        assert not {"secret", "hidden"} & set(answer.error.text.replace(":", " ").replace("=", " ").split())
        assert fake.connections == 0
        if host == "rebind.example.com":
            async with auction_at(url, resolve=answering) as auction:
                assert (await auction.ask(REQUEST)).response


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pbs.example.com/openrtb2/auction",
        "ftp://pbs.example.com/",
        "file:///etc/passwd",
        "http://",
        "http:///path",
        "http://[::1",
        "http://a\x00b/",
        "http://0177.0.0.1/",
        "http://[fe80::1%25eth0]/",
        "http://127.0.0.1:99999/",
        "http://xn--/",
        "/openrtb2/auction",
    ],
)
async def test_what_is_no_web_address_is_not_asked(url):
    async with auction_at(url) as auction:
        assert code(await auction.ask(REQUEST)) == "ADDRESS_REFUSED"


async def test_credentials_in_the_url_reach_the_server_and_neither_notice_nor_log(caplog):
    caplog.set_level("DEBUG")
    async with FakePrebidServer(saying(http(status="401 Unauthorized"))) as fake:
        url = fake.url.replace("//", "//ads:secret@")
        async with auction_at(url) as auction:
            answer = await auction.ask(REQUEST)
    assert fake.posted[0].headers["authorization"].startswith("Basic ")
    assert (code(answer), "secret" in str(answer), "secret" in caplog.text) == ("STATUS", False, False)


async def test_proxies_and_passwords_of_the_environment_are_not_used(monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login a password b\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with auction_of(NO_BIDS) as (fake, auction):
        assert (await auction.ask(REQUEST)).response
    assert "authorization" not in fake.posted[0].headers


async def test_the_certificate_is_checked_against_the_name_whatever_address_was_dialled(monkeypatch):
    seen = []

    class Stream(httpcore.AsyncMockStream):
        async def start_tls(self, ssl_context, server_hostname=None, timeout=None):  # noqa: ASYNC109
            seen.append((server_hostname, ssl_context.check_hostname, ssl_context.verify_mode.name))
            return self

    class Wire:
        async def connect_tcp(self, host, *_):
            seen.append(host)
            return Stream([http(b"{}")])

    async def public(host, port):
        return ["8.8.8.8"]

    monkeypatch.setattr(httpcore, "AnyIOBackend", Wire)
    async with auction_at("https://pbs.example.com/openrtb2/auction", resolve=public) as auction:
        assert (await auction.ask(REQUEST)).response == b"{}"
    assert seen == ["8.8.8.8", ("pbs.example.com", True, "CERT_REQUIRED")]
