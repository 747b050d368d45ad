"""A plan: everything about playing one ad under one configuration that no session changes (playback.md 2.10, 2.11).

Instants are integer microseconds, in which a quarter of a whole millisecond is exact. Sessions of the same ad and
configuration share one plan.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, islice, takewhile
from operator import attrgetter, or_
from typing import Final, NamedTuple

from playback.engine.ad_data import AdData, Fault, PlayableAd
from playback.engine.config import PlaybackSessionConfig
from playback.engine.events import EVENTS, MOMENTS, NO_TRACKING, UNKNOWN_EVENT
from playback.engine.interruptions import (
    BEFORE_RENDERING,
    InterruptionRule,
    Lot,
    RuleOutcome,
    Window,
    earliest,
    expected_shares,
    survival,
)
from playback.engine.media import choose_media
from playback.engine.session import PlaybackEvent, Tracked
from playback.engine.splitmix import draws
from vast.ad import Ad, MediaFile, Tracker
from vast.durations import Offset
from vast.errors import VastErrorCode

US: Final = 1_000_000
MS: Final = 1_000
PLANS_PER_AD: Final = 16
"""Plans kept with one ad, one for each configuration it was played under; the oldest makes room."""

MAX_PROGRESS: Final = 500
"""Progress offsets of one ad that are followed; a document with more is no advertisement."""


class Pixel(NamedTuple):
    """One tracker of the document: its event, its address as written, and the level it stands on."""

    event: str
    url: str
    origin: str


class Moment(NamedTuple):
    """An instant the playhead reaches, with the trackers due there."""

    at_us: int
    event: str
    quartile: int
    pixels: tuple[Pixel, ...]


_at = attrgetter("at_us")


PlanKey = tuple[PlaybackSessionConfig, tuple[str, ...]]
"""A configuration with the order of its rules, in which equal configurations may differ."""


def _quartiles(moment: Moment) -> frozenset[int]:
    return frozenset({moment.quartile} - {0})


class Part(NamedTuple):
    """One ad of the plan: where its first and its length lie on the session's playhead, and the file that is played."""

    ad: PlayableAd
    start_us: int
    duration_us: int
    media: MediaFile | None
    fault: Fault | None


