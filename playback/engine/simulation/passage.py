"""What lean sessions passed: the events of all that end in the same way between the same moments, made once."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from operator import eq
from typing import TYPE_CHECKING

from playback.engine.playing.plan import MS
from playback.engine.playing.session import PlaybackSession

if TYPE_CHECKING:
    from playback.engine.simulation.screening import Ending, LeanSession, Screening


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """The events of a session: `events` with their place on the playhead in milliseconds, and those of its `ending`,
    which lie where it ends: at `end_ms`, or where its interruption strikes (None). `error_code` is what error trackers
    were told, if any."""

    events: tuple[tuple[str, int], ...]
    ending: tuple[str, ...]
    end_ms: int | None
    error_code: int | None


class Passages:
    """The passages of one screening. Sessions of a single ad share them; in a pod each session has one of its own,
    because viewers leave its ads at different places, and is played for it."""

    def __init__(self, screening: "Screening") -> None:
        self._screening = screening
        self._instants = screening.plan.course.instants
        self._known: dict[tuple[Ending, int], Passage] = {}
        self._learnt: dict[int, Passage] = {}

    def of(self, lean: "LeanSession") -> Passage:
        if not self._screening.plan.alone:
            return self._learnt.get(lean.seed) or self._played(lean.session, None)
        behind = -1 if lean.cut_ms < 0 else bisect_right(self._instants, lean.cut_ms * MS)
        key = (lean.ending, behind)
        passage = self._known.get(key)
        if passage is None:
            passage = self._known[key] = self._played(lean.session, lean.offset_ms)
        return passage

    def learn(self, sessions: Iterable[PlaybackSession]) -> None:
        """Keep what these sessions of a pod passed, which have been played anyway, until the next ones are learnt."""
        self._learnt = {session.seed: self._played(session, None) for session in sessions}

    def _played(self, session: PlaybackSession, cut_ms: int | None) -> Passage:
        course = self._screening.plan.course.tracked
        behind = sum(takewhile(bool, map(eq, session.tracked, course))) if cut_ms is not None else None
        events = tuple(_placed(session))
        end_ms = round(session.current_offset_sec * MS) if cut_ms is None else None
        ending = tuple(event for event, _ in events[behind:]) if behind is not None else ()
        return Passage(events[:behind], ending, end_ms, session.error_code)


def _placed(session: PlaybackSession) -> Iterator[tuple[str, int]]:
    return ((event.event_type, round(event.offset_sec * MS)) for event in session.events)
