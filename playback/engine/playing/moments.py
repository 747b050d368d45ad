"""When the trackers of one ad become due: its moments in the order they fire, and the trackers that never fire.

Instants are integer microseconds from the ad's first frame, in which a quarter of a whole millisecond is exact
(playback.md 2.10, 2.11).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from playback.engine.playing.events import EVENTS, MOMENTS, NO_TRACKING
from playback.engine.playing.session import NOTHING, PlaybackEvent, Shared, Tracked
from playback.engine.playing.trackers import (
    Pixel,
    clicks,
    errors,
    impressions,
    linear_trackers,
    unseen,
    unverified,
    view_undetermined,
)
from playback.engine.request.ad_data import PlayableAd
from vast.durations import Offset
from vast.errors import VastErrorCode

US: Final = 1_000_000
MAX_PROGRESS: Final = 500
"""Progress offsets of one ad that are followed; a document with more is no advertisement."""

REASON_UNSUPPORTED: Final = 2
"""[REASON] of verificationNotExecuted: the player cannot run the code (IAB VAST 4.3 §3.17)."""


class Moment(NamedTuple):
    """An instant the playhead reaches, with the trackers due there; `part` is the place of its ad in the plan.

    `code` is the VAST error code that its trackers are told, `note` the metadata of its event.
    """

    at_us: int
    event: str
    quartile: int
    pixels: tuple[Pixel, ...]
    part: int = 0
    code: int | None = None
    note: Mapping[str, Any] = NOTHING

    @property
    def key(self) -> "Key":
        return self.event, self.at_us, self.part, self.code


Key = tuple[str, int, int, int | None]
"""What tells one moment from all others, and finds it again in a record."""


class Unreachable(NamedTuple):
    """A tracker that never becomes due, where it would lie if that is known, and why."""

    pixel: Pixel
    at_us: int | None
    reason: str
    part: int = 0


class Course(NamedTuple):
    """What a session records at each moment while its clock is its playhead, made once for all of them.

    Of the three tuples of the same length as the plan's moments, any stretch can be taken at once; `quartiles[n]` are
    those of the ad on show behind a session that has the first n moments behind it.
    """

    instants: tuple[int, ...]
    events: tuple[PlaybackEvent, ...]
    tracked: tuple[Tracked, ...]
    quartiles: tuple[frozenset[int], ...]

    @classmethod
    def along(cls, moments: Sequence[Moment]) -> "Course":
        return cls(
            tuple(moment.at_us for moment in moments),
            tuple(PlaybackEvent(m.at_us / US, m.event, m.at_us / US, m.note) for m in moments),
            tuple(Tracked(m.event, m.at_us, m.at_us, m.part, m.code) for m in moments),
            tuple(_quartiles(moments)),
        )


def _quartiles(moments: Iterable[Moment]) -> Iterator[frozenset[int]]:
    behind: frozenset[int] = frozenset()
    yield behind
    for moment in moments:
        if moment.event == "impression":
            behind = frozenset()
        behind |= {moment.quartile} - {0}
        yield behind


def instant(offset: Offset, duration_ms: int) -> int:
    """An offset of the document in microseconds."""
    if offset.percent is not None:
        return int(Fraction(offset.percent) * duration_ms * 10)
    return (offset.ms or 0) * 1000


def schedule(ad: PlayableAd, duration_ms: int, *, quartiles: bool) -> tuple[list[Moment], list[Unreachable]]:
    """The moments of an ad of this length, and its trackers that never fire; without `quartiles`, none of those."""
    due, unreachable = _instants(ad, duration_ms)
    moments = []
    for (at, event), pixels in sorted(due.items(), key=_order):
        facts = EVENTS[event]
        if 0 < facts.quartile < 4 and not quartiles:
            reason = "automatic quartiles are off"
            unreachable.extend(Unreachable(pixel, at, reason) for pixel in pixels)
        else:
            code, note = _NOTES.get(event, (None, NOTHING))
            moments.append(Moment(at, event, facts.quartile, tuple(pixels), 0, code, note))
    unreachable.extend(Unreachable(pixel, None, reason) for pixel, reason in unseen(ad))
    return moments, unreachable


def failed(ad: PlayableAd, code: VastErrorCode, text: str) -> Moment:
    """The one moment of an ad that cannot be played: every level hears of the error."""
    return Moment(0, "error", 0, tuple(errors(ad)), 0, int(code), error_note(code, text))


def error_note(code: VastErrorCode, text: str) -> Mapping[str, Any]:
    return Shared({"error_code": int(code), "meaning": code.meaning, "text": text})


_NOTES: Final[Mapping[str, tuple[int | None, Mapping[str, Any]]]] = {
    "verificationNotExecuted": (None, Shared({"reason_code": REASON_UNSUPPORTED})),
    "error": (
        int(VastErrorCode.INTERACTIVE_NOT_RUN),
        error_note(
            VastErrorCode.INTERACTIVE_NOT_RUN, "the interactive file was not run; the media file is played"
        ),
    ),
}
"""Event that an ad has at its begin -> error code and metadata; an error there is the interactive file's."""

