"""A session's timeline as SVG geometry: numbers only, so that the page needs no inline style and no script."""

from dataclasses import dataclass

from playback.engine import PlaybackSession
from playback.engine.playing.events import EVENTS, QUARTILES

WIDTH = 1000


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one instant of the ad."""

    x: float
    label: str
    fired: bool


@dataclass(frozen=True, slots=True)
class Window:
    """Where a rule could have struck."""

    x: float
    width: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """Everything ``_timeline.svg`` draws, in a box 1000 wide."""

    head: float
    marks: tuple[Mark, ...]
    windows: tuple[Window, ...]
    interruption: Mark | None
    summary: str


def timeline(session: PlaybackSession, offset_sec: float) -> Timeline:
    """The picture of this session with its playhead at ``offset_sec``."""
    duration = session.duration_sec or 1.0
    return Timeline(
        head=_x(offset_sec, duration),
        marks=tuple(
            Mark(
                _x(float(EVENTS[event].fraction or 0) * duration, duration),
                event,
                number in session.quartiles_tracked,
            )
            for event, number in QUARTILES.items()
        ),
        windows=tuple(_windows(session, duration)),
        interruption=_interruption(session, duration),
        summary=_summary(session, offset_sec),
    )


def _x(seconds: float, duration: float) -> float:
    share = min(max(seconds / duration, 0.0), 1.0)
    return round(share * WIDTH, 2)


def _windows(session: PlaybackSession, duration: float) -> list[Window]:
    found = []
    for outcome in session.interruption_plan:
        if outcome.window_ms is not None:
            lo, hi = (_x(ms / 1000, duration) for ms in outcome.window_ms)
            found.append(
                Window(
                    lo, round(max(hi - lo, 2.0), 2), f"{outcome.event}, probability {outcome.probability:g}"
                )
            )
    return found


def _interruption(session: PlaybackSession, duration: float) -> Mark | None:
    if not session.interrupted_by:
        return None
    return Mark(
        _x(session.current_offset_sec, duration),
        f"{session.end_reason} at {session.current_offset_sec:g} s",
        True,
    )


def _summary(session: PlaybackSession, offset_sec: float) -> str:
    fired = [event for event, number in QUARTILES.items() if number in session.quartiles_tracked]
    reached = ", ".join(fired) if fired else "no quartile"
    end = f" Ended: {session.end_reason}." if session.end_reason else ""
    return f"Playhead at {offset_sec:.1f} of {session.duration_sec:g} seconds; {reached} reached.{end}"
