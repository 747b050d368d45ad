"""How a session of a plan begins: pending, with its name and its draws, before anything has been played."""

from collections.abc import Mapping
from typing import Any

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.configuration.interruptions import InterruptionReason, RuleOutcome
from playback.engine.playing.plan import US, Plan
from playback.engine.playing.session import PlaybackSession, native


def open_session(
    plan: Plan,
    config: PlaybackSessionConfig,
    seed: int,
    outcomes: tuple[RuleOutcome, ...],
    first: RuleOutcome | None,
    session_id: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> PlaybackSession:
    """A new session of this plan, for what its rules drew, of which `first` is the earliest hit.

    TypeError for metadata that JSON cannot hold.
    """
    return PlaybackSession(
        session_id=session_id or plan.session_id(seed),
        duration_sec=plan.duration_us / US,
        config=config,
        interruption_scheduled=InterruptionReason(first.reason) if first else None,
        metadata=native(metadata) if metadata else {},
        seed=seed,
        ad=plan.reference.copy() if plan.alone else native(plan.reference),
        interruption_plan=outcomes,
    )
