"""The one door of the playback engine to the network: GET an address, within limits, and tell how it went.

Whatever goes wrong is a value; only cancellation is raised. Every dial is checked (`vast.address`), at redirects too.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, Final, NamedTuple, Protocol, cast

import httpcore
import httpx

from playback.engine.errors import ConfigError
from playback.engine.request.chain import Outcome, Redirect
from playback.engine.request.uri import absolute
from playback.engine.time_provider import RealtimeTimeProvider, TimeProvider
from vast.address import AddressRefused, GuardedNetwork, Network, Resolve, parse_allowed, system_resolver
from vast.unpack import UnpackError, unpacking

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_REDIRECTS: Final = 5
LOOPBACK: Final = parse_allowed(("127.0.0.0/8", "::1"))
"""What a library may dial besides public addresses: the ad servers on its developer's own machine."""

Transport = httpx.AsyncBaseTransport
"""What may stand in for the network, such as httpx.MockTransport."""

SslVerify = bool | str | Mapping[str, bool | str]

_HEADERS: Final = {"accept": "*/*", "accept-encoding": "gzip", "user-agent": "vastdash"}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_TRAVELS: Final = frozenset({"accept", "accept-encoding", "accept-language", "user-agent", "x-forwarded-for"})
# A body nobody asked for costs less to read to its end than a new connection does.
_WORTH_DRAINING: Final = 16 * 1024
_SHOWN = 200


