"""How a session ended, in the five words that charts and rates are made of: every session is exactly one of them."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from playback.engine import InterruptionReason

INTERRUPTIONS: Final = tuple(reason.value for reason in InterruptionReason)


class Outcome(StrEnum):
    """`STOPPED` by somebody or by the limit of a session; `FAILED` without an ad, or with none that could be played."""

    COMPLETED = "completed"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    FAILED = "failed"
    UNFINISHED = "unfinished"


_ENDS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "completed": Outcome.COMPLETED,
        **dict.fromkeys(INTERRUPTIONS, Outcome.INTERRUPTED),
        "stopped": Outcome.STOPPED,
        "exceeded_limit": Outcome.STOPPED,
        "error": Outcome.FAILED,
        "": Outcome.UNFINISHED,
    }
)
"""By end_reason. A session that has not ended has none."""

REASONS: Final = tuple(reason for reason in _ENDS if reason)
"""Every end_reason there is, interruptions among them."""


def outcome_of(end_reason: str) -> Outcome:
    """The outcome that an end_reason stands for; one that no table knows ended in somebody's hand."""
    return _ENDS.get(end_reason, Outcome.STOPPED)


def reasons_of(outcome: str) -> tuple[str, ...]:
    """The values of end_reason that are this outcome."""
    return tuple(reason for reason, found in _ENDS.items() if found == outcome)
