"""Interruptions of a viewing: one draw per rule and ad of a session, all made before play (playback.md 2.1-2.9).

A rule's draws are named by its event, so that reordering, adding or removing rules never shifts another rule's
draws: `u` has the key `stable_key(event)`, the offset the key after it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from playback.engine.configuration.number import is_finite
from playback.engine.errors import ConfigError
from playback.engine.splitmix import stable_key

EVENT_POSITIONS: Final[Mapping[str, Fraction | None]] = MappingProxyType(
    {
        "request": None,
        "load": None,
        "start": Fraction(0),
        "firstQuartile": Fraction(1, 4),
        "midpoint": Fraction(1, 2),
        "thirdQuartile": Fraction(3, 4),
        "complete": Fraction(1),
    }
)
"""Events a rule may name and where they lie in an ad; None lies before the first frame."""

ANCHORS: Final = ("ad_start", "event")


class InterruptionReason(StrEnum):
    """Why a viewing ends early. Closed: every interruption carries one of these."""

    USER_CLOSE = "user_close"
    USER_SKIP = "user_skip"
    NETWORK_ERROR = "network_error"
    TIMEOUT = "timeout"
    DEVICE_ERROR = "device_error"
    APP_CRASH = "app_crash"


class Effect(NamedTuple):
    """What the ad's trackers hear of an interruption: the first of `pixels` that exists, or an error code."""

    status: str
    pixels: tuple[str, ...] = ()
    error_code: int | None = None


EFFECTS: Final[Mapping[InterruptionReason, Effect]] = MappingProxyType(
    {
        InterruptionReason.USER_CLOSE: Effect("closed", ("closeLinear", "close")),
        InterruptionReason.USER_SKIP: Effect("closed", ("skip",)),
        InterruptionReason.NETWORK_ERROR: Effect("error", error_code=405),
        InterruptionReason.TIMEOUT: Effect("error", error_code=405),
        InterruptionReason.DEVICE_ERROR: Effect("error", error_code=405),
        InterruptionReason.APP_CRASH: Effect("closed"),
    }
)
"""After rendering began a failing network or device is 405; before it see BEFORE_RENDERING."""

BEFORE_RENDERING: Final[Mapping[str, int]] = MappingProxyType({"request": 301, "load": 402})

_PRECEDENCE: Final = {event: rank for rank, event in enumerate(BEFORE_RENDERING)}
_SKIP: Final = InterruptionReason.USER_SKIP.value


def is_skip(event: str, reason: str) -> bool:
    """Whether the viewer leaves the ad rather than the viewing."""
    return reason == _SKIP and event not in BEFORE_RENDERING


class Window(NamedTuple):
    """A rule fitted to one ad: it may strike from `lo_ms` to `hi_ms` of the playhead."""

    rule: "InterruptionRule"
    lo_ms: int
    hi_ms: int
    key: int

    @property
    def before_rendering(self) -> bool:
        return self.rule.event in BEFORE_RENDERING

    def lot(self) -> "UniformLot":
        rule, lo, hi, key = self
        return UniformLot(rule.event, rule.probability, rule.reason.value, (lo, hi), key)

    def share_before(self, ms: float) -> float:
        """F(t): the part of the window that lies before `ms`."""
        if ms >= self.hi_ms:
            return 1.0 if ms > self.lo_ms or self.before_rendering else 0.0
        return 0.0 if ms <= self.lo_ms else (ms - self.lo_ms) / (self.hi_ms - self.lo_ms)


