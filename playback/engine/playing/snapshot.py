"""PlaybackSessionState: a frozen picture of a session at one instant, cheap to take and ready to be broadcast."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, NamedTuple

from playback.engine.configuration.interruptions import InterruptionReason, earliest
from playback.engine.playing.plan import Plan
from playback.engine.playing.session import PlaybackSession, PlaybackStatus

RECENT_EVENTS: Final = 20

PartPhase = Literal["ahead", "playing", "played", "skipped", "stopped", "error"]
"""What has become of an ad; stopped is one that the end of the session cut short."""


class PartState(NamedTuple):
    """One ad of the session: its place (from 1), and where it lies on the playhead."""

    place: int
    title: str
    id: str
    start_ms: int
    duration_ms: int
    state: PartPhase


@dataclass(frozen=True, slots=True)
class PlaybackSessionState:
    """A session now. `interruption` is the one that was drawn, with whether it has struck; `events` the latest ones as
    (name, offset in seconds). `parts` are its ads; `skippable_at_ms` is the playhead from which the one that is played
    may be skipped, None where it never may."""

    session_id: str
    mode: str
    status: str
    paused: bool
    playhead_ms: int
    duration_ms: int
    clock_ms: int
    quartiles: tuple[int, ...]
    interruption: dict[str, Any] | None
    end_reason: str | None
    error_code: int | None
    event_count: int
    events: tuple[tuple[str, float], ...]
    parts: tuple[PartState, ...]
    skippable: bool
    skippable_at_ms: int | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values."""
        return {
            **asdict(self),
            "quartiles": list(self.quartiles),
            "events": [list(event) for event in self.events],
            "parts": [part._asdict() for part in self.parts],
        }


def snapshot(session: PlaybackSession, plan: Plan, playhead_us: int, clock_us: int) -> PlaybackSessionState:
    """The session with its playhead and clock where they are now, in microseconds."""
    skip_at = plan.parts[plan.part_at(playhead_us)].skip_at_us
    return PlaybackSessionState(
        session_id=session.session_id,
        mode=session.config.mode,
        status=session.status.value,
        paused=session.paused,
        playhead_ms=playhead_us // 1000,
        duration_ms=round(session.duration_sec * 1000),
        clock_ms=clock_us // 1000,
        quartiles=tuple(sorted(session.quartiles_tracked)),
        interruption=_interruption(session),
        end_reason=session.end_reason,
        error_code=session.error_code,
        event_count=len(session.events),
        events=tuple((event.event_type, event.offset_sec) for event in session.events[-RECENT_EVENTS:]),
        parts=part_states(session, plan, playhead_us),
        skippable=session.status is PlaybackStatus.RUNNING and plan.skippable(playhead_us),
        skippable_at_ms=None if skip_at is None else skip_at // 1000,
    )


def part_states(session: PlaybackSession, plan: Plan, playhead_us: int) -> tuple[PartState, ...]:
    """The ads of the session, with what has become of each when the playhead is there."""
    here = plan.part_at(playhead_us)
    skipped = {jump.part for jump in session.jumps if jump.kind == "skip"}
    if session.status is PlaybackStatus.CLOSED and session.end_reason == InterruptionReason.USER_SKIP:
        skipped.add(here)
    return tuple(
        PartState(
            place=place + 1,
            title=part.ad.ad.ad_title or "",
            id=part.ad.ad.id or "",
            start_ms=part.start_us // 1000,
            duration_ms=part.duration_us // 1000,
            state="error" if part.fault else "skipped" if place in skipped else _phase(session, place - here),
        )
        for place, part in enumerate(plan.parts)
    )


def _phase(session: PlaybackSession, beyond: int) -> PartPhase:
    """What has become of the ad that is so many places after the one at the playhead."""
    if beyond > 0 or session.status is PlaybackStatus.PENDING:
        return "ahead"
    if beyond < 0 or session.status is PlaybackStatus.COMPLETED:
        return "played"
    if session.status is PlaybackStatus.RUNNING:
        return "playing"
    return "error" if session.status is PlaybackStatus.ERROR else "stopped"


def _interruption(session: PlaybackSession) -> dict[str, Any] | None:
    first = earliest(session.interruption_plan)
    if first is None:
        return None
    return {
        "event": first.event,
        "reason": first.reason,
        "offset_ms": first.offset_ms,
        "probability": first.probability,
        "struck": session.interrupted_by == first.event,
    }
