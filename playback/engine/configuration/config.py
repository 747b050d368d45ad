"""PlaybackSessionConfig: everything that shapes a playback session, frozen, checked, and aware of what was stated.

A configuration keeps what its author stated (`stated`), so that a value
equal to the default still counts when levels are merged.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, Literal, Self, get_args

from playback.engine.configuration.interruptions import (
    EVENT_POSITIONS,
    RULE_FIELDS,
    InterruptionRule,
    make_rule,
)
from playback.engine.configuration.number import is_finite
from playback.engine.errors import ConfigError

PlaybackMode = Literal["real", "headless", "auto"]
PausePixels = Literal["every", "once"]
RuleParts = InterruptionRule | Mapping[str, Any] | None

MODES: Final[tuple[str, ...]] = get_args(PlaybackMode)
HIGHEST: Final = 1e9
"""Of every number of a configuration: far above any use, and far below what integer microseconds cannot hold."""


class RuleTable(Mapping[str, InterruptionRule]):
    """Interruption rules by event, in rule order; cannot be changed, equals any mapping with the same rules."""

    __slots__ = ("_hash", "_rules")

    def __init__(self, rules: Mapping[str, InterruptionRule] | None = None) -> None:
        self._rules = dict(rules or {})
        self._hash = hash(frozenset(self._rules.items()))

    def __getitem__(self, event: str) -> InterruptionRule:
        return self._rules[event]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def __hash__(self) -> int:
        return self._hash

    def __reduce__(self) -> tuple[Any, ...]:
        return RuleTable, (self._rules,)

    def __repr__(self) -> str:
        return f"RuleTable({self._rules!r})"


def number(
    at_least: float, *, above: bool = False, optional: bool = False
) -> Callable[[str, Any], float | None]:
    """A check that reads a finite number not below (or, with `above`, above) a bound."""

    def check(name: str, value: Any) -> float | None:
        if value is None and optional:
            return None
        if not is_finite(value):
            raise ConfigError(name, f"{value!r} is not a finite number")
        if value < at_least or (above and value == at_least):
            raise ConfigError(name, f"{value!r} must be {'above' if above else 'at least'} {at_least:g}")
        if value > HIGHEST:
            raise ConfigError(name, f"{value!r} must be at most {HIGHEST:g}")
        return float(value)

    return check


def choice(*known: str) -> Callable[[str, Any], str]:
    def check(name: str, value: Any) -> str:
        if value not in known:
            raise ConfigError(name, f"unknown value {value!r}", known)
        return str(value)

    return check


def switch(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(name, f"{value!r} is neither true nor false")
    return value


CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = MappingProxyType(
    {
        "mode": choice(*MODES),
        "max_session_duration_sec": number(0, optional=True),
        "enable_auto_quartiles": switch,
        "quartile_offset_tolerance_sec": number(0),
        "headless_tick_interval_sec": number(0, above=True),
        "headless_playback_speed": number(0),
        "enable_session_persistence": switch,
        "emit_playback_events": switch,
        "log_tracking_urls": switch,
        "pause_pixels": choice(*get_args(PausePixels)),
    }
)
"""Scalar field -> how its value is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybackSessionConfig:
    """Configuration for playback behaviour.

    mode: how time passes; "auto" lets PlayerFactory decide.
    interruption_rules: event -> InterruptionRule (mappings of its parts are read; None removes a rule when merged).
    max_session_duration_sec: the session ends here, pauses included; 0 or None is unlimited.
    enable_auto_quartiles: off, no quartile pixel nor event; start and complete stay.
    quartile_offset_tolerance_sec: a quartile observed later than this is still sent once, and marked late.
    headless_tick_interval_sec: grain of position samples, for callers that take any; results never depend on it.
    headless_playback_speed: media seconds per second of a watched headless session; 0 is as fast as possible.
    enable_session_persistence: checkpoint a running session at every event to the store, so a crash can resume it.
    emit_playback_events: off, the session's event list stays empty; pixels are unchanged.
    log_tracking_urls: resolved tracking URLs appear in the session's events.
    pause_pixels: send pause and resume pixels every time or once.
    """

    mode: PlaybackMode = "auto"
    interruption_rules: Mapping[str, RuleParts] = field(default_factory=RuleTable)
    max_session_duration_sec: float | None = 300.0
    enable_auto_quartiles: bool = True
    quartile_offset_tolerance_sec: float = 0.5
    headless_tick_interval_sec: float = 0.1
    headless_playback_speed: float = 1.0
    enable_session_persistence: bool = False
    emit_playback_events: bool = True
    log_tracking_urls: bool = False
    pause_pixels: PausePixels = "every"
    stated: Mapping[str, Any] = field(init=False, compare=False, repr=False)
    provenance: Mapping[str, str] = field(init=False, compare=False, repr=False)
    _in_modes: dict[PlaybackMode, Any] = field(init=False, compare=False, repr=False)

    def __new__(cls, **stated: Any) -> Self:
        config = object.__new__(cls)
        if "interruption_rules" in stated:
            stated["interruption_rules"] = stated_rules(stated["interruption_rules"])
        object.__setattr__(config, "stated", MappingProxyType(stated))
        object.__setattr__(config, "provenance", MappingProxyType({}))
        object.__setattr__(config, "_in_modes", {})
        return config

    def __post_init__(self) -> None:
        for name, check in CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        if not isinstance(self.interruption_rules, RuleTable):
            parts = stated_rules(self.interruption_rules).items()
            whole = {event: make_rule(event, rule) for event, rule in parts if rule is not None}
            object.__setattr__(self, "interruption_rules", RuleTable(whole))

    @property
    def rules(self) -> tuple[InterruptionRule, ...]:
        """The interruption rules in rule order."""
        return tuple(self.interruption_rules.values())  # type: ignore[arg-type]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """A configuration from a mapping of fields; ConfigError names an unknown field and the known ones."""
        return cls(**check_fields(data))

    def to_dict(self) -> dict[str, Any]:
        """Every field as JSON-native values."""
        scalars = {name: getattr(self, name) for name in CHECKS}
        rules = {rule.event: rule.to_dict() for rule in self.rules}
        return {name: rules if name == "interruption_rules" else scalars[name] for name in FIELDS}

    def evolve(self, **changes: Any) -> Self:
        """The same configuration with these fields stated differently."""
        changed = type(self)(**{**{name: getattr(self, name) for name in FIELDS}, **changes})
        object.__setattr__(changed, "stated", MappingProxyType({**self.stated, **changes}))
        object.__setattr__(changed, "provenance", self.provenance)
        return changed

    def in_mode(self, mode: PlaybackMode) -> Self:
        """The same configuration with this mode stated, made once: itself where that is its mode."""
        if mode == self.mode:
            return self
        if mode not in self._in_modes:
            self._in_modes[mode] = self.evolve(mode=mode)
        found: Self = self._in_modes[mode]
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (
            type(self),
            {n: getattr(self, n) for n in FIELDS},
            dict(self.stated),
            dict(self.provenance),
        )


