"""What a stored session is gone through again from: its record, and its ad as it was kept."""

from dataclasses import dataclass

from playback.batches.again import ad_of, complete
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
    """A stored session, or one of a batch, with its ad, asked of nobody. Needs the row's chain, document and batch
    loaded; raises one of ``UNREADABLE`` for a record that this version cannot read."""
    whole = complete(row)
    session = PlaybackSession.from_dict(whole.record)
    try:
        client = client_of(whole)
        ad = ad_again(client) if whole.batch_id is None else ad_of(whole)
    except UNREADABLE as error:
        return Played(whole, session, None, None, f"Its ad cannot be read again: {error}.")
    if isinstance(ad, NoAd):
        why = f"There was no ad to play: {ad.text} (VAST error {ad.code})."
        return Played(whole, session, client, None, why)
    return Played(whole, session, client, ad)
