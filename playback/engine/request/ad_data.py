"""What a request for an ad gives: AdData, the ads to play with where they came from, or NoAd with its VAST error code.

An ad is played with every wrapper above it; a pod is several ads in their order, with stand-alone ads as substitutes
(IAB VAST 4.3 §3.3.1, §3.19).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from vast.ad import Ad, Creative, Linear, Link
from vast.durations import format_duration, read_duration
from vast.errors import VastErrorCode
from vast.notice import Notice

if TYPE_CHECKING:
    from playback.engine.configuration.config import PlaybackSessionConfig
    from playback.engine.delivery.ledger import LedgerEntry
    from playback.engine.playing.plan import Plan, PlanKey
    from playback.engine.request.chain import Chain


class Fault(NamedTuple):
    """Why an ad cannot be played at all: the VAST error code and a sentence."""

    code: VastErrorCode
    text: str


@dataclass(frozen=True, slots=True)
class PlayableAd:
    """One ad and the wrappers that led to it, outermost first.

    `index` is its place in the playing order of the document with this hash, `hop` the number of the hop that
    brought that document. With a `fault` it is a place that stays empty: `ad` is then the last ad that was reached,
    perhaps a wrapper, and its error is told to every level, and to the `root_errors` of the empty answer it led to.
    Nothing is to be substituted for it: where its wrapper's fallbackOnNoAd wants that, it stands next.
    """

    ad: Ad
    version: str
    sha256: str
    index: int = 0
    wrappers: tuple[Ad, ...] = ()
    notices: tuple[Notice, ...] = ()
    lenient: bool = True
    hop: int = 1
    fault: Fault | None = None
    root_errors: tuple[str, ...] = ()

    @property
    def creative(self) -> Creative | None:
        """The creative that holds the linear."""
        return next((creative for creative in self.ad.creatives if creative.linear), None)

    @property
    def linear(self) -> Linear | None:
        return self.ad.linear

    @property
    def duration_ms(self) -> int | None:
        """The ad's length; None when it is missing or, read strictly, not written as HH:MM:SS."""
        milliseconds, remark = read_duration(self.linear.duration_text) if self.linear else (None, None)
        return milliseconds if self.lenient or not remark else None

    @property
    def levels(self) -> tuple[tuple[str, Ad], ...]:
        """Every ad whose trackers count, with the name of its level: wrapper 1 (outermost), wrapper 2, ..., InLine.

        Before them stands "root" where an empty answer has Error addresses, as an ad that holds nothing else.
        """
        root = (("root", _root(self.root_errors)),) if self.root_errors else ()
        above = [(f"wrapper {depth}", ad) for depth, ad in enumerate(self.wrappers, 1)]
        own = "InLine" if self.ad.kind == "inline" else f"wrapper {len(self.wrappers) + 1}"
        return (*root, *above, (own, self.ad))

    def reference(self) -> dict[str, Any]:
        """What a session keeps of the ad in place of its XML: the document's hash and which ad of it."""
        return {
            "sha256": self.sha256,
            "index": self.index,
            "id": self.ad.id,
            "title": self.ad.ad_title,
            "version": self.version,
        }


@dataclass(frozen=True, slots=True)
class AdData:
    """What is to be played: one ad, or the ads of a pod in order; `substitutes` replace those that fail, in order.

    `transaction_id` is the [TRANSACTIONID] of the requests that led here; without one the session makes its own.
    `chain` tells how they were found, and is no part of what is equal.
    `plans` is where `plan.plan_of` keeps what it compiled for these ads, `latest` the one it gave last with its
    configuration: plans live as long as their ads.
    """

    ads: tuple[PlayableAd, ...]
    substitutes: tuple[PlayableAd, ...] = ()
    chain: "Chain | None" = field(default=None, compare=False)
    transaction_id: str = ""
    plans: "dict[PlanKey, Plan]" = field(default_factory=dict, init=False, compare=False, repr=False)
    latest: "list[tuple[PlaybackSessionConfig, Plan]]" = field(
        default_factory=list, init=False, compare=False, repr=False
    )

    @property
    def first(self) -> PlayableAd:
        return self.ads[0]

    @property
    def ad(self) -> Ad:
        """The first ad."""
        return self.first.ad

    @property
    def linear(self) -> Linear | None:
        return self.first.linear

    @property
    def duration_ms(self) -> int | None:
        return self.first.duration_ms

    @property
    def levels(self) -> tuple[tuple[str, Ad], ...]:
        return self.first.levels

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices of every document the ads stand in, each once."""
        found = (notice for ad in (*self.ads, *self.substitutes) for notice in ad.notices)
        return tuple(dict.fromkeys(found))

    def reference(self) -> dict[str, Any]:
        """What a session keeps of its ads: the first one's reference, and under "pod" those of the further ones."""
        first, *further = (ad.reference() for ad in self.ads)
        return {**first, "pod": further} if further else first

    def of_length(self, length_ms: int) -> "AdData":
        """The same ads as if each were this long: its linear Duration replaced. Hashes and the chain stay those of the
        documents as they came."""
        text = format_duration(length_ms)
        ads, substitutes = (
            tuple(replace(one, ad=_of_length(one.ad, length_ms, text)) for one in group)
            for group in (self.ads, self.substitutes)
        )
        return replace(self, ads=ads, substitutes=substitutes)


def _of_length(ad: Ad, length_ms: int, text: str) -> Ad:
    creatives = tuple(
        creative._replace(linear=creative.linear._replace(duration_ms=length_ms, duration_text=text))
        if creative.linear
        else creative
        for creative in ad.creatives
    )
    return ad._replace(creatives=creatives)


def _root(urls: tuple[str, ...]) -> Ad:
    """The root of an empty answer as a level of its own."""
    return _NOTHING._replace(errors=tuple(Link(None, url) for url in urls))


_NOTHING = Ad(
    id=None,
    sequence=None,
    kind="wrapper",
    ad_type=None,
    ad_system=None,
    ad_title=None,
    description=None,
    advertiser=None,
    pricing=None,
    categories=(),
    ad_serving_id=None,
    expires_sec=None,
    survey=None,
    impressions=(),
    errors=(),
    creatives=(),
    wrapper=None,
    verifications=(),
    viewable=(),
    extension_types=(),
)


class ErrorPing(NamedTuple):
    """An Error address that hears of a missing ad: as written, the level it stands on (root, wrapper 1, ...)."""

    url: str
    origin: str
    code: int


@dataclass(frozen=True, slots=True)
class NoAd:
    """No ad to play; false in a condition. `code` is the VAST error code, `reason` a stable word.

    reason: EMPTY (303), WRAPPER (300: no wrapper is followed, `wrapper_uri` was not asked), the outcome of the hop that
    failed (see `chain.Outcome`), or what the reader refused the document for (100, 101, 102). `pings` are the Error
    addresses to call, of each place that failed the root first, then wrappers from the outermost; `macros` what their
    macros stand for; `ledger` what became of each, in the same order. The last three are no part of what is equal.
    """

    code: int
    text: str
    reason: str
    pings: tuple[ErrorPing, ...] = ()
    wrapper_uri: str | None = None
    notices: tuple[Notice, ...] = ()
    chain: "Chain | None" = field(default=None, compare=False)
    macros: Mapping[str, Any] = field(default_factory=dict, compare=False)
    ledger: "tuple[LedgerEntry, ...]" = field(default=(), compare=False)

    def __bool__(self) -> bool:
        return False

    @property
    def error_urls(self) -> tuple[str, ...]:
        """The root Error addresses."""
        return tuple(ping.url for ping in self.pings if ping.origin == "root")
