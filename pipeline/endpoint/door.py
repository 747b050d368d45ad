"""The door players knock at: ``GET /vast/<slug>``, answered in front of Django with VAST whatever happens.

Pipeline.md §1.14: a parseable document on every answer, no cache, no session, any origin. Whoever asks for an unknown,
a closed or a rotated slug is told the same.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from time import perf_counter, time
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from pipeline.endpoint.directory import Directory
from pipeline.endpoint.open_endpoint import OpenEndpoint
from pipeline.endpoint.serving import MAX_LINE, STATUS, Call, Served, serve
from pipeline.endpoint.traffic import Recorded, Traffic
from pipeline.engine.write import no_ad_document
from pipeline.models import Outcome

log = structlog.get_logger(__name__)

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]

PREFIX = "/vast/"
METHODS = ("GET", "HEAD", "OPTIONS")
MAX_HOST = 260  # the longest name and a port; what is longer is remembered by no cache
NO_AD = no_ad_document("3.0", "")

_DOCUMENT: tuple[Header, ...] = (
    (b"content-type", b"application/xml; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
)
_VARY: Header = (b"vary", b"Origin")
_ALLOW: Header = (b"allow", ", ".join(METHODS).encode())
_RETRY: Header = (b"retry-after", b"1")
_PREFLIGHT: tuple[Header, ...] = (
    _ALLOW,
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-max-age", b"86400"),
)
_HEADER_NAMES = re.compile(r"[\w\-, ]{1,500}", re.ASCII)


class Answer(NamedTuple):
    """Status and document; what every answer carries and what CORS adds is not among the headers."""

    status: int
    body: bytes = NO_AD
    headers: tuple[Header, ...] = ()


class Knock(NamedTuple):
    """The parts of an ASGI scope that matter here. Header names are lower-case, repeated ones joined by a comma."""

    method: str
    slug: str
    line_length: int
    query: str
    headers: dict[str, str]
    remote_addr: str

    @classmethod
    def of(cls, scope: Scope, slug: str) -> "Knock":
        headers: dict[str, str] = {}
        for raw, value in scope["headers"]:
            name, text = raw.decode("latin-1"), value.decode("latin-1")
            if headers.setdefault(name, text) is not text:
                headers[name] += f", {text}"
        method, query = scope["method"], scope["query_string"]
        path = scope.get("raw_path") or scope["path"].encode()
        line = len(method) + len(path) + len(query) + len(" ? HTTP/1.1")
        client = scope.get("client") or ("", 0)
        # What is no UTF-8 stays as it came; the query's own decoding is told apart from it (PEP 383).
        return cls(method, slug, line, query.decode("utf-8", "surrogateescape"), headers, client[0])


def slug_of(path: str) -> str | None:
    """The slug that a path asks this door for; None for other addresses, the debug page's among them.

    Deeper paths are nobody's, but a player with a mistyped tag still gets a document: their slug is "".
    """
    if not path.startswith(PREFIX):
        return None
    slug, _, rest = path[len(PREFIX) :].partition("/")
    if rest == "debug":
        return None
    return "" if rest else slug


def refusal(knock: Knock, endpoint: OpenEndpoint | None) -> Answer | None:
    """The answer that needs no endpoint's doing; None when the endpoint has to give it."""
    if knock.method not in METHODS:
        return Answer(405, headers=(_ALLOW,))
    host = knock.headers.get("host")
    if host is not None and (len(host) > MAX_HOST or not _is_ours(host, tuple(settings.ALLOWED_HOSTS))):
        return Answer(400)
    if endpoint is None:
        return Answer(404)
    return Answer(204, b"", _preflight(knock)) if knock.method == "OPTIONS" else None


@lru_cache(maxsize=1024)
def _is_ours(host: str, allowed: tuple[str, ...]) -> bool:
    """As the rest of the site decides it."""
    return validate_host(split_domain_port(host)[0], allowed)