class Course(NamedTuple):
    """What a session records at each moment while its clock is its playhead, made once for all of them.

    Of the three tuples of the same length as the plan's moments, any stretch can be taken at once; `quartiles[n]` are
    those behind a session that has the first n moments behind it.
    """

    instants: tuple[int, ...]
    events: tuple[PlaybackEvent, ...]
    tracked: tuple[Tracked, ...]
    quartiles: tuple[frozenset[int], ...]

    @classmethod
    def along(cls, moments: Sequence[Moment]) -> "Course":
        return cls(
            tuple(moment.at_us for moment in moments),
            tuple(PlaybackEvent(at / US, event, at / US) for at, event, *_ in moments),
            tuple(Tracked(event, at, at) for at, event, *_ in moments),
            tuple(accumulate(map(_quartiles, moments), or_, initial=frozenset())),
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """`moments` in the order they fire, `course` what they leave in a record; `pixels` of events no playhead reaches,
    by event; `unreachable` trackers with the reason; `rules` with each rule's window in this ad, None where it lies
    outside; `lots` are drawn for each session, one for each rule."""

    duration_us: int
    limit_us: int | None
    tolerance_us: int
    skip_at_us: int | None
    moments: tuple[Moment, ...]
    course: Course
    pixels: dict[str, tuple[Pixel, ...]]
    unreachable: tuple[tuple[Pixel, int | None, str], ...]
    rules: tuple[tuple[InterruptionRule, Window | None], ...]
    lots: tuple[Lot, ...]
    media: MediaFile | None
    fault: Fault | None
    parts: tuple[Part, ...]

    @property
    def windows(self) -> tuple[Window, ...]:
        return tuple(window for _, window in self.rules if window)

    def pixels_of(self, tracked: Tracked) -> tuple[Pixel, ...]:
        """The trackers that became due at this instant."""
        event, at_us = tracked.event, tracked.at_us
        if event in self.pixels:
            return self.pixels[event]
        first = bisect_left(self.moments, at_us, key=_at)
        same = takewhile(lambda moment: moment.at_us == at_us, islice(self.moments, first, None))
        return next((moment.pixels for moment in same if moment.event == event), ())

    def draw(self, seed: int) -> tuple[RuleOutcome, ...]:
        """One outcome per rule for the session with this seed."""
        rng = draws(seed)
        return tuple([lot.draw(rng) for lot in self.lots])

    def cut(self, seed: int) -> RuleOutcome | None:
        """The interruption that ends the session with this seed, without playing it; None when none does.

        Nothing interrupts an ad at or after its end, nor a session after its limit.
        """
        first = earliest(self.draw(seed))
        if first is None or first.event in BEFORE_RENDERING:
            return first
        at = (first.offset_ms or 0) * 1000
        beaten = at >= self.duration_us or (self.limit_us is not None and at > self.limit_us)
        return None if beaten else first

    def expected_funnel(self) -> dict[str, float]:
        """Event -> the probability that a session gets to it, in closed form; progress is left out."""
        limit = self.duration_us if self.limit_us is None else self.limit_us
        windows = self.windows
        return {
            moment.event: survival(windows, moment.at_us / 1000) if moment.at_us <= limit else 0.0
            for moment in self.moments
            if moment.event != "progress"
        }

    def expected_interruptions(self) -> dict[str, float]:
        """Event of each applicable rule -> the probability that it ends the session, in closed form."""
        limit = self.duration_us if self.limit_us is None else min(self.limit_us, self.duration_us)
        return expected_shares(self.windows, limit // 1000)


def plan_of(ad_data: AdData, config: PlaybackSessionConfig) -> Plan:
    """The plan of an ad under a configuration, compiled for the first session and shared by those after it."""
    key = (config, tuple(config.interruption_rules))
    plan = ad_data.plans.get(key)
    if plan is None:
        while len(ad_data.plans) >= PLANS_PER_AD:
            del ad_data.plans[next(iter(ad_data.plans))]
        plan = ad_data.plans[key] = compile_plan(ad_data, config)
    return plan


def compile_plan(ad_data: AdData, config: PlaybackSessionConfig) -> Plan:
    """The plan of an ad under a configuration; an ad that cannot be played has a plan with a fault."""
    linear = ad_data.linear
    duration_ms = ad_data.duration_ms or 0
    media = choose_media(linear.media_files) if linear else None
    fault = _fault(ad_data, media)
    moments, unreachable = _moments(ad_data, config, duration_ms)
    limit = config.max_session_duration_sec
    rules = () if fault else config.rules
    return Plan(
        duration_us=duration_ms * 1000,
        limit_us=round(limit * US) if limit else None,
        tolerance_us=round(config.quartile_offset_tolerance_sec * US),
        skip_at_us=_skip_at(ad_data, duration_ms),
        moments=moments,
        course=Course.along(moments),
        pixels=_other_pixels(ad_data),
        unreachable=unreachable,
        rules=tuple((rule, rule.window(duration_ms)) for rule in rules),
        lots=tuple(rule.lot(duration_ms) for rule in rules),
        media=media,
        fault=fault,
        parts=(Part(ad_data.first, 0, duration_ms * 1000, media, fault),),
    )


def instant(offset: Offset, duration_ms: int) -> int:
    """An offset of the document in microseconds."""
    if offset.percent is not None:
        return int(Fraction(offset.percent) * duration_ms * 10)
    return (offset.ms or 0) * 1000


def _fault(ad_data: AdData, media: MediaFile | None) -> Fault | None:
    linear = ad_data.linear
    if linear is None:
        return Fault(VastErrorCode.LINEARITY, "the ad has no linear creative")
    if ad_data.duration_ms is None:
        stated = (
            f"its Duration {linear.duration_text[:40]!r} cannot be read"
            if linear.duration_text
            else "no Duration"
        )
        return Fault(VastErrorCode.SCHEMA, f"the length of the ad is unknown: {stated}")
    if ad_data.duration_ms <= 0:
        return Fault(VastErrorCode.DURATION, "the ad has a duration of zero")
    if media is None:
        kinds = sorted({file.type or "no type" for file in linear.media_files}) or ["none"]
        return Fault(VastErrorCode.MEDIA_UNSUPPORTED, f"no media file can be played ({', '.join(kinds)})")
    return None


def _skip_at(ad_data: AdData, duration_ms: int) -> int | None:
    for _, ad in reversed(ad_data.levels):
        if ad.linear and ad.linear.skip_offset:
            at = instant(ad.linear.skip_offset, duration_ms)
            return at if at < duration_ms * 1000 else None
    return None


def _linear_trackers(ad_data: AdData) -> Iterator[tuple[str, Tracker]]:
    for origin, ad in ad_data.levels:
        for tracker in ad.linear.trackers if ad.linear else ():
            yield origin, tracker


def _impressions(ad_data: AdData) -> Iterator[Pixel]:
    for origin, ad in ad_data.levels:
        for link in ad.impressions:
            yield Pixel("impression", link.url, origin)


_Due = dict[tuple[int, str], list[Pixel]]
_Unreachable = tuple[Pixel, int | None, str]


def _moments(
    ad_data: AdData, config: PlaybackSessionConfig, duration_ms: int
) -> tuple[tuple[Moment, ...], tuple[_Unreachable, ...]]:
    due, unreachable = _instants(ad_data, duration_ms)
    moments = []
    for (at, event), pixels in sorted(due.items(), key=_order):
        facts = EVENTS[event]
        if 0 < facts.quartile < 4 and not config.enable_auto_quartiles:
            unreachable.extend((pixel, at, "automatic quartiles are off") for pixel in pixels)
        else:
            moments.append(Moment(at, event, facts.quartile, tuple(pixels)))
    return tuple(moments), tuple(unreachable)


def _instants(ad_data: AdData, duration_ms: int) -> tuple[_Due, list[_Unreachable]]:
    """Every instant the playhead reaches with its trackers, and the progress trackers it never will."""
    due: _Due = {(_place(event, duration_ms), event): [] for event in MOMENTS if EVENTS[event].always}
    due[0, "impression"].extend(_impressions(ad_data))
    unreachable: list[_Unreachable] = []
    for origin, tracker in _linear_trackers(ad_data):
        pixel = Pixel(tracker.event, tracker.url, origin)
        if tracker.event == "progress":
            at = instant(tracker.offset, duration_ms) if tracker.offset else None
            reason = _no_progress(at, duration_ms, due)
            if at is None or reason:
                unreachable.append((pixel, at, reason))
                continue
        elif tracker.event in NO_TRACKING:
            unreachable.append((pixel, None, UNKNOWN_EVENT))
            continue
        elif tracker.event in MOMENTS:
            at = _place(tracker.event, duration_ms)
        else:
            continue
        due.setdefault((at, tracker.event), []).append(pixel)
    return due, unreachable


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


def _other_pixels(ad_data: AdData) -> dict[str, tuple[Pixel, ...]]:
    found: dict[str, list[Pixel]] = {}
    for origin, tracker in _linear_trackers(ad_data):
        if tracker.event not in (*MOMENTS, *NO_TRACKING, "progress"):
            found.setdefault(tracker.event, []).append(Pixel(tracker.event, tracker.url, origin))
    for origin, ad in ad_data.levels:
        for pixel in (*_errors(origin, ad), *_clicks(origin, ad)):
            found.setdefault(pixel.event, []).append(pixel)
    return {event: tuple(pixels) for event, pixels in found.items()}


def _errors(origin: str, ad: Ad) -> Iterator[Pixel]:
    return (Pixel("error", link.url, origin) for link in ad.errors)


def _clicks(origin: str, ad: Ad) -> Iterator[Pixel]:
    links = ad.linear.click_tracking if ad.linear else ()
    return (Pixel("click", link.url, origin) for link in links)
