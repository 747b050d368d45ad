"""What came from outside while a session was played, read from its record: what a viewer did, and when, whoever watched
too late, and whoever gave up. All else follows from the plan, the draws and the clock.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final, NamedTuple

from playback.engine.playing.moments import US
from playback.engine.playing.session import NOTHING, Jump, PlaybackEvent, PlaybackSession, PlaybackStatus

MS: Final = 1000
VIEWER: Final = ("pause", "resume", "skip", "seek", "click", "customClick", "stop")
"""What a viewer may do."""

_SEEKS: Final = {"seek", "rewind"}
_BUTTONS: Final = {"pause", "resume", "skip", "click", "customClick"}


class Cue(NamedTuple):
    """One thing that came from outside, at a session clock in microseconds.

    Beside the names in `VIEWER`: `observe` (what was due up to then was noticed then, and late), `abandon` (the program
    playing it was cancelled) and `fail` (it could not be played any further). `to_us` is where a seek went, or when
    what was noticed late was due; `behind` how many instants had been tracked before, None where that is not known.
    """

    name: str
    clock_us: int
    to_us: int = 0
    behind: int | None = None

    @property
    def ms(self) -> float:
        return self.clock_us / MS


class _Happening(NamedTuple):
    """Something of the record in its order; the clock is None where the record does not hold it."""

    event: str
    at_us: int
    clock_us: int | None
    behind: int
    metadata: Mapping[str, Any] = NOTHING
    stamp: float | None = None
    jump: Jump | None = None


def began(session: PlaybackSession) -> bool:
    """Whether playing was begun: a session may be stopped, or found to be unplayable, while it is pending."""
    if session.status is PlaybackStatus.PENDING:
        return False
    return session.start_time is not None or session.interrupted or session.error_code is not None


def cues_of(session: PlaybackSession) -> tuple[Cue, ...]:
    """The cues of a recorded session in their order. A skip that a rule caused is among them: `behind` tells."""
    end = round(session.clock_ms * MS)
    told = session.config.emit_playback_events
    happenings = [*(_by_events(session) if told else _by_instants(session))]
    cues = [*(_Told(session, happenings).cues() if told else _Untold(session, happenings).cues())]
    return (*cues, *_last(session, happenings, end))


def _last(session: PlaybackSession, happenings: Sequence[_Happening], end: int) -> Iterator[Cue]:
    behind = len(session.tracked)
    if session.end_reason == "stopped":
        yield Cue("abandon" if _was_abandoned(session) else "stop", end, behind=behind)
    elif session.end_reason == "error" and session.error_code is None:
        yield Cue("fail", end, behind=behind)


def _was_abandoned(session: PlaybackSession) -> bool:
    """A viewer who leaves is told to the ad's trackers, which a cancelled program does not do. Without events, and
    where the ad listens to neither, it is all the same."""
    if session.events:
        return session.events[-1].metadata.get("reason") == "cancelled"
    return not (session.tracked and session.tracked[-1].event in {"closeLinear", "close"})


def _by_events(session: PlaybackSession) -> Iterator[_Happening]:
    tracked, seeks, behind = deque(session.tracked), deque(_seeks(session)), 0
    for event in session.events:
        at = round(event.offset_sec * US)
        jump = seeks.popleft() if event.event_type in _SEEKS and seeks else None
        clock = jump.clock_us if jump else None
        before = behind
        if tracked and tracked[0].at_us == at and _names(event) == tracked[0].event:
            clock, behind = tracked.popleft().clock_us, behind + 1
        yield _Happening(event.event_type, at, clock, before, event.metadata, event.timestamp, jump)


def _names(event: PlaybackEvent) -> str:
    """The event of the trackers that an event of the record tells of."""
    failed = event.event_type == "interrupt" and "error_code" in event.metadata
    return "error" if failed else event.event_type


def _by_instants(session: PlaybackSession) -> Iterator[_Happening]:
    seeks = deque(_seeks(session))
    for behind, (event, at, clock, _, _) in enumerate(session.tracked):
        while seeks and _is_before(seeks[0], at, clock):
            jump = seeks.popleft()
            yield _Happening("seek", jump.from_us, jump.clock_us, behind, jump=jump)
        if event not in _SEEKS:
            yield _Happening(event, at, clock, behind)
    for jump in seeks:
        yield _Happening("seek", jump.from_us, jump.clock_us, len(session.tracked), jump=jump)


def _is_before(jump: Jump, at: int, clock: int) -> bool:
    return jump.clock_us < clock or (jump.clock_us == clock and at == jump.to_us != jump.from_us)


def _seeks(session: PlaybackSession) -> Iterator[Jump]:
    return (jump for jump in session.jumps if jump.kind == "seek")


@dataclass
class _Told:
    """Reads a record with its events, where only a repeated pause may lack its clock: the playhead tells it."""

    session: PlaybackSession
    happenings: Sequence[_Happening]

    def cues(self) -> Iterator[Cue]:
        behind_playhead = paused_at = 0
        for number, told in enumerate(self.happenings):
            clock = told.clock_us
            if clock is None and told.event == "resume":
                clock = self._resumed(number, paused_at)
            elif clock is None:
                clock = told.at_us + behind_playhead
            if told.event == "pause":
                paused_at = clock
            yield from self._cue(told, clock)
            behind_playhead = clock - (told.jump.to_us if told.jump else told.at_us)

    def _cue(self, told: _Happening, clock: int) -> Iterator[Cue]:
        if told.event in _BUTTONS:
            yield Cue(told.event, clock, behind=told.behind)
        elif told.event in _SEEKS and told.jump:
            yield Cue("seek", clock, told.jump.to_us, told.behind)
        elif late := told.metadata.get("late_sec"):
            yield Cue("observe", clock + round(late * US), clock, told.behind)

    def _resumed(self, number: int, paused_at: int) -> int:
        """When a pause without trackers of its own ended."""
        told = self.happenings[number]
        if not self.session.start_time and told.stamp is not None:
            return round(told.stamp * US)  # in virtual time the stamp is the clock
        following = self.happenings[number + 1 :]
        unmoved = takewhile(lambda other: other.clock_us is not None or other.event == "interrupt", following)
        known = next((other for other in unmoved if other.clock_us is not None), None)
        if known is not None and known.clock_us is not None:
            return known.clock_us - (known.at_us - told.at_us)
        if not following:
            return round(self.session.clock_ms * MS) - (
                round(self.session.current_offset_sec * US) - told.at_us
            )
        before = self.happenings[number - 1].stamp if number else None
        return paused_at + round(((told.stamp or 0.0) - (before or told.stamp or 0.0)) * 1000) * MS


@dataclass
class _Untold:
    """Reads a record without events: a pause that left no trace but the clock lies behind what came before it."""

    session: PlaybackSession
    happenings: Sequence[_Happening]

    def cues(self) -> Iterator[Cue]:
        drift = before = 0
        paused = False
        for told in self.happenings:
            clock = told.clock_us or 0
            held = clock - told.at_us - drift
            if not paused and held > 0 and self.session.config.pause_pixels == "once":
                yield Cue("pause", before)
                yield Cue("resume", before + held)
            if told.event in _BUTTONS:
                yield Cue(told.event, clock, behind=told.behind)
            elif told.jump:
                yield Cue("seek", clock, told.jump.to_us, told.behind)
            paused = told.event == "pause" or (paused and told.event not in {"resume", "skip"})
            drift, before = clock - (told.jump.to_us if told.jump else told.at_us), clock
        end, at = round(self.session.clock_ms * MS), round(self.session.current_offset_sec * US)
        hidden = self.session.paused or end - at > drift
        if not paused and hidden and self.session.config.pause_pixels == "once":
            yield Cue("pause", at + drift)
            if not self.session.paused:
                yield Cue("resume", end)
