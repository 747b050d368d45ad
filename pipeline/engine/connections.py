"""The transport under the auction client: connections to one server, each checked when dialled, then kept and reused.

httpcore's own pool looks at every connection for every request: with 200 auctions at once most of the time goes there.
"""

import asyncio
import contextvars
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import lru_cache, partial
from typing import Any, cast

import httpcore
import httpx

from vast.address import GuardedNetwork, Network, Resolve

MAX_CONNECTIONS = 256
# Shorter than what servers commonly grant, so that no bid request meets a connection that is just being closed.
IDLE_SECONDS = 5.0

_Connection = httpcore.AsyncHTTPConnection


class GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over connections to one server, whose every dial is checked; no proxies, retries or HTTP/2.

    Raises what httpx's own raises, and AddressRefused. It belongs to the event loop it is first used on.
    """

    def __init__(self, url: httpx.URL, resolve: Resolve, allowed: Sequence[Network]) -> None:
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        connect = partial(
            _Connection,
            httpcore.Origin(url.raw_scheme, url.raw_host, port),
            ssl_context=_tls() if url.scheme == "https" else None,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=cast(
                "httpcore.AsyncNetworkBackend", GuardedNetwork(httpcore.AnyIOBackend(), resolve, allowed)
            ),
        )
        # All that httpx asks of its pool is to handle requests and to be closed.
        self._pool = cast("httpcore.AsyncConnectionPool", FreshestFirst(connect))


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One for all: reading the certificates takes longer than an auction."""
    return httpx.create_ssl_context(trust_env=False)


class FreshestFirst:
    """Connections of which the one used last serves next, so that those no longer needed run out; O(1) a request."""

    def __init__(self, connect: Callable[[], _Connection], limit: int = MAX_CONNECTIONS) -> None:
        self._connect = connect
        self._slots = asyncio.Semaphore(limit)
        self._idle: deque[_Connection] = deque()
        self._open: set[_Connection] = set()
        self._sweeping: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """The response, whose stream gives the connection back when it is closed."""
        await self._slots.acquire()
        connection = None
        try:
            connection = await self._freshest()
            response = await connection.handle_async_request(request)
        except BaseException:
            await self._give_back(connection)
            raise
        stream = _Lent(response.stream, partial(self._give_back, connection))
        return httpcore.Response(
            response.status, headers=response.headers, content=stream, extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Ends every connection; a request that is under way on one fails."""
        if self._sweeping:
            self._sweeping.cancel()
            self._sweeping = None
        self._idle.clear()
        for connection in list(self._open):
            await self._end(connection)

    async def _freshest(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.has_expired():
                return connection
            await self._end(connection)
        connection = self._connect()
        self._open.add(connection)
        return connection

    async def _give_back(self, connection: _Connection | None) -> None:
        """Keeps a connection that can serve again, until its time is over."""
        self._slots.release()
        if connection in self._open:
            if connection.is_available():
                self._idle.append(connection)
                self._sweep_later()
            else:
                self._open.discard(connection)

    def _sweep_later(self) -> None:
        """One timer for all of them: nobody else may come who would let them go."""
        if self._sweeping is None:
            # An empty context: what a request holds must not be held on to.
            self._sweeping = asyncio.get_running_loop().call_later(
                IDLE_SECONDS, self._sweep, context=contextvars.Context()
            )

    def _sweep(self) -> None:
        self._sweeping = None
        while self._idle and self._idle[0].has_expired():
            ending = asyncio.get_running_loop().create_task(self._end(self._idle.popleft()))
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        if self._idle:
            self._sweep_later()

    async def _end(self, connection: _Connection) -> None:
        self._open.discard(connection)
        await connection.aclose()


class _Lent:
    """The stream of a response; closing it gives its connection back, once."""

    def __init__(self, stream: Any, give_back: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._give_back = give_back
        self._closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            await self._stream.aclose()
        finally:
            await self._give_back()
