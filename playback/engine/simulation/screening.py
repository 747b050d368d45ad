"""An ad under one configuration, played headless for any seed: as whole sessions, or as lean ones that keep only how
they ended and play themselves when asked for more.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, NamedTuple

from playback.engine.configuration.config import DEFAULT_CONFIG, PlaybackSessionConfig
from playback.engine.configuration.interruptions import (
    BEFORE_RENDERING,
    EFFECTS,
    InterruptionReason,
    RuleOutcome,
    earliest,
)
from playback.engine.delivery.ledger import LedgerEntry, ledger_of, resolved_urls
from playback.engine.playing.opening import open_session
from playback.engine.playing.pattern import play_like_others
from playback.engine.playing.plan import plan_of
from playback.engine.playing.playthrough import Playthrough
from playback.engine.playing.session import PlaybackEvent, PlaybackSession, PlaybackStatus, Tracked
from playback.engine.request.ad_data import AdData
from playback.engine.simulation.passage import Passage, Passages


class Ending(NamedTuple):
    """How a session ends: its status and end_reason, and the event of the rule that ends it, if one does."""

    status: PlaybackStatus
    end_reason: str
    rule: str | None = None

    @classmethod
    def of(cls, session: PlaybackSession) -> "Ending":
        return cls(session.status, session.end_reason or "", session.interrupted_by)


class Screening:
    """Sessions of one ad under one configuration, which is made headless. Raises what `plan_of` raises."""

    def __init__(self, ad_data: AdData, config: PlaybackSessionConfig | Mapping[str, Any] | None) -> None:
        whole = DEFAULT_CONFIG if config is None else config
        if not isinstance(whole, PlaybackSessionConfig):
            whole = PlaybackSessionConfig.from_dict(whole)
        self.ad_data = ad_data
        self.config = whole.in_mode("headless")
        self.plan = plan_of(ad_data, self.config)
        self.undisturbed = self._play(0, (), None)
        """A session that no rule interrupts."""

    @property
    def is_plain(self) -> bool:
        """Whether the sessions differ in nothing but what rules of the usual shape draw for one ad."""
        return self.plan.is_plain

    @cached_property
    def last_ms(self) -> int:
        """The last whole millisecond of the playhead at which an interruption ends a session."""
        within = (self.plan.duration_us - 1) // 1000
        return within if self.plan.limit_us is None else min(within, self.plan.limit_us // 1000)

    @cached_property
    def endings(self) -> tuple[Ending, ...]:
        """How a session ends, by the place of the rule that ends it; last, where none does."""
        rules = (ending_of(rule.event, rule.reason) for rule, _ in self.plan.rules)
        return (*rules, Ending.of(self.undisturbed))

    @cached_property
    def passages(self) -> Passages:
        """What lean sessions passed."""
        return Passages(self)

    def session(self, seed: int) -> PlaybackSession:
        """The whole session with this seed: what `HeadlessPlayer(client, ad_data, config, seed=seed)` plays."""
        outcomes = self.plan.draw(seed)
        first = earliest(outcomes)
        return self.drawn(seed, outcomes, first, self.plan.in_time(first))

    def lean(self, seed: int) -> "LeanSession":
        """The lean session with this seed."""
        if len(self.plan.parts) > 1:
            # How a pod ends depends on where its viewer skipped an ad: it has to be played.
            return self.lean_of(self.session(seed))
        cut = self.plan.cut(seed)
        if cut is None:
            return LeanSession(self, seed, self.endings[-1], -1)
        return LeanSession(self, seed, ending_of(cut.event, cut.reason), cut.offset_ms or 0)

    def lean_of(self, session: PlaybackSession) -> "LeanSession":
        """How a session of this screening ended that was played whole."""
        at_ms = round(session.current_offset_sec * 1000) if session.interrupted else -1
        return LeanSession(self, session.seed, Ending.of(session), at_ms)

    def played(
        self, seed: int, outcomes: tuple[RuleOutcome, ...], scheduled: RuleOutcome | None
    ) -> PlaybackSession:
        """The session for what its rules drew, of which `scheduled` is the earliest hit."""
        return self._play(
            seed, outcomes, scheduled, self._resolved if self.config.log_tracking_urls else None
        )

    def drawn(
        self,
        seed: int,
        outcomes: tuple[RuleOutcome, ...],
        scheduled: RuleOutcome | None,
        cut: RuleOutcome | None,
    ) -> PlaybackSession:
        """`played` where it is known that `cut` ends the session, or that no rule does."""
        if not self.plan.repeats:
            return self.played(seed, outcomes, scheduled)
        session = open_session(self.plan, self.config, seed, outcomes, scheduled)
        play_like_others(self.plan, session, cut)
        return session

    def _play(
        self,
        seed: int,
        outcomes: tuple[RuleOutcome, ...],
        scheduled: RuleOutcome | None,
        resolved: Callable[[PlaybackSession, Tracked, int], list[str]] | None = None,
    ) -> PlaybackSession:
        session = open_session(self.plan, self.config, seed, outcomes, scheduled)
        run = Playthrough(self.plan, session, None, partial(resolved, session) if resolved else None)
        run.begin(run.last_due() or 0)
        return session

    def _resolved(self, session: PlaybackSession, tracked: Tracked, index: int) -> list[str]:
        return resolved_urls(self.ad_data, self.plan, session, tracked, index)

    def ledger(self, session: PlaybackSession) -> list[LedgerEntry]:
        """One row per tracker of the ad, what became of it in a session of this screening."""
        return ledger_of(self.ad_data, self.plan, session)


@dataclass(slots=True)
class LeanSession:
    """How one session ended. The rest of it is played when asked for, from the seed, and not kept."""

    screening: Screening = field(repr=False, compare=False)
    seed: int
    ending: Ending
    cut_ms: int
    """Where the interruption lies in the ad, in milliseconds; -1 where there is none."""

    @property
    def offset_ms(self) -> int | None:
        return None if self.cut_ms < 0 else self.cut_ms

    @property
    def rule(self) -> str | None:
        """The event of the rule that ended the session; None where none did."""
        return self.ending.rule

    @property
    def reason(self) -> str | None:
        """The InterruptionReason; None where no rule ended the session."""
        return self.ending.end_reason if self.interrupted else None

    @property
    def status(self) -> PlaybackStatus:
        return self.ending.status

    @property
    def end_reason(self) -> str:
        return self.ending.end_reason

    @property
    def interrupted(self) -> bool:
        return self.ending.rule is not None

    @property
    def passage(self) -> Passage:
        """Its events in short, without playing it again where it is of a single ad."""
        return self.screening.passages.of(self)

    @property
    def end_ms(self) -> int:
        """Where on the playhead it ended, in milliseconds."""
        end = self.passage.end_ms
        return self.cut_ms if end is None else end

    @property
    def session(self) -> PlaybackSession:
        """The whole session, played now."""
        return self.screening.session(self.seed)

    @property
    def events(self) -> list[PlaybackEvent]:
        return self.session.events

    @property
    def tracked(self) -> list[Tracked]:
        return self.session.tracked

    @property
    def ledger(self) -> list[LedgerEntry]:
        """One row per tracker of the ad and what became of it."""
        return self.screening.ledger(self.session)


def ending_of(event: str, reason: str) -> Ending:
    """How the session ends that the rule of this event cuts short."""
    why = InterruptionReason(reason)
    code = BEFORE_RENDERING.get(event, EFFECTS[why].error_code)
    return Ending(PlaybackStatus.CLOSED if code is None else PlaybackStatus.ERROR, why.value, event)