def _preflight(knock: Knock) -> tuple[Header, ...]:
    wanted = knock.headers.get("access-control-request-headers", "")
    if not _HEADER_NAMES.fullmatch(wanted):
        return _PREFLIGHT
    return (*_PREFLIGHT, (b"access-control-allow-headers", wanted.encode()))


async def unserved(endpoint: OpenEndpoint, knock: Knock) -> tuple[Outcome, Answer] | None:
    """What this endpoint does not serve. Little: a TV cannot fix its tag, so any query of bearable length is served."""
    if endpoint.limiter is not None:
        if not endpoint.limiter.has_capacity():
            return Outcome.LIMITED, Answer(STATUS[Outcome.LIMITED], headers=(_RETRY,))
        await endpoint.limiter.acquire()
    if knock.line_length > MAX_LINE:
        return Outcome.UNUSABLE, Answer(STATUS[Outcome.UNUSABLE])
    return None


class VastDoor:
    """An ASGI application round another: it answers ``/vast/<slug>``, everything else is passed inside."""

    def __init__(self, inside: Application, directory: Directory, traffic: Traffic) -> None:
        self._inside = inside
        self._directory = directory
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        slug = slug_of(scope["path"]) if scope["type"] == "http" else None
        if slug is None:
            await self._inside(scope, receive, send)
            return
        knock = Knock.of(scope, slug)
        endpoint = await self._directory.find(slug)
        answer = refusal(knock, endpoint) or await self._answer(endpoint, knock)
        credentials = endpoint is not None and endpoint.allows_credentials
        head = [*answer.headers, *_headers(answer, knock, credentials)]
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": b"" if knock.method == "HEAD" else answer.body})

    async def _answer(self, endpoint: OpenEndpoint, knock: Knock) -> Answer:
        refused = await unserved(endpoint, knock)
        if refused:
            outcome, answer = refused
            self._traffic.count(endpoint.pk, time(), outcome, 0)
            return answer
        try:
            return await self._serve(endpoint, knock)
        except asyncio.CancelledError as ended:  # the server, which waits no longer for the auction
            self._traffic.count(endpoint.pk, time(), Outcome.AUCTION_FAILED, 0)
            self._traffic.failed(endpoint.public_id, type(ended).__name__)
            return Answer(200)
        except Exception as error:  # whatever is wrong with us, the player gets a document
            self._traffic.count(endpoint.pk, time(), Outcome.BROKEN, 0)
            if self._traffic.failed(endpoint.public_id, type(error).__name__):
                log.exception("endpoint broke", endpoint=endpoint.public_id)
            return Answer(STATUS[Outcome.BROKEN])

    async def _serve(self, endpoint: OpenEndpoint, knock: Knock) -> Answer:
        started = perf_counter()
        served = await serve(endpoint, Call(knock.query, knock.headers, knock.remote_addr))
        ads = len(served.result.selected) if knock.method == "GET" else 0
        self._traffic.count(endpoint.pk, time(), served.outcome, ads)
        if why := served.failure:
            self._traffic.failed(endpoint.public_id, why.code)
        if endpoint.records_requests:
            self._traffic.record(_recorded(endpoint, served, (perf_counter() - started) * 1000))
        return Answer(STATUS.get(served.outcome, 200), served.result.xml)


def _recorded(endpoint: OpenEndpoint, served: Served, took_ms: float) -> Recorded:
    return Recorded(
        endpoint=endpoint.pk,
        at=timezone.now(),
        outcome=served.outcome,
        status=STATUS.get(served.outcome, 200),
        took_ms=took_ms,
        auction_ms=served.auction_ms,
        notices=served.notices,
        request=served.request,
        result=served.result,
    )


def _headers(answer: Answer, knock: Knock, credentials: bool) -> list[Header]:
    """What every answer carries: the document's headers, and CORS for whoever names an origin."""
    headers = [_VARY]
    if answer.status != 204:
        headers += [*_DOCUMENT, (b"content-length", str(len(answer.body)).encode())]
    if origin := knock.headers.get("origin"):
        headers.append((b"access-control-allow-origin", origin.encode("latin-1")))
        if credentials:
            headers.append((b"access-control-allow-credentials", b"true"))
    return headers