def _restore(
    kind: type[PlaybackSessionConfig],
    values: dict[str, Any],
    stated: dict[str, Any],
    provenance: dict[str, str],
) -> PlaybackSessionConfig:
    config = kind(**values)
    object.__setattr__(config, "stated", MappingProxyType(stated))
    object.__setattr__(config, "provenance", MappingProxyType(provenance))
    return config


FIELDS: Final = tuple(item.name for item in fields(PlaybackSessionConfig) if item.init)


def check_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields as a dict; ConfigError for a name that is no field."""
    if not isinstance(data, Mapping):
        raise ConfigError("config", f"{type(data).__name__} is not a mapping of fields")
    for name in data:
        if name not in FIELDS:
            raise ConfigError(str(name), "unknown field", FIELDS)
    return dict(data)


def stated_rules(rules: Mapping[str, RuleParts] | None) -> dict[str, dict[str, Any] | None]:
    """Rules as their stated parts: event -> parts, or None where the rule is to be removed."""
    if rules is None:
        return {}
    if not isinstance(rules, Mapping):
        raise ConfigError("interruption_rules", f"{type(rules).__name__} is not a mapping of events to rules")
    for event in rules:
        if event not in EVENT_POSITIONS:
            raise ConfigError(
                f"interruption_rules.{event}", "no rule can be tied to this event", EVENT_POSITIONS
            )
    return {event: None if rule is None else _parts(event, rule) for event, rule in rules.items()}


def _parts(event: str, rule: RuleParts) -> dict[str, Any]:
    if isinstance(rule, InterruptionRule):
        if rule.event not in ("", event):
            raise ConfigError(f"interruption_rules.{event}", f"the rule given is one for {rule.event}")
        return rule.to_dict()
    if not isinstance(rule, Mapping):
        raise ConfigError(f"interruption_rules.{event}", f"{type(rule).__name__} is not a rule")
    for name in rule:
        if name not in (*RULE_FIELDS, "kind"):
            raise ConfigError(f"interruption_rules.{event}.{name}", "unknown field", RULE_FIELDS)
    return dict(rule)


DEFAULT_CONFIG: Final = PlaybackSessionConfig()
"""What is played by where nobody states anything."""
