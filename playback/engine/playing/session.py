"""PlaybackSession: one viewing of an ad or a pod as a record, moved only along a state table (playback.md 2.21, 2.23).

Offsets are playhead seconds; `clock_ms` is the session's own clock, pauses included. Everything in the record is
JSON-native, `from_dict(to_dict(session)) == session`, and a running or paused session can be gone on with.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from math import isfinite
from types import MappingProxyType
from typing import Any, Final, NamedTuple, NoReturn, Self

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.configuration.interruptions import InterruptionReason, RuleOutcome
from playback.engine.errors import InvalidTransition
from playback.engine.playing.events import QUARTILES

SCHEMA_VERSION: Final = 1


class Shared(dict[str, Any]):
    """A dict that stays as it was made, so that many events can hold the same one; copies of it are plain dicts."""

    def __setitem__(self, key: str, value: Any) -> NoReturn:
        raise TypeError("the metadata of an event is shared with other sessions: it cannot be changed")

    def setdefault(self, *_: Any) -> NoReturn:
        self[""] = None

    def update(self, *_: Any, **__: Any) -> NoReturn:
        self[""] = None

    def __ior__(self, other: Any) -> Any:  # type: ignore[misc]
        self[""] = None

    def __delitem__(self, key: str) -> NoReturn:
        self[""] = None

    def pop(self, *_: Any) -> NoReturn:
        self[""] = None

    def popitem(self) -> NoReturn:
        self[""] = None

    def clear(self) -> NoReturn:
        self[""] = None

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)


NOTHING: Final[Mapping[str, Any]] = Shared()


class PlaybackStatus(StrEnum):
    """Where a session stands: pending, running (paused or not), or ended as completed, closed or in error."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    CLOSED = "closed"
    ERROR = "error"


_PENDING, _RUNNING = PlaybackStatus.PENDING, PlaybackStatus.RUNNING
_COMPLETED, _CLOSED, _ERROR = PlaybackStatus.COMPLETED, PlaybackStatus.CLOSED, PlaybackStatus.ERROR

TRANSITIONS: Final[Mapping[tuple[PlaybackStatus, str], PlaybackStatus]] = MappingProxyType(
    {
        (_PENDING, "start"): _RUNNING,
        (_PENDING, "close"): _CLOSED,
        (_PENDING, "error"): _ERROR,
        (_RUNNING, "advance"): _RUNNING,
        (_RUNNING, "pause"): _RUNNING,
        (_RUNNING, "resume"): _RUNNING,
        (_RUNNING, "complete"): _COMPLETED,
        (_RUNNING, "close"): _CLOSED,
        (_RUNNING, "error"): _ERROR,
        (_COMPLETED, "complete"): _COMPLETED,
        (_CLOSED, "close"): _CLOSED,
        (_ERROR, "error"): _ERROR,
    }
)
"""(status, move) -> status. What is missing is refused; a terminal move repeated changes nothing."""

TERMINAL: Final = (_COMPLETED, _CLOSED, _ERROR)


