"""The draws of many sessions at once (numpy): splitmix64 over arrays, equal bit for bit to `splitmix` and `plan.cut`.

Everything works on blocks of consecutive sessions of a batch. Only here is numpy imported; whoever plays single
sessions never loads it.
"""

from collections.abc import Iterator, Sequence
from itertools import repeat
from math import ceil
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from playback.engine.configuration.interruptions import BEFORE_RENDERING, Lot, RuleOutcome, UniformLot
from playback.engine.splitmix import GAMMA, MASK, SEED_LIMIT, mix

Words = NDArray[np.uint64]
Places = NDArray[np.int64]

BLOCK: Final = 16_384
"""Sessions drawn at a time: their arrays fit in a processor's cache."""

NEVER: Final = np.iinfo(np.int64).max
_EARLY: Final = {event: rank - len(BEFORE_RENDERING) for rank, event in enumerate(BEFORE_RENDERING)}
"""What is before the first frame, as offsets before every other."""


class Cuts(NamedTuple):
    """For each session of a block the place among the lots of the rule that ends it and where in the ad (in
    milliseconds); -1 and -1 where none does. `scheduled` is the rule that was to, though the end may come before."""

    rules: Places
    offsets: Places
    scheduled: Places


def blocks(start: int, stop: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    """The stretches of at most `size` sessions from `start` to `stop`."""
    return ((first, min(first + size, stop)) for first in range(start, stop, size))


def seeds_of(batch_seed: int, start: int, stop: int) -> Words:
    """`splitmix.session_seed` of the sessions from `start` to `stop`."""
    words = np.arange(start + 1, stop + 1, dtype=np.uint64)
    words *= GAMMA
    words += mix(batch_seed + GAMMA)
    return np.right_shift(_mix(words), 11, out=words)


def first_words(seeds: Words) -> Words:
    """What each session's numbers are drawn from."""
    return _mix(seeds + GAMMA)


def _mix(words: Words) -> Words:
    """`splitmix.mix` of each word, in place."""
    shifted = np.right_shift(words, 30)
    np.bitwise_xor(words, shifted, out=words)
    np.multiply(words, 0xBF58476D1CE4E5B9, out=words)
    np.right_shift(words, 27, out=shifted)
    np.bitwise_xor(words, shifted, out=words)
    np.multiply(words, 0x94D049BB133111EB, out=words)
    np.right_shift(words, 31, out=shifted)
    return np.bitwise_xor(words, shifted, out=words)


def _drawn(first: Words, key: int) -> Words:
    """The 64 bits of each session's number with this key; its upper 53 are the number itself."""
    return _mix(first + ((GAMMA * (key + 1)) & MASK))


def _numbers(words: Words) -> NDArray[np.float64]:
    """The numbers in [0, 1) that words stand for, as `splitmix.draws` gives them."""
    return (words >> 11).astype(np.float64) * 2.0**-53


def _struck(words: Words, probability: float) -> Places:
    """Which sessions' number is below a probability: the comparison of the floats, made on whole numbers."""
    limit = ceil(probability * SEED_LIMIT)
    if limit >= SEED_LIMIT:
        return np.arange(len(words))
    return np.flatnonzero(words < (limit << 11))


def _places(first: Words, lot: UniformLot) -> Places:
    """Where a rule strikes the sessions it strikes, in milliseconds."""
    lo, hi = lot.window_ms
    numbers = _numbers(_drawn(first, lot.key + 1))
    return np.floor(lo + numbers * (hi - lo)).astype(np.int64)


class Dice:
    """The lots of one plan, ready to be drawn for blocks of sessions. `last_ms` is the last place in the ad where an
    interruption still comes before its end and before the session limit."""

    def __init__(self, lots: Sequence[Lot], last_ms: int) -> None:
        self.lots = lots
        self.last_ms = last_ms
        self._uniform = [(place, lot) for place, lot in enumerate(lots) if isinstance(lot, UniformLot)]

    def cuts(self, seeds: Words) -> Cuts:
        """Which rule ends each session, as `plan.cut` finds it: the earliest, ties by rule order."""
        first = first_words(seeds)
        earliest = np.full(len(seeds), NEVER)
        scheduled = np.full(len(seeds), -1)
        for place, lot in self._uniform:
            struck = _struck(_drawn(first, lot.key), lot.probability)
            if len(struck):
                at = self._instants(first[struck], lot)
                sooner = at < earliest[struck]
                struck = struck[sooner]
                earliest[struck] = at[sooner]
                scheduled[struck] = place
        return self._in_time(scheduled, earliest)

    def outcomes(self, seeds: Words) -> list[Iterator[RuleOutcome]]:
        """For each lot what it drew for each session, as its own `draw` gives it."""
        first = first_words(seeds)
        return [self._outcomes(first, lot) for lot in self.lots]

    def _instants(self, first: Words, lot: UniformLot) -> Places:
        early = _EARLY.get(lot.event)
        return _places(first, lot) if early is None else np.full(len(first), early)

    def _in_time(self, scheduled: Places, earliest: Places) -> Cuts:
        late = earliest > self.last_ms
        offsets = np.maximum(earliest, 0)
        offsets[late] = -1
        return Cuts(np.where(late, -1, scheduled), offsets, scheduled)

    def _outcomes(self, first: Words, lot: Lot) -> Iterator[RuleOutcome]:
        if not isinstance(lot, UniformLot):
            return repeat(lot.draw(lambda _: 1.0), len(first))
        words = _drawn(first, lot.key)
        struck = _struck(words, lot.probability)
        hits, offsets = [False] * len(words), [None] * len(words)
        for place, at in zip(struck.tolist(), _places(first[struck], lot).tolist(), strict=True):
            hits[place], offsets[place] = True, at
        drawn: dict[str, list[Any]] = {"hit": hits, "u": _numbers(words).tolist(), "offset_ms": offsets}
        missed = lot.draw(lambda _: 1.0)._asdict()
        fields = (drawn.get(name, repeat(value)) for name, value in missed.items())
        return map(tuple.__new__, repeat(RuleOutcome), zip(*fields, strict=False))


class Counts(NamedTuple):
    """What is counted of sessions: by place of the rule that ends them, last those that none does; of cuts after the
    first frame, by how many marks lie behind them, and by part of the ad's length."""

    rules: list[int]
    behind: list[int]
    buckets: list[int]


class Counter:
    """Counts the cuts of sessions; `marks_ms` ascend, the ad is `duration_us` long and has `buckets` equal parts."""

    def __init__(self, dice: Dice, marks_ms: Sequence[int], duration_us: int, buckets: int) -> None:
        self._dice = dice
        self._marks = np.array(marks_ms, dtype=np.int64)
        self._edges = [-(-duration_us * edge // (1000 * buckets)) for edge in range(1, buckets)]
        self._early = [place for place, lot in enumerate(dice.lots) if _is_early(lot)]

    def count(self, batch_seed: int, start: int, stop: int) -> Counts:
        """The counts of the sessions from `start` to `stop` of a batch."""
        rules = np.zeros(len(self._dice.lots) + 1, dtype=np.int64)
        behind = np.zeros(len(self._marks) + 1, dtype=np.int64)
        buckets = np.zeros(len(self._edges) + 1, dtype=np.int64)
        for first, last in blocks(start, stop):
            cuts = self._dice.cuts(seeds_of(batch_seed, first, last))
            rules += np.bincount(cuts.rules + 1, minlength=len(rules))
            at = cuts.offsets[self._after_first_frame(cuts)]
            behind += _by_edge(self._marks, at)
            buckets += _by_edge(self._edges, at)
        return Counts(np.roll(rules, -1).tolist(), behind.tolist(), buckets.tolist())

    def _after_first_frame(self, cuts: Cuts) -> NDArray[np.bool_]:
        after = cuts.rules >= 0
        for place in self._early:
            after &= cuts.rules != place
        return after


def _by_edge(edges: Sequence[int] | Places, at: Places) -> Places:
    """How many places lie behind none of the edges, behind one, behind two, ..."""
    return np.bincount(np.searchsorted(edges, at, side="right"), minlength=len(edges) + 1)


def _is_early(lot: Lot) -> bool:
    return isinstance(lot, UniformLot) and lot.event in BEFORE_RENDERING
