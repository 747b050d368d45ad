"""What a level's rules make us expect of an ad, in closed form (playback.md 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playback.engine import ConfigError, ConfigResolver, PlaybackSessionConfig
from playback.engine.configuration.idle import idle_rules
from playback.engine.configuration.interruptions import Window, fit
from playback.engine.configuration.survival import curve, expected_shares, interruption_probability, survival
from playback.engine.playing.events import EVENTS, QUARTILES

FUNNEL = ("start", *QUARTILES)
GRAIN = 60
"""Parts of the ad at whose edges the curve is told: between them it may bend."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """P(any interruption); the share of sessions that reach start and each quartile; for each rule's event the share
    of sessions it ends; `survival` as (milliseconds, S); why `idle` rules never fire, by event."""

    interrupted: float
    funnel: tuple[tuple[str, float], ...]
    shares: Mapping[str, float]
    survival: tuple[tuple[float, float], ...]
    windows: tuple[Window, ...]
    idle: Mapping[str, str]


def expectation(partial: Mapping[str, Any], duration_ms: int) -> Expectation | None:
    """None when the stored level does not resolve, which a page shows as such instead of failing."""
    try:
        config = ConfigResolver.resolve(provider="this", providers={"this": partial})
    except ConfigError:
        return None
    return expected(config, duration_ms)


def expected(config: PlaybackSessionConfig, duration_ms: int) -> Expectation:
    """What a whole configuration makes us expect of an ad of this length, its longest session included."""
    windows = fit(config.rules, duration_ms)
    limit_ms = round(config.max_session_duration_sec * 1000) if config.max_session_duration_sec else None
    until_ms = duration_ms if limit_ms is None else min(limit_ms, duration_ms)
    return Expectation(
        interrupted=interruption_probability(windows, until_ms),
        funnel=tuple((event, _reach(windows, _place(event, duration_ms), until_ms)) for event in FUNNEL),
        shares=expected_shares(windows, until_ms),
        survival=tuple(curve(windows, until_ms, [duration_ms * part / GRAIN for part in range(GRAIN)])),
        windows=windows,
        idle=idle_rules(config.rules, duration_ms, limit_ms),
    )


def _place(event: str, duration_ms: int) -> float:
    return float((EVENTS[event].fraction or 0) * duration_ms)


def _reach(windows: tuple[Window, ...], at_ms: float, until_ms: int) -> float:
    return survival(windows, at_ms) if at_ms <= until_ms else 0.0
