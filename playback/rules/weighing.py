"""What a profile makes of ads of one length: in closed form at once, and tried on many sessions beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from playback.engine import ConfigError, ConfigResolver, PlaybackSessionConfig, simulate
from playback.engine.simulation.specimen import specimen
from playback.expectation import FUNNEL, Expectation, expected

SESSIONS: Final = 20_000
SEED: Final = 1
"""One for both sides, so that what differs between them comes from their rules alone."""

INTERRUPTED: Final = "interrupted"

Partial = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One profile on one length of ad: the whole configuration, what it makes us expect, what became of sessions."""

    config: PlaybackSessionConfig
    expected: Expectation
    tried: Mapping[str, Any]

    def share(self, stage: str) -> float:
        return self.expected.interrupted if stage == INTERRUPTED else dict(self.expected.funnel)[stage]

    def trial(self, stage: str) -> "Trial | None":
        """None for a stage that sessions of this configuration do not record."""
        closed = self.tried["expected"] or {}
        if stage == INTERRUPTED:
            band, count = closed.get(INTERRUPTED), self.tried[INTERRUPTED]
        else:
            band, count = closed.get("funnel", {}).get(stage), self.tried["funnel"].get(stage)
        return (
            None if band is None or count is None else Trial(count, round(band["low"]), round(band["high"]))
        )


class Trial(NamedTuple):
    """How many of the tried sessions got there, and the band (three standard deviations) it was expected in."""

    count: int
    low: int
    high: int

    @property
    def is_outside(self) -> bool:
        return not self.low <= self.count <= self.high


class Stage(NamedTuple):
    """One line of the comparison; ``draft`` is None where only what is published is looked at."""

    name: str
    published: float | None
    draft: float | None
    published_trial: Trial | None
    draft_trial: Trial | None

    @property
    def change(self) -> float | None:
        """In percentage points."""
        if self.published is None or self.draft is None:
            return None
        points = round((self.draft - self.published) * 100, 2)
        return points or 0.0


def side(level: str, partial: Partial, duration_ms: int, under: Partial | None = None) -> Side:
    """A level's profile weighed, a publisher's over the provider's profile ``under``. ConfigError if nothing can play
    by it."""
    config = resolved(level, partial, under)
    tried = simulate(specimen(duration_ms), config, SESSIONS, SEED).summary
    return Side(config, expected(config, duration_ms), tried)


def side_or_none(level: str, partial: Partial, duration_ms: int, under: Partial | None = None) -> Side | None:
    """None for a profile that does not resolve, which a page shows as such instead of failing."""
    try:
        return side(level, partial, duration_ms, under)
    except ConfigError:
        return None


def resolved(level: str, partial: Partial, under: Partial | None = None) -> PlaybackSessionConfig:
    """The configuration of a session that this profile shapes."""
    if level == "provider":
        return ConfigResolver.resolve(provider="this", providers={"this": partial})
    providers = {} if under is None else {"under": under}
    provider = None if under is None else "under"
    return ConfigResolver.resolve(
        provider=provider, providers=providers, publisher="this", publishers={"this": partial}
    )


def stages(published: Side | None, draft: Side | None) -> list[Stage]:
    """The funnel, and the share that is interrupted, of both sides."""
    return [
        Stage(
            name,
            published.share(name) if published else None,
            draft.share(name) if draft else None,
            published.trial(name) if published else None,
            draft.trial(name) if draft else None,
        )
        for name in (INTERRUPTED, *FUNNEL)
    ]