class Fetched(NamedTuple):
    """What came of a GET. `failure` is "" for an answer of any status, else a word of `chain.Outcome` (timeout,
    unreachable, tls, address_refused, too_large, redirects, unreadable, url) with a sentence in `text`; `ms` how long
    it took."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    redirects: tuple[Redirect, ...] = ()
    ms: float = 0.0
    failure: str = ""
    text: str = ""


class Getter(Protocol):
    """Whatever can ask for addresses: the network, a recording, a collector of our own."""

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout_sec: float,
        max_bytes: int = 0,
    ) -> Fetched:
        """The answer; at most `max_bytes` of its body, unpacked, are read (0: none of it is kept)."""


class NoNetwork:
    """A Getter that asks nobody: every address is unreachable."""

    def __init__(self, text: str = "the network is blocked") -> None:
        self.text = text

    async def get(
        self, url: str, *, headers: Mapping[str, str], timeout_sec: float, max_bytes: int = 0
    ) -> Fetched:
        return Fetched(None, failure=Outcome.UNREACHABLE.value, text=self.text)


def travelling(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that describe the device and go to every server of a chain; what is left out is the first one's."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() in _TRAVELS or name.lower().startswith("x-device-")
    }


class _Failed(Exception):
    def __init__(self, outcome: Outcome, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.outcome = outcome
        self.text = text
        self.status = status


class Http:
    """GET over connections that are kept and shared; a Getter.

    No proxies, no cookies, at most 5 redirects. `allowed` and `resolve` are those of `vast.address`; a `transport` of
    the caller's own is used as it is, with no check under it. `ssl_verify` is True, the path of a file of CA
    certificates, or a mapping host -> False or path. `mounts` maps a host, with its port where that is not the scheme's
    own, to what answers for it in place of the network, unchecked. Close it on the event loop that asked.
    """

    def __init__(
        self,
        *,
        transport: Transport | None = None,
        mounts: Mapping[str, Transport] | None = None,
        allowed: Sequence[Network] = LOOPBACK,
        resolve: Resolve = system_resolver,
        ssl_verify: SslVerify = True,
        clock: TimeProvider | None = None,
        max_connections: int = 50,
        keepalive: int = 20,
        keepalive_expiry_sec: float = 300,
    ) -> None:
        self._transport = transport
        self._mounts = {host.lower(): mounted for host, mounted in (mounts or {}).items()}
        self._network = cast(
            "httpcore.AsyncNetworkBackend", GuardedNetwork(httpcore.AnyIOBackend(), resolve, tuple(allowed))
        )
        self._tls = _contexts(check_ssl_verify(ssl_verify))
        self._clock = clock or RealtimeTimeProvider()
        self._limits = httpx.Limits(
            max_connections=max_connections,
            max_keepalive_connections=keepalive,
            keepalive_expiry=keepalive_expiry_sec,
        )
        self._open: dict[asyncio.AbstractEventLoop, dict[str, Transport]] = {}

    async def get(
        self, url: str, *, headers: Mapping[str, str], timeout_sec: float, max_bytes: int = 0
    ) -> Fetched:
        """The answer at the end of the redirects, within `timeout_sec` for all of it.

        A body over `max_bytes`, packed or unpacked, is a failure (too_large); 0 reads none.
        """
        began = self._clock.time()
        redirects: list[Redirect] = []
        deadline = None
        try:
            async with _deadline(self._clock, timeout_sec) as deadline:
                found = await self._follow(url, headers, max_bytes, redirects)
        except _Failed as failed:
            found = Fetched(failed.status, failure=failed.outcome.value, text=failed.text)
        except AddressRefused as refused:
            found = Fetched(None, failure=Outcome.ADDRESS_REFUSED.value, text=refused.text)
        except Exception as error:
            # Whatever the network raised, httpx's errors or not, whoever asked has a player waiting.
            late = (deadline and deadline.expired()) or isinstance(error, httpx.TimeoutException)
            found = _late(timeout_sec) if late else _broken(error)
        ms = round((self._clock.time() - began) * 1000, 3)
        return found._replace(redirects=tuple(redirects), ms=ms)

    async def close(self) -> None:
        """Closes the connections of the running loop; a later get opens new ones."""
        for transport in self._open.pop(asyncio.get_running_loop(), {}).values():
            await transport.aclose()

    async def _follow(
        self, url: str, headers: Mapping[str, str], max_bytes: int, redirects: list[Redirect]
    ) -> Fetched:
        address = _address(url)
        while True:
            async with self._stream(address, headers) as response:
                location = response.headers.get("location")
                if response.status_code not in _REDIRECTS or not location:
                    return await _answer(response, max_bytes)
                status = response.status_code
                await _drain(response)
            if len(redirects) == MAX_REDIRECTS:
                raise _Failed(Outcome.REDIRECTS, f"more than {MAX_REDIRECTS} redirects", status)
            target = _address(location, str(address))
            redirects.append(Redirect(str(address), status, str(target)))
            if _origin(target) != _origin(address):
                headers = travelling(headers)
            address = target

    @asynccontextmanager
    async def _stream(self, address: httpx.URL, headers: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        """One answer, its body to be read. No httpx client: it refuses redirects that it does not even follow."""
        request = httpx.Request("GET", address, headers=_HEADERS | _lower(headers))
        response = await self._transport_to(address).handle_async_request(request)
        try:
            yield response
        finally:
            await response.aclose()

    def _transport_to(self, address: httpx.URL) -> Transport:
        """The connections of the running loop: they belong to the loop that opened them."""
        mounted = self._mounts.get(address.netloc.decode("ascii").lower())
        if mounted is not None:
            return mounted
        if self._transport is not None:
            return self._transport
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            for ended in [other for other in self._open if other.is_closed()]:
                del self._open[ended]
        default, hosts = self._tls
        host = address.host.lower()
        special = address.scheme == "https" and host in hosts
        kept = self._open.setdefault(loop, {})
        place = host if special else ""
        if place not in kept:
            kept[place] = _Guarded(self._network, hosts[host] if special else default, self._limits)
        return kept[place]


class _Guarded(httpx.AsyncHTTPTransport):
    """httpx's transport over httpcore's pool with a network of our own, which httpx itself has no argument for."""

    def __init__(
        self,
        network: httpcore.AsyncNetworkBackend,
        context: ssl.SSLContext | None,
        limits: httpx.Limits,
    ) -> None:
        # Not httpx's own __init__: all that it does is to make a pool.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context or _system_tls(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=network,
        )


@lru_cache(maxsize=1)
def _system_tls() -> ssl.SSLContext:
    """One for all: reading the certificates takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


def check_ssl_verify(ssl_verify: SslVerify) -> SslVerify:
    """The setting itself; ConfigError where it would trust everybody, or is of no known form."""
    if ssl_verify is False:
        raise ConfigError(
            "ssl_verify", 'False would trust everybody; name the hosts instead: {"ads.example.com": False}'
        )
    settings: list[Any] = list(ssl_verify.values()) if isinstance(ssl_verify, Mapping) else [ssl_verify]
    for setting in settings:
        if not isinstance(setting, bool | str) or setting == "":
            raise ConfigError("ssl_verify", f"{setting!r} is neither true, false nor the path of a CA file")
    return ssl_verify


