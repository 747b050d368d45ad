"""Which connection serves next, which are let go, and that none is lost."""

import asyncio

import httpcore
import pytest

from pipeline.engine import connections
from pipeline.engine.connections import FreshestFirst


class Connection:
    def __init__(self, number):
        self.number = number
        self.expired = self.busy = self.closed = False
        self.fails = None

    async def handle_async_request(self, request):
        if self.fails:
            raise self.fails
        self.busy = True
        return httpcore.Response(200, content=Body(self))

    def is_available(self):
        return not (self.busy or self.closed or self.fails)

    def has_expired(self):
        return self.expired

    async def aclose(self):
        self.closed = True


class Body:
    def __init__(self, connection):
        self.connection = connection

    async def __aiter__(self):
        yield b"body"

    async def aclose(self):
        self.connection.busy = False


class Dialled(list):
    """Every connection that was made."""

    def __call__(self):
        self.append(Connection(len(self)))
        return self[-1]


@pytest.fixture
def dialled():
    return Dialled()


@pytest.fixture
def pool(dialled):
    return FreshestFirst(dialled, limit=3)


async def answered(pool):
    return await pool.handle_async_request(httpcore.Request("GET", "http://pbs.example.com/"))


async def test_the_connection_used_last_serves_next(pool, dialled):
    first, second = await answered(pool), await answered(pool)
    assert [chunk async for chunk in first.stream] == [b"body"]
    await first.aclose()
    await second.aclose()
    third = await answered(pool)
    assert (dialled[0].busy, dialled[1].busy, len(dialled)) == (False, True, 2)
    await third.aclose()


async def test_a_connection_that_the_server_has_ended_does_not_serve(pool, dialled):
    await (await answered(pool)).aclose()
    dialled[0].expired = True
    await (await answered(pool)).aclose()
    assert ([connection.closed for connection in dialled]) == [True, False]


async def test_what_nobody_needs_any_more_is_let_go_though_nobody_asks_again(pool, dialled, monkeypatch):
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0)
    for response in [await answered(pool) for _ in range(3)]:
        await response.aclose()
    dialled[0].expired = True
    async with asyncio.timeout(10):
        while not dialled[0].closed:  # noqa: ASYNC110 (nothing tells)
            await asyncio.sleep(0)
    assert [connection.closed for connection in dialled] == [True, False, False]


async def test_more_requests_than_connections_wait_for_their_turn(pool, dialled):
    held = [await answered(pool) for _ in range(3)]
    waiting = [asyncio.create_task(answered(pool)) for _ in range(2)]
    for response in held:
        await response.aclose()
        await response.aclose()
    for response in await asyncio.gather(*waiting):
        await response.aclose()
    assert len(dialled) == 3


@pytest.mark.parametrize("failure", [httpcore.ConnectError("refused"), asyncio.CancelledError()])
async def test_failures_and_cancellations_take_no_place(pool, dialled, failure):
    for _ in range(5):
        dialled_before = len(dialled)
        pool._connect = lambda: failing(dialled(), failure)
        with pytest.raises(type(failure)):
            await answered(pool)
        assert len(dialled) == dialled_before + 1, "what failed does not serve again"
    pool._connect = dialled
    for response in [await answered(pool) for _ in range(3)]:
        await response.aclose()
    assert len(pool._open) == 3


def failing(connection, failure):
    connection.fails = failure
    return connection


async def test_closing_ends_the_idle_and_the_busy(pool, dialled):
    first, _ = await answered(pool), await answered(pool)
    await first.aclose()
    await pool.aclose()
    assert [connection.closed for connection in dialled] == [True, True]
    assert (await answered(pool)).status == 200
    assert len(dialled) == 3
