"""What a level's rules make us expect of an ad, in closed form (playback.md 2.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playback.engine import ConfigError, ConfigResolver
from playback.engine.configuration.interruptions import Window, fit
from playback.engine.configuration.survival import interruption_probability, survival
from playback.engine.playing.events import EVENTS, QUARTILES


@dataclass(frozen=True, slots=True)
class Expectation:
    """P(any interruption), and for each quartile the share of sessions that reach it; ``idle`` rules never fire."""

    interrupted: float
    funnel: tuple[tuple[str, float], ...]
    windows: tuple[Window, ...]
    idle: tuple[str, ...]


def expectation(partial: Mapping[str, Any], duration_ms: int) -> Expectation | None:
    """None when the stored level does not resolve, which a page shows as such instead of failing."""
    try:
        config = ConfigResolver.resolve(provider="this", providers={"this": partial})
    except ConfigError:
        return None
    rules = tuple(config.interruption_rules.values())
    windows = fit(rules, duration_ms)
    fitting = {window.rule.event for window in windows}
    return Expectation(
        interrupted=interruption_probability(windows, duration_ms),
        funnel=tuple(
            (event, survival(windows, float((EVENTS[event].fraction or 0) * duration_ms)))
            for event in QUARTILES
        ),
        windows=windows,
        idle=tuple(rule.event for rule in rules if rule.event not in fitting),
    )
