"""An endpoint's row made ready to serve: its merged configuration, whom it asks for bids, and its limits."""

import asyncio
import contextvars
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, NamedTuple

from aiolimiter import AsyncLimiter
from django.conf import settings
from django.db import DatabaseError

from pipeline.configuration.layers import account_of, merged
from pipeline.engine import MergedConfig, Notice, merge_config, requested_config
from pipeline.engine.auction import Answer, Auction, CannedAnswer, PrebidServer
from pipeline.engine.config import HARD_CAP
from pipeline.engine.openrtb import read_response
from pipeline.models import Endpoint, Source, Upload
from vast.address import parse_allowed
from vastdash.models import Publisher

REQUEST_LAYER = "request"
# Tags choose among few settings; a hostile one that tries many must not fill the memory.
VARIANTS = 256
STORED_BYTES = 256 * 1024 * 1024

Json = dict[str, Any]
Settings = tuple[tuple[str, Hashable], ...]


class StoredAnswer(NamedTuple):
    """A stored bid response, the imps it answers, and the auction that always ends with it."""

    body: bytes
    imp_ids: tuple[str, ...]
    auction: CannedAnswer

    @classmethod
    def of(cls, body: bytes) -> "StoredAnswer":
        found = dict.fromkeys(bid.impid for bid in read_response(body).bids if bid.impid)
        return cls(body, tuple(found)[:HARD_CAP], CannedAnswer(body))

    def asked(self, request: Json) -> Json:
        """The request as if its one imp were each of those that the response answers, in one pod."""
        imps = request.get("imp")
        if not imps or not self.imp_ids or self.imp_ids == (imps[0]["id"],):
            return request
        imp = dict(imps[0])
        if len(self.imp_ids) > 1 and "video" in imp:
            imp["video"] = {"podid": "1", **imp["video"]}
        return {**request, "imp": [{**imp, "id": imp_id} for imp_id in self.imp_ids]}


class Bidding(NamedTuple):
    """The request as it was asked in the end, and what came back."""

    request: Json
    answer: Answer


class AuctionBids:
    """Bids from an auction; its connections stay open until ``close``."""

    def __init__(self, auction: Auction) -> None:
        self._auction = auction

    async def ask(self, request: Json) -> Bidding:
        return Bidding(request, await self._auction.ask(request))

    async def close(self) -> None:
        await self._auction.close()


class StoredBids:
    """Bids from a stored response."""

    def __init__(self, read: Callable[[], Awaitable[StoredAnswer]]) -> None:
        self._read = read

    async def ask(self, request: Json) -> Bidding:
        try:
            stored = await self._read()
        except (DatabaseError, Upload.DoesNotExist):
            text = "the stored bid response cannot be read now"
            return Bidding(request, Answer(None, Notice("AUCTION_STORED_UNREADABLE", "", text)))
        return Bidding(stored.asked(request), await stored.auction.ask(request))

    async def close(self) -> None:
        """Nothing is held."""


class NoBids:
    """An endpoint whose source cannot be asked at all; each request is told why."""

    def __init__(self, text: str) -> None:
        self._answer = Answer(None, Notice("AUCTION_NOT_CONFIGURED", "", text))

    async def ask(self, request: Json) -> Bidding:
        return Bidding(request, self._answer)

    async def close(self) -> None:
        """Nothing is held."""


Bids = AuctionBids | StoredBids | NoBids


class StoredAnswers:
    """Stored bid responses by upload, each read once however many ask; those asked for last stay in memory."""

    def __init__(
        self, read: Callable[[int], Awaitable[StoredAnswer]], limit_bytes: int = STORED_BYTES
    ) -> None:
        self._read = read
        self._limit_bytes = limit_bytes
        self._tasks: OrderedDict[int, asyncio.Task[StoredAnswer]] = OrderedDict()

    async def get(self, upload: int) -> StoredAnswer:
        task = self._tasks.get(upload)
        if task is None:
            loop = asyncio.get_running_loop()
            task = loop.create_task(self._load(upload), context=contextvars.Context())
            task.add_done_callback(partial(self._settle, upload))
            self._tasks[upload] = task
        self._tasks.move_to_end(upload)
        return task.result() if task.done() else await asyncio.shield(task)

    async def _load(self, upload: int) -> StoredAnswer:
        return await self._read(upload)

    def _settle(self, upload: int, task: asyncio.Task[StoredAnswer]) -> None:
        if task.cancelled() or task.exception():
            self._tasks.pop(upload, None)
            return
        ready = [key for key, other in self._tasks.items() if other.done()]
        held = sum(len(self._tasks[key].result().body) for key in ready)
        for oldest in ready[:-1]:
            if held <= self._limit_bytes:
                break
            held -= len(self._tasks.pop(oldest).result().body)


