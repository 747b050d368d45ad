"""The interruption profiles that ship: six providers in two sets (playback.md 1.3).

`seed` has one to three rules a provider, with windows from the start of the ad; `legacy` has five rules each, with
windows round the events themselves.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from playback.engine.configuration.interruptions import InterruptionRule
from playback.engine.errors import ConfigError

DEFAULT_PROFILE_SET: Final = "seed"

_Numbers = tuple[float, float, float]
_Tables = Mapping[str, Mapping[str, _Numbers]]

_SEED: Final[_Tables] = {
    "global": {"start": (0.05, 0, 1), "midpoint": (0.10, 5, 15), "complete": (0.15, 20, 25)},
    "tiger": {"start": (0.02, 0, 0.5)},
    "leto": {"start": (0.20, 0, 3)},
    "yandex": {"start": (0.25, 0, 5)},
    "google": {"start": (0.08, 0, 1)},
    "custom": {"start": (0.15, 0, 3)},
}

_LEGACY_EVENTS: Final = ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
_LEGACY: Final = {
    "global": ((0.15, 0, 3), (0.05, -2, 2), (0.08, -3, 3), (0.05, -2, 2), (0.02, -5, 0)),
    "tiger": ((0.08, 0, 2), (0.03, -1, 1), (0.05, -2, 2), (0.03, -1, 1), (0.01, -5, 0)),
    "leto": ((0.05, 0, 2), (0.02, -1, 1), (0.03, -1, 1), (0.02, -1, 1), (0.01, -5, 0)),
    "yandex": ((0.10, 0, 2), (0.04, -1, 1), (0.06, -2, 2), (0.04, -1, 1), (0.02, -5, 0)),
    "google": ((0.20, 0, 3), (0.08, -2, 2), (0.12, -3, 3), (0.08, -2, 2), (0.03, -5, 0)),
    "custom": ((0.07, 0, 2), (0.03, -1, 1), (0.04, -1, 1), (0.03, -1, 1), (0.01, -5, 0)),
}

PROVIDER_LABELS: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "seed": MappingProxyType(
            {
                "global": "general default",
                "tiger": "very reliable",
                "leto": "moderate reliability",
                "yandex": "lower reliability",
                "google": "high reliability",
                "custom": "configurable",
            }
        ),
        "legacy": MappingProxyType(
            {
                "global": "heavy testing",
                "tiger": "balanced",
                "leto": "stable",
                "yandex": "moderate",
                "google": "stress",
                "custom": "default",
            }
        ),
    }
)
"""Profile set -> provider -> what its author says of it."""


def _rule(event: str, numbers: _Numbers, anchor: str) -> InterruptionRule:
    probability, lo, hi = numbers
    parts = {"probability": probability, "min_offset_sec": lo, "max_offset_sec": hi, "anchor": anchor}
    return InterruptionRule.from_parts(event, parts)


def _rules(table: Mapping[str, _Numbers], anchor: str) -> Mapping[str, InterruptionRule]:
    return MappingProxyType({event: _rule(event, numbers, anchor) for event, numbers in table.items()})


PROFILE_SETS: Final[Mapping[str, Mapping[str, Mapping[str, InterruptionRule]]]] = MappingProxyType(
    {
        "seed": MappingProxyType({name: _rules(table, "ad_start") for name, table in _SEED.items()}),
        "legacy": MappingProxyType(
            {
                name: _rules(dict(zip(_LEGACY_EVENTS, rows, strict=True)), "event")
                for name, rows in _LEGACY.items()
            }
        ),
    }
)
"""Profile set -> provider -> event -> rule."""

PROVIDERS: Final = tuple(_SEED)
"""The names of the providers that have profiles."""


def get_provider_rules(provider: str, profile_set: str = DEFAULT_PROFILE_SET) -> dict[str, InterruptionRule]:
    """The rules of a provider by event, in rule order, as a copy of the caller's own. ConfigError for unknown names."""
    if profile_set not in PROFILE_SETS:
        raise ConfigError("profile_set", f"unknown profile set {profile_set!r}", PROFILE_SETS)
    profiles = PROFILE_SETS[profile_set]
    if provider not in profiles:
        raise ConfigError("provider", f"unknown provider {provider!r}", profiles)
    return dict(profiles[provider])


def provider_configs(profile_set: str = DEFAULT_PROFILE_SET) -> dict[str, dict[str, Any]]:
    """Every provider of a set as a partial configuration, the shape ConfigResolver takes as `providers`."""
    if profile_set not in PROFILE_SETS:
        raise ConfigError("profile_set", f"unknown profile set {profile_set!r}", PROFILE_SETS)
    return {name: {"interruption_rules": dict(rules)} for name, rules in PROFILE_SETS[profile_set].items()}
