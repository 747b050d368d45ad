"""PlaybackSessionState: a frozen picture of a session at one instant, cheap to take and ready to be broadcast."""

from dataclasses import asdict, dataclass
from typing import Any, Final

from playback.engine.interruptions import earliest
from playback.engine.session import PlaybackSession

RECENT_EVENTS: Final = 20


@dataclass(frozen=True, slots=True)
class PlaybackSessionState:
    """A session now. `interruption` is the one that was drawn, with whether it has struck; `events` the latest ones as
    (name, offset in seconds)."""

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

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values."""
        return {
            **asdict(self),
            "quartiles": list(self.quartiles),
            "events": [list(event) for event in self.events],
        }


def snapshot(session: PlaybackSession, playhead_us: int, clock_us: int) -> PlaybackSessionState:
    """The session with its playhead and clock where they are now, in microseconds."""
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
    )


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
