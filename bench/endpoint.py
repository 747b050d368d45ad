"""What a player's GET costs above the build it asks for, from the ASGI scope to the last byte sent.

`endpoint_cpu_over_build` is in µs of CPU time: the median over rounds of a request less the same build alone (same
OpenRTB request, same five bids, same configuration), for the endpoint's bare address. `endpoint_cpu_over_build_tag` is
the same for an address with the parameters of a tag. Beside them an application that sends ready bytes, driven alike.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from itertools import cycle
from statistics import median
from time import process_time
from typing import Any

import django
import uvloop
from aiolimiter import AsyncLimiter

from bench.build import response
from bench.rounds import interleaved
from pipeline.engine import build_vast_from_bid_response

ROUNDS = 15
REQUESTS = 100
VIEWERS = 10_000
BIDS = 5
SLUG = "bcdfghjkmnpq"
CONFIG = {
    "selection_strategy": "ALL",
    "max_ads_in_pod": 0,
    "vast_version_default": "4.2",
    "enable_debug": True,
}
# A tag as connected televisions send it, its macros filled in: viewer, device and programme differ by request.
TAG = (
    "w=1920&h=1080&cb={chance}&ip=203.0.{a}.{b}&ua=Roku%2FDVP-12.0%20(12.0.0.{a}-{b})&app_bundle=tv.example.living"
    "&app_name=Living%20Room%20TV&did=1f0a6f2e-52b1-4a63-9d7f-{chance:012x}&ifa_type=rida&lmt=0&us_privacy=1YNN"
    "&pod_max_dur=180&pod_ad_slots=6&content_genre=drama&content_id=e-{b}&rating=TV-14&channel_name=Drama%20One"
)
HEADERS = {
    "host": "127.0.0.1",
    "user-agent": "Roku/DVP-12.0 (12.0.0.4182-88)",
    "accept": "*/*",
    "accept-encoding": "gzip",
    "accept-language": "en-US,en;q=0.9",
    "origin": "https://player.example.com",
    "connection": "keep-alive",
}
CLIENT = "203.0.113.77"
SCOPE = {
    "type": "http",
    "method": "GET",
    "path": f"/vast/{SLUG}",
    "raw_path": f"/vast/{SLUG}".encode(),
    "headers": [(name.encode(), value.encode()) for name, value in HEADERS.items()],
    "client": (CLIENT, 50_000),
}


def tags(count: int) -> list[str]:
    """Queries of as many viewers, always the same ones."""
    draw = random.Random(count)
    return [
        TAG.format(chance=draw.randrange(10**10), a=draw.randrange(256), b=draw.randrange(256))
        for _ in range(count)
    ]


Message = dict[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


class Driver:
    """Asks an application the way a server does, and keeps what it heard last."""

    def __init__(self, loop: asyncio.AbstractEventLoop, application: Application, queries: list[str]) -> None:
        self._loop = loop
        self._application = application
        self._queries = cycle([query.encode() for query in queries])
        self.status, self.body = 0, b""

    def ask(self, times: int) -> None:
        self._loop.run_until_complete(self._ask(times))

    async def _ask(self, times: int) -> None:
        for _ in range(times):
            scope = {**SCOPE, "query_string": next(self._queries)}
            await self._application(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body = message["body"]


class OneEndpoint:
    """A directory with one endpoint in it."""

    def __init__(self, endpoint: Any) -> None:
        self.endpoint = endpoint

    async def find(self, slug: str) -> Any:
        return self.endpoint if slug == SLUG else None


def site(module: str) -> Any:
    """A module of the Django app, which needs its settings; no database is asked."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vastdash.settings")
    os.environ.setdefault("VASTDASH_SECRET_KEY", "of the measurement only")
    django.setup()
    return import_module(f"pipeline.{module}")


def endpoint_of(body: bytes) -> Any:
    """An endpoint over a stored response; its limiter counts, and never refuses."""
    from dataclasses import replace

    models, made = site("models"), site("endpoint.open_endpoint")

    async def read(_upload: int) -> Any:
        return made.StoredAnswer.of(body)

    profile = models.ReceiverProfile(config=CONFIG)
    row = models.Endpoint(pk=1, slug=SLUG, receiver=profile, source=models.Source.CANNED, canned_id=1)
    opened = made.opened(row, made.bids_of(row, made.StoredAnswers(read).get))
    return replace(opened, limiter=AsyncLimiter(10**9, 1))


def door_of(endpoint: Any) -> Application:
    async def nowhere(*_: Any) -> None:
        raise AssertionError("the request was passed on")

    traffic = site("endpoint.traffic").Traffic(None)
    door: Application = site("endpoint.door").VastDoor(nowhere, OneEndpoint(endpoint), traffic)
    return door


def raw(body: bytes) -> Application:
    """Ready bytes and two headers."""
    headers = [(b"content-type", b"application/xml"), (b"content-length", str(len(body)).encode())]

    async def answer(_scope: Message, _receive: Any, send: Callable[[Message], Awaitable[None]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return answer


async def same_build(endpoint: Any, body: bytes, query: str) -> Callable[[], bytes]:
    """The build that a request asks for, alone."""
    serving = site("endpoint.serving")
    served = await serving.serve(endpoint, serving.Call(query, HEADERS, CLIENT))
    request: Mapping[str, Any] = served.request
    return lambda: build_vast_from_bid_response(request, body, served.config.config).xml


def measured(queries: list[str]) -> dict[str, float]:
    """µs of CPU of a request with these queries, of its build alone, and of sending ready bytes; and the difference."""
    body = response(BIDS)
    loop = uvloop.new_event_loop()  # as the server's
    try:
        endpoint = endpoint_of(body)
        build = loop.run_until_complete(same_build(endpoint, body, queries[0]))
        player, bystander = Driver(loop, door_of(endpoint), queries), Driver(loop, raw(build()), queries)
        player.ask(1)
        if player.status != 200 or player.body != build():
            raise AssertionError(
                f"the endpoint answered {player.status} with another document than the build"
            )
        taken = interleaved(
            {
                "get": (lambda: player.ask(REQUESTS), 1),
                "build": (lambda: [build() for _ in range(REQUESTS)], 1),
                "raw": (lambda: bystander.ask(REQUESTS), 1),
            },
            ROUNDS,
            process_time,
        )
    finally:
        loop.close()
    micros = {name: [spent / REQUESTS * 1e6 for spent in rounds] for name, rounds in taken.items()}
    above = [get - alone for get, alone in zip(micros["get"], micros["build"], strict=True)]
    return {"above": median(above)} | {name: median(rounds) for name, rounds in micros.items()}


def run() -> dict[str, float]:
    bare, tagged = measured([""]), measured(tags(VIEWERS))
    return {
        "endpoint_cpu_over_build": bare["above"],
        "endpoint_cpu_over_build_tag": tagged["above"],
        "endpoint_get_us": bare["get"],
        "endpoint_build_us": bare["build"],
        "endpoint_raw_asgi_us": bare["raw"],
    }
