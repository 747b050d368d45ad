"""A pod drawn to scale: how long each ad lasts, where it begins, and how that stands to the time the request offers."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.engine.reading import Source
from pipeline.engine.request import read_limits, read_request
from vast.durations import format_duration
from vast.errors import VastError
from vast.playback import read_playback
from vast.recall import recall

# What an ad of unknown length is drawn as where no ad's length is known, and the least an ad is drawn as.
_GUESS_MS = 15_000
_LEAST_PERCENT = 1.5
# From these widths on, in percent, a place and then a length fit into an ad: beside a column first, then on a phone.
_ROOM = (4.0, 5.5, 8.0, 11.0)


class StripAd(NamedTuple):
    """One ad: `number` counts the served ads from 1, `duration_ms` None when unknown; `x` and `width` in percent."""

    number: int
    bid_id: str
    duration_ms: int | None
    starts_ms: int | None
    price: str
    x: float
    width: float

    @property
    def duration(self) -> str:
        return "unknown" if self.duration_ms is None else seconds(self.duration_ms)

    @property
    def room(self) -> int:
        """How much may be written into it: 0 nothing, 4 everything on every screen."""
        return bisect_right(_ROOM, self.width)

    @property
    def starts(self) -> str:
        return "unknown" if self.starts_ms is None else format_duration(self.starts_ms)


class Strip(NamedTuple):
    """The ads in playing order. `limit_ms` is the pod's time in the request, `limit_x` its place in percent."""

    ads: tuple[StripAd, ...]
    known_ms: int
    unknown: int
    limit_ms: int | None = None
    limit_x: float | None = None

    @property
    def over_ms(self) -> int:
        """By how much the known ads exceed the pod's time; 0 when they fit or nothing limits them."""
        return max(self.known_ms - self.limit_ms, 0) if self.limit_ms else 0

    @property
    def summary(self) -> str:
        count = len(self.ads)
        said = [f"{count} ad{'' if count == 1 else 's'}, {seconds(self.known_ms)} in all"]
        if self.unknown:
            said.append(f"{self.unknown} of unknown length")
        if self.limit_ms:
            fits = (
                f"{seconds(self.over_ms)} over"
                if self.over_ms
                else f"which {'it fits' if count == 1 else 'they fit'}"
            )
            said.append(f"the request offers {seconds(self.limit_ms)}, {fits}")
        return "; ".join(said)

    def to_dict(self) -> dict[str, Any]:
        """JSON-native, without the geometry."""
        ads = [
            {
                "number": ad.number,
                "bid_id": ad.bid_id,
                "duration_ms": ad.duration_ms,
                "starts_ms": ad.starts_ms,
            }
            for ad in self.ads
        ]
        return {"ads": ads, "known_ms": self.known_ms, "unknown": self.unknown, "limit_ms": self.limit_ms}


def seconds(ms: int) -> str:
    """``15000`` -> ``15 s``, ``14980`` -> ``14.98 s``."""
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + " s"


def strip(selected: Sequence[Mapping[str, Any]], vast: str, limit_ms: int | None = None) -> Strip:
    """The pod of a build: its selected bids as it keeps them, its document, and the pod's time where one is stated."""
    lengths = _durations(vast, selected)
    known = [length for length in lengths if length]
    guess = sum(known) // len(known) if known else _GUESS_MS
    drawn = [length or guess for length in lengths]
    scale = max(sum(drawn), limit_ms or 0) or 1
    widths = [max(length * 100 / scale, _LEAST_PERCENT) for length in drawn]
    # Very short ads are drawn wider than they are: then everything shrinks to fit.
    shrink = min(1.0, 100 / sum(widths)) if widths else 1.0
    ads, x, at = [], 0.0, 0
    for number, (bid, length, width) in enumerate(zip(selected, lengths, widths, strict=True), 1):
        price = f"{bid['price']} {bid['currency']}"
        starts = at if all(lengths[: number - 1]) else None
        ads.append(
            StripAd(number, bid["bid_id"], length, starts, price, _percent(x), _percent(width * shrink))
        )
        x += width * shrink
        at += length or 0
    limit_x = _percent(limit_ms * 100 * shrink / scale) if limit_ms else None
    return Strip(tuple(ads), sum(known), lengths.count(None), limit_ms, limit_x)


def _percent(value: float) -> float:
    return round(value, 3)


def _durations(vast: str, selected: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """What the served ads state, else what the bids do; None for neither."""
    try:
        served = [ad.duration_ms for ad in recall(read_playback, vast).ads]
    except VastError:
        served = []
    if len(served) != len(selected):
        served = [None] * len(selected)
    return [
        length or (bid["duration_sec"] * 1000 or None) for length, bid in zip(served, selected, strict=True)
    ]


def pod_limit_ms(request: Source, imp_ids: frozenset[str]) -> int | None:
    """``poddur`` of the one pod that was answered as the engine reads it, in ms; None where none is stated.

    Impressions are one pod where they share a podid; what answers something else as well has no one limit.
    """
    imps = read_limits(read_request(request)).imps
    answered = [imps[imp_id] for imp_id in imp_ids if imp_id in imps]
    pods = {("pod", imp.podid) if imp.podid else ("imp", imp.id) for imp in answered}
    stated = {imp.poddur for imp in answered} - {None}
    return stated.pop() * 1000 if len(stated) == len(pods) == 1 else None
