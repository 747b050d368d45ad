"""A session that runs as another one did, written down without playing it again.

Sessions of one plan that are ended by the same rule between the same moments differ in their names, their draws and
the instant of their end, and in nothing else. One of them is played and kept with the plan; what it recorded is
written on the others.
"""

from bisect import bisect_right
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.configuration.interruptions import RuleOutcome
from playback.engine.playing.opening import open_session
from playback.engine.playing.plan import US, Plan, struck_at
from playback.engine.playing.playthrough import Playthrough
from playback.engine.playing.session import NOTHING, PlaybackEvent, PlaybackSession, Tracked


def play_like_others(plan: Plan, session: PlaybackSession, cut: RuleOutcome | None) -> None:
    """Play a new session of a plan that `repeats` to its end, which is where `cut` strikes, or where no rule does
    (None)."""
    behind = -1 if cut is None else bisect_right(plan.course.instants, struck_at(cut))
    key = (cut and cut.event, behind)
    pattern = plan.patterns.get(key)
    if pattern is None:
        pattern = plan.patterns[key] = _played(plan, session.config, cut)
    pattern.write_on(session, cut)


def _played(plan: Plan, config: PlaybackSessionConfig, cut: RuleOutcome | None) -> "Pattern":
    outcomes = () if cut is None else (cut,)
    session = open_session(plan, config, 0, outcomes, cut)
    run = Playthrough(plan, session)
    run.begin(run.last_due() or 0)
    return Pattern(plan, session)


class Pattern:
    """What a session recorded that was played: at first the plan's own instants, and the rest at its end."""

    __slots__ = ("_course", "_end_us", "_ending", "_passed", "_session", "_tracked")

    def __init__(self, plan: Plan, session: PlaybackSession) -> None:
        passed = takewhile(_is_same, zip(session.tracked, plan.course.tracked, strict=False))
        behind = sum(1 for _ in passed)
        self._session = session
        self._course, self._passed = session.events[:behind], session.tracked[:behind]
        self._ending, self._tracked = session.events[behind:], session.tracked[behind:]
        self._end_us = round(session.current_offset_sec * US)

    def write_on(self, session: PlaybackSession, cut: RuleOutcome | None) -> None:
        """End a pending session as the one that was played, where `cut` says."""
        played = self._session
        session.status, session.start_time = played.status, played.start_time
        session.end_reason, session.error_code = played.end_reason, played.error_code
        session.interrupted_by = played.interrupted_by
        session.quartiles_tracked = played.quartiles_tracked.copy()
        session.metadata.update(played.metadata)
        session.events += self._course
        session.tracked += self._passed
        at_us = self._end_us if cut is None else struck_at(cut)
        at = at_us / US
        session.current_offset_sec, session.clock_ms, session.end_time = at, at_us / 1000, at
        u = None if cut is None else cut.u
        for _, event, _, metadata in self._ending:
            told = _own(metadata, u) if metadata else NOTHING
            session.events.append(PlaybackEvent(at, event, at, told))
        for event, _, _, part, code in self._tracked:
            session.tracked.append(Tracked(event, at_us, at_us, part, code))


def _own(metadata: Mapping[str, Any], u: float | None) -> dict[str, Any]:
    return {**metadata, "u": u} if "u" in metadata else dict(metadata)


def _is_same(pair: tuple[object, object]) -> bool:
    return pair[0] == pair[1]
