"""The acceptance cases of group H (HTTP) under their numbers."""

import re
import sys

import pytest
from asgiref.sync import sync_to_async

from pipeline.models import Source
from tests.pipeline.engine.prebid_server import FakePrebidServer, breaking_off, http, saying, silence
from tests.pipeline.players import make_endpoint, pod
from tests.pipeline.responses import bid, body

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = {91, 92, 94, 95}
made = sync_to_async(make_endpoint)


@pytest.fixture(autouse=True)
def reachable(settings):
    settings.FETCH_ALLOWED = ["127.0.0.1"]


@pytest.mark.parametrize(
    "reply",
    [
        silence,
        breaking_off(),
        breaking_off(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"),
        saying(http(b"Invalid request: imp[0]", status="400 Bad Request")),
        saying(http(b"oops", status="500 Internal Server Error")),
        saying(http(b"<html>", content_type="text/html")),
        saying(http(b"{" * 100_000)),
        saying(http(b"x" * 5_000_000)),
    ],
    ids=["timeout", "reset", "cut short", "400", "500", "HTML", "deep", "oversize"],
)
async def test_case_91_a_failed_auction_is_a_no_ad_document_and_no_trace(player, reply):
    async with FakePrebidServer(reply) as server:
        endpoint = await made(source=Source.PREBID_SERVER, auction_url=server.url, tmax_ms=100)
        heard = await player.get(endpoint)
    assert (heard.status, heard.ads) == (200, [])
    assert b"Traceback" not in heard.body
    assert heard.headers["content-type"] == "application/xml; charset=utf-8"


async def test_case_91_an_address_that_may_not_be_dialled_is_a_no_ad_document(player, settings):
    settings.FETCH_ALLOWED = []
    async with FakePrebidServer(saying(http(pod(1)))) as server:
        endpoint = await made(source=Source.PREBID_SERVER, auction_url=server.url)
        heard = await player.get(endpoint)
        assert server.posted == []
    assert (heard.status, heard.ads) == (200, [])


@pytest.mark.parametrize("config", [{}, {"no_ad_error_url": "https://e.example/?code=[ERRORCODE]"}])
@pytest.mark.parametrize(
    "response", [b"{}", b'{"id": "1", "nbr": 2}', b'{"id": "1", "seatbid": []}', body(bid(price=0))]
)
async def test_case_92_no_fill_is_200_with_a_body(player, response, config):
    heard = await player.get(await made(response, config=config))
    assert (heard.status, heard.ads) == (200, [])
    assert len(heard.body) == int(heard.headers["content-length"]) > 0


async def test_case_92_a_204_of_the_auction_is_200_with_a_body(player):
    async with FakePrebidServer(saying(http(status="204 No Content", content_length=None))) as server:
        endpoint = await made(source=Source.PREBID_SERVER, auction_url=server.url)
        heard = await player.get(endpoint)
    assert (heard.status, heard.ads) == (200, [])


async def test_case_94_the_debug_record_holds_what_the_player_gets(player, keeper, request):
    endpoint = await made(pod(5, 9))
    heard = await player.get(endpoint, "w=640&h=360&debug=1")
    browser = await sync_to_async(request.getfixturevalue)("qa")
    answer = await sync_to_async(browser.get)(f"/vast/{endpoint.slug}/debug?w=640&h=360&debug=1")
    record = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    assert record["vast_xml"].encode() == heard.body
    assert record["vast_xml_length"] == len(heard.body)
    assert (record["no_ad"], record["selected_count"], record["errors"]) == (False, 2, [])
    assert isinstance(record["warnings"], list)


@pytest.mark.parametrize("slug", ["", "zzzzzzzzzzzz"])
@pytest.mark.parametrize("length", [8192, 20_000, 60_000])
async def test_case_95_an_over_long_line_is_refused_with_an_empty_document(player, length, slug):
    endpoint = await made()
    heard = await player.ask(f"/vast/{slug or endpoint.slug}", "a=" + "x" * length)
    assert heard.status == (404 if slug else 414)
    assert heard.ads == []


async def test_case_95_the_longest_line_is_served(player):
    endpoint = await made()
    rest = len(f"GET /vast/{endpoint.slug}? HTTP/1.1")
    assert (await player.get(endpoint, "a" * (8192 - rest))).status == 200
    assert (await player.get(endpoint, "a" * (8192 - rest + 1))).status == 414


def test_every_case_of_the_group_is_here():
    found = re.findall(r"test_case_(\d+)_", " ".join(vars(sys.modules[__name__])))
    assert {int(number) for number in found} == NUMBERS
