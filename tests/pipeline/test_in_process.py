"""Endpoints asked by the site's own player: through the same door, without a socket, from any thread."""

import asyncio

import pytest
from asgiref.sync import sync_to_async

from pipeline.endpoint.keeper import Keeper
from pipeline.models import Outcome
from tests.pipeline.players import make_endpoint, pod

pytestmark = pytest.mark.django_db(transaction=True)

HEADERS = {"Host": "testserver", "X-Device-Ip": "203.0.113.9"}


async def test_an_endpoint_answers_as_it_answers_a_player(keeper, player):
    endpoint = await sync_to_async(make_endpoint)(pod(8, 10))
    heard = await keeper.ask(f"/vast/{endpoint.slug}", b"w=640", HEADERS)
    outside = await player.get(endpoint, "w=640")
    assert (heard.status, heard.body, dict(heard.headers)) == (200, outside.body, outside.headers)
    await keeper.traffic.flush()
    assert [(row.outcome, row.requests) async for row in endpoint.traffic.all()] == [(Outcome.FILL, 2)]


async def test_another_thread_with_a_loop_of_its_own_is_answered_too(keeper):
    endpoint = await sync_to_async(make_endpoint)(pod(8))
    asked = keeper.ask(f"/vast/{endpoint.slug}", b"", HEADERS)
    heard = await asyncio.to_thread(asyncio.run, asked)
    assert (heard.status, heard.body[:5]) == (200, b"<?xml")


@pytest.mark.parametrize("path", ["/", "/sessions/", "/vast/abc/debug", "/api/v1/sessions"])
async def test_nothing_but_endpoints_is_found_there(keeper, path):
    assert (await keeper.ask(path, b"", HEADERS))[::2] == (404, b"")


async def test_a_host_that_is_not_ours_is_refused_as_at_the_socket(keeper):
    endpoint = await sync_to_async(make_endpoint)()
    heard = await keeper.ask(f"/vast/{endpoint.slug}", b"", {"Host": "elsewhere.example"})
    assert heard.status == 400


async def test_a_keeper_that_is_not_open_has_no_answer():
    assert await Keeper().ask("/vast/abc", b"", HEADERS) is None