class PlaybackEvent(NamedTuple):
    """Something that happened at `offset_sec` of the ad; `timestamp` is wall time, or virtual in a headless session."""

    timestamp: float
    event_type: str
    offset_sec: float
    metadata: Mapping[str, Any] = NOTHING

    def to_dict(self) -> dict[str, Any]:
        return {**self._asdict(), "metadata": native(self.metadata)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        timestamp, offset = _finite("timestamp", data["timestamp"]), _offset("offset_sec", data["offset_sec"])
        return cls(timestamp, str(data["event_type"]), offset, native(data["metadata"]))


class Tracked(NamedTuple):
    """An instant whose trackers became due: the ledger is derived from these. Microseconds of playhead and clock.

    `part` is the place of its ad in the plan, `code` the VAST error code that error trackers are told.
    """

    event: str
    at_us: int
    clock_us: int
    part: int = 0
    code: int | None = None

    def to_list(self) -> list[Any]:
        """As a record holds it: what is as usual at the end is left out."""
        kept = 5 if self.code is not None else 4 if self.part else 3
        return list(self[:kept])


class Jump(NamedTuple):
    """The playhead went to another place without playing: `kind` is seek or skip, `part` the ad it left or moved in.

    Microseconds of playhead and clock. What lies between is not earned, nor is what lies at the place of landing of
    a seek.
    """

    kind: str
    part: int
    from_us: int
    to_us: int
    clock_us: int


@dataclass(slots=True)
class PlaybackSession:
    """The state and history of one viewing, of one ad or of the ads of a pod one after the other.

    All offsets count from the start of the first ad. quartiles_tracked holds 1 to 4 (4 = complete) of the ad that is
    being played: a pod's next ad begins with none, and after the end they are those of the last ad played. `jumps`
    are what skips and seeks passed over. interruption_scheduled is the reason of the interruption drawn
    before play, whether or not the viewing gets that far; interruption_plan has every rule's draw. end_reason is an
    InterruptionReason, or completed, stopped, exceeded_limit, error.
    """

    session_id: str
    duration_sec: float
    config: PlaybackSessionConfig
    status: PlaybackStatus = PlaybackStatus.PENDING
    current_offset_sec: float = 0.0
    start_time: float | None = None
    end_time: float | None = None
    events: list[PlaybackEvent] = field(default_factory=list)
    quartiles_tracked: set[int] = field(default_factory=set)
    interruption_scheduled: InterruptionReason | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    seed: int = 0
    ad: dict[str, Any] = field(default_factory=dict)
    paused: bool = False
    clock_ms: float = 0.0
    end_reason: str | None = None
    error_code: int | None = None
    interrupted_by: str | None = None
    interruption_plan: tuple[RuleOutcome, ...] = ()
    tracked: list[Tracked] = field(default_factory=list)
    jumps: tuple[Jump, ...] = ()

    def has_ended(self) -> bool:
        """Whether the session is completed, closed or in error."""
        return self.status in TERMINAL

    @property
    def interrupted(self) -> bool:
        """Whether one of the rules ended the viewing."""
        return self.interrupted_by is not None

    def start(self, at: float = 0.0) -> None:
        """Begin; `at` is the stamp kept as start_time."""
        self._move("start")
        self.start_time = at

    def advance(self, offset_sec: float) -> None:
        """Move the playhead forward. ValueError backwards, beyond the ad, or for no number."""
        self._may("advance")
        if not self.current_offset_sec <= offset_sec <= self.duration_sec:
            raise ValueError(
                f"a playhead at {self.current_offset_sec} s of {self.duration_sec} s cannot advance to {offset_sec} s"
            )
        self.clock_ms += (offset_sec - self.current_offset_sec) * 1000
        self.current_offset_sec = float(offset_sec)

    def pause(self) -> None:
        self._may("pause")
        self.paused = True

    def resume(self) -> None:
        self._may("resume")
        self.paused = False

    def complete(self, at: float | None = None) -> None:
        """The playhead reached the end."""
        self._end("complete", "completed", at)

    def close(self, reason: str = "stopped", at: float | None = None) -> None:
        """The viewing ended early without a fault."""
        self._end("close", reason, at)

    def error(
        self, reason: str, code: int | None = None, at: float | None = None, end_reason: str = "error"
    ) -> None:
        """The viewing failed; `reason` is a sentence, `code` the VAST error code."""
        if self._end("error", end_reason, at):
            self.error_code = code
            self.metadata["error"] = reason

    def record_event(self, event: PlaybackEvent) -> None:
        """Append an event, and count its quartile. TypeError for metadata that JSON cannot hold."""
        quartile = QUARTILES.get(event.event_type)
        recorded = event._replace(metadata=native(event.metadata))
        if quartile:
            self.quartiles_tracked.add(quartile)
        if self.config.emit_playback_events:
            self.events.append(recorded)

    def should_track_quartile(self, quartile: int) -> bool:
        """Whether quartile 1 to 4 (4 = complete) is wanted and not yet tracked for the ad that is being played.
        ValueError for another number."""
        if quartile not in QUARTILES.values():
            raise ValueError(f"a quartile is a number from 1 to 4, not {quartile!r}")
        wanted = self.config.enable_auto_quartiles or quartile == QUARTILES["complete"]
        return wanted and quartile not in self.quartiles_tracked

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON-native values; without the ad's XML, which it names by hash. `jumps` only if any."""
        jumps = {"jumps": [list(jump) for jump in self.jumps]} if self.jumps else {}
        return {
            "schema_version": SCHEMA_VERSION,
            "session_id": self.session_id,
            "status": self.status.value,
            "seed": self.seed,
            "ad": native(self.ad),
            "duration_sec": self.duration_sec,
            "current_offset_sec": self.current_offset_sec,
            "clock_ms": self.clock_ms,
            "paused": self.paused,
            "start_time": self.start_time,
            "end_time": self.end_time,
            "end_reason": self.end_reason,
            "error_code": self.error_code,
            "interrupted_by": self.interrupted_by,
            "interruption_scheduled": self.interruption_scheduled.value
            if self.interruption_scheduled
            else None,
            "interruption_plan": [outcome.to_dict() for outcome in self.interruption_plan],
            "quartiles_tracked": sorted(self.quartiles_tracked),
            "events": [event.to_dict() for event in self.events],
            "tracked": [tracked.to_list() for tracked in self.tracked],
            **jumps,
            "config": self.config.to_dict(),
            "metadata": native(self.metadata),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The session a record describes. ValueError for another schema, a missing field, an unknown status or
        a negative offset."""
        if data.get("schema_version") != SCHEMA_VERSION:
            raise ValueError(f"schema_version {data.get('schema_version')!r} is not {SCHEMA_VERSION}")
        missing = [name for name in RECORD_FIELDS if name not in data]
        if missing:
            raise ValueError(f"the session record lacks {', '.join(missing)}")
        scheduled = data["interruption_scheduled"]
        return cls(
            session_id=str(data["session_id"]),
            duration_sec=_offset("duration_sec", data["duration_sec"]),
            config=PlaybackSessionConfig.from_dict(data["config"]),
            status=PlaybackStatus(data["status"]),
            current_offset_sec=_offset("current_offset_sec", data["current_offset_sec"]),
            start_time=_stamp("start_time", data["start_time"]),
            end_time=_stamp("end_time", data["end_time"]),
            events=[PlaybackEvent.from_dict(event) for event in data["events"]],
            quartiles_tracked={int(quartile) for quartile in data["quartiles_tracked"]},
            interruption_scheduled=InterruptionReason(scheduled) if scheduled else None,
            metadata=native(data["metadata"]),
            seed=int(data["seed"]),
            ad=native(data["ad"]),
            paused=bool(data["paused"]),
            clock_ms=_offset("clock_ms", data["clock_ms"]),
            end_reason=data["end_reason"],
            error_code=data["error_code"],
            interrupted_by=data["interrupted_by"],
            interruption_plan=tuple(RuleOutcome.from_dict(outcome) for outcome in data["interruption_plan"]),
            tracked=[_tracked(*row) for row in data["tracked"]],
            jumps=tuple(Jump(str(kind), *map(int, places)) for kind, *places in data.get("jumps", ())),
        )

    def _may(self, move: str) -> PlaybackStatus:
        status = TRANSITIONS.get((self.status, move))
        if status is None:
            raise InvalidTransition(self.status.value, move)
        return status

    def _move(self, move: str) -> bool:
        before, self.status = self.status, self._may(move)
        return self.status is not before

    def _end(self, move: str, reason: str, at: float | None) -> bool:
        if not self._move(move):
            return False
        self.paused = False
        self.end_reason = reason
        self.end_time = at if at is not None else (self.start_time or 0.0) + self.clock_ms / 1000
        return True


def _tracked(event: str, at_us: int, clock_us: int, part: int = 0, code: int | None = None) -> Tracked:
    return Tracked(str(event), int(at_us), int(clock_us), int(part), None if code is None else int(code))


RECORD_FIELDS: Final = tuple(field.name for field in fields(PlaybackSession) if field.name != "jumps")
"""What every record holds; records without `jumps` have none."""


def native(value: Any) -> Any:
    """A copy made of dicts, lists and JSON scalars only. TypeError for anything JSON would change or refuse."""
    if value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, list):
        return [native(item) for item in value]
    if isinstance(value, dict | MappingProxyType) and all(isinstance(key, str) for key in value):
        return {key: native(item) for key, item in value.items()}
    raise TypeError(f"a session record cannot hold {value!r}")


def _finite(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise ValueError(f"{name} {value!r} is not a finite number")
    return float(value)


def _offset(name: str, value: Any) -> float:
    number = _finite(name, value)
    if number < 0:
        raise ValueError(f"{name} {value!r} is negative")
    return number


def _stamp(name: str, value: Any) -> float | None:
    return None if value is None else _finite(name, value)
