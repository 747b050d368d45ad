"""The players: one way of playing (BaseVastPlayer.play), two clocks (playback.md 1.13, 2.17-2.20).

VastPlayer plays in real time, HeadlessPlayer in virtual time. Pause, resume, stop, skip, seek and click act on a
play() that is under way; the playhead is frozen while paused.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import isfinite
from typing import Any, ClassVar

from playback.engine.configuration.config import DEFAULT_CONFIG, PlaybackMode, PlaybackSessionConfig
from playback.engine.configuration.interruptions import earliest
from playback.engine.delivery.delivery import DRY_RUN, Delivery, choose_delivery
from playback.engine.delivery.ledger import LateLedger, LedgerEntry, ledger_of, resolved_urls
from playback.engine.delivery.macros import macro_values
from playback.engine.delivery.sandbox import Collector
from playback.engine.errors import InvalidTransition
from playback.engine.playing.opening import open_session
from playback.engine.playing.pattern import play_like_others
from playback.engine.playing.plan import MS, US, plan_of
from playback.engine.playing.playthrough import Playthrough
from playback.engine.playing.session import PlaybackSession, PlaybackStatus, Tracked
from playback.engine.playing.snapshot import PlaybackSessionState, snapshot
from playback.engine.playing.store import SessionStore
from playback.engine.request.ad_data import AdData, NoAd
from playback.engine.splitmix import check_seed
from playback.engine.time_provider import (
    RealtimeTimeProvider,
    SimulatedTimeProvider,
    TimeProvider,
    Wake,
    fresh_seed,
    one_turn,
)
from vast.macros import expand


class BaseVastPlayer(ABC):
    """Plays an ad, or the ads of a pod one after the other, once.

    `session` continues a stored session (its seed, configuration and draws are kept); otherwise a new one is made,
    from `seed` or from a fresh seed that the session records. Raises ValueError for a NoAd, for a seed out of range
    and for a session of another ad; TypeError for what is no ad data; ConfigError for a configuration nobody can play
    by; DeliveryUnavailable for a delivery that does not exist or lacks its collector or client. Attempts are timed on
    `delivery_clock`, by default the collector's or the world's.
    """

    mode: ClassVar[PlaybackMode]
    sends: ClassVar[bool] = False
    """Whether this kind of player sends pixels without being asked, where its client is there for that."""

    def __init__(
        self,
        vast_client: Any,
        ad_data: AdData | NoAd,
        config: PlaybackSessionConfig | Mapping[str, Any] | None = None,
        *,
        seed: int | None = None,
        session: PlaybackSession | None = None,
        time_provider: TimeProvider | None = None,
        store: SessionStore | None = None,
        delivery: str | None = None,
        collector: Collector | None = None,
        delivery_clock: TimeProvider | None = None,
        session_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        watched: bool = False,
    ) -> None:
        if isinstance(ad_data, NoAd):
            raise ValueError(f"there is no ad to play: {ad_data.code}, {ad_data.text}")
        if not isinstance(ad_data, AdData):
            raise TypeError(f"ad_data must be what request_ad gives, not {type(ad_data).__name__}")
        self.vast_client = vast_client
        self.ad_data = ad_data
        self.store = store
        self.watched = watched
        self.config = session.config if session else self._own_config(config)
        self.plan = plan_of(ad_data, self.config)
        self.session = self._adopt(session) if session else self._open(seed, session_id, metadata)
        # What few headless sessions need is made when it is asked for: delivery, clock and playthrough.
        self._delivery: Delivery | None = None
        self._clock = time_provider
        self._playthrough: Playthrough | None = None
        self._shown = time_provider is not None
        self._jumped_sec = 0.0
        self._wake = Wake()
        self._base: float | None = None
        self._playing = False
        way = choose_delivery(delivery, vast_client, sends=self.sends)
        # Pixels that are sent start at their own time: each step then has its turn of the event loop.
        self._alone = self._is_dry = way == DRY_RUN
        if not self._is_dry:
            self._delivery = Delivery(
                way, vast_client, ad_data, self.plan, self.session, collector=collector, clock=delivery_clock
            )
        if session:
            self._run  # noqa: B018 - a record that does not belong to this plan is refused here

    @abstractmethod
    def _default_time_provider(self) -> TimeProvider:
        """The clock of this kind of player."""

    def _is_unpaced(self) -> bool:
        """Whether this kind's own clock jumps anywhere and stamps with the session's time: it can be left out."""
        return False

    async def play(self) -> PlaybackSession:
        """Play to the end, an interruption, the session limit or stop(); returns the session.

        A session that has ended is returned as it is. When the task is cancelled the session is closed without any
        pixel, and pixels on their way are dropped; a store keeps its last checkpoint, from which the session can be
        continued. Before it returns, pixels that are still open have until the delivery's deadline.
        """
        if self.session.has_ended():
            await self._save()
            return self.session
        if self._playing:
            raise InvalidTransition("playing", "play again")
        self._playing = True
        try:
            if self._is_untouched():
                await one_turn()
            elif not self._shown:
                await self._time.settle(1)
            if self._shown:
                await self._time.settle()
            if not self._play_at_once():
                await self._play_on()
                await self._deliver_rest()
        except asyncio.CancelledError:
            self._run.abandon(self._clock_us())
            self.delivery.drop()
            raise
        finally:
            self._playing = False
        return self.session

    def pause(self) -> None:
        """Freeze the playhead; no effect unless playing."""
        if self._run.pause(self._clock_us()):
            self._ring()

    async def resume(self) -> None:
        """Go on from the same playhead; no effect unless paused."""
        if self._run.resume(self._clock_us()):
            self._ring()

    def stop(self) -> None:
        """The viewer leaves: the session is closed; no effect once it has ended."""
        if self._run.stop(self._clock_us()):
            self._ring()

    def skip(self) -> bool:
        """The viewer skips the ad: the next one of the pod begins, after the last the session is closed.

        False before the ad's skip offset, or where it has none, and playing goes on.
        """
        skipped = self._run.skip(self._clock_us())
        if skipped:
            self._ring()
        return skipped

    def seek(self, offset_sec: float) -> bool:
        """The viewer moves the playhead to another place in the ad, in seconds of the session's playhead.

        What a seek passes over, its place of landing included, is not earned and no interruption strikes there; played
        later, it is. What became due before does not become due again. False outside the ad, at its end, and when
        nothing is being played.
        """
        place = round(offset_sec * 1000) * MS if isfinite(offset_sec) else -1
        moved = self._run.seek(self._clock_us(), place)
        if moved:
            self._ring()
        return moved

    def click(self, *, custom: bool = False) -> str | None:
        """The viewer clicks on the ad: its click trackers are due, every time. Gives the address of the page to open,
        macros expanded, which is not fetched; None where there is none.

        A `custom` click has trackers of its own and opens nothing. Without effect when nothing is being played.
        """
        if not self._run.click(self._clock_us(), custom=custom):
            return None
        self._ring()
        index = len(self.session.tracked) - 1
        tracked = self.session.tracked[index]
        page = None if custom else self.plan.parts[tracked.part].click_through
        if page is None:
            return None
        macros = self.delivery.macros
        values = macro_values(self.ad_data, self.plan, self.session, tracked, index, macros)
        return expand(page, values, "click", macros.formats)

    def state(self) -> PlaybackSessionState:
        """A picture of the session now; records nothing."""
        clock = self._clock_us()
        return snapshot(self.session, self.plan, self._run.playhead_at(clock), clock)

    def checkpoint(self) -> PlaybackSession:
        """The session with its playhead and clock brought up to now, for a caller who stores it between events."""
        self._run.advance(self._clock_us())
        if self._run.changed:
            self._ring()
        return self.session

    @property
    def time_provider(self) -> TimeProvider:
        """The player's clock. Whoever asks for it may sleep on it, and play() gives them the turns to do so."""
        self._shown = True
        return self._time

    @property
    def ledger(self) -> list[LedgerEntry]:
        """One row per tracker: due, skipped, still pending, or never reached and why."""
        return ledger_of(self.ad_data, self.plan, self.session, self.delivery)

    @property
    def playback_seconds(self) -> float:
        """How far the playhead got."""
        return self.session.current_offset_sec

    @property
    def delivery(self) -> Delivery:
        """What became of the pixels."""
        if self._delivery is None:
            self._delivery = Delivery(DRY_RUN, self.vast_client, self.ad_data, self.plan, self.session)
        return self._delivery

    @property
    def _time(self) -> TimeProvider:
        if self._clock is None:
            self._clock = self._default_time_provider()
            self._clock.jump(self._clock.time() + self._jumped_sec)
        return self._clock

    @property
    def _run(self) -> Playthrough:
        """The session on its way through the plan."""
        if self._playthrough is None:
            self._playthrough = Playthrough(
                self.plan,
                self.session,
                None if self._time.is_virtual else self._time.stamp,
                self._resolve if self.config.log_tracking_urls else None,
            )
        return self._playthrough

    def _ring(self) -> None:
        self._alone = False
        self._wake.set()

    def _is_untouched(self) -> bool:
        """Whether nobody can tell by the clock or by a press of a button how this session comes to its end."""
        untouched = self._clock is None and self._playthrough is None
        return untouched and self._is_dry and self.store is None and self.plan.repeats and self._is_unpaced()

    def _play_at_once(self) -> bool:
        """Play a new session in one jump of its clock, where nobody else can be on that and nothing is stored."""
        disturbed = self._shown or self.store is not None or not self._is_dry
        if disturbed or self.session.status is not PlaybackStatus.PENDING:
            return False
        if self._is_untouched():
            play_like_others(self.plan, self.session, self.plan.in_time(self._first))
            self._jumped_sec = self.session.clock_ms / 1000
            return True
        end = self._run.last_due()
        if end is None or not self._time.jump(self._time.time() + end / US):
            return False
        self._run.begin(end)
        return True

    async def _play_on(self) -> None:
        self._base = self._time.time() - self.session.clock_ms / 1000
        if self.session.status is PlaybackStatus.PENDING:
            self._run.begin()
        while not self.session.has_ended():
            await self._save()
            await self._pass_time()
        await self._save()

    async def _pass_time(self) -> None:
        """Wait for what is due next, or for a button, and record what became due."""
        # While nobody else has shown up on this clock, jumping needs no turn of the event loop. Once somebody has,
        # they get their turns at every step, or a viewer between two actions would find the ad already over.
        self._alone = self._alone and self._jump()
        if not self._alone:
            deadline = self._deadline(self._run.next_due())
            await self._time.wait(deadline, self._wake, driving=not self.session.paused)
            self._run.advance(self._clock_us())

    def _jump(self) -> bool:
        """Jump to what is stored next, or to the end where nothing is stored on the way; False where time refuses."""
        stored = self.store is not None and self.config.enable_session_persistence
        deadline = self._deadline(self._run.next_due() if stored else self._run.last_due())
        if self.session.paused or deadline is None or not self._time.jump(deadline):
            return False
        self._run.advance(self._clock_us(), unwatched=True)
        return True

    def _deadline(self, due: int | None) -> float | None:
        return None if due is None or self._base is None else self._base + due / US

    async def _save(self) -> None:
        """Store what has changed before anything else happens; between events only where persistence is on."""
        while self._run.changed:
            self._run.changed = False
            if self.store is None or not (self.session.has_ended() or self.config.enable_session_persistence):
                continue
            try:
                with self._time.hold():
                    await self.store.save(self.session, LateLedger(lambda: self.ledger))
            except BaseException:
                self._run.changed = True
                raise
        self.delivery.due(self.session, self._real_clock_ms())

    async def _deliver_rest(self) -> None:
        """The last pixels, and the ledger once more with what became of them."""
        self.delivery.due(self.session, self._real_clock_ms())
        if await self.delivery.drain():
            self._run.changed = True
            await self._save()

    def _real_clock_ms(self) -> float | None:
        """The session's clock where the world's time drives it, also after its end."""
        if self._time.is_virtual or self._base is None:
            return None
        return (self._time.time() - self._base) * 1000

    def _clock_us(self) -> int:
        """The session clock now, pauses included: whole milliseconds, or the instant that has just come.

        What a viewer does thus lies on a whole millisecond; only a quartile may lie between two.
        """
        if self._base is None or self.session.has_ended():
            return round(self.session.clock_ms * 1000)
        now = round((self._time.time() - self._base) * US)
        due = self._run.next_due()
        whole = now - now % MS
        return due if due is not None and whole < due <= now else whole

    def _resolve(self, tracked: Tracked, index: int) -> list[str]:
        return resolved_urls(self.ad_data, self.plan, self.session, tracked, index, self.delivery)

    def _own_config(self, config: PlaybackSessionConfig | Mapping[str, Any] | None) -> PlaybackSessionConfig:
        whole = DEFAULT_CONFIG if config is None else config
        if not isinstance(whole, PlaybackSessionConfig):
            whole = PlaybackSessionConfig.from_dict(whole)
        return whole.in_mode(self.mode)

    def _open(
        self, seed: int | None, session_id: str | None, metadata: dict[str, Any] | None
    ) -> PlaybackSession:
        chosen = fresh_seed() if seed is None else check_seed(seed)
        outcomes = self.plan.draw(chosen)
        self._first = earliest(outcomes)
        return open_session(self.plan, self.config, chosen, outcomes, self._first, session_id, metadata)

    def _adopt(self, session: PlaybackSession) -> PlaybackSession:
        if session.config.mode != self.mode:
            raise ValueError(
                f"session {session.session_id} is {session.config.mode}, this player is {self.mode}"
            )
        places = {outcome.part for outcome in session.interruption_plan}
        if _ads_of(self.ad_data.reference()) != _ads_of(session.ad) or not places <= set(
            range(len(self.plan.parts))
        ):
            raise ValueError(f"session {session.session_id} plays another ad")
        return session


def _ads_of(reference: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    return [(ad.get("sha256"), ad.get("index")) for ad in (reference, *reference.get("pod", ()))]


class VastPlayer(BaseVastPlayer):
    """Real-time playback: pixels become due as the seconds pass."""

    mode: ClassVar[PlaybackMode] = "real"
    sends = True

    def _default_time_provider(self) -> TimeProvider:
        return RealtimeTimeProvider()


class HeadlessPlayer(BaseVastPlayer):
    """Simulated playback in virtual time: as fast as possible, or paced by headless_playback_speed when watched."""

    mode: ClassVar[PlaybackMode] = "headless"
    sends = False

    def _default_time_provider(self) -> TimeProvider:
        return SimulatedTimeProvider(speed=self.config.headless_playback_speed if self.watched else 0.0)

    def _is_unpaced(self) -> bool:
        return not self.watched or self.config.headless_playback_speed == 0
