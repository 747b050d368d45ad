"""Bid responses to walk through: other people's where the open corpus is here, else our own of the same kind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.server import ROOT
from tests.corpus import CORPUS

OWN = ROOT / "examples" / "bids"


@dataclass(frozen=True, slots=True)
class Sample:
    """`theirs` lies in the corpus, `own` among the examples; both are of the kind that `what` names."""

    what: str
    own: str
    theirs: str = ""

    @property
    def path(self) -> Path:
        return CORPUS / "bids" / self.theirs if CORPUS and self.theirs else OWN / self.own

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.path.read_bytes()))

    @property
    def bids(self) -> list[dict[str, Any]]:
        """Every bid of every seat, read without any of our own code."""
        return [bid for seat in self.body.get("seatbid", []) for bid in seat["bid"]]

    def __str__(self) -> str:
        return self.what.replace(" ", "-")


PLAYABLE = (
    Sample(
        "InLine with many trackers",
        "inline-vast3.json",
        "prebid-server/gumgum--exemplary__video.response.json",
    ),
    Sample(
        "InLine of a few lines",
        "inline-vast4.json",
        "prebid-server/yandex--exemplary__simple-video.response.json",
    ),
    Sample(
        "several bids of one seat",
        "pod-three-seats.json",
        "aws-prebid-server-deployment/aws-loadtest--bid_response.response.json",
    ),
)
SEATS = (
    Sample(
        "banner and video of two seats",
        "pod-three-seats.json",
        "prebid-server/cadent_aperture_mx--exemplary__banner-and-video-app.response.json",
    ),
    Sample(
        "wrappers of two seats",
        "pod-three-seats.json",
        "prebid-server-exchange/pbs-exchange--exchangetest__events-vast-account-off-request-on.response.json",
    ),
)
WRAPPERS = (
    Sample("wrapper", "wrapper.json", "prebid-server/blis--exemplary__video.response.json"),
    Sample(
        "wrapper with trackers",
        "wrapper.json",
        "openrtb3-converter/iab-converter--RESPONSE_VAST_SITE_24.response.json",
    ),
)
BROKEN = Sample("broken adm", "broken-adm.json", "prebid-server/bematterfull--exemplary__video.response.json")
NO_BID = Sample("no bid", "no-bid.json")
BROKEN_AMONG_OTHERS = Sample("broken adm among others", "broken-adm.json")
THIRTY_SECONDS = OWN / "inline-vast3.json"
FIFTEEN_SECONDS = OWN / "inline-vast4.json"
POD = OWN / "pod-three-seats.json"


def nothing_but_broken() -> dict[str, Any]:
    """A bid response whose only bid has an ad that cannot be read."""
    body = BROKEN.body
    seat = body["seatbid"][0]
    return body | {"seatbid": [seat | {"bid": seat["bid"][:1]}]}
