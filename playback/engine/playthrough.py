"""Playing as a pure state machine: told what its session clock reads, it records everything due up to then.

No clock, no waiting, no network: both players and every test drive the same machine, so real and headless sessions
can differ in nothing but their stamps. Times are integer microseconds. At one instant progress and quartiles come
first, then complete, then an interruption, then the session limit.
"""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from playback.engine.events import EVENTS
from playback.engine.interruptions import BEFORE_RENDERING, EFFECTS, InterruptionReason, RuleOutcome, earliest
from playback.engine.plan import US, Moment, Plan
from playback.engine.session import NOTHING, PlaybackEvent, PlaybackSession, PlaybackStatus, Tracked
from vast.errors import VastErrorCode

CLOSING = ("closeLinear", "close")


class Playthrough:
    """One session on its way through a plan.

    `stamp(clock_sec)` gives the time stamp of a record; without it that is the session clock itself. `clock` in the
    methods is the session clock: microseconds since its start, pauses included, never going backwards.
    """

    __slots__ = (
        "_clock", "_cursor", "_cut", "_playhead", "_resolve", "_stamp", "changed", "plan", "session",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        session: PlaybackSession,
        stamp: Callable[[float], float] | None = None,
        resolve: Callable[[Tracked, int], list[str]] | None = None,
    ) -> None:
        self.plan = plan
        self.session = session
        self.changed = False
        self._stamp = stamp
        self._resolve = resolve
        self._playhead = round(session.current_offset_sec * US)
        self._clock = round(session.clock_ms * 1000)
        self._cursor = _moments_behind(plan, session)
        self._cut = earliest(session.interruption_plan)

    def begin(self, clock: int = 0) -> None:
        """Start a pending session: an error where the ad cannot be played, else everything due, unwatched, up to
        `clock`."""
        if self.plan.fault:
            self._fail(self.plan.fault.code, self.plan.fault.text)
        elif self._cut and self._cut.event in BEFORE_RENDERING:
            self._interrupt(self._cut, BEFORE_RENDERING[self._cut.event])
        else:
            self.session.start(self._now())
            self.advance(clock, unwatched=True)

    def next_due(self) -> int | None:
        """The session clock at which something happens next; None when nothing will by itself."""
        if self.session.paused:
            return self.plan.limit_us
        at, _ = self._end_of_run()
        moments = self.plan.moments
        if self._cursor < len(moments):
            upcoming = moments[self._cursor].at_us
            at = upcoming if at is None or upcoming < at else at
        return None if at is None else at + self._clock - self._playhead

    def last_due(self) -> int | None:
        """The session clock at which the session ends when nobody does anything; None while paused without limit."""
        if self.session.paused:
            return self.plan.limit_us
        if self.plan.fault:
            return self._clock
        end, _ = self._end_of_run()
        at = self.plan.duration_us if end is None else min(end, self.plan.duration_us)
        return at + self._clock - self._playhead

    def playhead_at(self, clock: int) -> int:
        """Where the playhead stands at this clock; nothing is recorded."""
        if self.session.paused or self.session.status is not PlaybackStatus.RUNNING:
            return self._playhead
        due = self.next_due()
        reached = clock if due is None else min(clock, due)
        return self._playhead + max(reached - self._clock, 0)

    def advance(self, clock: int, *, unwatched: bool = False) -> None:
        """Record everything due up to `clock`. What passed `unwatched` counts as observed at its own instant."""
        session = self.session
        if session.status is not PlaybackStatus.RUNNING or clock < self._clock:
            return
        if session.paused:
            self._advance_paused(clock)
            return
        horizon = self._playhead + clock - self._clock
        end, cut = self._end_of_run()
        last = horizon if end is None or horizon < end else end
        if unwatched and self._is_plain():
            self._reach_at_once(last)
        else:
            self._reach_each(last, None if unwatched else clock)
        if session.has_ended():
            return
        self._move_to(last)
        if end is not None and end <= horizon:
            self._cut_short(cut)

    def pause(self, clock: int) -> bool:
        """Freeze the playhead; False when there is nothing to pause."""
        self.advance(clock)
        return self._hold("pause", paused=True)

    def resume(self, clock: int) -> bool:
        """Go on from the same playhead; False when not paused."""
        self.advance(clock)
        return self._hold("resume", paused=False)

    def stop(self, clock: int) -> bool:
        """The viewer leaves; False when the session has ended already."""
        self.advance(clock)
        if self.session.has_ended():
            return False
        self.changed = True
        if self.session.status is PlaybackStatus.RUNNING:
            self._record("stop")
            self._fire_first(CLOSING)
        self.session.close("stopped", self._now())
        return True

    def skip(self, clock: int) -> bool:
        """The viewer skips; False, and nothing happens, before the skip offset or where the ad cannot be skipped."""
        self.advance(clock)
        allowed = self.plan.skip_at_us
        if self.session.status is not PlaybackStatus.RUNNING or allowed is None or self._playhead < allowed:
            return False
        self._fire("skip")
        self.session.close(InterruptionReason.USER_SKIP.value, self._now())
        return True

    def abandon(self, clock: int) -> None:
        """The program playing the session was cancelled: it ends where it stands, and no pixel is due."""
        self.advance(clock)
        if not self.session.has_ended():
            self._record("stop", {"reason": "cancelled"})
            self.session.close("stopped", self._now())

    def _end_of_run(self) -> tuple[int | None, RuleOutcome | None]:
        """The playhead at which the viewing is cut short, and by which rule (None: by the session limit)."""
        cut = self._cut
        at = None if cut is None else (cut.offset_ms or 0) * 1000
        if self.plan.limit_us is not None:
            limit = self.plan.limit_us - (self._clock - self._playhead)
            if at is None or limit < at:
                return limit, None
        return at, cut

    def _advance_paused(self, clock: int) -> None:
        limit = self.plan.limit_us
        self._clock = clock if limit is None else min(clock, limit)
        self._note_position()
        if limit is not None and clock >= limit:
            self._cut_short(None)

    def _move_to(self, playhead: int) -> None:
        self._clock += playhead - self._playhead
        self._playhead = playhead
        self._note_position()

    def _note_position(self) -> None:
        self.session.current_offset_sec = self._playhead / US
        self.session.clock_ms = self._clock / 1000

    def _is_plain(self) -> bool:
        """Whether the record of this session is, so far and up to the next disturbance, the plan's own course."""
        return self._stamp is None and self._resolve is None and self._clock == self._playhead

    def _reach_at_once(self, last: int) -> None:
        """What `_reach_each` records, taken from the plan's course in one piece."""
        course, session, first = self.plan.course, self.session, self._cursor
        behind = bisect_right(course.instants, last, first)
        if behind == first:
            return
        self.changed = True
        self._cursor = behind
        session.tracked += course.tracked[first:behind]
        if session.config.emit_playback_events:
            session.events += course.events[first:behind]
        session.quartiles_tracked |= course.quartiles[behind]
        if course.tracked[behind - 1].event == "complete":
            self._move_to(self.plan.duration_us)
            session.complete(self._now())

    def _reach_each(self, last: int, observed: int | None) -> None:
        moments = self.plan.moments
        while self._cursor < len(moments) and moments[self._cursor].at_us <= last:
            moment = moments[self._cursor]
            self._cursor += 1
            self._move_to(moment.at_us)
            self._reach(moment, self._clock if observed is None else observed)

    def _reach(self, moment: Moment, observed: int) -> None:
        metadata: dict[str, Any] = {}
        if moment.quartile:
            self.session.quartiles_tracked.add(moment.quartile)
            if observed - self._clock > self.plan.tolerance_us:
                metadata = {"late": True, "late_sec": (observed - self._clock) / US}
        self._fire(moment.event, metadata)
        if moment.event == "complete":
            self.session.complete(self._now())

    def _cut_short(self, cut: RuleOutcome | None) -> None:
        if cut is not None:
            self._interrupt(cut, EFFECTS[InterruptionReason(cut.reason)].error_code)
            return
        self.changed = True
        self._record("interrupt", {"reason": "exceeded_limit"})
        self.session.close("exceeded_limit", self._now())

    def _interrupt(self, cut: RuleOutcome, code: int | None) -> None:
        self.changed = True
        metadata = {"reason": cut.reason, "rule": cut.event, "probability": cut.probability, "u": cut.u}
        self.session.interrupted_by = cut.event
        if code is None:
            self._record("interrupt", metadata)
            self._fire_first(EFFECTS[InterruptionReason(cut.reason)].pixels)
            self.session.close(cut.reason, self._now())
        else:
            self.session.error_code = code
            self._record("interrupt", {**metadata, "error_code": code, **self._track("error")})
            text = f"interrupted by {cut.reason} ({cut.event})"
            self.session.error(text, code, self._now(), end_reason=cut.reason)

    def _fail(self, code: VastErrorCode, text: str) -> None:
        self.session.error_code = int(code)
        self._fire("error", {"error_code": int(code), "meaning": code.meaning, "text": text})
        self.session.error(text, int(code), self._now())

    def _hold(self, move: str, *, paused: bool) -> bool:
        session = self.session
        if session.status is not PlaybackStatus.RUNNING or session.paused is paused:
            return False
        session.paused = paused
        repeated = session.config.pause_pixels == "once" and any(
            done.event == move for done in session.tracked
        )
        if repeated:
            self.changed = True
            self._record(move)
        else:
            self._fire(move)
        return True

    def _fire_first(self, events: tuple[str, ...]) -> None:
        event = next((name for name in events if name in self.plan.pixels), None)
        if event:
            self._fire(event)

    def _fire(self, event: str, metadata: dict[str, Any] | None = None) -> None:
        urls = self._track(event)
        self._record(event, {**metadata, **urls} if metadata else urls)

    def _track(self, event: str) -> dict[str, Any]:
        """Note that the trackers of an event are due; gives their addresses where the record is to hold them."""
        self.changed = True
        tracked = Tracked(event, self._playhead, self._clock)
        self.session.tracked.append(tracked)
        if self._resolve is None:
            return {}
        return {"urls": self._resolve(tracked, len(self.session.tracked) - 1)}

    def _record(self, event: str, metadata: dict[str, Any] | None = None) -> None:
        if self.session.config.emit_playback_events:
            self.session.events.append(
                PlaybackEvent(self._now(), event, self._playhead / US, metadata or NOTHING)
            )

    def _now(self) -> float:
        now = self._clock / US
        return self._stamp(now) if self._stamp else now


def _moments_behind(plan: Plan, session: PlaybackSession) -> int:
    """How many moments a stored session has behind it. ValueError when they are not this plan's."""
    if not session.tracked:
        return 0
    reached = [done for done in session.tracked if _is_moment(done.event)]
    expected = [(moment.event, moment.at_us) for moment in plan.moments[: len(reached)]]
    if [(done.event, done.at_us) for done in reached] != expected:
        raise ValueError(f"session {session.session_id} does not belong to this ad and configuration")
    return len(reached)


def _is_moment(event: str) -> bool:
    facts = EVENTS.get(event)
    return facts is not None and (facts.fraction is not None or event == "progress")
