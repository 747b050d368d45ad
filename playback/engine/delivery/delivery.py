"""Delivery: what players send pixels through, as a dry run, to our own collector, or for real (playback.md 2.34, 3.7).

A player says what became due and is stored; sends start at once as tasks of a bounded pool, and the session's clock
never waits for one. At the end of play what is still open has until a deadline. Nothing that goes wrong is raised.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

from playback.engine.delivery.capabilities import (
    placeholder,
    with_http_send,
    with_logging,
    with_retry_logic,
    with_scheme,
)
from playback.engine.delivery.context import TrackingContext
from playback.engine.delivery.macros import ClientMacros, macro_values, moment_of
from playback.engine.delivery.sandbox import KEY_HEADER, Collector, Receipt, receipt_of
from playback.engine.delivery.sending import OPEN, Sender, Sending, bring_to_end, compose
from playback.engine.delivery.trackable import context_of
from playback.engine.delivery.tracker_config import DEFAULT_TRACKER_CONFIG, VastTrackerConfig
from playback.engine.delivery.tracking_client import (
    LIVE,
    context_of_client,
    getter_of,
    is_live,
    macros_of,
    tracker_config_of,
)
from playback.engine.errors import DeliveryUnavailable
from playback.engine.playing.plan import Plan
from playback.engine.playing.session import PlaybackSession
from playback.engine.request.ad_data import AdData, NoAd
from playback.engine.request.transport import Getter
from playback.engine.time_provider import RealtimeTimeProvider, TimeProvider
from vast.macros import expand

DRY_RUN: Final = "dry_run"
SANDBOX: Final = "sandbox"
DELIVERIES: Final = (DRY_RUN, SANDBOX, LIVE)
"""The ways of delivery: nothing is called, our own collector is, or what the ad names."""

MAX_PINGS: Final = 100
"""Called for one missing ad; a document that names more makes us call others on its behalf."""


def choose_delivery(asked: str | None, client: Any, *, sends: bool) -> str:
    """What was asked for; else live where this kind of player `sends` and its client is there for that, else dry_run.

    DeliveryUnavailable for an unknown name.
    """
    if asked is None:
        return LIVE if sends and is_live(client) else DRY_RUN
    if asked not in DELIVERIES:
        raise DeliveryUnavailable(asked, DELIVERIES)
    return asked


class Delivery:
    """The pixels of one session on their way. `mode` is dry_run, sandbox or live.

    sandbox needs a `collector`, live a client with `http`; DeliveryUnavailable without. `clock` is what attempts and
    the deadline are measured on, by default the world's, also where the session's own time is virtual. A session that
    is gone on with sends nothing again that it had recorded before: what became of that is unknown.
    """

    __slots__ = (
        "_behind_ms", "_client", "_clock", "_collector", "_first", "_macros", "_moments", "_pool", "_sender",
        "_sendings", "_tasks", "_told", "ad_data", "config", "mode", "plan",
    )  # fmt: skip

    def __init__(
        self,
        mode: str,
        client: Any,
        ad_data: AdData,
        plan: Plan,
        session: PlaybackSession,
        *,
        collector: Collector | None = None,
        clock: TimeProvider | None = None,
    ) -> None:
        self.mode = mode
        self.ad_data = ad_data
        self.plan = plan
        self._client = client
        self._macros: ClientMacros | None = None
        self._first = self._told = len(session.tracked)
        if mode == DRY_RUN:
            return
        self.config = tracker_config_of(client)
        self._collector = collector if mode == SANDBOX else None
        self._clock = clock or (collector.clock if collector else RealtimeTimeProvider())
        context = _context(mode, client, collector, self.config)
        self._sender = _sender(context, log_urls=session.config.log_tracking_urls)
        self._pool = asyncio.Semaphore(self.config.at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._sendings: dict[tuple[int, int], Sending] = {}
        self._behind_ms: dict[int, float] = {}
        self._moments: dict[int, float] = {}

    @property
    def macros(self) -> ClientMacros:
        """What the client brings to the macros of its pixels."""
        if self._macros is None:
            self._macros = macros_of(self._client)
        return self._macros

    @property
    def sends(self) -> bool:
        """Whether anything is asked for at all."""
        return self.mode != DRY_RUN

    @property
    def progress(self) -> int:
        """Grows with every attempt and with every end of a pixel: while it is equal, so is every fate."""
        if not self.sends:
            return 0
        return sum(len(pixel.attempts) + (pixel.status != OPEN) for pixel in self._sendings.values())

    def due(self, session: PlaybackSession, now_ms: float | None = None) -> None:
        """Start sending what became due since the last call; it is stored already, where anything is.

        `now_ms` is the session's clock, where it is a real one: a pixel that became due earlier is behind.
        """
        if self.mode == DRY_RUN:
            return
        for index in range(self._told, len(session.tracked)):
            self._begin(session, index, now_ms)
        self._told = len(session.tracked)

    async def drain(self) -> bool:
        """Wait for what is open, until the deadline; what is open then is recorded as timeout. False where this
        session has sent nothing."""
        if self.mode == DRY_RUN or not self._sendings:
            return False
        limit = self.config.drain_timeout
        await _wait(self._tasks, self._clock, limit)
        left = self._give_up("timeout", f"no answer within {limit:g} s of the end of play")
        await asyncio.gather(*left, return_exceptions=True)
        return True

    def drop(self) -> None:
        """Let go of what is open: the program that played the session was cancelled."""
        if self.mode != DRY_RUN:
            self._give_up("dropped", "playing was cancelled")

    def unknown(self, index: int) -> bool:
        """Whether this instant was recorded by an earlier run, so that nobody knows what became of its pixels."""
        return self.sends and index < self._first

    def sending(self, index: int, pixel: int) -> Sending | None:
        """The sending of the `pixel`-th tracker of the session's `index`-th instant; None where none was started."""
        return self._sendings.get((index, pixel)) if self.sends else None

    def behind_ms(self, index: int) -> float:
        """How long after an instant its pixels were started."""
        return self._behind_ms.get(index, 0.0) if self.sends else 0.0

    def moment(self, index: int) -> float | None:
        """When the pixels of an instant were started, in seconds since 1970; None where its session tells."""
        return self._moments.get(index) if self.sends else None

    def receipt(self, session: PlaybackSession, index: int, pixel: int) -> Receipt | None:
        """What the collector says of a pixel; None outside the sandbox and where nothing was started."""
        sending = self.sending(index, pixel)
        if sending is None or self._collector is None:
            return None
        arrivals = self._collector.arrivals_of(_key(session, index, pixel))
        return receipt_of(sending, arrivals, self._collector.late_sec, self.behind_ms(index))

    def _begin(self, session: PlaybackSession, index: int, now_ms: float | None) -> None:
        tracked = session.tracked[index]
        pixels = self.plan.pixels_of(tracked)
        if not pixels:
            return
        if not session.start_time:
            # A session in virtual time begins at 0; whoever is called hears when that was in the world.
            self._moments[index] = self._clock.stamp(moment_of(session, tracked))
        moment = self.moment(index)
        values = macro_values(self.ad_data, self.plan, session, tracked, index, self.macros, moment)
        self._behind_ms[index] = 0.0 if now_ms is None else max(now_ms - tracked.clock_us / 1000, 0.0)
        for number, pixel in enumerate(pixels):
            url = with_scheme(pixel.url)
            if placeholder(url):
                continue
            sending = Sending(
                event=pixel.event,
                url=expand(url, values, context_of(pixel.event), self.macros.formats),
                clock=self._clock,
                item=pixel,
                seed=session.seed,
            )
            if self._collector is not None:
                sending.headers[KEY_HEADER] = _key(session, index, number)
            self._sendings[index, number] = sending
            task = asyncio.get_running_loop().create_task(self._send(sending))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, sending: Sending) -> None:
        async with self._pool:
            await bring_to_end(self._sender, sending)

    def _give_up(self, status: str, reason: str) -> list[asyncio.Task[None]]:
        for sending in self._sendings.values():
            sending.give_up(status, reason)
        left = list(self._tasks)
        for task in left:
            task.cancel()
        return left


