"""Sessions of a batch again: each follows from its cell's ad, configuration and seed, and is played when asked for."""

from typing import Any

from playback.chains import cell_of_batch, chain_of
from playback.engine import AdData, NoAd, PlaybackSession, PlayerFactory, Simulation, VastClient
from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.simulation.screening import Screening
from playback.models import UNREADABLE, BatchAd, BatchCell, Session, SessionLedger
from playback.requesting import QUIET, ad_again


def client_of_ad(ad: BatchAd) -> VastClient:
    """A client that gives the ad again, without asking anybody. ValueError where no chain was kept."""
    if ad.record is None:
        raise ValueError("nothing was kept of how this ad was found")
    return VastClient.from_chain(chain_of(ad), {"delivery": QUIET})


def ad_of_cell(cell: BatchCell) -> AdData:
    """What the sessions of a cell play. ValueError, or one of ``UNREADABLE``, where it can no longer be read."""
    answer = ad_again(client_of_ad(cell.ad))
    if isinstance(answer, NoAd):
        raise ValueError(f"{answer.text} (VAST error {answer.code})")
    return answer if cell.length_ms is None else answer.of_length(cell.length_ms)


def simulation_of(cell: BatchCell) -> Simulation:
    """All sessions of a cell, of which none is played yet."""
    config = PlaybackSessionConfig.from_dict(cell.config)
    return Simulation(Screening(ad_of_cell(cell), config), cell.sessions, cell.seed)


def ad_of(row: Session) -> AdData:
    """What a session of a batch plays."""
    return ad_of_cell(_cell(row))


def answer_of(row: Session, client: VastClient) -> AdData | NoAd:
    """What any stored session plays, or why it plays nothing; ``client`` is its own (``requesting.client_of``). The
    length that a batch gave its ad is kept."""
    answer = ad_again(client)
    if row.batch_id is None or isinstance(answer, NoAd):
        return answer
    length_ms = _cell(row).length_ms
    return answer if length_ms is None else answer.of_length(length_ms)


def session_of(row: Session) -> PlaybackSession:
    """A session of a batch, played again: equal to what a HeadlessPlayer plays from its seed."""
    cell = _cell(row)
    return simulation_of(cell)[row.ordinal - cell.first]


def entries_of(row: Session) -> list[dict[str, Any]]:
    """Its ledger: every tracker of the ad and what became of it."""
    return _fates(row, session_of(row))[0]


def complete(row: Session) -> Session:
    """The row with what a session of a batch is stored without: record, ledger, where its ad came from, who made it.
    Any other row as it is. Nothing of it is stored.

    One whose ad can no longer be read stays without a record, which pages show as unreadable.
    """
    if row.batch_id is None or row.record is not None:
        return row
    entries: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    try:
        session = session_of(row)
        entries, parts = _fates(row, session)
        row.record = session.to_dict()
    except UNREADABLE:
        row.record = None
    row.ledger = SessionLedger(session=row, entries=entries, parts=parts)
    row.created_by = row.batch.created_by
    if (cell := cell_of_batch(row)) is not None:
        ad = cell.ad
        row.build, row.tag_url, row.document, row.ad_index = ad.build, ad.tag_url, ad.document, ad.ad_index
    return row


def _cell(row: Session) -> BatchCell:
    cell = cell_of_batch(row)
    if cell is None:
        raise ValueError("the batch of this session has no such cell")
    return cell


def _fates(row: Session, session: PlaybackSession) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    player = PlayerFactory.create(
        client_of_ad(_cell(row).ad), ad_of(row), session=session, delivery="dry_run"
    )
    entries = [entry.to_dict() for entry in player.ledger]
    return entries, [part._asdict() for part in player.state().parts]
