"""What a stored session is gone through again from: its record, and its ad as it was kept."""

from dataclasses import dataclass

from playback.engine import AdData, NoAd, PlaybackSession, Replay, VastClient, replay
from playback.models import UNREADABLE, Session
from playback.requesting import ad_again, client_of


@dataclass(frozen=True)
class Played:
    """A session that was read. Without an ``ad`` it cannot be gone through again, and ``why`` says so in a sentence."""

    row: Session
    session: PlaybackSession
    client: VastClient | None
    ad: AdData | None
    why: str = ""

    def again(self) -> Replay:
        """Gone through again. ``ValueError`` without an ad, and for a record that is not of this ad."""
        if self.ad is None:
            raise ValueError(self.why)
        return replay(self.ad, self.session, self.client)


def played(row: Session) -> Played:
    """A stored session with its ad, asked of nobody. Needs the row's chain and document loaded; raises one of
    ``UNREADABLE`` for a record that this version cannot read."""
    session = _session_of(row)
    try:
        client, ad = _ad_of(row)
    except UNREADABLE as error:
        return Played(row, session, None, None, f"Its ad cannot be read again: {error}.")
    if isinstance(ad, NoAd):
        return Played(
            row, session, client, None, f"There was no ad to play: {ad.text} (VAST error {ad.code})."
        )
    return Played(row, session, client, ad)


def _session_of(row: Session) -> PlaybackSession:
    if row.record is None:
        raise ValueError("nothing was kept of this session but what lists show")
    return PlaybackSession.from_dict(row.record)


def _ad_of(row: Session) -> tuple[VastClient, AdData | NoAd]:
    client = client_of(row)
    return client, ad_again(client)
