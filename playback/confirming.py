"""Live sessions: how many pixels one may send at most, who lets it, and how it is let go of unsent."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from django.db import transaction

from playback.engine import PlaybackSession
from playback.engine.delivery.capabilities import placeholder, with_scheme
from playback.live.runner import runner
from playback.live.store import columns
from playback.models import UNREADABLE, Session, SessionLedger
from playback.records import recording
from playback.sources import StartRefused

# What no playhead reaches, but a button or a fault may cause.
CAUSED = frozenset({"pause", "resume", "skip", "rewind", "closeLinear", "close", "error"})
# Called each time, unless the session's configuration says once.
REPEATED = ("pause", "resume", "rewind")
DISCARDED = "discarded before it was played"


class NotWaiting(Exception):
    """This session does not wait to be confirmed: it is not live, or somebody was faster."""


class Pixels(NamedTuple):
    """What a live session may call: how many addresses, on which hosts how many, which events may repeat theirs."""

    count: int
    hosts: dict[str, int]
    repeated: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"pixels": self.count, "hosts": self.hosts, "repeated": list(self.repeated)}


def pixels_of(ledger: Iterable[Mapping[str, Any]], pause_pixels: str = "every") -> Pixels:
    """Every tracker of a session that has not begun which can still become due and has an address to call."""
    rows = [row for row in ledger if _may_be_called(row)]
    hosts = Counter(_host(row["url"]) for row in rows)
    events = {row["event"] for row in rows}
    repeated = tuple(event for event in REPEATED if event in events) if pause_pixels == "every" else ()
    return Pixels(len(rows), dict(sorted(hosts.items())), repeated)


def asked_to_confirm(row: Session) -> dict[str, Any] | None:
    """What whoever confirms this session must know; None where nothing is to be confirmed, or can be."""
    if not row.waits_for_confirmation:
        return None
    try:
        return pixels_of(row.ledger.entries, row.record["config"]["pause_pixels"]).to_dict()
    except UNREADABLE:
        return None


@transaction.atomic
def confirm(public_id: str, user: Any, pixels: int) -> Session:
    """Let a live session send; it plays from now on. Whether this user may is decided by the caller.

    Raises ``NotWaiting``, and ``StartRefused`` at ``pixels`` when the number is another than was shown.
    """
    row = _waiting(public_id)
    if pixels != row.pixels:
        raise StartRefused(
            "pixels", f"This session may call {row.pixels} addresses, not {pixels}: read them again."
        )
    recording.change(row, confirmed_by=user, confirmed_at=datetime.now(UTC))
    transaction.on_commit(lambda: runner.submit(public_id))
    return row


@transaction.atomic
def discard(public_id: str) -> Session:
    """Close a live session that waits to be confirmed; nothing was sent. Raises ``NotWaiting``, also where its record
    cannot be read: that one will never play."""
    row = _waiting(public_id)
    try:
        session = PlaybackSession.from_dict(row.record)
    except UNREADABLE:
        raise NotWaiting from None
    session.close("stopped")
    recording.change(row, **columns(session.to_dict()), ended_at=datetime.now(UTC))
    entries = [
        {**entry, "status": "not_reached", "reason": DISCARDED} if entry["status"] == "pending" else entry
        for entry in row.ledger.entries
    ]
    SessionLedger.objects.filter(session=row).update(entries=entries)
    return row


def _waiting(public_id: str) -> Session:
    rows = Session.objects.select_for_update(of=("self",)).select_related("ledger", "titled")
    row = rows.named(public_id).get()
    if not row.waits_for_confirmation:
        raise NotWaiting
    return row


def _may_be_called(row: Mapping[str, Any]) -> bool:
    ahead = row["status"] == "pending" or (row["status"] == "not_reached" and row["event"] in CAUSED)
    return ahead and not placeholder(with_scheme(row["url"]))


def _host(url: str) -> str:
    return urlsplit(with_scheme(url)).hostname or ""
