"""What leads to no ad: its code, who is told of it, and what stands in the ledger (playback.md 3.3, 3.4)."""

import httpx
import pytest

from playback.engine import NoAd, VastClient
from tests.playback.engine.ads import SINK, inline, vast
from tests.playback.engine.chains import Web, empty, ids, outcomes, tags, wrapper

HOST = "http://ads.example.com"


class TestNoAd:
    @pytest.mark.parametrize("answer", [204, "", "  \n ", empty()], ids=["204", "empty", "blank", "no Ad"])
    async def test_V16_an_empty_answer_after_a_wrapper_is_303(self, answer):
        web = Web(tags(2, answer))
        found = await web.request()
        assert (found.code, found.reason) == (303, "EMPTY")
        assert sorted(web.pixels) == ["err-w1?c=303", "err-w2?c=303"]
        assert outcomes(found) == ["wrapper", "wrapper", "empty"]

    @pytest.mark.parametrize("answer", [204, "", empty()], ids=["204", "empty", "no Ad"])
    async def test_V16_an_empty_first_answer_is_303(self, answer):
        found = await Web({"/tag": answer}).request()
        assert isinstance(found, NoAd)
        assert (found.code, found.reason, found.pings) == (303, "EMPTY", ())

    async def test_V16_a_web_page_is_100_whatever_it_is_called(self):
        for kind, body in (
            ("text/html", "<html><body>Not found</body></html>"),
            ("text/html; charset=utf-8", "<!doctype html><p>Moved<br></html>"),
            ("application/xml", "<html><body/></html>"),
        ):
            page = httpx.Response(200, text=body, headers={"content-type": kind})
            found = await Web({"/tag": page}).request()
            assert (found.code, outcomes(found)) == (100, ["unreadable"]), kind

    @pytest.mark.parametrize(
        ("written", "charset", "prologue"),
        [
            ("windows-1251", "windows-1251", ""),
            ("utf-8", "windows-1251", ""),
            ("utf-8-sig", "windows-1251", ""),
            ("koi8-r", "windows-1251", '<?xml version="1.0" encoding="koi8-r"?>'),
        ],
    )
    async def test_the_charset_of_an_answer_counts_where_its_document_says_nothing(
        self, written, charset, prologue
    ):
        body = f"{prologue}{vast(inline(ad_id='Реклама'))}".encode(written)
        headers = {"content-type": f'text/xml; charset="{charset}"'}
        web = Web({"/tag": httpx.Response(200, content=body, headers=headers)})
        found = await web.request()
        assert ids(found) == ["Реклама"]
        replay = await VastClient.from_chain(found.chain).request_ad()
        assert (ids(replay), replay) == (["Реклама"], found)

    async def test_a_charset_that_the_answer_is_not_written_in_leaves_it_unreadable(self):
        body = vast(inline(ad_id="Реклама")).encode("koi8-r")
        for charset in ("big5", "unicode_escape", "no-such"):
            headers = {"content-type": f"text/xml; charset={charset}"}
            web = Web({"/tag": httpx.Response(200, content=body, headers=headers)})
            assert (await web.request()).code == 100

    async def test_a_document_that_calls_itself_a_page_is_read(self):
        page = httpx.Response(200, text=vast(inline()), headers={"content-type": "text/html"})
        assert ids(await Web({"/tag": page}).request()) == ["a1"]

    @pytest.mark.parametrize(
        ("body", "code", "reason"),
        [
            ("<VAST version='3.0'><Ad>", 100, "NOT_XML"),
            ("<VideoAdServingTemplate/>", 102, "VAST1"),
            ('<VAST version="9.9"/>', 102, "VERSION"),
            ('<Other version="3.0"/>', 101, "NOT_VAST"),
            ('<!DOCTYPE VAST [<!ENTITY a "b">]><VAST version="3.0"/>', 100, "DOCTYPE"),
        ],
    )
    async def test_V17_V22_what_cannot_be_read_has_its_code_at_every_level(self, body, code, reason):
        web = Web(tags(1, body))
        found = await web.request()
        assert (found.code, found.reason, web.pixels) == (code, reason, [f"err-w1?c={code}"])
        assert found.chain.hops[-1].body == body.encode()

    async def test_root_and_wrapper_errors_are_told_and_known_apart(self):
        web = Web(tags(2, empty(f"{SINK}/root?c=[ERRORCODE]")))
        found = await web.request()
        assert [(ping.origin, ping.code) for ping in found.pings] == [
            ("root", 303),
            ("wrapper 1", 303),
            ("wrapper 2", 303),
        ]
        assert found.error_urls == (f"{SINK}/root?c=[ERRORCODE]",)
        assert sorted(web.pixels) == ["err-w1?c=303", "err-w2?c=303", "root?c=303"]
        assert [(row.status, row.http_status) for row in found.ledger] == [("failed", 404)] * 3

    @pytest.mark.parametrize(
        "options", [{"delivery": "dry_run"}, {"enable_tracking": False}, {"delivery": "sandbox"}]
    )
    async def test_nobody_is_told_unless_delivery_is_live(self, options):
        web = Web(tags(1, empty()))
        found = await web.request(**options)
        assert web.pixels == []
        assert [(row.resolved_url, row.status) for row in found.ledger] == [
            (f"{SINK}/err-w1?c=303", "dry_run")
        ]

    async def test_what_is_no_address_is_skipped_and_one_that_fails_is_recorded(self):
        web = Web(
            {
                "/tag": empty("about:blank", f"{SINK}/down", f"{SINK}/up"),
                "/down": OSError("no route"),
                "/up": 200,
            }
        )
        found = await web.request()
        assert [(row.url, row.status, row.http_status) for row in found.ledger] == [
            ("about:blank", "skipped", None),
            (f"{SINK}/down", "failed", None),
            (f"{SINK}/up", "sent", 200),
        ]

    async def test_a_document_with_very_many_error_addresses_does_not_make_us_call_them_all(self):
        web = Web({"/tag": empty(*(f"{SINK}/{number}" for number in range(150)))})
        found = await web.request()
        assert len(web.pixels) == 100
        assert [row.status for row in found.ledger] == ["failed"] * 100 + ["skipped"] * 50

    @pytest.mark.parametrize("status", [302, 403, 404, 500, 503])
    async def test_a_status_that_is_no_answer_is_301(self, status):
        web = Web(tags(1, status))
        found = await web.request()
        assert (found.code, found.reason, web.pixels) == (301, "http_status", ["err-w1?c=301"])
        assert str(status) in found.text

    @pytest.mark.parametrize("status", [200, 201, 203, 206])
    async def test_a_document_under_any_status_of_success_is_read(self, status):
        web = Web(tags(1, httpx.Response(status, text=vast(inline()))))
        assert ids(await web.request()) == ["a1"]

    @pytest.mark.parametrize("status", [200, 201, 204])
    async def test_V16_success_without_a_document_is_303(self, status):
        assert (await Web(tags(1, status)).request()).code == 303

    async def test_a_wrapper_without_an_address_is_300(self):
        web = Web({"/tag": vast(wrapper(None))})
        found = await web.request()
        assert (found.code, web.pixels, outcomes(found)) == (300, ["err-w?c=300"], ["wrapper", "url"])

    @pytest.mark.parametrize(
        "uri", ["ftp://ads.example.com/x", "javascript:alert(1)", "about:blank", "http:///x"]
    )
    async def test_an_address_that_cannot_be_asked_is_300(self, uri):
        web = Web({"/tag": vast(wrapper(uri))})
        found = await web.request()
        assert (found.code, found.reason, web.paths) == (300, "url", ["/tag"])