_Contexts = tuple[ssl.SSLContext | None, dict[str, ssl.SSLContext | None]]


def _contexts(ssl_verify: SslVerify) -> _Contexts:
    """The context of all hosts (None: the system's certificates), and those of single ones."""
    if isinstance(ssl_verify, Mapping):
        return None, {host.lower(): _context(setting) for host, setting in ssl_verify.items()}
    return _context(ssl_verify), {}


def _context(setting: bool | str) -> ssl.SSLContext | None:
    if setting is True:
        return None
    if setting is False:
        return httpx.create_ssl_context(verify=False, trust_env=False)
    try:
        return ssl.create_default_context(cafile=setting)
    except OSError as error:
        raise ConfigError("ssl_verify", f"{setting!r} holds no CA certificates: {error}") from None


@asynccontextmanager
async def _deadline(clock: TimeProvider, seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """asyncio.timeout on the clock's time."""
    if isinstance(clock, RealtimeTimeProvider):
        async with asyncio.timeout(seconds) as timeout:
            yield timeout
        return
    async with asyncio.timeout(None) as timeout:
        alarm = asyncio.create_task(_ring(clock, seconds, timeout))
        try:
            yield timeout
        finally:
            alarm.cancel()


async def _ring(clock: TimeProvider, seconds: float, deadline: asyncio.Timeout) -> None:
    await clock.sleep(max(seconds, 0.0))
    deadline.reschedule(asyncio.get_running_loop().time())


def _address(url: str, base: str = "") -> httpx.URL:
    try:
        address = httpx.URL(absolute(url, base))
        host = address.host  # decoded only now: what begins with "xn--" may be no name
    except (httpx.InvalidURL, ValueError) as error:
        raise _Failed(Outcome.URL, str(error)[:_SHOWN]) from None
    if not host or not 0 < (address.port or 80) < 2**16:
        raise _Failed(Outcome.URL, f"{url[:_SHOWN]!r} names no host that could be asked")
    return address


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _origin(address: httpx.URL) -> tuple[str, str, int | None]:
    return address.scheme, address.host, address.port


async def _answer(response: httpx.Response, max_bytes: int) -> Fetched:
    headers = tuple((name.lower(), value) for name, value in response.headers.multi_items())
    if max_bytes:
        return Fetched(response.status_code, headers, await _body(response, max_bytes))
    await _drain(response)
    return Fetched(response.status_code, headers)


async def _drain(response: httpx.Response) -> None:
    """Reads a short body to its end, so that its connection can serve again."""
    declared = response.headers.get("content-length", "0")
    if response.is_stream_consumed or not declared.isdigit() or int(declared) > _WORTH_DRAINING:
        return
    drained = 0
    async for chunk in response.aiter_raw():
        drained += len(chunk)
        if drained > _WORTH_DRAINING:
            return


async def _body(response: httpx.Response, limit: int) -> bytes:
    """The whole body, unpacked. Raises _Failed for one over the limit, before it takes more room than that."""
    status = response.status_code
    large = _Failed(Outcome.TOO_LARGE, f"the answer is larger than {limit} bytes, so it was not read", status)
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise large
    if response.is_stream_consumed:  # so a transport of the caller's own may give it, unpacked already
        if len(response.content) > limit:
            raise large
        return response.content
    encoding = response.headers.get("content-encoding")
    unpack = unpacking(encoding)
    if unpack is None:
        text = f"the answer is packed as {encoding[:_SHOWN]!r}, which was not asked for"
        raise _Failed(Outcome.UNREADABLE, text, status)
    body, received = bytearray(), 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        try:
            body += unpack(chunk, limit + 1 - len(body))
        except UnpackError:
            raise _Failed(Outcome.UNREADABLE, "the answer cannot be unpacked", status) from None
        if max(received, len(body)) > limit:
            raise large
    return bytes(body)


def _late(seconds: float) -> Fetched:
    return Fetched(None, failure=Outcome.TIMEOUT.value, text=f"no whole answer within {seconds:g} s")


def _broken(error: BaseException) -> Fetched:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return Fetched(None, failure=Outcome.TLS.value, text=f"no secure connection: {_reason(cause)}")
    return Fetched(None, failure=Outcome.UNREACHABLE.value, text=f"could not be asked: {_reason(error)}")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: BaseException) -> str:
    return str(error)[:_SHOWN] or type(error).__name__
