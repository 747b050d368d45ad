"""Where a player keeps its session: what a store has to do."""

from collections.abc import Sequence
from typing import Protocol

from playback.engine.delivery.ledger import LedgerEntry
from playback.engine.playing.session import PlaybackSession


class SessionStore(Protocol):
    """Where sessions are kept. `save` must have read both arguments by the time it first awaits: they are live, and a
    ledger that nobody reads is not made."""

    async def save(self, session: PlaybackSession, ledger: Sequence[LedgerEntry]) -> None: ...
