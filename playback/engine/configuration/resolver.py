"""ConfigResolver: four levels become one configuration, field by field and rule part by rule part, with provenance.

Highest first: override (per player), publisher, provider, global; what no level states is the class default.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from playback.engine.configuration.config import FIELDS, PlaybackSessionConfig, check_fields, stated_rules
from playback.engine.configuration.profiles import provider_configs
from playback.engine.errors import ConfigError

Level = PlaybackSessionConfig | Mapping[str, Any] | None
Levels = Mapping[str, PlaybackSessionConfig | Mapping[str, Any]]


class ConfigResolver:
    """Resolves playback configuration with four levels of precedence."""

    @staticmethod
    def resolve(
        mode: str | None = None,
        publisher: str | None = None,
        provider: str | None = None,
        global_config: Level = None,
        override: Level = None,
        providers: Levels | None = None,
        publishers: Levels | None = None,
    ) -> PlaybackSessionConfig:
        """One configuration from all levels; `.provenance` maps each field and rule part to the level it came from.

        A level is a PlaybackSessionConfig (what it states counts) or a mapping of fields. `mode` beats
        `override["mode"]`. Without `providers` the shipped profiles serve; an unknown name is a ConfigError. Without
        `publishers` a publisher adds nothing.
        """
        levels = named_levels(publisher, provider, global_config, override, providers, publishers)
        values: dict[str, Any] = {}
        provenance = dict.fromkeys(FIELDS, "default")
        rules: dict[str, dict[str, Any]] = {}
        for level, source in levels.items():
            for name, value in statements(source):
                if name == "interruption_rules":
                    _merge_rules(rules, provenance, level, value)
                else:
                    values[name] = value
                provenance[name] = level
        if mode is not None:
            values["mode"], provenance["mode"] = mode, "override"
        config = PlaybackSessionConfig(**values, interruption_rules=rules)
        object.__setattr__(config, "provenance", MappingProxyType(provenance))
        return config


def named_levels(
    publisher: str | None = None,
    provider: str | None = None,
    global_config: Level = None,
    override: Level = None,
    providers: Levels | None = None,
    publishers: Levels | None = None,
) -> dict[str, Level]:
    """The level of each name, lowest first, as `ConfigResolver.resolve` is asked for them; ConfigError likewise."""
    return {
        "global": global_config,
        "provider": _named("provider", provider, provider_configs() if providers is None else providers),
        "publisher": None if publishers is None else _named("publisher", publisher, publishers),
        "override": override,
    }


def _named(kind: str, name: str | None, known: Levels) -> Level:
    if name is None:
        return None
    if name not in known:
        raise ConfigError(kind, f"unknown {kind} {name!r}", known)
    return known[name]


def statements(source: Level) -> Iterator[tuple[str, Any]]:
    """The fields a level states; ConfigError for a name that is no field."""
    if source is None:
        return
    yield from (source.stated if isinstance(source, PlaybackSessionConfig) else check_fields(source)).items()


def _merge_rules(
    rules: dict[str, dict[str, Any]], provenance: dict[str, str], level: str, value: Any
) -> None:
    for event, parts in stated_rules(value).items():
        place = f"interruption_rules.{event}"
        provenance[place] = level
        if parts is None:
            rules.pop(event, None)
            for part in [name for name in provenance if name.startswith(f"{place}.")]:
                del provenance[part]
            continue
        rules.setdefault(event, {}).update(parts)
        provenance.update({f"{place}.{part}": level for part in parts})


def explain(config: PlaybackSessionConfig) -> dict[str, tuple[Any, str]]:
    """Each field, and each part of each rule, with its value and the level it came from."""
    rows: dict[str, tuple[Any, str]] = {}
    for name in FIELDS:
        if name != "interruption_rules":
            rows[name] = (getattr(config, name), config.provenance.get(name, "default"))
    for rule in config.rules:
        for part, value in rule.to_dict().items():
            place = f"interruption_rules.{rule.event}.{part}"
            rows[place] = (value, config.provenance.get(place, "default"))
    return rows
