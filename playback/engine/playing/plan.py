"""A plan: everything about playing the ads of a session under one configuration that no session changes.

The ads lie one after the other on one playhead, in integer microseconds (playback.md 3.5). Sessions of the same ads
and configuration share one plan.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import islice, takewhile
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.configuration.interruptions import (
    BEFORE_RENDERING,
    InterruptionRule,
    Lot,
    RuleOutcome,
    Window,
    earliest,
    is_skip,
)
from playback.engine.configuration.urn import Urn
from playback.engine.playing.expectations import expected_funnel, expected_interruptions
from playback.engine.playing.media import choose_media, fault_of
from playback.engine.playing.moments import (
    MAX_PROGRESS,
    US,
    Course,
    Moment,
    Unreachable,
    failed,
    instant,
    other_pixels,
    schedule,
)
from playback.engine.playing.session import Shared, Tracked
from playback.engine.playing.stages import Stage, stage_lot
from playback.engine.playing.trackers import Pixel, click_through
from playback.engine.request.ad_data import AdData, Fault, PlayableAd
from vast.ad import MediaFile

__all__ = [
    "MAX_PROGRESS",
    "MS",
    "US",
    "Course",
    "Moment",
    "Part",
    "Pixel",
    "Plan",
    "PlanKey",
    "compile_plan",
    "plan_of",
]

MS: Final = 1_000
PLANS_PER_AD: Final = 16
"""Plans kept with one ad, one for each configuration it was played under; the oldest makes room."""

if TYPE_CHECKING:
    from playback.engine.playing.pattern import Pattern

PatternKey = tuple[str | None, int]
"""The event of the rule that ends a session (None: none does), and how many moments are behind it then."""

PlanKey = tuple[PlaybackSessionConfig, tuple[str, ...]]
"""A configuration with the order of its rules, in which equal configurations may differ."""

_at = attrgetter("at_us")


class Part(NamedTuple):
    """One ad of the plan: where it lies on the session's playhead, and the file that is played.

    An ad with a `fault` has no length. `skip_at_us` is the playhead from which it may be skipped; `pixels` are the
    trackers no playhead reaches, by event; `windows` where rules may strike, in milliseconds of the ad.
    """

    ad: PlayableAd
    start_us: int
    duration_us: int
    media: MediaFile | None
    fault: Fault | None
    skip_at_us: int | None
    click_through: str | None
    pixels: Mapping[str, tuple[Pixel, ...]]
    windows: tuple[Window, ...]

    @property
    def end_us(self) -> int:
        return self.start_us + self.duration_us


@dataclass(frozen=True, slots=True)
class Plan:
    """`moments` in the order they fire, `course` what they leave in a record; `unreachable` trackers with the reason;
    `rules` with each rule's window in each ad, None where it lies outside; `lots` are drawn for each session, one for
    each rule and ad. `parts` are the ads, `played` the places of those that are played; with a `fault` none is.
    `alone` is the plan of a single ad; where it `repeats`, `pattern.play_like_others` can play its sessions, and keeps
    what it played in `patterns`. `reference` and `name` are what a session keeps of its ads, and what its id is
    made from."""

    duration_us: int
    limit_us: int | None
    tolerance_us: int
    moments: tuple[Moment, ...]
    course: Course
    unreachable: tuple[Unreachable, ...]
    rules: tuple[tuple[InterruptionRule, Window | None], ...]
    lots: tuple[Lot, ...]
    fault: Fault | None
    parts: tuple[Part, ...]
    played: tuple[int, ...]
    starts: tuple[int, ...]
    alone: bool
    urn: Urn = field(compare=False, repr=False)
    repeats: bool
    reference: dict[str, Any]
    name: bytes
    patterns: "dict[PatternKey, Pattern]" = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def is_plain(self) -> bool:
        """Whether the sessions differ in nothing but what rules of the usual shape draw for one ad."""
        return self.alone and self.urn.is_plain

    @property
    def windows(self) -> tuple[Window, ...]:
        return tuple(window for _, window in self.rules if window)

    @property
    def media(self) -> MediaFile | None:
        """The file of the first ad that is played."""
        return next((part.media for part in self.parts if not part.fault), None)

    def part_at(self, playhead_us: int) -> int:
        """The place of the ad that is played at this playhead; between two ads, of the one that begins."""
        if self.alone or not self.played:
            return 0
        return self.played[max(bisect_right(self.starts, playhead_us) - 1, 0)]

    def following(self, part: int) -> int | None:
        """The place of the next ad that is played; None after the last."""
        return next((place for place in self.played if place > part), None)

    def place_of(self, part: int, playhead_us: int) -> dict[str, Any]:
        """What the metadata of every event says in a session of several ads."""
        if self.alone:
            return {}
        return {"ad": part + 1, "ad_offset_sec": (playhead_us - self.parts[part].start_us) / US}

    def skippable(self, playhead_us: int) -> bool:
        """Whether the ad at this playhead may be skipped now."""
        allowed = self.parts[self.part_at(playhead_us)].skip_at_us
        return allowed is not None and playhead_us >= allowed

    def pixels_of(self, tracked: Tracked) -> tuple[Pixel, ...]:
        """The trackers that became due at this instant."""
        event, at_us, _, part, _ = tracked
        first = bisect_left(self.moments, at_us, key=_at)
        same = takewhile(lambda moment: moment.at_us == at_us, islice(self.moments, first, None))
        found = (moment.pixels for moment in same if moment.event == event and moment.part == part)
        return next(found, self.parts[part].pixels.get(event, ()))

    def draw(self, seed: int) -> tuple[RuleOutcome, ...]:
        """One outcome per rule and ad for the session with this seed."""
        return self.urn.draw(seed)

    def session_id(self, seed: int) -> str:
        """The id of a session nobody named: the same ads and seed give the same id."""
        return blake2b(self.name + b"%d" % seed, digest_size=16).hexdigest()

    def cut(self, seed: int) -> RuleOutcome | None:
        """The interruption that ends the session with this seed, without playing it; None when none does."""
        outcomes = self.draw(seed)
        if not self.alone:
            return self.ending(outcomes, self.next_cut(outcomes))[1]
        return self.in_time(earliest(outcomes))

    def in_time(self, first: RuleOutcome | None) -> RuleOutcome | None:
        """The earliest hit of a session of a single ad, if that ends it: nothing interrupts an ad at or after its end,
        nor a session after its limit."""
        if first is None or first.event in BEFORE_RENDERING:
            return first
        at = struck_at(first)
        beaten = at >= self.duration_us or (self.limit_us is not None and at > self.limit_us)
        return None if beaten else first

    def next_cut(self, outcomes: Iterable[RuleOutcome], after_us: int = -1) -> RuleOutcome | None:
        """The first interruption beyond this playhead; none strikes at the end of its ad."""
        ahead = (outcome for outcome in outcomes if outcome.hit and after_us < struck_at(outcome))
        return earliest(cut for cut in ahead if struck_at(cut) < self.parts[cut.part].end_us)

    def ends_only_its_ad(self, cut: RuleOutcome) -> bool:
        """Whether playing goes on with the next ad: a viewer who skips leaves the ad, not the pod."""
        return not self.alone and is_skip(cut.event, cut.reason) and self.following(cut.part) is not None

    def ending(
        self,
        outcomes: Iterable[RuleOutcome],
        cut: RuleOutcome | None,
        playhead_us: int = 0,
        clock_us: int = 0,
    ) -> tuple[int, RuleOutcome | None]:
        """The session clock at which a session ends when nobody does anything, and the interruption that ends it.

        It stands at this playhead and clock, `cut` comes next; None for the end of the last ad and the limit.
        """
        at = self._clock_at(cut, playhead_us, clock_us)
        while cut is not None and self.ends_only_its_ad(cut) and not self._is_beyond_limit(at):
            playhead_us, clock_us = self.parts[self.following(cut.part) or 0].start_us, at
            cut = self.next_cut(outcomes, playhead_us - 1)
            at = self._clock_at(cut, playhead_us, clock_us)
        if self.limit_us is not None and self.limit_us < at:
            return self.limit_us, None
        return at, cut

    def _clock_at(self, cut: RuleOutcome | None, playhead_us: int, clock_us: int) -> int:
        end = self.duration_us if cut is None else struck_at(cut)
        return clock_us + end - playhead_us

    def _is_beyond_limit(self, clock_us: int) -> bool:
        return self.limit_us is not None and self.limit_us < clock_us

    def expected_funnel(self) -> dict[str, float]:
        """Event -> how often a session gets to it on average, in closed form; for a single ad the probability.

        Progress is left out. The time that viewers save by skipping ads of a pod is not counted against the limit.
        """
        return expected_funnel(self)

    def expected_interruptions(self) -> dict[str, float]:
        """Event of each applicable rule -> the probability that it ends the session, in closed form."""
        return expected_interruptions(self)


def struck_at(cut: RuleOutcome) -> int:
    """The playhead at which an interruption strikes."""
    return (cut.offset_ms or 0) * 1000


def plan_of(ad_data: AdData, config: PlaybackSessionConfig) -> Plan:
    """The plan of an ad under a configuration, compiled for the first session and shared by those after it."""
    if ad_data.latest and ad_data.latest[0][0] is config:
        return ad_data.latest[0][1]
    key = (config, tuple(config.interruption_rules))
    plan = ad_data.plans.get(key)
    if plan is None:
        while len(ad_data.plans) >= PLANS_PER_AD:
            del ad_data.plans[next(iter(ad_data.plans))]
        plan = ad_data.plans[key] = compile_plan(ad_data, config)
    ad_data.latest[:] = [(config, plan)]
    return plan


def compile_plan(ad_data: AdData, config: PlaybackSessionConfig) -> Plan:
    """The plan of one or more ads under a configuration.

    An ad that cannot be played has no length, only an error; the next substitute that can be played follows it. Where
    nothing can be played the plan has the first ad's fault.
    """
    compiler = _Compiler(config)
    line_up = [*_line_up(ad_data)]
    for seat in line_up:
        compiler.add(seat, alone=len(line_up) == 1)
    return compiler.plan(ad_data)


class _Seat(NamedTuple):
    """An ad in the order of play, judged."""

    ad: PlayableAd
    media: MediaFile | None
    fault: Fault | None

    @classmethod
    def of(cls, ad: PlayableAd) -> "_Seat":
        media = choose_media(ad.linear.media_files) if ad.linear else None
        return cls(ad, media, ad.fault or fault_of(ad, media))


def _line_up(ad_data: AdData) -> Iterator[_Seat]:
    spare = (seat for seat in map(_Seat.of, ad_data.substitutes) if not seat.fault)
    for ad in ad_data.ads:
        seat = _Seat.of(ad)
        yield seat
        # A place that its request left empty has been replaced there already, where fallbackOnNoAd allows it.
        if seat.fault and not ad.fault:
            yield from islice(spare, 1)


class _Compiler:
    """Lays ads one after the other."""

    def __init__(self, config: PlaybackSessionConfig) -> None:
        self.config = config
        self.at_us = 0
        self.parts: list[Part] = []
        self.played: list[int] = []
        self.moments: list[Moment] = []
        self.unreachable: list[Unreachable] = []
        self.rules: list[tuple[InterruptionRule, Window | None]] = []
        self.lots: list[Lot] = []

    def add(self, seat: _Seat, *, alone: bool) -> None:
        ad, media, fault = seat
        place, length_ms = len(self.parts), ad.duration_ms or 0
        moments, unreachable = schedule(ad, length_ms, quartiles=self.config.enable_auto_quartiles)
        windows: tuple[Window, ...] = ()
        skip_at = None if fault else _skip_at(ad, length_ms)
        if fault:
            unreachable = [*_never(moments, length_ms, fault), *unreachable]
            moments = [failed(ad, fault.code, fault.text)]
        else:
            windows = self._add_rules(length_ms, Stage(place, len(self.played), self.at_us // 1000))
            self.played.append(place)
        self.moments += (self._placed(moment, place, alone=alone) for moment in moments)
        self.unreachable += (self._never_at(row, place) for row in unreachable)
        part = Part(
            ad=ad,
            start_us=self.at_us,
            duration_us=0 if fault else length_ms * 1000,
            media=media,
            fault=fault,
            skip_at_us=None if skip_at is None else self.at_us + skip_at,
            click_through=click_through(ad),
            pixels=other_pixels(ad),
            windows=windows,
        )
        self.parts.append(part)
        self.at_us = part.end_us

    def plan(self, ad_data: AdData) -> Plan:
        limit = self.config.max_session_duration_sec
        first = self.parts[0]
        return Plan(
            duration_us=self.at_us if self.played else (first.ad.duration_ms or 0) * 1000,
            limit_us=round(limit * US) if limit else None,
            tolerance_us=round(self.config.quartile_offset_tolerance_sec * US),
            moments=tuple(self.moments),
            course=Course.along(self.moments),
            unreachable=tuple(self.unreachable),
            rules=tuple(self.rules),
            lots=tuple(self.lots),
            fault=None if self.played else first.fault,
            parts=tuple(self.parts),
            played=tuple(self.played),
            starts=tuple(self.parts[place].start_us for place in self.played),
            alone=len(self.parts) == 1,
            urn=(urn := Urn(self.lots)),
            repeats=len(self.parts) == 1 and urn.is_plain and not self.config.log_tracking_urls,
            reference=ad_data.reference(),
            name="".join(f"{ad.sha256}:{ad.index}:" for ad in ad_data.ads).encode(),
        )

    def _add_rules(self, length_ms: int, stage: Stage) -> tuple[Window, ...]:
        """The windows of the rules in this ad. The request was made once, for the first of them."""
        windows = []
        for rule in self.config.rules:
            if rule.event == "request" and stage.place:
                continue
            window = rule.window(length_ms)
            shifted = window and window._replace(
                lo_ms=window.lo_ms + stage.start_ms, hi_ms=window.hi_ms + stage.start_ms
            )
            self.rules.append((rule, shifted))
            self.lots.append(stage_lot(rule, length_ms, stage))
            windows += [window] if window else []
        return tuple(windows)

    def _placed(self, moment: Moment, place: int, *, alone: bool) -> Moment:
        if alone:
            return moment
        note = Shared({**moment.note, "ad": place + 1, "ad_offset_sec": moment.at_us / US})
        return moment._replace(at_us=self.at_us + moment.at_us, part=place, note=note)

    def _never_at(self, row: Unreachable, place: int) -> Unreachable:
        at = None if row.at_us is None else self.at_us + row.at_us
        return row._replace(at_us=at, part=place)


def _never(moments: Iterable[Moment], length_ms: int, fault: Fault) -> Iterator[Unreachable]:
    """The trackers that would have become due, had the ad been played."""
    reason = f"error {int(fault.code)}: {fault.text}"
    for moment in moments:
        at = moment.at_us if length_ms else None
        # Its Error addresses hear of the fault.
        yield from (Unreachable(pixel, at, reason) for pixel in moment.pixels if moment.event != "error")


def _skip_at(ad: PlayableAd, duration_ms: int) -> int | None:
    """The InLine's skip offset, else that of the wrapper nearest to it; None where it lies beyond the ad."""
    for _, level in reversed(ad.levels):
        if level.linear and level.linear.skip_offset:
            at = instant(level.linear.skip_offset, duration_ms)
            return at if at < duration_ms * 1000 else None
    return None
