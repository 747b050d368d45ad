"""The delivery ledger: one row for every tracker of the ad, what became of it and why (playback.md 4.9, 2.33, 2.36).

It is derived from a session's record, its plan and what was sent. In a dry run every address is resolved and none is
called, so that the ledger costs a playing session nothing and a stored session can have it at any time.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload

from playback.engine.delivery.capabilities import placeholder, with_scheme
from playback.engine.delivery.delivery import Delivery, error_url
from playback.engine.delivery.macros import (
    PLAIN,
    ClientMacros,
    macro_layers,
    macro_values,
    sources_of,
    values_of,
)
from playback.engine.delivery.sending import Attempt, Sending
from playback.engine.delivery.trackable import context_of
from playback.engine.delivery.tracker_config import DEFAULT_TRACKER_CONFIG, VastTrackerConfig
from playback.engine.playing.events import absence_of
from playback.engine.playing.plan import Pixel, Plan
from playback.engine.playing.session import PlaybackSession, PlaybackStatus, Tracked
from playback.engine.playing.standing import why_passed
from playback.engine.request.ad_data import AdData, NoAd
from vast.macros import MacroRow, Value, expand, explain


class LedgerEntry(NamedTuple):
    """One tracker.

    status: pending (may become due, or waits to be stored), not_reached (never became due), skipped (due, but never to
    be called); in a dry run dry_run (became due); else in_flight, sent (2xx), failed, timeout, dropped (play was
    cancelled) or unknown (recorded by an earlier run). `due_ms` is where it lies in the ad, if anywhere; `clock_ms`
    when it became due and `sent_ms` when it was first asked for, both on the session's clock; `http_status` that of
    the last attempt. In the sandbox `received` is how often it arrived, `delay_ms` how long after it was due, `verdict`
    missing, doubled or late. `instant` is the place of its instant in the session's `tracked`, `part` that of
    its ad in the plan.
    """

    event: str
    url: str
    resolved_url: str | None
    origin: str
    due_ms: float | None
    clock_ms: float | None
    status: str
    reason: str = ""
    sent_ms: float | None = None
    attempts: tuple[Attempt, ...] = ()
    http_status: int | None = None
    received: int | None = None
    delay_ms: float | None = None
    verdict: str = ""
    instant: int | None = None
    part: int = 0

    @property
    def attempt_count(self) -> int:
        return len(self.attempts)

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values."""
        attempts = [attempt.to_dict() for attempt in self.attempts]
        return {**self._asdict(), "attempts": attempts, "attempt_count": len(attempts)}


class LateLedger(Sequence[LedgerEntry]):
    """A ledger that is made when it is first read, for whoever may not want it: a long ad's takes a while."""

    def __init__(self, make: Callable[[], list[LedgerEntry]]) -> None:
        self._make = make

    @cached_property
    def _entries(self) -> list[LedgerEntry]:
        return self._make()

    @overload
    def __getitem__(self, index: int) -> LedgerEntry: ...
    @overload
    def __getitem__(self, index: slice) -> list[LedgerEntry]: ...
    def __getitem__(self, index: int | slice) -> LedgerEntry | list[LedgerEntry]:
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)


def ledger_of(
    ad_data: AdData, plan: Plan, session: PlaybackSession, delivery: Delivery | None = None
) -> list[LedgerEntry]:
    """Every tracker of the ad: those that became due in order, then those still ahead or never reached.

    Without `delivery` the session is taken for a dry run.
    """
    instants = enumerate(session.tracked)
    rows = [
        row for index, tracked in instants for row in _due(ad_data, plan, session, tracked, index, delivery)
    ]
    return [*rows, *_ahead(plan, session), *_unreachable(plan), *_unasked(plan, session)]


def resolved_urls(
    ad_data: AdData,
    plan: Plan,
    session: PlaybackSession,
    tracked: Tracked,
    index: int,
    delivery: Delivery | None = None,
) -> list[str]:
    """The addresses, macros expanded, of what became due at one instant; placeholders left out."""
    rows = _due(ad_data, plan, session, tracked, index, delivery)
    return [row.resolved_url for row in rows if row.resolved_url is not None]


def macro_table(
    ad_data: AdData,
    plan: Plan,
    session: PlaybackSession,
    entry: LedgerEntry,
    delivery: Delivery | None = None,
) -> list[MacroRow]:
    """The macros in the address of a row: name, token, value, encoded, source. Of a tracker that has not become due
    only what its client brings is known."""
    client = delivery.macros if delivery else PLAIN
    layers = client.layers
    if entry.instant is not None:
        tracked = session.tracked[entry.instant]
        moment = delivery.moment(entry.instant) if delivery else None
        layers = macro_layers(ad_data, plan, session, tracked, entry.instant, client, moment)
    url, context = with_scheme(entry.url), context_of(entry.event)
    return explain(url, values_of(layers), context, client.formats, sources_of(layers))


