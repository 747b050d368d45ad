"""What the checks of every configuration take for a number."""

from math import isfinite
from typing import Any


def is_finite(value: Any) -> bool:
    """Whether it is a number that a float can hold: no truth value, no NaN, and no whole number of 400 digits."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return isfinite(value)
    except OverflowError:
        return False