_Due = dict[tuple[int, str], list[Pixel]]


def _instants(ad: PlayableAd, duration_ms: int) -> tuple[_Due, list[Unreachable]]:
    """Every instant the playhead reaches with its trackers, and the linear's trackers it never will."""
    due: _Due = {(_place(event, duration_ms), event): [] for event in MOMENTS if EVENTS[event].always}
    due[0, "impression"].extend(impressions(ad))
    unreachable: list[Unreachable] = []
    for origin, tracker in linear_trackers(ad):
        pixel = Pixel(tracker.event, tracker.url, origin)
        if tracker.event == "progress":
            at = instant(tracker.offset, duration_ms) if tracker.offset else None
            reason = _no_progress(at, duration_ms, due)
            if at is None or reason:
                unreachable.append(Unreachable(pixel, at, reason))
                continue
        elif tracker.event in NO_TRACKING:
            unreachable.append(Unreachable(pixel, None, NO_TRACKING[tracker.event]))
            continue
        elif tracker.event in MOMENTS:
            at = _place(tracker.event, duration_ms)
        else:
            continue
        due.setdefault((at, tracker.event), []).append(pixel)
    _add_begin(due, ad)
    return due, unreachable


def _add_begin(due: _Due, ad: PlayableAd) -> None:
    """What a player that runs no code and sees nothing says as an ad begins (IAB VAST 4.3 §3.4.7, §3.9, §3.17)."""
    for event, pixels in (
        ("verificationNotExecuted", list(unverified(ad))),
        ("viewUndetermined", list(view_undetermined(ad))),
    ):
        if pixels:
            due[0, event] = pixels
    if ad.ad.kind == "inline" and ad.linear and ad.linear.interactive_files:
        due[0, "error"] = list(errors(ad))


def _no_progress(at: int | None, duration_ms: int, due: Collection[tuple[int, str]]) -> str:
    """Why a progress tracker cannot fire; empty when it can."""
    if at is None:
        return EVENTS["progress"].absent
    if duration_ms and at > duration_ms * 1000:
        return "its offset lies beyond the ad"
    crowded = len(due) >= MAX_PROGRESS and (at, "progress") not in due
    return f"the ad has more than {MAX_PROGRESS} progress offsets" if crowded else ""


def _place(event: str, duration_ms: int) -> int:
    return int((EVENTS[event].fraction or Fraction(0)) * duration_ms * 1000)


def _order(item: tuple[tuple[int, str], list[Pixel]]) -> tuple[int, int]:
    (at, event), _ = item
    return at, EVENTS[event].rank


def other_pixels(ad: PlayableAd) -> dict[str, tuple[Pixel, ...]]:
    """The trackers of an ad that no playhead reaches, by event: what a viewer or a fault causes."""
    found: dict[str, list[Pixel]] = {}
    for origin, tracker in linear_trackers(ad):
        if tracker.event not in (*MOMENTS, *NO_TRACKING, "progress"):
            found.setdefault(tracker.event, []).append(Pixel(tracker.event, tracker.url, origin))
    for pixel in (*errors(ad), *clicks(ad)):
        found.setdefault(pixel.event, []).append(pixel)
    return {event: tuple(pixels) for event, pixels in found.items()}