def no_ad_ledger(
    no_ad: NoAd,
    results: Sequence[Sending] = (),
    config: VastTrackerConfig = DEFAULT_TRACKER_CONFIG,
) -> list[LedgerEntry]:
    """A row for each Error address of a request without an ad; `results` are those of `delivery.deliver_no_ad`, none
    in a dry run."""
    rows = []
    for number, ping in enumerate(no_ad.pings):
        reason = placeholder(ping.url)
        url = None if reason else error_url(ping.url, ping.code, no_ad, config)
        base = LedgerEntry(
            "error", ping.url, url, ping.origin, None, None, "skipped" if reason else "dry_run", reason
        )
        rows.append(_with_sending(base, results[number], 0.0) if results and not reason else base)
    return rows


def _due(
    ad_data: AdData,
    plan: Plan,
    session: PlaybackSession,
    tracked: Tracked,
    index: int,
    delivery: Delivery | None,
) -> Iterator[LedgerEntry]:
    pixels = plan.pixels_of(tracked)
    if not pixels:
        return
    client = delivery.macros if delivery else PLAIN
    moment = delivery.moment(index) if delivery else None
    values = macro_values(ad_data, plan, session, tracked, index, client, moment)
    for number, pixel in enumerate(pixels):
        row = _row(pixel, tracked, index, values, client)
        live = delivery is not None and delivery.sends and row.status != "skipped"
        yield _delivered(row, session, index, number, delivery) if live and delivery else row


def _row(
    pixel: Pixel, tracked: Tracked, index: int, values: Mapping[str, Value], client: ClientMacros
) -> LedgerEntry:
    url = with_scheme(pixel.url)
    reason = placeholder(url)
    return LedgerEntry(
        event=pixel.event,
        url=pixel.url,
        resolved_url=None if reason else expand(url, values, context_of(pixel.event), client.formats),
        origin=pixel.origin,
        due_ms=tracked.at_us / 1000,
        clock_ms=tracked.clock_us / 1000,
        status="skipped" if reason else "dry_run",
        reason=reason,
        instant=index,
        part=tracked.part,
    )


def _delivered(
    row: LedgerEntry, session: PlaybackSession, index: int, number: int, delivery: Delivery
) -> LedgerEntry:
    if delivery.unknown(index):
        return row._replace(status="unknown", reason="recorded before this run: it is not sent again")
    sending = delivery.sending(index, number)
    if sending is None:
        return row._replace(status="pending", reason="due, and not stored yet")
    row = _with_sending(row, sending, (row.clock_ms or 0.0) + delivery.behind_ms(index))
    receipt = delivery.receipt(session, index, number)
    return row if receipt is None else row._replace(**receipt._asdict())


def _with_sending(row: LedgerEntry, sending: Sending, started_ms: float) -> LedgerEntry:
    attempts = tuple(sending.attempts)
    return row._replace(
        status=sending.status,
        reason=sending.reason,
        sent_ms=started_ms + attempts[0].started_ms if attempts else None,
        attempts=attempts,
        http_status=attempts[-1].http_status if attempts else None,
    )


def _ahead(plan: Plan, session: PlaybackSession) -> Iterator[LedgerEntry]:
    done = {(tracked.event, tracked.at_us, tracked.part) for tracked in session.tracked}
    end = ending(session) if session.has_ended() else ""
    for moment in plan.moments:
        if (moment.event, moment.at_us, moment.part) not in done:
            reason = why_passed(session, moment) or end
            status = "not_reached" if reason else "pending"
            for pixel in moment.pixels:
                due_ms = moment.at_us / 1000 if plan.duration_us else None
                yield _silent(pixel, moment.part, status, reason, due_ms)


def _unreachable(plan: Plan) -> Iterator[LedgerEntry]:
    for pixel, at, reason, part in plan.unreachable:
        yield _silent(pixel, part, "not_reached", reason, None if at is None else at / 1000)


def _unasked(plan: Plan, session: PlaybackSession) -> Iterator[LedgerEntry]:
    told = {(done.event, done.part) for done in session.tracked}
    told |= {(moment.event, moment.part) for moment in plan.moments}
    found = ((place, *item) for place, part in enumerate(plan.parts) for item in part.pixels.items())
    for place, event, pixels in found:
        if (event, place) not in told:
            reason = absence_of(event)
            if event == "error" and session.end_reason == "app_crash":
                reason = "a crashed app sends nothing"
            for pixel in pixels:
                yield _silent(pixel, place, "not_reached", reason)


def _silent(pixel: Pixel, part: int, status: str, reason: str, due_ms: float | None = None) -> LedgerEntry:
    """The row of a tracker that did not become due, at least not yet."""
    event, url, origin = pixel
    return LedgerEntry(event, url, None, origin, due_ms, None, status, reason, part=part)


def ending(session: PlaybackSession) -> str:
    """How a session ended, as the reason why something was not reached."""
    place = f"at {session.current_offset_sec:g} s"
    if session.status is PlaybackStatus.COMPLETED:
        return "the ad ended before"
    if session.interrupted_by:
        return f"interrupted {place}: {session.end_reason}"
    if session.end_reason == "exceeded_limit":
        return f"the session limit was reached {place}"
    if session.status is PlaybackStatus.ERROR:
        return f"error {session.error_code}: {session.metadata.get('error', '')}"
    verb = "skipped" if session.end_reason == "user_skip" else "stopped"
    return f"{verb} {place}"
