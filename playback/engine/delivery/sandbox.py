"""The sandbox: a sink of our own in the same process, and what it says about each pixel (playback.md 4.3)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from playback.engine.delivery.sending import OPEN, Sending
from playback.engine.request.transport import Fetched
from playback.engine.time_provider import RealtimeTimeProvider, TimeProvider

KEY_HEADER: Final = "X-Pixel-Key"
"""The header by which a sandboxed pixel is told from another one with the same address."""


class Arrival(NamedTuple):
    """One request that arrived; `at` in seconds of the collector's clock."""

    key: str
    url: str
    at: float
    headers: tuple[tuple[str, str], ...]


class Collector:
    """A Getter that calls nobody: it records what arrives and answers 204.

    Its clock has to be the delivery's: delays are differences between both. A pixel is late when it arrives more than
    `late_sec` after it was due.
    """

    def __init__(self, clock: TimeProvider | None = None, *, late_sec: float = 1.0) -> None:
        self.clock = clock or RealtimeTimeProvider()
        self.late_sec = late_sec
        self.arrivals: list[Arrival] = []
        self._by_key: defaultdict[str, list[Arrival]] = defaultdict(list)

    async def get(
        self, url: str, *, headers: Mapping[str, str], timeout_sec: float, max_bytes: int = 0
    ) -> Fetched:
        arrival = Arrival(headers.get(KEY_HEADER, ""), url, self.clock.time(), tuple(headers.items()))
        self.arrivals.append(arrival)
        self._by_key[arrival.key].append(arrival)
        return Fetched(204)

    def arrivals_of(self, key: str) -> tuple[Arrival, ...]:
        """What arrived under a key, in order."""
        return tuple(self._by_key.get(key, ()))


class Receipt(NamedTuple):
    """What arrived of one pixel: how often, how long after it was due, and what is wrong about it: missing, doubled,
    late, or several of these joined by a comma; "" when nothing is."""

    received: int
    delay_ms: float | None
    verdict: str


def receipt_of(
    sending: Sending, arrivals: Sequence[Arrival], late_sec: float, behind_ms: float = 0.0
) -> Receipt:
    """Due joined with received. `behind_ms` is how late the sending already was when it began."""
    if not arrivals:
        return Receipt(0, None, "" if sending.status == OPEN else "missing")
    delay = round((arrivals[0].at - sending.due_at) * 1000 + behind_ms, 3)
    found = {
        "doubled": len(arrivals) > max(len(sending.attempts), 1),
        "late": delay > late_sec * 1000,
    }
    return Receipt(len(arrivals), delay, ", ".join(word for word, holds in found.items() if holds))
