"""Who said what: every field and rule part of a configuration with what each level states, also of those overruled."""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from playback.engine.configuration.config import CHECKS, DEFAULT_CONFIG, stated_rules
from playback.engine.configuration.interruptions import RULE_FIELDS, InterruptionRule, make_rule
from playback.engine.configuration.resolver import ConfigResolver, Level, Levels, named_levels, statements
from playback.engine.errors import ConfigError

LEVELS: Final = ("override", "publisher", "provider", "global")
"""The levels, highest first; below them is the default."""


class Absent(Enum):
    """What stands in place of a value of a rule: there is none, or a level takes the rule away."""

    NONE = "none"
    REMOVED = "removed"


class Traced(NamedTuple):
    """One field or rule part (`interruption_rules.<event>.<part>`).

    value: what is in force; Absent.NONE where no such rule is. level: who says so, "default" where nobody does.
    said: level -> its statement, only of those that state it; Absent.REMOVED where it takes the whole rule away.
    default: what holds where nobody states it; Absent.NONE where there is no rule either.
    """

    place: str
    value: Any
    level: str
    said: Mapping[str, Any]
    default: Any

    @property
    def event(self) -> str:
        """The event of a rule part; "" for a field."""
        return self.place.split(".")[1] if "." in self.place else ""

    @property
    def name(self) -> str:
        """The field, or the part of the rule."""
        return self.place.rpartition(".")[2]


def trace(
    mode: str | None = None,
    publisher: str | None = None,
    provider: str | None = None,
    global_config: Level = None,
    override: Level = None,
    providers: Levels | None = None,
    publishers: Levels | None = None,
) -> tuple[Traced, ...]:
    """What `ConfigResolver.resolve` makes of the same arguments, told field by field and rule part by rule part.

    The fields come first, then the rules that are in force, in rule order, then those that were taken away. ConfigError
    as there.
    """
    config = ConfigResolver.resolve(mode, publisher, provider, global_config, override, providers, publishers)
    levels = named_levels(publisher, provider, global_config, override, providers, publishers)
    said = {level: dict(statements(levels[level])) for level in LEVELS}
    if mode is not None:
        said["override"]["mode"] = mode
    rules = {level: stated_rules(fields.get("interruption_rules")) for level, fields in said.items()}
    events = dict.fromkeys(
        (*config.interruption_rules, *(event for level in reversed(LEVELS) for event in rules[level]))
    )
    scalars = [
        Traced(name, getattr(config, name), *_from(name, said), getattr(DEFAULT_CONFIG, name))
        for name in CHECKS
    ]
    whole = {rule.event: rule for rule in config.rules}
    return (*scalars, *(row for event in events for row in _rule(event, whole.get(event), rules)))


def _from(name: str, said: Mapping[str, Mapping[str, Any]]) -> tuple[str, Mapping[str, Any]]:
    """The highest level that states it, and what each says."""
    stating = {level: fields[name] for level, fields in said.items() if name in fields}
    return next(iter(stating), "default"), MappingProxyType(stating)


def _rule(event: str, rule: InterruptionRule | None, rules: Mapping[str, Mapping[str, Any]]) -> list[Traced]:
    stated = {level: events[event] for level, events in rules.items() if event in events}
    standing = _standing(stated)
    names = (*RULE_FIELDS, *(("kind",) if any("kind" in (parts or {}) for parts in stated.values()) else ()))
    return [_part(event, name, rule, stated, standing) for name in names]


def _standing(stated: Mapping[str, Mapping[str, Any] | None]) -> dict[str, Any]:
    """The parts that count: those of the levels above the highest one that takes the rule away."""
    standing: dict[str, Any] = {}
    for parts in stated.values():
        if parts is None:
            break
        standing = {**parts, **standing}
    return standing


def _part(
    event: str,
    name: str,
    rule: InterruptionRule | None,
    stated: Mapping[str, Mapping[str, Any] | None],
    standing: Mapping[str, Any],
) -> Traced:
    said = {
        level: Absent.REMOVED if parts is None else parts[name]
        for level, parts in stated.items()
        if parts is None or name in parts
    }
    place = f"interruption_rules.{event}.{name}"
    if rule is None:
        return Traced(place, Absent.NONE, next(iter(stated)), MappingProxyType(said), Absent.NONE)
    level = next(iter(said), "default") if name in standing else "default"
    value = {"kind": rule.kind, **rule.to_dict()}[name]
    return Traced(place, value, level, MappingProxyType(said), _default(event, name, standing))


def _default(event: str, name: str, standing: Mapping[str, Any]) -> Any:
    """What the part is where nobody states it, beside the parts that are stated; a shape of rule may insist on it."""
    others = {other: value for other, value in standing.items() if other != name}
    try:
        rule = make_rule(event, others)
    except ConfigError:
        return Absent.NONE
    return {"kind": rule.kind, **rule.to_dict()}[name]
