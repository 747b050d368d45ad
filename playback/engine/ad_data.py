"""What a request for an ad gives: AdData, one playable ad with where it came from, or NoAd with its VAST error code."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vast.durations import read_duration
from vast.notice import Notice
from vast.playback import AdToPlay, LinearToPlay

if TYPE_CHECKING:
    from playback.engine.plan import Plan, PlanKey


@dataclass(frozen=True, slots=True)
class AdData:
    """One InLine ad and the wrappers that led to it, outermost first.

    `plans` is where `plan.plan_of` keeps what it compiled for this ad: plans live as long as their ad.
    """

    ad: AdToPlay
    version: str
    sha256: str
    index: int = 0
    wrappers: tuple[AdToPlay, ...] = ()
    notices: tuple[Notice, ...] = ()
    lenient: bool = True
    plans: "dict[PlanKey, Plan]" = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def linear(self) -> LinearToPlay | None:
        return self.ad.linear

    @property
    def duration_ms(self) -> int | None:
        """The ad's length; None when it is missing or, read strictly, not written as HH:MM:SS."""
        milliseconds, remark = read_duration(self.linear.duration_text) if self.linear else (None, None)
        return milliseconds if self.lenient or not remark else None

    @property
    def levels(self) -> tuple[tuple[str, AdToPlay], ...]:
        """Every ad whose trackers count, with the name of its level: wrapper 1 (outermost), wrapper 2, ..., InLine."""
        wrappers = tuple((f"wrapper {depth}", ad) for depth, ad in enumerate(self.wrappers, 1))
        return (*wrappers, ("InLine", self.ad))

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
class NoAd:
    """No ad to play. `code` is the VAST error code, `reason` a stable word, `error_urls` the root Error addresses.

    reason: EMPTY (303), WRAPPER (300: the ad stands behind `wrapper_uri`, which has to be followed first), or what
    the reader refused the document for (100, 101, 102).
    """

    code: int
    text: str
    reason: str
    error_urls: tuple[str, ...] = ()
    wrapper_uri: str | None = None
    notices: tuple[Notice, ...] = ()
