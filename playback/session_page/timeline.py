"""A session's timeline as SVG geometry: numbers only, so that the page needs no inline style and no script."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
    """Everything ``_timeline.svg`` draws, in a box 1000 wide; ``seams`` are where an ad ends and the next begins."""

    head: float
    marks: tuple[Mark, ...]
    seams: tuple[float, ...]
    windows: tuple[Window, ...]
    interruption: Mark | None
    summary: str


def timeline(
    session: PlaybackSession, offset_sec: float, parts: Sequence[Mapping[str, Any]] = ()
) -> Timeline:
    """The picture of this session with its playhead at ``offset_sec``; ``parts`` are its ads, where it has several."""
    duration = session.duration_sec or 1.0
    return Timeline(
        head=_x(offset_sec, duration),
        marks=tuple(_pod_marks(session, parts) if len(parts) > 1 else _marks(session)),
        seams=tuple(_x(part["start_ms"] / 1000, duration) for part in parts[1:] if part["duration_ms"]),
        windows=tuple(_windows(session, duration)),
        interruption=_interruption(session, duration),
        summary=_summary(session, offset_sec, parts),
    )


def _marks(session: PlaybackSession) -> Iterator[Mark]:
    for event, number in QUARTILES.items():
        share = float(EVENTS[event].fraction or 0)
        yield Mark(round(share * WIDTH, 2), event, number in session.quartiles_tracked)


def _pod_marks(session: PlaybackSession, parts: Sequence[Mapping[str, Any]]) -> Iterator[Mark]:
    """The quartiles of each ad at its place."""
    fired = {(tracked.event, tracked.part) for tracked in session.tracked}
    for number, part in enumerate(parts):
        for event in QUARTILES if part["duration_ms"] else ():
            at_ms = part["start_ms"] + float(EVENTS[event].fraction or 0) * part["duration_ms"]
            x = _x(at_ms / 1000, session.duration_sec or 1.0)
            yield Mark(x, f"{event} of ad {part['place']}", (event, number) in fired)


def _x(seconds: float, duration: float) -> float:
    share = min(max(seconds / duration, 0.0), 1.0)
    return round(share * WIDTH, 2)


def _windows(session: PlaybackSession, duration: float) -> list[Window]:
    found = []
    for outcome in session.interruption_plan:
        if outcome.window_ms is not None:
            lo, hi = (_x(ms / 1000, duration) for ms in outcome.window_ms)
            of_ad = f" of ad {outcome.part + 1}" if session.ad.get("pod") else ""
            label = f"{outcome.event}{of_ad}, probability {outcome.probability:g}"
            found.append(Window(lo, round(max(hi - lo, 2.0), 2), label))
    return found


def _interruption(session: PlaybackSession, duration: float) -> Mark | None:
    if not session.interrupted_by:
        return None
    return Mark(
        _x(session.current_offset_sec, duration),
        f"{session.end_reason} at {session.current_offset_sec:g} s",
        True,
    )


def _summary(session: PlaybackSession, offset_sec: float, parts: Sequence[Mapping[str, Any]]) -> str:
    fired = [event for event, number in QUARTILES.items() if number in session.quartiles_tracked]
    reached = ", ".join(fired) if fired else "no quartile"
    end = f" Ended: {session.end_reason}." if session.end_reason else ""
    pod = ""
    if len(parts) > 1:
        states = ", ".join(f"{part['place']} {part['state']}" for part in parts)
        pod = f" Ads: {states}."
    return f"Playhead at {offset_sec:.1f} of {session.duration_sec:g} seconds; {reached} reached.{pod}{end}"