async def deliver_no_ad(
    no_ad: NoAd,
    client: Any = None,
    *,
    delivery: str | None = None,
    collector: Collector | None = None,
    clock: TimeProvider | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[Sending, ...]:
    """Tell every Error address of a request without an ad, all at once; what became of each, in the order of
    `no_ad.pings`. `delivery` as a real player chooses it; in a dry run nothing is started and the answer is empty.
    `headers` go over the client's."""
    mode = choose_delivery(delivery, client, sends=True)
    if mode == DRY_RUN:
        return ()
    config = tracker_config_of(client)
    clock = clock or (collector.clock if collector else RealtimeTimeProvider())
    context = _context(mode, client, collector, config)
    sender = _sender(context.merge(headers={**context.headers, **(headers or {})}), log_urls=True)
    sendings = tuple(
        Sending(event="error", url=error_url(ping.url, ping.code, no_ad, config), clock=clock, item=ping)
        for ping in no_ad.pings
    )
    for sending in sendings[MAX_PINGS:]:
        sending.end("skipped", f"more than {MAX_PINGS} Error addresses")
    tasks = {asyncio.ensure_future(bring_to_end(sender, sending)) for sending in sendings[:MAX_PINGS]}
    try:
        await _wait(tasks, clock, config.drain_timeout)
    finally:
        for sending in sendings:
            sending.give_up("timeout", f"no answer within {config.drain_timeout:g} s")
        for task in tasks:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return sendings


async def _wait(tasks: Collection["asyncio.Future[None]"], clock: TimeProvider, limit_sec: float) -> None:
    """Return once all of these tasks have ended, or at the deadline; they are left as they are."""
    deadline = asyncio.ensure_future(clock.sleep(limit_sec))
    try:
        while (left := [task for task in tasks if not task.done()]) and not deadline.done():
            await asyncio.wait({deadline, *left}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        deadline.cancel()


def error_url(url: str, code: int, no_ad: NoAd, config: VastTrackerConfig = DEFAULT_TRACKER_CONFIG) -> str:
    """An Error address of a request without an ad, its macros expanded."""
    values = {**config.static_macros, **no_ad.macros, "ERRORCODE": str(code)}
    return expand(with_scheme(url), values, "error", config.macro_formats)


def _key(session: PlaybackSession, index: int, pixel: int) -> str:
    return f"{session.session_id}/{index}/{pixel}"


def _context(
    mode: str, client: Any, collector: Collector | None, config: VastTrackerConfig
) -> TrackingContext:
    """The client's own context, or one of its configuration, that sends to where this mode does."""
    getter: Getter | None = collector if mode == SANDBOX else getter_of(client)
    if getter is None:
        missing = "a collector" if mode == SANDBOX else "a client with http"
        raise DeliveryUnavailable(mode, DELIVERIES, f"it needs {missing}")
    return context_of_client(client, config, getter)


def _sender(context: TrackingContext, *, log_urls: bool) -> Sender:
    return compose(
        (
            with_logging(context, urls=log_urls),
            with_retry_logic(1 + context.max_retries, context.retry_delay),
            with_http_send(context),
        )
    )
