"""Where a resolution's answers come from: the network, or a chain that was recorded."""

from collections.abc import Mapping
from typing import Final, Protocol

from playback.engine.request.chain import Chain, Hop, Outcome
from playback.engine.request.transport import Fetched, Getter
from playback.engine.time_provider import TimeProvider

FAILURES: Final = frozenset(
    {
        Outcome.TIMEOUT,
        Outcome.UNREACHABLE,
        Outcome.TLS,
        Outcome.ADDRESS_REFUSED,
        Outcome.TOO_LARGE,
        Outcome.REDIRECTS,
        Outcome.UNREADABLE,
        Outcome.URL,
    }
)
"""The outcomes a transport can have."""


class Source(Protocol):
    """Answers hop by hop, and when each hop began."""

    def elapsed_ms(self, number: int) -> float:
        """Milliseconds from the start to the beginning of the hop of this number."""

    async def ask(
        self, number: int, url: str, *, headers: Mapping[str, str], timeout_sec: float, max_bytes: int
    ) -> Fetched:
        """The answer for the hop of this number."""


class Live:
    """Asks a Getter; time is that of the clock since this was made."""

    def __init__(self, getter: Getter, clock: TimeProvider) -> None:
        self._getter = getter
        self._clock = clock
        self._began = clock.time()

    def elapsed_ms(self, number: int) -> float:
        return round((self._clock.time() - self._began) * 1000, 3)

    async def ask(
        self, number: int, url: str, *, headers: Mapping[str, str], timeout_sec: float, max_bytes: int
    ) -> Fetched:
        return await self._getter.get(url, headers=headers, timeout_sec=timeout_sec, max_bytes=max_bytes)


class Recorded:
    """Answers what the hops of a chain were answered, each at its own time; nobody is asked."""

    def __init__(self, chain: Chain) -> None:
        self._hops = {hop.number: hop for hop in chain.hops}

    def elapsed_ms(self, number: int) -> float:
        hop = self._hops.get(number)
        return hop.started_ms if hop else 0.0

    async def ask(
        self, number: int, url: str, *, headers: Mapping[str, str], timeout_sec: float, max_bytes: int
    ) -> Fetched:
        hop = self._hops.get(number)
        if hop is None or not hop.requested or hop.asked_url != url:
            text = f"the recording holds no answer to {url[:100]} at hop {number}"
            return Fetched(None, failure=Outcome.UNREACHABLE.value, text=text)
        return answer_of(hop)


def answer_of(hop: Hop) -> Fetched:
    """The answer a hop was made of."""
    # A document that was read and found unreadable has its body; one that never came through has none.
    failed = hop.outcome in FAILURES and not hop.body
    return Fetched(
        hop.status,
        hop.headers,
        hop.body,
        hop.redirects,
        hop.ms,
        hop.outcome.value if failed else "",
        hop.text if failed else "",
    )
