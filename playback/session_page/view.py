"""A session as the page shows it: the same picture from a running player and from a stored record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playback.engine import PlaybackEvent, PlaybackSession, PlaybackSessionState
from playback.engine.playing.events import QUARTILES
from playback.session_page.blocks import Block, blocks
from playback.session_page.fates import Delivery, delivery_of
from playback.session_page.ledger import LedgerTable
from playback.session_page.ledger_filter import LedgerFilter
from playback.session_page.pod_strip import PodAd, pod_strip
from playback.session_page.timeline import Timeline, timeline
from vast.errors import VastErrorCode

Ledger = Sequence[Mapping[str, Any]]
# Of one event; the ledger lists them all.
URLS_SHOWN = 100
# What the metadata of an event of a pod says of its ad.
_PLACE = ("ad", "ad_offset_sec")


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened, with the addresses that were due because of it, of thousands the first. In a pod
    ``ad`` is the place of its ad, from 1, and ``ad_offset_sec`` where in it that was; else both are None."""

    offset_sec: float
    event: str
    detail: str
    urls: tuple[str, ...]
    ad: int | None
    ad_offset_sec: float | None


@dataclass(frozen=True)
class SessionView:
    """What the fragments show. Times are seconds of the session's ads, but for ``clock_sec`` (pauses included).

    ``parts`` are the ads, each a ``PartState`` of the engine; ``skippable`` says whether skipping works right now,
    ``waiting`` whether a live session has yet to be confirmed; ``sent`` grows with every attempt and end of a pixel.
    """

    public_id: str
    status: str
    paused: bool
    end_reason: str
    error: str
    mode: str
    speed: float
    seed: int
    offset_sec: float
    clock_sec: float
    duration_sec: float
    timeline: Timeline
    session: PlaybackSession
    parts: Sequence[Mapping[str, Any]]
    skippable: bool
    skippable_at_sec: float | None
    waiting: bool
    sent: int
    read_ledger: Callable[[], Ledger]

    @cached_property
    def ledger(self) -> Ledger:
        """Every tracker with its fate; taken only when it is shown, since an ad may hold thousands."""
        return self.read_ledger()

    @cached_property
    def table(self) -> LedgerTable:
        """All of the ledger as a table."""
        return LedgerTable(self.ledger, LedgerFilter(), len(self.parts) > 1, self.has_ended)

    @cached_property
    def delivery(self) -> Delivery:
        return delivery_of(self.ledger)

    @cached_property
    def pod(self) -> tuple[PodAd, ...]:
        """The ads to scale; empty for a single one."""
        return pod_strip(self.parts)

    @property
    def playing(self) -> PodAd | None:
        """The ad of a pod that the playhead is in, or that it stopped in; None before and after."""
        now = ("playing", "stopped", "error") if self.has_ended else ("playing",)
        return next((ad for ad in self.pod if ad.state in now and ad.duration_ms), None)

    @property
    def ad(self) -> tuple[int, float, float]:
        """The ad at the playhead: its place from 1, and where it begins and ends on the session's playhead, in seconds.
        What is left of an ad of no length is the next one's."""
        here = [
            part for part in self.parts if part["start_ms"] <= self.offset_sec * 1000 and part["duration_ms"]
        ]
        if not here:
            return 1, 0.0, self.duration_sec
        part = here[-1]
        return part["place"], part["start_ms"] / 1000, (part["start_ms"] + part["duration_ms"]) / 1000

    @property
    def blame(self) -> str:
        """Which hop is at fault where there was no ad; else ""."""
        return str(self.session.metadata.get("blame", ""))

    @property
    def error_meaning(self) -> str:
        """What the VAST error code of a session in error stands for."""
        return meaning_of(self.session.error_code)

    @property
    def has_ended(self) -> bool:
        return self.session.has_ended()

    @property
    def events(self) -> list[EventRow]:
        urls = _urls_by_moment(self.ledger)
        return [_event_row(event, urls) for event in self.session.events]

    @property
    def log(self) -> list[Block[EventRow]]:
        """The events as the socket tells them."""
        return blocks(self.events)

    @property
    def quartiles(self) -> list[tuple[str, bool]]:
        tracked = self.session.quartiles_tracked
        return [(event, number in tracked) for event, number in QUARTILES.items()]

    @property
    def news(self) -> tuple[Any, ...]:
        """What must have changed for a viewer to be told: equal news is no news."""
        return (
            self.status,
            self.paused,
            (self.skippable, self.skippable_at_sec),
            round(self.offset_sec, 2),
            len(self.session.tracked),
            len(self.session.events),
            self.sent,
        )


def view(
    *,
    public_id: str,
    session: PlaybackSession,
    ledger: Callable[[], Ledger],
    parts: Sequence[Mapping[str, Any]] = (),
    waiting: bool = False,
    now: PlaybackSessionState | None = None,
    sent: int = 0,
) -> SessionView:
    """``now`` is a running player's state, whose playhead is ahead of the session's last record and of ``parts``;
    ``sent`` is how far its pixels have got."""
    offset, clock_ms = (
        (now.playhead_ms / 1000, now.clock_ms) if now else (session.current_offset_sec, session.clock_ms)
    )
    ads = [part._asdict() for part in now.parts] if now else parts
    return SessionView(
        public_id=public_id,
        status=session.status.value,
        paused=session.paused,
        end_reason=session.end_reason or "",
        error=str(session.metadata.get("error", "")),
        mode=session.config.mode,
        speed=1.0 if session.config.mode == "real" else session.config.headless_playback_speed,
        seed=session.seed,
        offset_sec=offset,
        clock_sec=clock_ms / 1000,
        duration_sec=session.duration_sec,
        timeline=timeline(session, offset, ads),
        session=session,
        parts=ads,
        skippable=now.skippable if now else False,
        skippable_at_sec=now.skippable_at_ms / 1000 if now and now.skippable_at_ms is not None else None,
        waiting=waiting,
        sent=sent,
        read_ledger=ledger,
    )


def meaning_of(code: int | None) -> str:
    """What a VAST error code says happened; "" for none, and for a number that is no such code."""
    try:
        return VastErrorCode(code).meaning if code is not None else ""
    except ValueError:
        return ""


Moment = tuple[str, int, int]


def _event_row(event: PlaybackEvent, urls: Mapping[Moment, list[str]]) -> EventRow:
    ad, ad_offset = (event.metadata.get(name) for name in _PLACE)
    moment = (event.event_type, round(event.offset_sec * 1000), (ad or 1) - 1)
    return EventRow(
        event.offset_sec,
        event.event_type,
        _detail(event.metadata),
        _first(urls.get(moment, ())),
        ad,
        ad_offset,
    )


def _first(urls: Sequence[str]) -> tuple[str, ...]:
    more = len(urls) - URLS_SHOWN
    return (*urls[:URLS_SHOWN], f"and {more} more, see the ledger") if more > 0 else tuple(urls)


def _urls_by_moment(ledger: Ledger) -> dict[Moment, list[str]]:
    found: dict[Moment, list[str]] = {}
    for entry in ledger:
        if entry["status"] != "not_reached" and entry["due_ms"] is not None:
            moment = (entry["event"], round(entry["due_ms"]), entry.get("part", 0))
            found.setdefault(moment, []).append(entry["resolved_url"] or entry["url"])
    return found


def _detail(metadata: Mapping[str, Any]) -> str:
    shown = {
        key: value
        for key, value in metadata.items()
        if key not in _PLACE and not isinstance(value, list | dict)
    }
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in shown.items()
    )
