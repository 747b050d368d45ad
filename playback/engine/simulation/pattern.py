"""A session that runs as another one did, written down without playing it again.

Sessions of one plan that are ended by the same rule between the same moments differ in their names, their draws and
the instant of their end, and in nothing else. One of them is played; the others are its copies.
"""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from playback.engine.configuration.interruptions import RuleOutcome
from playback.engine.playing.session import NOTHING, PlaybackEvent, PlaybackSession, Tracked

_PLACE: Final[Mapping[str, int]] = {item.name: place for place, item in enumerate(fields(PlaybackSession))}
_SESSION_ID, _SEED, _AD = _PLACE["session_id"], _PLACE["seed"], _PLACE["ad"]
_EVENTS, _TRACKED, _QUARTILES = _PLACE["events"], _PLACE["tracked"], _PLACE["quartiles_tracked"]
_METADATA, _OUTCOMES, _SCHEDULED = (
    _PLACE["metadata"], _PLACE["interruption_plan"], _PLACE["interruption_scheduled"]
)  # fmt: skip
_OFFSET, _CLOCK, _END = _PLACE["current_offset_sec"], _PLACE["clock_ms"], _PLACE["end_time"]


class Pattern:
    """A session that was played, of which the first `behind` instants are the plan's own and the rest lies at its end.

    What it records must not depend on its seed beyond its draws.
    """

    __slots__ = ("_ad", "_course", "_end_us", "_ending", "_metadata", "_passed", "_row", "_tracked")

    def __init__(self, session: PlaybackSession, behind: int) -> None:
        self._row = [getattr(session, name) for name in _PLACE]
        self._course, self._passed = session.events[:behind], session.tracked[:behind]
        self._ending, self._tracked = session.events[behind:], session.tracked[behind:]
        self._end_us = round(session.current_offset_sec * 1_000_000)
        self._ad, self._metadata = session.ad, session.metadata

    def again(
        self,
        session_id: str,
        seed: int,
        outcomes: tuple[RuleOutcome, ...],
        scheduled: Any,
        cut: RuleOutcome | None,
    ) -> PlaybackSession:
        """The like of this session with a name and draws of its own, ended where `cut` says."""
        row = self._row[:]
        row[_SESSION_ID], row[_SEED], row[_OUTCOMES], row[_SCHEDULED] = session_id, seed, outcomes, scheduled
        row[_AD], row[_METADATA] = self._ad.copy(), self._metadata.copy()
        row[_QUARTILES] = row[_QUARTILES].copy()
        if self._ending or self._tracked or cut is not None:
            self._end_at(row, cut)
        else:
            row[_EVENTS], row[_TRACKED] = self._course[:], self._passed[:]
        return PlaybackSession(*row)

    def _end_at(self, row: list[Any], cut: RuleOutcome | None) -> None:
        at_us = self._end_us if cut is None else (cut.offset_ms or 0) * 1000
        at, u = at_us / 1_000_000, None if cut is None else cut.u
        row[_OFFSET], row[_CLOCK], row[_END] = at, at_us / 1000, at
        row[_EVENTS] = [
            *self._course,
            *[
                PlaybackEvent(at, event, at, _own(metadata, u) if metadata else NOTHING)
                for _, event, _, metadata in self._ending
            ],
        ]
        row[_TRACKED] = [
            *self._passed,
            *[Tracked(event, at_us, at_us, part, code) for event, _, _, part, code in self._tracked],
        ]


def _own(metadata: Mapping[str, Any], u: float | None) -> dict[str, Any]:
    return {**metadata, "u": u} if "u" in metadata else dict(metadata)