@dataclass(frozen=True, slots=True, eq=False)
class OpenEndpoint:
    """What serving needs of a row. ``variant`` gives the configuration with a tag's own settings above the profile."""

    pk: int
    public_id: str
    slug: str
    merged: MergedConfig
    variant: Callable[[Settings], MergedConfig]
    bids: Bids
    publisher: str
    tmax_ms: int
    allows_credentials: bool
    records_requests: bool
    limiter: AsyncLimiter | None

    def config(self, request: Json) -> MergedConfig:
        """The effective configuration of one request: what its tag may choose lies above the profile."""
        wanted = requested_config(request)
        asked, most = _ads_asked(request), self.merged.config.max_ads_in_pod
        if asked and (not most or asked < most):
            wanted["max_ads_in_pod"] = asked
        return self.variant(tuple(wanted.items())) if wanted else self.merged

    def completed(self, request: Json) -> Json:
        """The request with a time limit, the tag's where it is the shorter one, and with whose inventory it is.

        The endpoint's publisher stands where the tag names none; an ad server wants an app or a site in any case.
        """
        place = "site" if "site" in request else "app"
        inventory = request.get(place, {})
        if self.publisher and "publisher" not in inventory:
            inventory = {**inventory, "publisher": {"id": self.publisher}}
        tmax_ms = min(request.get("tmax") or self.tmax_ms, self.tmax_ms)
        return {**request, place: inventory, "tmax": tmax_ms}


def _ads_asked(request: Json) -> int:
    """The most ads that the request's one imp takes; 0 when it does not say."""
    imp = request["imp"][0]
    asked = imp.get("video") or imp.get("audio") or {}
    return min(asked.get("maxseq") or 0, HARD_CAP)


def _variant(publisher: Publisher | None, profile: Mapping[str, Any], wanted: Settings) -> MergedConfig:
    alone = merge_config(profile=dict(wanted))
    # What a tag spells wrong must not hide what the profile says.
    stated = {key: value for key, value in wanted if alone.provenance.get(key) == "profile"}
    both = merged(account_of(publisher), {**profile, **stated})
    wrong = tuple(
        notice._replace(text=f"{REQUEST_LAYER}: {notice.text.partition(': ')[2]}")
        for notice in merge_config(profile={key: value for key, value in wanted if key not in stated}).notices
    )
    return both._replace(
        notices=both.notices + wrong, provenance={**both.provenance, **dict.fromkeys(stated, REQUEST_LAYER)}
    )


def opened(row: Endpoint, bids: Bids) -> OpenEndpoint:
    """Needs ``receiver`` and ``publisher`` of the row loaded."""
    profile = row.receiver.config
    rate = settings.ENDPOINT_RATE
    return OpenEndpoint(
        pk=row.pk,
        public_id=row.public_id,
        slug=row.slug,
        merged=merged(account_of(row.publisher), profile),
        variant=lru_cache(VARIANTS)(partial(_variant, row.publisher, profile)),
        bids=bids,
        publisher=row.publisher.name if row.publisher else "",
        tmax_ms=row.tmax_ms,
        allows_credentials=row.allows_credentials,
        records_requests=row.records_requests,
        limiter=AsyncLimiter(rate, 1) if rate > 0 else None,
    )


def bids_of(row: Endpoint, read: Callable[[int], Awaitable[StoredAnswer]]) -> Bids:
    """Whom the row says to ask; ``read`` gives a stored response by its upload."""
    if row.source == Source.PREBID_SERVER:
        allowed = parse_allowed(settings.FETCH_ALLOWED)
        return AuctionBids(PrebidServer(row.auction_url, allowed=allowed, default_tmax_ms=row.tmax_ms))
    if row.canned_id is None:
        return NoBids("the endpoint has no stored bid response")
    return StoredBids(partial(read, row.canned_id))
