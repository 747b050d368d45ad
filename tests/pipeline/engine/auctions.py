"""Auctions against a fake Prebid Server, for whoever asks one."""

import contextlib

from pipeline.engine.auction import Answer, PrebidServer
from tests.pipeline.engine.prebid_server import FakePrebidServer
from vast.address import parse_allowed

HERE = parse_allowed(["127.0.0.1"])
PATIENT = 30_000
REQUEST = {"id": "r1", "tmax": PATIENT, "imp": [{"id": "1", "video": {"mimes": ["video/mp4"]}}]}
NO_BIDS = {"id": "r1", "seatbid": []}


@contextlib.asynccontextmanager
async def auction_at(url, **options):
    auction = PrebidServer(url, **{"allowed": HERE, "answer_ms": 0} | options)
    try:
        yield auction
    finally:
        await auction.close()


@contextlib.asynccontextmanager
async def auction_of(*replies, **options):
    """(a fake Prebid Server, an auction there)"""
    async with FakePrebidServer(*replies) as fake, auction_at(fake.url, **options) as auction:
        yield fake, auction


async def asked(*replies, request=REQUEST, **options) -> Answer:
    async with auction_of(*replies, **options) as (_, auction):
        return await auction.ask(request)


def code(answer: Answer) -> str:
    assert answer.response is None
    assert answer.error.text
    return answer.error.code.removeprefix("AUCTION_")
