"""Asks for bids: a Prebid Server's `/openrtb2/auction` over HTTP, or a stored bid response in its place.

Whatever goes wrong is a value: an `Answer` with an error notice. Source: OpenRTB 2.6 §2 (transport), §3.2.1 (tmax).
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, NamedTuple, Protocol

import httpx
import msgspec

from pipeline.engine.connections import GuardedTransport
from pipeline.engine.reading import Unreadable, object_of
from vast.address import AddressRefused, Network, Resolve, system_resolver
from vast.edit import writable
from vast.notice import Notice
from vast.unpack import Unpack, UnpackError, unpacking

MAX_BYTES = 4 * 1024 * 1024
LONGEST_TMAX_MS = 30_000
_HEADERS = {
    "accept": "application/json",
    "accept-encoding": "gzip",
    "content-type": "application/json",
    "user-agent": "vastdash",
    "x-openrtb-version": "2.6",
}
_MAX_REASON_BYTES = 1_000
_SHOWN = 200


class Answer(NamedTuple):
    """What became of an auction: a body that is a JSON object, or None with an error, or None alone for no bids (204).

    `error.code` is AUCTION_TIMEOUT, AUCTION_STATUS, AUCTION_TOO_LARGE, AUCTION_NOT_JSON, AUCTION_UNREACHABLE,
    AUCTION_ADDRESS_REFUSED or AUCTION_REQUEST. `status` is the HTTP status where there was one.
    """

    response: bytes | None
    error: Notice | None
    status: int | None = None


class Auction(Protocol):
    """Where the bids come from."""

    async def ask(self, request: Mapping[str, Any]) -> Answer:
        """The answer to an OpenRTB bid request. Raises nothing but cancellation."""

    async def close(self) -> None:
        """Lets go of what is held open."""


@dataclass(frozen=True, slots=True)
class CannedAnswer:
    """An auction that always ends the same: with a stored bid response."""

    response: bytes

    async def ask(self, request: Mapping[str, Any]) -> Answer:
        """The stored response."""
        return Answer(self.response, None, 200)

    async def close(self) -> None:
        """Nothing is held open."""


class _Failed(Exception):
    def __init__(self, code: str, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.answer = Answer(None, Notice(f"AUCTION_{code}", "", writable(text)), status)


class PrebidServer:
    """Auctions at one address, over connections that are kept and shared by any number of concurrent asks.

    The limit of an auction is `tmax` of its request in ms, `default_tmax_ms` where it names none, and `answer_ms` more:
    a Prebid Server closes at tmax with the bids it has, and has yet to write them. `max_bytes` limits the answer as
    unpacked. `allowed` and `resolve` are those of `vast.address`; a `transport` of one's own is not checked by it.
    Close it on the event loop that asked.
    """

    def __init__(
        self,
        url: str,
        *,
        allowed: Sequence[Network] = (),
        default_tmax_ms: int = 1000,
        answer_ms: int = 100,
        max_bytes: int = MAX_BYTES,
        resolve: Resolve = system_resolver,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url, self._auth = _address(url)
        self._allowed = tuple(allowed)
        self._default_tmax_ms = default_tmax_ms
        self._answer_ms = answer_ms
        self._max_bytes = max_bytes
        self._resolve = resolve
        self._transport = transport
        self._clients: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}

    async def ask(self, request: Mapping[str, Any]) -> Answer:
        """Posts the request and gives the answer, within its time limit. Raises nothing but cancellation."""
        if self._url is None:
            return _Failed("ADDRESS_REFUSED", "the auction's address is not an http or https address").answer
        limit_ms = self._tmax_ms(request) + self._answer_ms
        deadline = asyncio.timeout(limit_ms / 1000)
        try:
            content = _encoded(request)
            async with deadline:
                return await self._post(self._url, content, limit_ms / 1000)
        except _Failed as failed:
            return failed.answer
        except AddressRefused as refused:
            return _Failed("ADDRESS_REFUSED", f"the auction was not asked: {refused.text}").answer
        except Exception as error:
            # Whatever the network raised, httpx's errors or not, whoever asked has a player waiting.
            if deadline.expired() or isinstance(error, httpx.TimeoutException):
                return _Failed("TIMEOUT", f"the auction gave no whole answer within {limit_ms} ms").answer
            return _Failed("UNREACHABLE", f"the auction could not be asked: {_reason(error)}").answer

    async def close(self) -> None:
        """Closes the connections; an ask that is under way ends as unreachable, a later one opens new ones."""
        client = self._clients.pop(asyncio.get_running_loop(), None)
        if client is not None:
            await client.aclose()

    def _tmax_ms(self, request: Mapping[str, Any]) -> int:
        tmax = request.get("tmax")
        if not isinstance(tmax, int) or isinstance(tmax, bool) or tmax <= 0:
            tmax = self._default_tmax_ms
        return min(tmax, LONGEST_TMAX_MS)

    async def _post(self, url: httpx.URL, content: bytes, seconds: float) -> Answer:
        client = self._client(url)
        async with client.stream("POST", url, content=content, timeout=seconds) as response:
            status = response.status_code
            if status == HTTPStatus.NO_CONTENT:
                # It has no body, but only what was read to its end gives its connection back.
                await response.aread()
                return Answer(None, None, status)
            if status != HTTPStatus.OK:
                raise _Failed("STATUS", f"the auction answered {await _told(response)}", status)
            body = await _body(response, self._max_bytes)
        if fault := _fault(body):
            raise _Failed("NOT_JSON", f"the auction's answer is not a bid response: {fault}", status)
        return Answer(body, None, status)

    def _client(self, url: httpx.URL) -> httpx.AsyncClient:
        """The client of the running loop: connections belong to the loop that opened them."""
        loop = asyncio.get_running_loop()
        client = self._clients.get(loop)
        if client is None:
            for ended in [other for other in list(self._clients) if other.is_closed()]:
                self._clients.pop(ended, None)
            transport = self._transport or GuardedTransport(url, self._resolve, self._allowed)
            client = httpx.AsyncClient(
                transport=transport,
                auth=self._auth,
                headers=_HEADERS,
                # A cookie set in one viewer's auction would be sent in the next one's.
                cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
                trust_env=False,
                follow_redirects=False,
            )
            self._clients[loop] = client
        return client


def is_usable(url: str) -> bool:
    """Whether an auction at this address could be asked, as far as its text tells."""
    return _address(url)[0] is not None


def _address(text: str) -> tuple[httpx.URL | None, httpx.BasicAuth | None]:
    """An http(s) address and the credentials in it, apart: httpx logs addresses. No address for any other text."""
    try:
        url = httpx.URL(text)
        host = url.host  # decoded only now: what begins with "xn--" may be no name
    except (httpx.InvalidURL, ValueError):
        return None, None
    if url.scheme not in ("http", "https") or not host or not 0 < (url.port or 80) < 2**16:
        return None, None
    auth = httpx.BasicAuth(url.username, url.password) if url.userinfo else None
    return url.copy_with(userinfo=b""), auth


def _encoded(request: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(request)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError):
        raise _Failed("REQUEST", "the bid request cannot be written as JSON, so nobody was asked") from None


async def _body(response: httpx.Response, limit: int) -> bytes:
    """The whole body, unpacked. Raises _Failed for one over the limit, before it takes more room than that."""
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    unpack = _unpacking(response)
    body, received = bytearray(), 0
    async for chunk in response.aiter_raw():
        received += len(chunk)
        try:
            body += unpack(chunk, limit + 1 - len(body))
        except UnpackError:
            raise _Failed(
                "NOT_JSON", "the auction's answer cannot be unpacked", response.status_code
            ) from None
        if max(received, len(body)) > limit:
            raise _too_large(limit)
    return bytes(body)


def _unpacking(response: httpx.Response) -> Unpack:
    encoding = response.headers.get("content-encoding")
    unpack = unpacking(encoding)
    if unpack is None:
        text = f"the auction's answer is packed as {encoding.strip().lower()[:_SHOWN]!r}, which was not asked for"
        raise _Failed("NOT_JSON", text, response.status_code)
    return unpack


def _too_large(limit: int) -> _Failed:
    return _Failed(
        "TOO_LARGE", f"the auction's answer is larger than {limit // 1024} KiB, so it was not read", 200
    )


async def _told(response: httpx.Response) -> str:
    """A status that is neither 200 nor 204, with what a text says of it: Prebid Server names the bad field there."""
    if response.is_redirect:
        return f"{response.status_code}, a redirect, which is not followed"
    told = f"{response.status_code} {response.reason_phrase[:_SHOWN]}".strip()
    if response.headers.get("content-encoding") or not _is_text(response):
        return told
    said = bytearray()
    async for chunk in response.aiter_raw(_MAX_REASON_BYTES):
        said += chunk
        if len(said) >= _MAX_REASON_BYTES:
            break
    words = " ".join(said.decode("utf-8", "replace").split())
    return f"{told}: {words[:_SHOWN]}" if words else told


def _is_text(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "text/plain")
    return kind.strip().lower().startswith("text/plain")


_ANY_OBJECT = dict[str, msgspec.Raw]


def _fault(body: bytes) -> str:
    """What is wrong with a body that holds no JSON object; "" when the build can read one out of it."""
    try:
        msgspec.json.decode(body, type=_ANY_OBJECT)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        # What the fast decoder refuses (NaN, another encoding) the build's own reader may still take.
        try:
            object_of(body, "body")
        except Unreadable as unreadable:
            return unreadable.text
    return ""


def _reason(error: Exception) -> str:
    return str(error)[:_SHOWN] or type(error).__name__
