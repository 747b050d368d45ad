"""Playing as a pure state machine: told what its session clock reads, it records everything due up to then.

No clock, no waiting, no network: both players and every test drive the same machine, so real and headless sessions
can differ in nothing but their stamps. Times are integer microseconds. At one instant progress and quartiles come
first, then complete, then an interruption, then the session limit. The ads of a pod lie one after the other on one
playhead.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from playback.engine.configuration.interruptions import (
    BEFORE_RENDERING,
    EFFECTS,
    InterruptionReason,
    RuleOutcome,
    earliest,
)
from playback.engine.playing.plan import US, Moment, Plan, struck_at
from playback.engine.playing.session import (
    NOTHING,
    Jump,
    PlaybackEvent,
    PlaybackSession,
    PlaybackStatus,
    Tracked,
)
from playback.engine.playing.standing import beyond, keys_of, standing

CLOSING = ("closeLinear", "close")


class Playthrough:
    """One session on its way through a plan.

    `stamp(clock_sec)` gives the time stamp of a record; without it that is the session clock itself. `clock` in the
    methods is the session clock: microseconds since its start, pauses included, never going backwards.
    """

    __slots__ = (
        "_bound", "_clock", "_cursor", "_cut", "_moments", "_playhead", "_resolve", "_stamp", "changed", "plan",
        "session",
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
        # The moments it goes by, how many are behind it, and how many it can get to before the next interruption.
        self._moments, self._cursor = standing(plan, session) if session.tracked else (plan.moments, 0)
        pending = session.status is PlaybackStatus.PENDING
        if pending and plan.alone:
            self._expect(earliest(session.interruption_plan))
        else:
            self._expect(plan.next_cut(session.interruption_plan, -1 if pending else self._playhead))

    def begin(self, clock: int = 0) -> None:
        """Start a pending session: an error where nothing can be played, else everything due, unwatched, up to
        `clock`."""
        if self.plan.fault:
            self._fail()
        elif self._cut and self._bound == 0:
            self._interrupt(self._cut, BEFORE_RENDERING[self._cut.event])
        else:
            self.session.start(self._now())
            self.advance(clock, unwatched=True)

    def next_due(self) -> int | None:
        """The session clock at which something happens next; None when nothing will by itself."""
        if self.session.paused:
            return self.plan.limit_us
        at, _ = self._end_of_run()
        if self._cursor < self._bound:
            upcoming = self._moments[self._cursor].at_us
            at = upcoming if at is None or upcoming < at else at
        return None if at is None else at + self._clock - self._playhead

    def last_due(self) -> int | None:
        """The session clock at which the session ends when nobody does anything; None while paused without limit."""
        if self.session.paused:
            return self.plan.limit_us
        if self.plan.fault:
            return self._clock
        if not self.plan.alone:
            outcomes = self.session.interruption_plan
            return self.plan.ending(outcomes, self._cut, self._playhead, self._clock)[0]
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
            if (
                session.status is PlaybackStatus.RUNNING
            ):  # a viewer who skips an ad of a pod goes on with the next
                self.advance(clock, unwatched=unwatched)

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
        """The viewer skips the ad: the next one begins, also out of a pause; after the last the session is closed.

        False, and nothing happens, before its skip offset or where it cannot be skipped.
        """
        self.advance(clock)
        if self.session.status is not PlaybackStatus.RUNNING or not self.plan.skippable(self._playhead):
            return False
        self._fire("skip")
        self._leave(self.plan.part_at(self._playhead))
        return True

    def seek(self, clock: int, playhead: int) -> bool:
        """The viewer moves the playhead within the ad; what that passes over is not earned.

        False, and nothing happens, outside the ad, at its end, and when nothing is being played.
        """
        self.advance(clock)
        place = self.plan.part_at(self._playhead)
        part = self.plan.parts[place]
        if self.session.status is not PlaybackStatus.RUNNING or not part.start_us <= playhead < part.end_us:
            return False
        move = {"from_sec": self._playhead / US, "to_sec": playhead / US}
        if playhead < self._playhead:
            self._fire("rewind", move)
        elif playhead > self._playhead:
            self.changed = True
            self._record("seek", move)
        if playhead != self._playhead:
            self._jump("seek", place, playhead)
        return True

    def click(self, clock: int, *, custom: bool = False) -> bool:
        """The viewer clicks; False when nothing is being played."""
        self.advance(clock)
        if self.session.status is not PlaybackStatus.RUNNING:
            return False
        self._fire("customClick" if custom else "click")
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
        at = None if cut is None else struck_at(cut)
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

    def _expect(self, cut: RuleOutcome | None) -> None:
        """This interruption comes next. One that strikes before an ad is rendered comes before its impression."""
        self._cut: RuleOutcome | None = cut
        self._bound = len(self._moments)
        if cut is not None and cut.event in BEFORE_RENDERING:
            parts = (moment.part for moment in self._moments)
            self._bound = next((n for n, part in enumerate(parts) if part >= cut.part), self._bound)

    def _jump(self, kind: str, part: int, playhead: int) -> None:
        """The playhead goes elsewhere while the clock stands still."""
        session = self.session
        session.jumps += (Jump(kind, part, self._playhead, playhead, self._clock),)
        self._playhead = playhead
        self._note_position()
        # An ad that was left has nothing ahead, though the next one's begin lies at its end.
        behind = self.plan.parts[part].end_us if kind == "skip" else playhead
        self._moments = beyond(self.plan, keys_of(session), part, behind)
        self._cursor = 0
        after = playhead - 1 if kind == "skip" else playhead
        self._expect(self.plan.next_cut(session.interruption_plan, after))

    def _leave(self, part: int) -> None:
        """The viewer skips an ad: on to the next one, or the end of the session."""
        following = self.plan.following(part)
        if following is None:
            self.session.close(InterruptionReason.USER_SKIP.value, self._now())
            return
        self.session.paused = False
        self._jump("skip", part, self.plan.parts[following].start_us)
        self.advance(self._clock)

    def _is_plain(self) -> bool:
        """Whether the record of this session is, so far and up to the next disturbance, the plan's own course."""
        return (
            self._stamp is None
            and self._resolve is None
            and self._clock == self._playhead
            and not self.session.jumps
        )

    def _reach_at_once(self, last: int) -> None:
        """What `_reach_each` records, taken from the plan's course in one piece."""
        course, session, first = self.plan.course, self.session, self._cursor
        behind = min(bisect_right(course.instants, last, first), self._bound)
        if behind == first:
            return
        self.changed = True
        self._cursor = behind
        session.tracked += course.tracked[first:behind]
        if session.config.emit_playback_events:
            session.events += course.events[first:behind]
        session.quartiles_tracked = set(course.quartiles[behind])
        if behind == len(course.instants):
            self._move_to(self.plan.duration_us)
            session.complete(self._now())

    def _reach_each(self, last: int, observed: int | None) -> None:
        while self._cursor < self._bound and self._moments[self._cursor].at_us <= last:
            moment = self._moments[self._cursor]
            self._cursor += 1
            self._move_to(moment.at_us)
            self._reach(moment, self._clock if observed is None else observed)

    def _reach(self, moment: Moment, observed: int) -> None:
        metadata = moment.note
        if moment.event == "impression":
            self.session.quartiles_tracked.clear()
        elif moment.quartile:
            self.session.quartiles_tracked.add(moment.quartile)
            if observed - self._clock > self.plan.tolerance_us:
                metadata = {**metadata, "late": True, "late_sec": (observed - self._clock) / US}
        self._note(moment.event, self._track(moment.event, moment.part, moment.code), metadata)
        if self._cursor == len(self._moments):
            self.session.complete(self._now())

    def _cut_short(self, cut: RuleOutcome | None) -> None:
        if cut is not None:
            code = EFFECTS[InterruptionReason(cut.reason)].error_code
            self._interrupt(cut, BEFORE_RENDERING.get(cut.event, code))
            return
        self.changed = True
        self._record("interrupt", {"reason": "exceeded_limit"})
        self.session.close("exceeded_limit", self._now())

    def _interrupt(self, cut: RuleOutcome, code: int | None) -> None:
        self.changed = True
        metadata = {"reason": cut.reason, "rule": cut.event, "probability": cut.probability, "u": cut.u}
        if self.plan.ends_only_its_ad(cut):
            self._record("interrupt", metadata)
            self._fire("skip")
            self._leave(cut.part)
            return
        self.session.interrupted_by = cut.event
        if code is None:
            self._record("interrupt", metadata)
            self._fire_first(EFFECTS[InterruptionReason(cut.reason)].pixels)
            self.session.close(cut.reason, self._now())
        else:
            self.session.error_code = code
            urls = self._track("error", cut.part, code)
            self._record("interrupt", {**metadata, "error_code": code, **urls})
            text = f"interrupted by {cut.reason} ({cut.event})"
            self.session.error(text, code, self._now(), end_reason=cut.reason)

    def _fail(self) -> None:
        """Nothing can be played: every ad's error, and the session's is that of the first."""
        fault = self.plan.fault
        assert fault is not None
        self.session.error_code = int(fault.code)
        for moment in self.plan.moments:
            self._note(moment.event, self._track(moment.event, moment.part, moment.code), moment.note)
        self.session.error(fault.text, int(fault.code), self._now())

    def _hold(self, move: str, *, paused: bool) -> bool:
        session = self.session
        if session.status is not PlaybackStatus.RUNNING or session.paused is paused:
            return False
        session.paused = paused
        part = self.plan.part_at(self._playhead)
        repeated = session.config.pause_pixels == "once" and any(
            done.event == move and done.part == part for done in session.tracked
        )
        if repeated:
            self.changed = True
            self._record(move)
        else:
            self._fire(move)
        return True

    def _fire_first(self, events: tuple[str, ...]) -> None:
        pixels = self.plan.parts[self.plan.part_at(self._playhead)].pixels
        event = next((name for name in events if name in pixels), None)
        if event:
            self._fire(event)

    def _fire(self, event: str, metadata: Mapping[str, Any] = NOTHING) -> None:
        """What a viewer or a rule causes in the ad that is being played."""
        urls = self._track(event, self.plan.part_at(self._playhead), None)
        self._record(event, {**metadata, **urls})

    def _track(self, event: str, part: int, code: int | None) -> dict[str, Any]:
        """Note that the trackers of an event are due; gives their addresses where the record is to hold them."""
        self.changed = True
        tracked = Tracked(event, self._playhead, self._clock, part, code)
        self.session.tracked.append(tracked)
        if self._resolve is None:
            return {}
        return {"urls": self._resolve(tracked, len(self.session.tracked) - 1)}

    def _record(self, event: str, metadata: Mapping[str, Any] = NOTHING) -> None:
        self._note(event, self.plan.place_of(self.plan.part_at(self._playhead), self._playhead), metadata)

    def _note(self, event: str, more: dict[str, Any], metadata: Mapping[str, Any]) -> None:
        if self.session.config.emit_playback_events:
            told = {**metadata, **more} if more else metadata or NOTHING
            self.session.events.append(PlaybackEvent(self._now(), event, self._playhead / US, told))

    def _now(self) -> float:
        now = self._clock / US
        return self._stamp(now) if self._stamp else now
