"""The one door of the playback engine to the network: GET an address, within limits, and tell how it went.

Whatever goes wrong is a value; only cancellation is raised.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from playback.engine.chain import Redirect


class Fetched(NamedTuple):
    """What came of a GET. `failure` is "" for an answer of any status, else a word of `chain.Outcome` (timeout,
    unreachable, tls, address_refused, too_large, redirects, url) with a sentence in `text`; `ms` how long it took."""

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    redirects: tuple[Redirect, ...] = ()
    ms: float = 0.0
    failure: str = ""
    text: str = ""


class Getter(Protocol):
    """Whatever can ask for addresses: the network, a recording, a collector of our own."""

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout_sec: float,
        max_bytes: int = 0,
    ) -> Fetched:
        """The answer; at most `max_bytes` of its body, unpacked, are read (0: the body is left unread)."""