class RuleOutcome(NamedTuple):
    """What one rule drew for one ad of a session; a rule that cannot apply to the ad says why and draws nothing.

    Offset and window are milliseconds on the session's playhead; `part` is the place of the ad in the plan.
    """

    event: str
    probability: float
    reason: str
    applicable: bool
    hit: bool
    u: float | None
    offset_ms: int | None
    window_ms: tuple[int, int] | None
    remark: str = ""
    part: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values; `part` is left out for the first ad."""
        record = {**self._asdict(), "window_ms": list(self.window_ms) if self.window_ms else None}
        if not self.part:
            del record["part"]
        return record

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RuleOutcome":
        window = data["window_ms"]
        return cls(**{**data, "window_ms": (window[0], window[1]) if window else None})


Rng = Callable[[int], float]
"""The numbers in [0, 1) of one session, by key."""


class Lot(Protocol):
    """A rule tied to one length of ad, ready to be drawn for any number of sessions."""

    def draw(self, rng: Rng) -> RuleOutcome: ...


class Blank(NamedTuple):
    """The lot of a rule that cannot apply: it says why, and draws nothing."""

    outcome: RuleOutcome

    def draw(self, rng: Rng) -> RuleOutcome:
        return self.outcome


class UniformLot(NamedTuple):
    """The lot of a rule that may strike anywhere in its window: one number says whether, the next one where."""

    event: str
    probability: float
    reason: str
    window_ms: tuple[int, int]
    key: int

    def draw(self, rng: Rng) -> RuleOutcome:
        event, probability, reason, window, key = self
        u = rng(key)
        if u < probability:
            return self.strike(u, rng(key + 1))
        return RuleOutcome(event, probability, reason, True, False, u, None, window)

    def strike(self, u: float, place: float) -> RuleOutcome:
        """The rule strikes: `u` was below its probability, `place` is where in its window, from 0 to 1."""
        event, probability, reason, (lo, hi), _ = self
        offset = floor(lo + place * (hi - lo))
        return RuleOutcome(event, probability, reason, True, True, u, offset, self.window_ms)


class OwnLot(NamedTuple):
    """The lot of a rule with a shape of its own."""

    rule: "InterruptionRule"
    duration_ms: int

    def draw(self, rng: Rng) -> RuleOutcome:
        return self.rule.draw(self.duration_ms, rng)


@dataclass(frozen=True, slots=True)
class InterruptionRule:
    """A viewing is interrupted with `probability`, evenly anywhere in a window of seconds.

    The window counts from the start of the ad (`anchor="ad_start"`) or from the event's own place (`"event"`).
    Without its event a rule has it from its key in `interruption_rules`. Another shape of rule derives from this one,
    names its `kind`, draws by its own `draw`, and stands in RULE_KINDS.
    """

    kind: ClassVar[str] = "uniform"

    event: str = ""
    probability: float = 0.0
    min_offset_sec: float = 0.0
    max_offset_sec: float = 0.0
    anchor: str = "ad_start"
    reason: InterruptionReason = InterruptionReason.USER_CLOSE

    def __post_init__(self) -> None:
        place = f"interruption_rules.{self.event}" if self.event else "interruption_rules"
        if self.event and self.event not in EVENT_POSITIONS:
            raise ConfigError(place, "no rule can be tied to this event", EVENT_POSITIONS)
        for name in ("probability", "min_offset_sec", "max_offset_sec"):
            object.__setattr__(self, name, _number(f"{place}.{name}", getattr(self, name)))
        if not 0 <= self.probability <= 1:
            raise ConfigError(f"{place}.probability", f"{self.probability} does not lie between 0 and 1")
        if self.min_offset_sec > self.max_offset_sec:
            raise ConfigError(
                f"{place}.min_offset_sec",
                f"the window begins at {self.min_offset_sec:g} s, after its end at {self.max_offset_sec:g} s",
            )
        if self.anchor not in ANCHORS:
            raise ConfigError(f"{place}.anchor", f"unknown anchor {self.anchor!r}", ANCHORS)
        try:
            object.__setattr__(self, "reason", InterruptionReason(self.reason))
        except ValueError:
            raise ConfigError(
                f"{place}.reason", f"unknown reason {self.reason!r}", InterruptionReason
            ) from None

    @classmethod
    def from_parts(cls, event: str, parts: Mapping[str, Any]) -> "InterruptionRule":
        """A whole rule from the parts somebody stated.

        An end of the window nobody stated is 0, or the other end where 0 would turn the window round; the reason
        defaults to network_error for `start` and what precedes it, and to user_close elsewhere.
        """
        for name in parts:
            if name not in RULE_FIELDS:
                raise ConfigError(f"interruption_rules.{event}.{name}", "unknown field", RULE_FIELDS)
        stated = dict(parts)
        for end, other, outer in (
            ("min_offset_sec", "max_offset_sec", min),
            ("max_offset_sec", "min_offset_sec", max),
        ):
            if end not in stated and other in stated:
                stated[end] = outer(0.0, _number(f"interruption_rules.{event}.{other}", stated[other]))
        stated.setdefault("reason", default_reason(event))
        return cls(event, **stated)

    def to_dict(self) -> dict[str, Any]:
        """The rule's parts without its event, which is its key."""
        parts = {
            "probability": self.probability,
            "min_offset_sec": self.min_offset_sec,
            "max_offset_sec": self.max_offset_sec,
            "anchor": self.anchor,
            "reason": self.reason.value,
        }
        return parts if self.kind == "uniform" else {**parts, "kind": self.kind}

    def __eq__(self, other: object) -> bool:
        """Equal to a rule of the same kind and parts, and to the mapping it is written as."""
        if isinstance(other, Mapping):
            return self.to_dict() == other
        if not isinstance(other, InterruptionRule):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        window = (self.min_offset_sec, self.max_offset_sec, self.anchor)
        return self.kind, self.event, self.probability, *window, self.reason

    def keys(self) -> Iterator[str]:
        """With `rule[name]` a rule reads like the mapping it is written as."""
        return iter(RULE_FIELDS)

    __iter__ = keys

    def __getitem__(self, name: str) -> Any:
        return self.to_dict()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """The part of this name, else `default`."""
        return self.to_dict().get(name, default)

    def stretch(self, duration_ms: int) -> tuple[Fraction, Fraction]:
        """The window as stated, in milliseconds on the playhead of an ad of this length, which it may overhang."""
        shift = (EVENT_POSITIONS[self.event] or 0) * duration_ms if self.anchor == "event" else 0
        return _milliseconds(self.min_offset_sec) + shift, _milliseconds(self.max_offset_sec) + shift

    def window(self, duration_ms: int) -> Window | None:
        """The rule fitted to an ad of this length; None when its window lies outside the ad."""
        key = stable_key(self.event)
        if EVENT_POSITIONS[self.event] is None:
            return Window(self, 0, 0, key)
        start, end = self.stretch(duration_ms)
        lo, hi = max(start, Fraction(0)), min(end, Fraction(duration_ms))
        if lo > hi:
            return None
        return Window(self, min(ceil(lo), floor(hi)), floor(hi), key)

    def draw(self, duration_ms: int, rng: Rng) -> RuleOutcome:
        """What this rule does to one viewing; `rng(key)` is the session's number in [0, 1) of that name."""
        return self._uniform_lot(duration_ms).draw(rng)

    def lot(self, duration_ms: int) -> Lot:
        """`draw` for every viewing of an ad of this length."""
        return self._uniform_lot(duration_ms) if self.kind == "uniform" else OwnLot(self, duration_ms)

    def _uniform_lot(self, duration_ms: int) -> Lot:
        fitted = self.window(duration_ms)
        if fitted is None:
            remark = f"its window lies outside an ad of {duration_ms / 1000:g} s"
            return Blank(
                RuleOutcome(
                    self.event, self.probability, self.reason.value, False, False, None, None, None, remark
                )
            )
        return fitted.lot()


