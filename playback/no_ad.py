"""A session that never began because its request gave no ad: its record, and the Error addresses that hear of it."""

from hashlib import blake2b
from typing import Any

from playback.engine import NoAd, PlaybackSession, PlaybackSessionConfig


def failed_session(no_ad: NoAd, config: PlaybackSessionConfig, seed: int) -> PlaybackSession:
    """The record of such a session: in error from the start, with the VAST error code and whose fault it is."""
    session = PlaybackSession(
        session_id=blake2b(f"{no_ad.reason}:{no_ad.code}:{seed}".encode(), digest_size=16).hexdigest(),
        duration_sec=0.0,
        config=config,
        seed=seed,
        metadata={"reason": no_ad.reason, "blame": blame_of(no_ad)},
    )
    session.error(no_ad.text, int(no_ad.code))
    return session


def blame_of(no_ad: NoAd) -> str:
    """One line that names the hop: "hop 3, ads.example.com, code 303, 812 ms"; "" without a chain."""
    return no_ad.chain.blame if no_ad.chain else ""


def ledger_of(no_ad: NoAd) -> list[dict[str, Any]]:
    """Its Error addresses, root first; none of them is called."""
    return [entry.to_dict() for entry in no_ad.ledger]
