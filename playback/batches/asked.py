"""What somebody asks a batch for, how many combinations and sessions that is, and what it will take."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

from playback.sources import Source, StartRefused

ADS_MAX = 20
CELLS_MAX = 240
# Seconds; what is longer is no ad.
LENGTH_MAX_SEC = 3600
# What a stored session takes with its indexes on the embedded database, and how fast one core stores them: used until
# batches of this installation tell better.
BYTES_A_SESSION = 260
SESSIONS_A_SECOND = 30_000


class AskedAd(NamedTuple):
    """One ad to play; a fault of it is told at `field`, as whoever asks calls it."""

    field: str
    source: Source


class Combination(NamedTuple):
    """One ad (its place) at one length under one provider and publisher, and how many sessions of it."""

    ad: int
    length_ms: int | None
    provider: str
    publisher: str
    sessions: int


@dataclass(frozen=True, slots=True)
class Asked:
    """`lengths` are milliseconds, None the ad's own; a provider or publisher "" is none. `sessions` are those of all
    combinations together, or of each with `each`."""

    ads: Sequence[AskedAd]
    lengths: Sequence[int | None] = (None,)
    providers: Sequence[str] = ("",)
    publishers: Sequence[str] = ("",)
    sessions: int = 1000
    each: bool = False
    title: str = ""
    seed: int | None = None

    @property
    def cells(self) -> int:
        return len(self.ads) * len(self.lengths) * len(self.providers) * len(self.publishers)

    @property
    def total(self) -> int:
        return self.sessions * self.cells if self.each else self.sessions

    def combinations(self) -> Iterator[Combination]:
        """In their order, the sessions shared out evenly."""
        share, more = divmod(self.total, self.cells)
        chosen = product(range(len(self.ads)), self.lengths, self.providers, self.publishers)
        for place, combination in enumerate(chosen):
            yield Combination(*combination, share + (place < more))

    def check(self, most: int, providers: Mapping[str, Any], publishers: Mapping[str, Any]) -> None:
        """Raises `StartRefused` at the field that cannot be; `most` are the sessions a batch may have, the mappings
        hold the names there are."""
        self._check_choices(providers, publishers)
        if self.cells > CELLS_MAX:
            raise StartRefused(
                "ads", f"These are {self.cells} combinations: more than {CELLS_MAX} are not run."
            )
        if self.sessions < 1:
            raise StartRefused("sessions", "A batch has one session at least.")
        if self.total > most:
            raise StartRefused(
                "sessions", f"These are {self.total:,} sessions: a batch has {most:,} at most."
            )
        if self.total < self.cells:
            raise StartRefused(
                "sessions",
                f"{self.total} sessions are too few for {self.cells} combinations: one each at least.",
            )

    def _check_choices(self, providers: Mapping[str, Any], publishers: Mapping[str, Any]) -> None:
        if not self.ads:
            raise StartRefused("ads", "Choose an ad, or hand one over.")
        if len(self.ads) > ADS_MAX:
            raise StartRefused("ads", f"These are {len(self.ads)} ads: a batch has {ADS_MAX} at most.")
        for field, values in (
            ("lengths", self.lengths),
            ("providers", self.providers),
            ("publishers", self.publishers),
        ):
            if not values:
                raise StartRefused(field, "Choose one at least.")
        for field, asked, known in (
            ("providers", self.providers, providers),
            ("publishers", self.publishers, publishers),
        ):
            for name in asked:
                if name and name not in known:
                    raise StartRefused(field, f"There is no {field[:-1]} named {name!r}.")
        for length in self.lengths:
            if length is not None and not 0 < length <= LENGTH_MAX_SEC * 1000:
                raise StartRefused("lengths", f"A length is more than 0 and up to {LENGTH_MAX_SEC} seconds.")


class Estimate(NamedTuple):
    """What a batch will take. `seconds` and `bytes` are rough: told before it begins."""

    cells: int
    sessions: int
    seconds: float
    bytes: int


def estimate(asked: Asked, rate: float | None = None) -> Estimate:
    """`rate` is sessions a second, as earlier batches ran."""
    sessions = asked.total
    return Estimate(asked.cells, sessions, sessions / (rate or SESSIONS_A_SECOND), sessions * BYTES_A_SESSION)