RULE_FIELDS: Final = ("probability", "min_offset_sec", "max_offset_sec", "anchor", "reason")

RULE_KINDS: Final[Mapping[str, type[InterruptionRule]]] = MappingProxyType({"uniform": InterruptionRule})
"""The shapes a rule can have: a frozen dataclass with `draw(duration_ms, rng) -> RuleOutcome`."""


def make_rule(event: str, parts: Mapping[str, Any]) -> InterruptionRule:
    """A rule of the shape named by the part `kind` (uniform where none is named)."""
    shape = {name: value for name, value in parts.items() if name != "kind"}
    kind = parts.get("kind", "uniform")
    if not isinstance(kind, str) or kind not in RULE_KINDS:
        raise ConfigError(f"interruption_rules.{event}.kind", f"unknown kind {kind!r}", RULE_KINDS)
    return RULE_KINDS[kind].from_parts(event, shape)


def default_reason(event: str) -> InterruptionReason:
    early = event in ("start", *BEFORE_RENDERING)
    return InterruptionReason.NETWORK_ERROR if early else InterruptionReason.USER_CLOSE


def _number(field: str, value: Any) -> float:
    if not is_finite(value):
        raise ConfigError(field, f"{value!r} is not a finite number")
    return float(value)


def _milliseconds(seconds: float) -> Fraction:
    return Fraction(str(seconds)) * 1000


def fit(rules: Iterable[InterruptionRule], duration_ms: int) -> tuple[Window, ...]:
    """The rules that can strike an ad of this length, in rule order."""
    return tuple(window for rule in rules if (window := rule.window(duration_ms)))


def earliest(outcomes: Iterable[RuleOutcome]) -> RuleOutcome | None:
    """The interruption that happens if nothing ends the viewing before: earliest ad and offset, ties by rule order."""
    hits = [outcome for outcome in outcomes if outcome.hit]
    if len(hits) < 2:
        return hits[0] if hits else None
    return min(hits, key=_instant)


def _instant(outcome: RuleOutcome) -> tuple[int, int, int]:
    return outcome.part, _PRECEDENCE.get(outcome.event, len(_PRECEDENCE)), outcome.offset_ms or 0


def precedes(event: str, other: str) -> bool:
    """Whether a rule of this event strikes before one of the other, both before the first frame."""
    return event in _PRECEDENCE and _PRECEDENCE[event] < _PRECEDENCE[other]
