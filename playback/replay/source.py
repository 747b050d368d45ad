"""What a stored session is gone through again from: its record, and its ad as it was kept."""

from dataclasses import dataclass

from playback.batches.again import answer_of, complete
from playback.engine import AdData, NoAd, PlaybackSession, Replay, VastClient, replay
from playback.models import UNREADABLE, Session
from playback.requesting import client_of


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
    session = PlaybackSession.from_dict(_record(complete(row)))
    try:
        client = client_of(row)
        ad = answer_of(row, client)
    except UNREADABLE as error:
        return Played(row, session, None, None, f"Its ad cannot be read again: {error}.")
    if isinstance(ad, NoAd):
        return Played(
            row, session, client, None, f"There was no ad to play: {ad.text} (VAST error {ad.code})."
        )
    return Played(row, session, client, ad)


def _record(row: Session) -> dict[str, object]:
    if row.record is None:
        raise ValueError("nothing was kept of this session but what lists show")
    return dict(row.record)
