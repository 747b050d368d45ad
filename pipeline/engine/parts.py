"""The three steps of a build that a caller may replace: selection, enrichment, formatting (pipeline.md §1.5)."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from pipeline.engine.config import ReceiverConfig
from pipeline.engine.enrich import Enricher
from pipeline.engine.openrtb import Received
from pipeline.engine.receivers import Receiver
from pipeline.engine.request import Asked, PodLimits
from pipeline.engine.select import Ranking, rank
from pipeline.engine.write import WrittenAd, ad_document


class BidSelector(Protocol):
    """Decides which bids may be served and in which order; every bid is in the ranking or among its rejected."""

    def __call__(
        self, received: Received, asked: Asked, config: ReceiverConfig, limits: PodLimits | None = None
    ) -> Ranking:
        """`limits` are those of the request, None where they are not enforced."""
        ...


class Formatter(Protocol):
    """Writes the document round the finished ads, which come in the order of the pod."""

    def __call__(self, version: str, ads: Sequence[WrittenAd]) -> bytes:
        """A well-formed document of that VAST version, as UTF-8."""
        ...


class Parts(NamedTuple):
    """The steps of a build; `enricher` makes, from a config and its receiver, what enriches the ads of one build."""

    selector: BidSelector = rank
    enricher: Callable[[ReceiverConfig, Receiver], Enricher] = Enricher
    formatter: Formatter = ad_document


OURS = Parts()
