"""The stored side of a running session: written at every event before anything is sent, read again after a crash."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import structlog
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import OperationalError, close_old_connections, transaction

from playback import network
from playback.batches.again import complete
from playback.engine import (
    BaseVastPlayer,
    Collector,
    Http,
    NoAd,
    PlaybackSession,
    PlayerFactory,
    VastClient,
)
from playback.models import UNREADABLE, Session, SessionLedger
from playback.records import recording
from playback.requesting import ad_again, client_of
from playback.session_page.view import SessionView, view

T = TypeVar("T")
RETRY_SEC = 1.0
log = structlog.get_logger(__name__)


def _in_database(work: Callable[..., T]) -> Callable[..., Any]:
    """Run in the one database thread, with a connection that is still alive."""

    def fresh(*args: Any) -> T:
        close_old_connections()
        return work(*args)

    return sync_to_async(fresh)


class NotConfirmed(Exception):
    """A live session that nobody has confirmed must not play."""


class RowStore:
    """The store a player is given. After ``close`` nothing is written: the row stays as the last checkpoint left it."""

    def __init__(self, public_id: str) -> None:
        self.public_id = public_id
        self._open = True
        self._way_out: Http | None = None
        self._player: BaseVastPlayer | None = None

    @staticmethod
    async def unfinished() -> list[str]:
        """Public ids of the sessions that a former process left behind, oldest first."""
        return await _in_database(_unfinished)()

    async def player(self) -> BaseVastPlayer:
        """A player at the stored position, its ad read again from what was kept.

        Raises when it can no longer be played, ``NotConfirmed`` when it may not yet.
        """
        row, client = await _in_database(_load_to_play)(self.public_id)
        ad = await asyncio.to_thread(ad_again, client)
        if isinstance(ad, NoAd):
            raise ValueError(f"{ad.text} (error {ad.code})")
        self._player = PlayerFactory.create(
            client,
            ad,
            session=PlaybackSession.from_dict(row.record),
            store=self,
            watched=True,
            delivery=row.delivery,
            collector=self._prepare_delivery(row, client),
        )
        return self._player

    def _prepare_delivery(self, row: Session, client: VastClient) -> Collector | None:
        """What replays a chain asks nobody; only a live session gets a way out, for its pixels."""
        if row.delivery == Session.Delivery.LIVE:
            self._way_out = client.http = network.http()
        return Collector() if row.delivery == Session.Delivery.SANDBOX else None

    async def let_go(self) -> None:
        """The session is over, or left to another runner: close the connections that its pixels went over."""
        self._player = None
        if self._way_out:
            await self._way_out.close()

    async def save(self, session: PlaybackSession, ledger: Any) -> None:
        """The player's own call: at every event, and at the end."""
        if not self._open:
            return
        record = session.to_dict()
        # While it runs the ledger follows from the record; it is kept for those who read the session later.
        fates = self._fates(ledger) if session.has_ended() else {}
        while self._open:
            try:
                await _in_database(_save)(self.public_id, record, fates)
            except OperationalError:
                # A database that is busy or away for a moment is no reason to lose a session.
                log.warning("session not stored yet", session=self.public_id, exc_info=True)
                await asyncio.sleep(RETRY_SEC)
            else:
                return

    def _fates(self, ledger: Any) -> dict[str, Any]:
        """What became of every tracker and of every ad, as the columns of ``SessionLedger``."""
        fates: dict[str, Any] = {"entries": [entry.to_dict() for entry in ledger]}
        return {**fates, "parts": parts_of(self._player)} if self._player else fates

    async def checkpoint(self, player: BaseVastPlayer) -> None:
        """Where the playhead is between two events, so that a crash costs no more than a moment."""
        if self._open and settings.SESSION_PERSISTENCE and not player.session.has_ended():
            session = player.checkpoint()
            # An end that comes to light here is the player's to store, with its ledger, in one piece.
            if not session.has_ended():
                await _in_database(_save)(self.public_id, session.to_dict(), {})

    async def fail(self, text: str) -> None:
        """This session cannot be played (any further); its record says why."""
        if self._open:
            await _in_database(_fail)(self.public_id, text)

    def close(self) -> None:
        self._open = False


def parts_of(player: BaseVastPlayer) -> list[dict[str, Any]]:
    """The ads of a session in their order, with what has become of each (see the engine's ``PartState``)."""
    return [part._asdict() for part in player.state().parts]


def stored_entries(row: Session) -> list[dict[str, Any]]:
    """The ledger of a session that does not run here.

    Pixels that were still on their way when the process ended, after the end of the session, stay unknown.
    """
    if not row.has_ended:
        return row.ledger.entries
    return [_settled(entry) for entry in row.ledger.entries]


def _settled(entry: dict[str, Any]) -> dict[str, Any]:
    if entry["status"] not in {"in_flight", "pending"}:
        return entry
    return {**entry, "status": "unknown", "reason": "nothing was stored of what became of it"}


def stored_view(public_id: str) -> SessionView | None:
    """What the page shows of a session that does not run here; None when there is none that can be read."""
    try:
        row = complete(_load(public_id))
        session = PlaybackSession.from_dict(row.record)
    except (Session.DoesNotExist, *UNREADABLE):
        return None
    return view_of(row, session)


def view_of(row: Session, session: PlaybackSession) -> SessionView:
    """The same of a row whose record has been read. Needs its ledger loaded."""
    return view(
        public_id=row.public_id,
        session=session,
        ledger=lambda: stored_entries(row),
        parts=row.ledger.parts,
        waiting=row.waits_for_confirmation,
    )


def _unfinished() -> list[str]:
    return list(Session.objects.playing().order_by("id").values_list("own_id", flat=True))


def _load(public_id: str) -> Session:
    return (
        Session.objects.select_related("document", "ledger", "chain", "titled", "batch")
        .named(public_id)
        .get()
    )


def _load_to_play(public_id: str) -> tuple[Session, VastClient]:
    row = _load(public_id)
    if row.waits_for_confirmation:
        raise NotConfirmed(public_id)
    return row, client_of(row)


def columns(record: dict[str, Any]) -> dict[str, Any]:
    """The columns of a session's row that repeat its record, for lists."""
    return {
        "record": record,
        "status": record["status"],
        "end_reason": record["end_reason"] or "",
        "error_code": record["error_code"],
        "paused": record["paused"],
        "mode": record["config"]["mode"],
        "offset_ms": round(record["current_offset_sec"] * 1000),
        "duration_ms": round(record["duration_sec"] * 1000),
    }


@transaction.atomic
def _save(public_id: str, record: dict[str, Any], fates: dict[str, Any]) -> None:
    row = Session.objects.named(public_id).only("started_at").first()
    if row is None:
        return
    now = datetime.now(UTC)
    changes = columns(record)
    if changes["status"] != Session.Status.PENDING and row.started_at is None:
        changes["started_at"] = now
    if changes["status"] not in (Session.Status.PENDING, Session.Status.RUNNING):
        changes["ended_at"] = now
    recording.change(row, **changes)
    if fates:
        SessionLedger.objects.filter(session=row).update(**fates)


def _fail(public_id: str, text: str) -> None:
    row = _load(public_id)
    try:
        session = PlaybackSession.from_dict(row.record)
    except UNREADABLE:
        # The record stays as it is, for whoever can read it; the row must not wait for ever.
        recording.change(row, status=Session.Status.ERROR, end_reason="error", ended_at=datetime.now(UTC))
        return
    if not session.has_ended():
        session.error(text)
        _save(public_id, session.to_dict(), {})
