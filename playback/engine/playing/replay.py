"""A recorded session gone through again, step by step, with its state after each; or as it would have gone otherwise.

The same machine that plays sessions plays them again from their record: their configuration, draws and what viewers
did, each at its clock. Nothing is sent and nothing waits. What comes out is equal to the record, or tells where not.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Any, Final, NamedTuple

from playback.engine.configuration.config import PlaybackMode, PlaybackSessionConfig
from playback.engine.configuration.interruptions import RuleOutcome, earliest
from playback.engine.delivery.delivery import DRY_RUN, Delivery
from playback.engine.delivery.ledger import LedgerEntry, ledger_of, macro_table, resolved_urls
from playback.engine.playing.cues import VIEWER, Cue, began, cues_of
from playback.engine.playing.events import EVENTS
from playback.engine.playing.opening import open_session
from playback.engine.playing.plan import Plan, plan_of, struck_at
from playback.engine.playing.playthrough import Playthrough
from playback.engine.playing.session import PlaybackSession, PlaybackStatus, Tracked
from playback.engine.playing.snapshot import PlaybackSessionState, snapshot
from playback.engine.request.ad_data import AdData
from playback.engine.splitmix import check_seed
from vast.macros import MacroRow

OPENED: Final = "opened"
"""The first step of every replay: the session before anything happened."""


class Step(NamedTuple):
    """One thing that happened, and the session after it. Microseconds of session clock and playhead.

    `by` is viewer, rule, limit or failure, empty for what the playhead came to; `due` the places in the session's
    `tracked` of what became due; `next_us` the session clock at which something happens next if nobody does anything,
    and `upcoming` what that is.
    """

    event: str
    clock_us: int
    playhead_us: int
    by: str
    metadata: Mapping[str, Any]
    due: range
    state: PlaybackSessionState
    next_us: int | None
    upcoming: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values, milliseconds."""
        return {
            "event": self.event,
            "clock_ms": self.clock_us / 1000,
            "playhead_ms": self.playhead_us / 1000,
            "by": self.by or None,
            "metadata": dict(self.metadata),
            "due": list(self.due),
            "state": self.state.to_dict(),
            "next_ms": None if self.next_us is None else self.next_us / 1000,
            "upcoming": list(self.upcoming),
        }


class Difference(NamedTuple):
    """Where two records differ: the field, and what either says; None for nothing."""

    field: str
    was: Any
    now: Any


@dataclass(frozen=True)
class Replay:
    """A session as it was gone through again. `did` are the viewer's cues that had their effect, `refused` those that
    had none, as the session had ended or could not do it."""

    ad_data: AdData
    plan: Plan
    session: PlaybackSession
    steps: tuple[Step, ...]
    did: tuple[Cue, ...]
    refused: tuple[Cue, ...]
    delivery: Delivery

    @property
    def ledger(self) -> list[LedgerEntry]:
        """Every tracker, as a dry run."""
        return ledger_of(self.ad_data, self.plan, self.session, self.delivery)

    def macros(self, entry: LedgerEntry) -> list[MacroRow]:
        """The macros in the address of a row of the ledger."""
        return macro_table(self.ad_data, self.plan, self.session, entry, self.delivery)

    def ahead(self, step: Step) -> tuple[RuleOutcome, ...]:
        """The draws that strike later than this step, if the viewing gets that far."""
        if step.state.status not in {PlaybackStatus.PENDING, PlaybackStatus.RUNNING}:
            return ()
        reached = -1 if step.event == OPENED else step.playhead_us
        hits = (outcome for outcome in self.session.interruption_plan if outcome.hit)
        return tuple(outcome for outcome in hits if struck_at(outcome) > reached)


def replay(ad_data: AdData, stored: PlaybackSession, client: Any = None) -> Replay:
    """Go through a recorded session again, with its own draws. `client` is the one that gave the ad: what it brings to
    macros stands in addresses that the record holds. ValueError where the session plays another ad."""
    plan = plan_of(ad_data, stored.config)
    if [outcome.part for outcome in stored.interruption_plan if outcome.part >= len(plan.parts)]:
        raise ValueError(f"session {stored.session_id} plays another ad")
    fresh = _fresh(stored, plan, stored.config, stored.seed, stored.interruption_plan)
    done = _play(ad_data, plan, fresh, stored, cues_of(stored), client)
    _stamp_like(done.session, stored)
    return done


