"""The stand-in Prebid Server runs as its first lines say, and its bids become VAST."""

import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.engine import build_vast_from_bid_response
from pipeline.engine.auction import PrebidServer
from vast.address import parse_allowed

ROOT = Path(__file__).resolve().parents[2]
REQUEST = {"id": "r-7", "tmax": 30_000, "imp": [{"id": "pod", "video": {"maxduration": 20}}]}


@pytest.fixture
def url():
    """Where a stand-in of this test's own listens."""
    command = [sys.executable, "-m", "examples.prebid_server", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        with closing(process.stdout):
            yield process.stdout.readline().strip()
        process.terminate()


async def test_an_auction_at_the_stand_in_becomes_vast(url):
    auction = PrebidServer(url, allowed=parse_allowed(["127.0.0.1"]))
    answers = [await auction.ask(REQUEST) for _ in range(2)]
    nothing = await auction.ask(REQUEST | {"imp": []})
    broken = await auction.ask(REQUEST | {"imp": [{}]})
    elsewhere = PrebidServer(url.removesuffix("/auction"), allowed=parse_allowed(["127.0.0.1"]))
    lost = await elsewhere.ask(REQUEST)
    await auction.close()
    await elsewhere.close()

    assert answers[0] == answers[1]
    result = build_vast_from_bid_response(REQUEST, answers[0].response, {"max_ads_in_pod": 0})
    assert [item.meta.imp_id for item in result.selected] == ["pod"] * len(result.selected)
    assert 0 < len(result.selected) < 3, "a spot of 30 seconds does not fit"
    assert (nothing.status, nothing.error) == (204, None)
    assert (broken.status, "Invalid request" in broken.error.text) == (400, True)
    assert lost.status == 404
