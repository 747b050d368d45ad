"""The delivery ledger: one row for every tracker of the ad, what became of it and why (playback.md 4.9, 2.33, 2.36).

It is derived from a session's record and its plan, so it costs a playing session nothing and a stored session can
have it at any time. Delivery is `dry_run`: every address is resolved, none is called.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from playback.engine.ad_data import AdData
from playback.engine.errors import DeliveryUnavailable
from playback.engine.events import absence_of
from playback.engine.macros import macro_values
from playback.engine.plan import Pixel, Plan
from playback.engine.session import PlaybackSession, PlaybackStatus, Tracked
from playback.engine.standing import why_passed
from vast.macros import Context, Value, expand

DELIVERIES: Final = ("dry_run",)


def check_delivery(delivery: str) -> str:
    """The way of delivery itself; DeliveryUnavailable for one this engine does not have."""
    if delivery not in DELIVERIES:
        raise DeliveryUnavailable(delivery, DELIVERIES)
    return delivery


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One tracker. status: dry_run (became due), skipped (due, but never to be called), pending (may become due),
    not_reached (never became due). `due_ms` is where it lies in the ad, if anywhere; `clock_ms` when it became due.
    """

    event: str
    url: str
    resolved_url: str | None
    origin: str
    due_ms: float | None
    clock_ms: float | None
    status: str
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def ledger_of(ad_data: AdData, plan: Plan, session: PlaybackSession) -> list[LedgerEntry]:
    """Every tracker of the ad: those that became due in order, then those still ahead or never reached."""
    instants = enumerate(session.tracked)
    rows = [row for index, tracked in instants for row in _due(ad_data, plan, session, tracked, index)]
    return [*rows, *_ahead(plan, session), *_unreachable(plan), *_unasked(plan, session)]


def resolved_urls(
    ad_data: AdData, plan: Plan, session: PlaybackSession, tracked: Tracked, index: int
) -> list[str]:
    """The addresses, macros expanded, of what became due at one instant; placeholders left out."""
    rows = _due(ad_data, plan, session, tracked, index)
    return [row.resolved_url for row in rows if row.resolved_url is not None]


def placeholder(url: str) -> str:
    """Why an address must never be called; empty when it may be."""
    if url.lower() == "about:blank":
        return "about:blank asks for nothing"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the address cannot be read"
    if parts.scheme.lower() not in ("http", "https"):
        return f"{parts.scheme}: is no web address" if parts.scheme else "the address is empty or relative"
    return "" if parts.hostname else "the address names no host"


def _due(
    ad_data: AdData, plan: Plan, session: PlaybackSession, tracked: Tracked, index: int
) -> Iterator[LedgerEntry]:
    pixels = plan.pixels_of(tracked)
    if not pixels:
        return
    values = macro_values(ad_data, plan, session, tracked, index)
    for pixel in pixels:
        yield _row(pixel, tracked, values)


def _row(pixel: Pixel, tracked: Tracked, values: Mapping[str, Value]) -> LedgerEntry:
    url = f"https:{pixel.url}" if pixel.url.startswith("//") else pixel.url
    reason = placeholder(url)
    context: Context = "error" if pixel.event == "error" else "tracking"
    return LedgerEntry(
        event=pixel.event,
        url=pixel.url,
        resolved_url=None if reason else expand(url, values, context),
        origin=pixel.origin,
        due_ms=tracked.at_us / 1000,
        clock_ms=tracked.clock_us / 1000,
        status="skipped" if reason else "dry_run",
        reason=reason,
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
                yield LedgerEntry(*pixel[:2], None, pixel.origin, due_ms, None, status, reason)


def _unreachable(plan: Plan) -> Iterator[LedgerEntry]:
    for pixel, at, reason, _ in plan.unreachable:
        yield LedgerEntry(
            *pixel[:2], None, pixel.origin, None if at is None else at / 1000, None, "not_reached", reason
        )


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
                yield LedgerEntry(*pixel[:2], None, pixel.origin, None, None, "not_reached", reason)


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
