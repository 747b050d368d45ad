"""What is usual, from days gone by, and whether a day is unlike it.

Usual is the median, give or take three times the spread; the spread is the median distance from the median, scaled so
that it is a standard deviation where values are normal (1.4826). One odd day among the former moves neither.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from math import sqrt
from statistics import median
from typing import NamedTuple

from playback.history.tally import SIGMAS, Share

NORMAL = 1.4826
LEAST_DAYS = 7
LEAST_WEEKDAYS = 4


class Usual(NamedTuple):
    """`low` to `high` is usual, as `days` days had it."""

    median: float
    low: float
    high: float
    days: int


class Verdict(StrEnum):
    LOW = "unusually low"
    HIGH = "unusually high"
    SAME = "as usual"
    UNKNOWN = "too little history to judge"
    NONE = "none yet"
    OPEN = "not over yet"


def usual_number(values: Sequence[int], least: int = LEAST_WEEKDAYS) -> Usual | None:
    """Of counts: their spread is at least what mere chance gives a count, its square root. None for fewer values than
    `least`."""
    if len(values) < least:
        return None
    middle = median(values)
    reach = SIGMAS * max(_spread(values, middle), sqrt(middle))
    return Usual(middle, max(0.0, middle - reach), middle + reach, len(values))


def usual_share(shares: Iterable[Share], least: int = LEAST_DAYS) -> Usual | None:
    """Of shares, days without a whole left out. None for fewer than `least` days."""
    values = [share.value for share in shares if share.value is not None]
    if len(values) < least:
        return None
    middle = median(values)
    reach = SIGMAS * _spread(values, middle)
    return Usual(middle, max(0.0, middle - reach), min(1.0, middle + reach), len(values))


def _spread(values: Sequence[float], middle: float) -> float:
    return NORMAL * median(abs(value - middle) for value in values)


def judge_number(number: int, usual: Usual | None) -> Verdict:
    if usual is None:
        return Verdict.UNKNOWN
    return _beside(number, usual)


def judge_share(share: Share, usual: Usual | None) -> Verdict:
    """Unusual is what lies beyond the usual and is more than chance: the usual median must lie outside the share's own
    band, so that three sessions in the morning alarm nobody. Nor does what reads the same to a tenth of a per cent: one
    failure of 80,000 is no news."""
    if share.band is None or share.value is None:
        return Verdict.NONE
    if usual is None:
        return Verdict.UNKNOWN
    by_chance = share.band.low <= usual.median <= share.band.high
    reads_alike = round(usual.low, 3) <= round(share.value, 3) <= round(usual.high, 3)
    return Verdict.SAME if by_chance or reads_alike else _beside(share.value, usual)


def _beside(value: float, usual: Usual) -> Verdict:
    if value < usual.low:
        return Verdict.LOW
    return Verdict.HIGH if value > usual.high else Verdict.SAME
