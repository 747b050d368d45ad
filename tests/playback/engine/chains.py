"""Wrappers written for these tests, and a web of tags that answers them without a socket."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import httpx

from playback.engine import AdData, NoAd, VastClient
from tests.playback.engine.ads import SINK, inline, vast


def wrapper(
    uri: str | None,
    ad_id: str = "w",
    *,
    sequence: int | None = None,
    blocked: str = "",
    error: str | None = None,
    **switches: Any,
) -> str:
    """One Wrapper ad whose Error and Impression carry its id; `switches` are its attributes."""
    place = f' sequence="{sequence}"' if sequence else ""
    attributes = "".join(f' {name}="{str(value).lower()}"' for name, value in switches.items())
    tag = "" if uri is None else f"<VASTAdTagURI><![CDATA[ {uri} ]]></VASTAdTagURI>"
    categories = f"<BlockedAdCategories>{blocked}</BlockedAdCategories>" if blocked else ""
    told = f"{SINK}/err-{ad_id}?c=[ERRORCODE]" if error is None else error
    return (
        f'<Ad id="{ad_id}"{place}><Wrapper{attributes}><AdSystem>T</AdSystem>{tag}'
        f"<Error><![CDATA[{told}]]></Error><Impression><![CDATA[{SINK}/imp-{ad_id}]]></Impression>"
        f"{categories}</Wrapper></Ad>"
    )


def empty(*errors: str, version: str = "3.0") -> str:
    return (
        f'<VAST version="{version}">{"".join(f"<Error><![CDATA[{url}]]></Error>" for url in errors)}</VAST>'
    )


def categorised(*codes: str, ad_id: str = "a1") -> str:
    """An InLine of these categories."""
    rows = "".join(f'<Category authority="https://iab.example">{code}</Category>' for code in codes)
    return inline(ad_id=ad_id).replace("<AdTitle>", f"{rows}<AdTitle>", 1)


Answer = str | int | Exception | httpx.Response | Callable[[httpx.Request], httpx.Response]


class Web:
    """Tags by path, whatever the host: a document, a status, an exception that is raised, or a response.

    What is not in the table gets `default`.
    """

    def __init__(self, table: Mapping[str, Answer], *, default: Answer = 404) -> None:
        self.table = dict(table)
        self.default = default
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.table.get(request.url.path, self.default)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return httpx.Response(200, text=answer, headers={"content-type": "application/xml"})
        if isinstance(answer, int):
            return httpx.Response(answer)
        return answer(request) if callable(answer) else answer

    @property
    def asked(self) -> list[str]:
        """The addresses asked for, pixels left out."""
        return [str(request.url) for request in self.requests if request.url.host != urlsplit(SINK).hostname]

    @property
    def paths(self) -> list[str]:
        return [urlsplit(url).path for url in self.asked]

    @property
    def pixels(self) -> list[str]:
        """Path and query of the calls of the sink, in order."""
        called = [request.url for request in self.requests if request.url.host == urlsplit(SINK).hostname]
        return [url.raw_path.decode().lstrip("/") for url in called]

    def client(self, source: Any = "http://ads.example.com/tag", **options: Any) -> VastClient:
        return VastClient(source, transport=self.transport, **{"seed": 7, **options})

    async def request(self, source: Any = "http://ads.example.com/tag", **options: Any) -> AdData | NoAd:
        async with self.client(source, **options) as client:
            return await client.request_ad()


def tags(depth: int, last: str, **switches: Any) -> dict[str, Answer]:
    """/tag leads over /w2, /w3, ... to `last`, `depth` wrappers later; the wrappers are called w1, w2, ..."""
    paths = ["/tag", *(f"/w{number}" for number in range(2, depth + 1)), "/last"]
    steps = {
        path: vast(wrapper(f"http://ads.example.com{after}", f"w{number}", **switches))
        for number, (path, after) in enumerate(pairwise(paths), 1)
    }
    return {**steps, "/last": last}


def ids(answer: AdData) -> list[str | None]:
    return [place.ad.id for place in answer.ads]


def outcomes(answer: AdData | NoAd) -> list[str]:
    assert answer.chain is not None
    return [hop.outcome.value for hop in answer.chain.hops]
