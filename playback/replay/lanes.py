"""Sessions as lanes of one picture: what happened in each, by its clock, as SVG geometry."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from playback.engine import PlaybackSession

WIDTH = 1000
# Of each lane; a hostile ad may have thousands of progress events.
MARKS = 1_000


class Happened(NamedTuple):
    """One thing that happened: its name, its ad (from 1), and milliseconds of session clock and playhead."""

    event: str
    ad: int
    clock_ms: float
    playhead_ms: float


class Mark(NamedTuple):
    """Where it lies, what it is, and how: ``same`` on both lanes, ``moved`` or ``only`` here."""

    x: float
    label: str
    kind: str


class Stretch(NamedTuple):
    """A stretch of the clock: ``playing``, or ``paused``."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One session; ``y`` is where it begins in a box ``WIDTH`` wide."""

    label: str
    y: int
    marks: tuple[Mark, ...]
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Lanes:
    """Everything ``_lanes.svg`` draws; ``end_ms`` is the clock at its right edge."""

    lanes: tuple[Lane, ...]
    height: int
    end_ms: float
    summary: str


HEIGHT = 34


def happened(session: PlaybackSession) -> list[Happened]:
    """What a session recorded, in order. Where it kept no events, what became due."""
    clocks = list(_clocks(session))
    if not session.events:
        return [
            Happened(done.event, done.part + 1, done.clock_us / 1000, done.at_us / 1000)
            for done in session.tracked
        ]
    return [
        Happened(event.event_type, event.metadata.get("ad") or 1, clock, event.offset_sec * 1000)
        for event, clock in zip(session.events, clocks, strict=True)
    ]


def _clocks(session: PlaybackSession) -> Iterator[float]:
    """When each event was noted, in milliseconds since the session's start by the stamps of the record."""
    begun = session.start_time
    for event in session.events:
        since = event.timestamp - begun if begun is not None else 0.0
        yield max(since * 1000, 0.0)


def lanes(sides: Sequence[tuple[str, PlaybackSession]], kinds: Sequence[Mapping[int, str]] = ()) -> Lanes:
    """Sessions below each other on one clock; ``kinds`` says of each side how its n-th event compares."""
    told = [happened(session) for _, session in sides]
    ends = [max(session.clock_ms, session.duration_sec * 1000) for _, session in sides]
    end = max([1.0, *ends, *(row.clock_ms for rows in told for row in rows)])
    found = tuple(
        Lane(
            label,
            place * HEIGHT,
            tuple(_marks(rows, end, kinds[place] if kinds else {})),
            tuple(_stretches(rows, session, end)),
        )
        for place, ((label, session), rows) in enumerate(zip(sides, told, strict=True))
    )
    summary = "; ".join(f"{lane.label}: {len(rows)} events" for lane, rows in zip(found, told, strict=True))
    return Lanes(found, len(found) * HEIGHT, end, summary)


def _marks(rows: Sequence[Happened], end: float, kinds: Mapping[int, str]) -> Iterator[Mark]:
    for place, row in enumerate(rows[:MARKS]):
        yield Mark(
            _x(row.clock_ms, end), f"{row.event} at {row.clock_ms / 1000:g} s", kinds.get(place, "same")
        )


def _stretches(rows: Sequence[Happened], session: PlaybackSession, end: float) -> Iterator[Stretch]:
    since, paused = 0.0, False
    for row in rows:
        turn = {"pause": True, "resume": False}.get(row.event, paused and row.event != "skip")
        if turn is not paused:
            yield _stretch(since, row.clock_ms, end, paused)
            since, paused = row.clock_ms, turn
    last = max(session.clock_ms, rows[-1].clock_ms if rows else 0.0)
    yield _stretch(since, last, end, paused)


def _stretch(start: float, stop: float, end: float, paused: bool) -> Stretch:
    kind = "paused" if paused else "playing"
    return Stretch(_x(start, end), round(max(_x(stop, end) - _x(start, end), 0.0), 2), kind)


def _x(clock_ms: float, end: float) -> float:
    return round(min(max(clock_ms / end, 0.0), 1.0) * WIDTH, 2)
