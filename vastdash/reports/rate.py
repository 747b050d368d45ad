"""How often one caller may ask, counted in this process: a bucket that fills again by the second."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from time import monotonic

# Callers remembered; the one that has been silent the longest is forgotten first, and starts with a full bucket.
CALLERS = 4096


class Rate:
    """``per_minute`` requests of each caller, at once or spread; 0 is no limit. May be asked from any thread."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, caller: str) -> bool:
        """Whether this caller may ask now; if so, it has asked."""
        if not self._per_minute:
            return True
        now = self._clock()
        with self._lock:
            left, at = self._left.pop(caller, (float(self._per_minute), now))
            left = min(left + (now - at) * self._per_minute / 60, self._per_minute)
            admitted = left >= 1
            self._left[caller] = (left - admitted, now)
            while len(self._left) > CALLERS:
                self._left.popitem(last=False)
        return admitted
