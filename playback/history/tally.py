"""How many sessions of a group ended how, and the shares that follow from it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import NamedTuple

from playback.history.outcome import INTERRUPTIONS, Outcome, outcome_of

SIGMAS = 3


class Band(NamedTuple):
    low: float
    high: float


class Share(NamedTuple):
    """`part` of `whole`; without a whole it has no value."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def band(self) -> Band | None:
        """Where the true share lies if each of the whole was drawn by itself: Wilson's interval of 3 sigma, which stays
        within 0 and 1 and does not vanish at either end."""
        if self.value is None:
            return None
        squared = SIGMAS * SIGMAS
        scale = 1 + squared / self.whole
        middle = (self.value + squared / (2 * self.whole)) / scale
        half = (
            SIGMAS * sqrt(self.value * (1 - self.value) / self.whole + squared / (4 * self.whole**2)) / scale
        )
        return Band(max(0.0, middle - half), min(1.0, middle + half))


@dataclass(frozen=True, slots=True)
class Tally:
    """Sessions by end_reason, and the length of the ads of each; "" are those that have not ended."""

    reasons: Mapping[str, int] = field(default_factory=dict)
    lengths_ms: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: Iterable[tuple[str, int, int]]) -> "Tally":
        """From rows of end_reason, sessions and the length of their ads together."""
        reasons, lengths = Counter[str](), Counter[str]()
        for reason, sessions, length_ms in rows:
            reasons[reason] += sessions
            lengths[reason] += length_ms
        return cls(reasons, lengths)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally.of((*self.rows(), *other.rows()))

    def rows(self) -> list[tuple[str, int, int]]:
        """As `of` takes them."""
        return [(reason, number, self.lengths_ms.get(reason, 0)) for reason, number in self.reasons.items()]

    @property
    def sessions(self) -> int:
        return sum(self.reasons.values())

    def number(self, outcome: Outcome) -> int:
        return sum(number for reason, number in self.reasons.items() if outcome_of(reason) is outcome)

    @property
    def completion(self) -> Share:
        """Of the viewings that only a viewer or a fault of theirs could end: what somebody stopped, what ran into a
        limit or never had an ad says nothing of it."""
        completed = self.number(Outcome.COMPLETED)
        return Share(completed, completed + self.number(Outcome.INTERRUPTED))

    @property
    def interruption(self) -> Share:
        """The rest of `completion`."""
        return Share(self.number(Outcome.INTERRUPTED), self.completion.whole)

    @property
    def failure(self) -> Share:
        """Of the sessions that have ended."""
        return Share(self.number(Outcome.FAILED), self.sessions - self.number(Outcome.UNFINISHED))

    @property
    def interruptions(self) -> dict[str, int]:
        """By reason, most first."""
        found = {reason: self.reasons[reason] for reason in INTERRUPTIONS if self.reasons.get(reason)}
        return dict(sorted(found.items(), key=lambda row: -row[1]))

    @property
    def mean_length_ms(self) -> int | None:
        """The mean length of the ads that `completion` speaks of; None without any."""
        ended = [reason for reason in self.reasons if outcome_of(reason) in _JUDGED]
        sessions = sum(self.reasons[reason] for reason in ended)
        return round(sum(self.lengths_ms.get(reason, 0) for reason in ended) / sessions) if sessions else None


_JUDGED = frozenset({Outcome.COMPLETED, Outcome.INTERRUPTED})


def together(tallies: Iterable[Tally]) -> Tally:
    """The tally of all of them."""
    return Tally.of(row for tally in tallies for row in tally.rows())
