"""A session as the page shows it: the same picture from a running player and from a stored record."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from playback.engine import PlaybackSession, PlaybackSessionState
from playback.engine.playing.events import QUARTILES
from playback.timeline import Timeline, timeline

Ledger = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One thing that happened, with the addresses that were due because of it."""

    offset_sec: float
    event: str
    detail: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class SessionView:
    """What the fragments show. Times are seconds of the session's ads, but for ``clock_sec`` (pauses included).

    ``parts`` are the ads, each a ``PartState`` of the engine; ``skippable`` says whether skipping works right now,
    ``waiting`` whether a live session has yet to be confirmed.
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
    read_ledger: Callable[[], Ledger]

    @cached_property
    def ledger(self) -> Ledger:
        """Every tracker with its fate; taken only when it is shown, since an ad may hold thousands."""
        return self.read_ledger()

    @property
    def has_ended(self) -> bool:
        return self.session.has_ended()

    @property
    def events(self) -> list[EventRow]:
        urls = _urls_by_moment(self.ledger)
        return [
            EventRow(
                event.offset_sec,
                event.event_type,
                _detail(event.metadata),
                tuple(urls.get((event.event_type, round(event.offset_sec * 1000)), ())),
            )
            for event in self.session.events
        ]

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
            self.skippable,
            round(self.offset_sec, 2),
            len(self.session.tracked),
            len(self.session.events),
        )


def view(
    *,
    public_id: str,
    session: PlaybackSession,
    ledger: Callable[[], Ledger],
    parts: Sequence[Mapping[str, Any]] = (),
    waiting: bool = False,
    now: PlaybackSessionState | None = None,
) -> SessionView:
    """``now`` is a running player's state, whose playhead is ahead of the session's last record and of ``parts``."""
    offset, clock_ms = (
        (now.playhead_ms / 1000, now.clock_ms) if now else (session.current_offset_sec, session.clock_ms)
    )
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
        timeline=timeline(session, offset),
        session=session,
        parts=[part._asdict() for part in now.parts] if now else parts,
        skippable=now.skippable if now else False,
        skippable_at_sec=now.skippable_at_ms / 1000 if now and now.skippable_at_ms is not None else None,
        waiting=waiting,
        read_ledger=ledger,
    )


def _urls_by_moment(ledger: Ledger) -> dict[tuple[str, int], list[str]]:
    found: dict[tuple[str, int], list[str]] = {}
    for entry in ledger:
        if entry["status"] != "not_reached" and entry["due_ms"] is not None:
            found.setdefault((entry["event"], round(entry["due_ms"])), []).append(
                entry["resolved_url"] or entry["url"]
            )
    return found


def _detail(metadata: Mapping[str, Any]) -> str:
    shown = {key: value for key, value in metadata.items() if not isinstance(value, list | dict)}
    return ", ".join(
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}" for key, value in shown.items()
    )
