"""One request to an endpoint, from its query string to its VAST (pipeline.md §1.13, §1.14)."""

import asyncio
import os
from collections.abc import Mapping
from time import perf_counter
from typing import Any, NamedTuple

from django.conf import settings

from pipeline.endpoint.open_endpoint import OpenEndpoint
from pipeline.engine import (
    RECEIVERS,
    MergedConfig,
    Notice,
    ReceiverConfig,
    VastResult,
    build_vast_from_bid_response,
    request_from_query,
)
from pipeline.engine.auction import Answer
from pipeline.models import Outcome

MAX_LINE = 8192
# A build of this many bytes takes about 2 ms; a longer one must not hold up the other players.
INLINE_BYTES = 128 * 1024
# Whatever is not named here is answered with 200: no ad and a failed auction are answers, too.
STATUS = {Outcome.UNUSABLE: 414, Outcome.LIMITED: 429, Outcome.BROKEN: 500}


class Call(NamedTuple):
    """What a player sent: the query undecoded, as ``request_from_query`` wants it; header names in lower case."""

    query: str
    headers: Mapping[str, str]
    remote_addr: str


class Served(NamedTuple):
    """What became of it. ``request`` is the OpenRTB request as it was auctioned; {} when none could be made.

    ``failure`` says why nobody bid, where that is not the bidders' own choice.
    """

    outcome: Outcome
    failure: Notice | None
    request: dict[str, Any]
    notices: tuple[Notice, ...]
    config: MergedConfig
    answer: Answer
    auction_ms: float | None
    result: VastResult


async def serve(endpoint: OpenEndpoint, call: Call) -> Served:
    """Map the query, ask for bids, build. Nothing that a player or an auction does makes it raise."""
    request, notices = request_from_query(
        call.query,
        call.headers,
        call.remote_addr,
        trusted_proxies=settings.TRUSTED_PROXIES,
        new_id=_new_id,
        max_line=MAX_LINE - len(f"GET /vast/{endpoint.slug}? HTTP/1.1"),
    )
    if not request:
        nothing = build_vast_from_bid_response(None, None, endpoint.merged.config)
        return Served(Outcome.UNUSABLE, None, {}, notices, endpoint.merged, Answer(None, None), None, nothing)
    merged = endpoint.config(request)
    request = RECEIVERS[merged.config.receiver].asked(endpoint.completed(request))
    started = perf_counter()
    request, answer = await endpoint.bids.ask(request)
    auction_ms = (perf_counter() - started) * 1000
    result = await _build(request, answer.response, merged.config)
    failure = _failure(answer, result)
    outcome = _outcome(failure, result)
    return Served(outcome, failure, request, notices, merged, answer, auction_ms, result)


def _new_id() -> str:
    return os.urandom(16).hex()


async def _build(request: dict[str, Any], response: bytes | None, config: ReceiverConfig) -> VastResult:
    """Here and now, or in a thread when it takes long."""
    if response is None or len(response) <= INLINE_BYTES:
        return build_vast_from_bid_response(request, response, config)
    return await asyncio.to_thread(build_vast_from_bid_response, request, response, config)


def _outcome(failure: Notice | None, result: VastResult) -> Outcome:
    if not result.no_ad:
        return Outcome.FILL
    return Outcome.AUCTION_FAILED if failure else Outcome.NO_AD


def _failure(answer: Answer, result: VastResult) -> Notice | None:
    """Why there are no bids: the auction's own error, or an answer that is no bid response."""
    if not result.errors:
        return answer.error
    unreadable = (notice for notice in result.errors if notice.code.startswith("RESPONSE_"))
    return answer.error or next(unreadable, None)