def replay_otherwise(
    ad_data: AdData,
    stored: PlaybackSession,
    *,
    seed: int | None = None,
    mode: PlaybackMode | None = None,
    alone: bool = False,
    client: Any = None,
) -> Replay:
    """The session had its seed or its mode been another, played to its end: what its viewer did is done again at the
    same clock, or is not (`alone`). ValueError for a seed out of range."""
    config = stored.config if mode is None else stored.config.in_mode(mode)
    plan = plan_of(ad_data, config)
    chosen = stored.seed if seed is None else check_seed(seed)
    fresh = _fresh(stored, plan, config, chosen, plan.draw(chosen))
    kept = () if alone else tuple(cue._replace(behind=None) for cue in replay(ad_data, stored, client).did)
    return _play(ad_data, plan, fresh, None, kept, client)


def redrawn(ad_data: AdData, stored: PlaybackSession) -> tuple[Difference, ...]:
    """Where the seed of a session draws otherwise than its record says: another version drew it."""
    drawn = plan_of(ad_data, stored.config).draw(stored.seed)
    return record_differences(
        {"interruption_plan": [outcome.to_dict() for outcome in stored.interruption_plan]},
        {"interruption_plan": [outcome.to_dict() for outcome in drawn]},
    )


def record_differences(was: Any, now: Any, field: str = "") -> tuple[Difference, ...]:
    """Where two records differ, by the path of each field; lists are compared place by place."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        names = dict.fromkeys([*was, *now])
        inner = [(f"{field}.{name}" if field else name, was.get(name), now.get(name)) for name in names]
    elif isinstance(was, list) and isinstance(now, list):
        most = max(len(was), len(now))
        padded = [[*side, *[None] * (most - len(side))] for side in (was, now)]
        inner = [(f"{field}[{place}]", *pair) for place, pair in enumerate(zip(*padded, strict=True))]
    else:
        return () if was == now and type(was) is type(now) else (Difference(field, was, now),)
    return tuple(found for name, one, other in inner for found in record_differences(one, other, name))


def _fresh(
    stored: PlaybackSession,
    plan: Plan,
    config: PlaybackSessionConfig,
    seed: int,
    outcomes: tuple[RuleOutcome, ...],
) -> PlaybackSession:
    told = dict(stored.metadata)
    if stored.status is PlaybackStatus.ERROR:
        told.pop("error", None)
    first = earliest(outcomes)
    return open_session(plan, config, seed, outcomes, first, stored.session_id, told)


def _play(
    ad_data: AdData,
    plan: Plan,
    session: PlaybackSession,
    stored: PlaybackSession | None,
    cues: Sequence[Cue],
    client: Any,
) -> Replay:
    """As the `stored` session went, up to where it stands; without one, to the end."""
    delivery = Delivery(DRY_RUN, client, ad_data, plan, session)
    resolve = None
    if session.config.log_tracking_urls:

        def resolve(tracked: Tracked, index: int) -> list[str]:
            return resolved_urls(ad_data, plan, session, tracked, index, delivery)

    start = stored.start_time if stored else None
    run = _Watched(plan, session, (lambda clock: start + clock) if start else None, resolve)
    refused = [cue for cue in run.play(cues, stored) if cue.name in VIEWER]
    did = tuple(cue for cue in run.did if cue.name in VIEWER)
    return Replay(ad_data, plan, session, tuple(run.steps), did, tuple(refused), delivery)


def _stamp_like(session: PlaybackSession, stored: PlaybackSession) -> None:
    """In real time the stamps are the world's, and none of the session's doing: they are taken from the record."""
    begun = stored.end_time if stored.start_time is None else stored.start_time
    if not begun:  # virtual: the session's own clock
        return
    session.end_time = None if session.end_time is None else stored.end_time
    for place, (own, told) in enumerate(zip(session.events, stored.events, strict=False)):
        if (own.event_type, own.offset_sec) == (told.event_type, told.offset_sec):
            session.events[place] = own._replace(timestamp=told.timestamp)


class _Watched(Playthrough):
    """A playthrough that takes a picture after everything it notes, and goes from one instant to the next."""

    __slots__ = ("_by", "_seen", "_text", "did", "steps")

    def __init__(
        self,
        plan: Plan,
        session: PlaybackSession,
        stamp: Callable[[float], float] | None,
        resolve: Callable[[Tracked, int], list[str]] | None,
    ) -> None:
        self.steps: list[Step] = []
        self.did: list[Cue] = []
        self._by = self._text = ""
        self._seen = 0
        super().__init__(plan, session, stamp, resolve)

    def play(self, cues: Sequence[Cue], stored: PlaybackSession | None) -> list[Cue]:
        """Go through all cues and up to the end; gives those that had no effect."""
        self._text = str(stored.metadata.get("error", "")) if stored else ""
        self._take(OPENED)
        if stored is None or began(stored):
            self.begin()
            self._settle()
        refused = [cue for cue in cues if not self._follow(cue)]
        end = round(stored.clock_ms * 1000) if stored else None
        self._pass(end)
        if end is not None:
            self.advance(end, unwatched=True)
            self._settle()
        return refused

    def _follow(self, cue: Cue) -> bool:
        name, clock, to, behind = cue
        if name == "observe":
            self._pass(to - 1)
            if behind is not None and len(self.session.tracked) <= behind:
                self.advance(clock)
                self._settle()
            return False
        self._pass(clock)
        self.advance(clock, unwatched=True)
        if self.session.has_ended() or (behind is not None and behind < len(self.session.tracked)):
            return False
        self._by = "viewer" if name in VIEWER else "failure"
        before = len(self.steps)
        done = self._act(name, clock, to)
        if done and len(self.steps) == before:
            self._take(name)  # a session that was not begun has no events
        self._by = ""
        self._settle()
        if done:
            self.did.append(cue)
        return done

    def _act(self, name: str, clock: int, to: int) -> bool:
        if name == "fail":
            self.session.error(self._text)
            return True
        if name == "abandon":
            self.abandon(clock)
            return True
        if name == "seek":
            return self.seek(clock, to)
        if name in {"click", "customClick"}:
            return self.click(clock, custom=name == "customClick")
        deed = {"pause": self.pause, "resume": self.resume, "skip": self.skip, "stop": self.stop}[name]
        return deed(clock)

    def _pass(self, clock: int | None) -> None:
        """Every instant up to this clock, each noticed at its own; None for all there are."""
        while self._runs() and (due := self.next_due()) is not None and (clock is None or due <= clock):
            self.advance(due, unwatched=True)
            self._settle()

    def _runs(self) -> bool:
        return self.session.status is PlaybackStatus.RUNNING

    def _is_plain(self) -> bool:
        return False  # every event has its own picture

    def _interrupt(self, cut: RuleOutcome, code: int | None) -> None:
        self._by = "rule"
        super()._interrupt(cut, code)
        self._by = ""

    def _cut_short(self, cut: RuleOutcome | None) -> None:
        self._by = "limit" if cut is None else "rule"
        super()._cut_short(cut)
        self._by = ""

    def _note(self, event: str, more: dict[str, Any], metadata: Mapping[str, Any]) -> None:
        super()._note(event, more, metadata)
        self._take(event, {**metadata, **more})

    def _take(self, event: str, metadata: Mapping[str, Any] | None = None) -> None:
        now = len(self.session.tracked)
        reached = event == "progress" or (event in EVENTS and EVENTS[event].fraction is not None)
        at, clock = self._playhead, self._clock
        by = "" if reached or event == OPENED else self._by
        step = Step(event, clock, at, by, metadata or {}, range(self._seen, now), self._picture(), None, ())
        self.steps.append(self._with_next(step))
        self._seen = now

    def _settle(self) -> None:
        """The last picture once more, now that the instant is over: it may have ended the session."""
        last = self.steps[-1]
        if last.state.status != self.session.status.value or last.state.playhead_ms != self._playhead // 1000:
            last = last._replace(state=self._picture())
        self.steps[-1] = self._with_next(last)

    def _picture(self) -> PlaybackSessionState:
        return snapshot(self.session, self.plan, self._playhead, self._clock)

    def _with_next(self, step: Step) -> Step:
        if self.session.has_ended():
            return step._replace(next_us=None, upcoming=())
        if self.session.status is PlaybackStatus.PENDING:
            return step._replace(next_us=0, upcoming=self._first())
        due = self.next_due()
        return step._replace(next_us=due, upcoming=self._upcoming(due))

    def _first(self) -> tuple[str, ...]:
        return tuple(moment.event for moment in self._moments if moment.at_us == 0)

    def _upcoming(self, due: int | None) -> tuple[str, ...]:
        """What is noted at the next instant, first moments, then what cuts the viewing short."""
        if due is None:
            return ()
        if self.session.paused:
            return ("exceeded_limit",)
        at = due - self._clock + self._playhead
        ahead = islice(self._moments, self._cursor, self._bound)
        bound = takewhile(lambda moment: moment.at_us == at, ahead)
        end, cut = self._end_of_run()
        last = () if end != at else ("exceeded_limit",) if cut is None else (f"rule {cut.event}",)
        return (*(moment.event for moment in bound), *last)


def without_lateness(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without what may differ between real and simulated time: its mode, its stamps, and what was late."""
    events = [
        {
            **event,
            "timestamp": None,
            "metadata": {k: v for k, v in event["metadata"].items() if k not in {"late", "late_sec"}},
        }
        for event in record["events"]
    ]
    config = {**record["config"], "mode": None}
    return {**record, "events": events, "config": config, "start_time": None, "end_time": None}
