"""The report of a session: what happened, event by event and pixel by pixel, and how to play it again."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from playback.batches.again import complete
from playback.engine import PlaybackSession
from playback.live.broadcast import live_view
from playback.live.runner import runner
from playback.live.store import view_of
from playback.models import UNREADABLE, Session
from playback.reports.outcome import outcome_of
from playback.session_page.chain import told
from playback.session_page.ledger import LedgerRow, row_of
from playback.session_page.ledger_filter import keyed
from playback.session_page.view import EventRow, SessionView
from vastdash.reports.mask import without_query
from vastdash.reports.report import Data, Kind, Report

HEADER = (
    "row", "at_sec", "event", "ad", "level", "fate", "reason", "after_ms", "address", "detail",
)  # fmt: skip
_HOP = ("number", "depth", "host", "outcome", "status", "code", "ms", "failed", "text")


def report(public_id: str) -> Report | None:
    """The report of this session as it stands now, running or not."""
    rows = Session.objects.select_related("build", "ledger", "chain", "titled", "batch")
    found = rows.named(public_id).first()
    if found is None:
        return None
    row = complete(found)
    try:
        session = PlaybackSession.from_dict(row.record)
        shown = runner.look(public_id, live_view) or view_of(row, session)
        return Report(row.title, _data(row, shown), {"view": shown})
    except UNREADABLE:
        return Report(row.title, _facts(row))


def titles(public_ids: Collection[str]) -> dict[str, str]:
    rows = Session.objects.select_related("titled", "batch")
    own = rows.filter(own_id__in=[name for name in public_ids if "-" not in name])
    of_batches = (rows.named(name).first() for name in public_ids if "-" in name)
    return {row.public_id: row.title for row in [*own, *filter(None, of_batches)]}


def rows(data: Data) -> Iterator[Sequence[Any]]:
    """Events first, then the ledger, in the columns of ``HEADER``."""
    yield HEADER
    for event in data.get("events", ()):
        place = ("", "", "", "", "", event["detail"])
        yield ("event", event["at_sec"], event["event"], event["ad"], *place)
    for entry in data.get("ledger", {}).get("rows", ()):
        due = entry["due_ms"]
        yield (
            "tracker", None if due is None else due / 1000, entry["event"], entry["ad"], entry["level"],
            entry["fate"], entry["reason"], entry["after_ms"], entry["address"], "",
        )  # fmt: skip


def _data(row: Session, view: SessionView) -> dict[str, Any]:
    happened = outcome_of(view)
    ledger = [row_of(entry) for entry in keyed(view.ledger)]
    return {
        **_facts(row),
        "outcome": {**_outcome(row), **happened._asdict(), "error_meaning": view.error_meaning},
        "played": {
            "at_sec": view.offset_sec,
            "of_sec": view.duration_sec,
            "clock_sec": view.clock_sec,
            "quartiles": [event for event, reached in view.quartiles if reached],
        },
        "ad": {name: view.session.ad.get(name) for name in ("title", "id", "version")},
        "pod": [
            {name: part[name] for name in ("place", "title", "id", "start_ms", "duration_ms", "state")}
            for part in view.parts
        ],
        "events": [_event(event) for event in view.events],
        "draws": [_draw(outcome) for outcome in view.session.interruption_plan],
        "chain": _chain(row),
        "ledger": {
            "counts": [count._asdict() for count in view.table.counts],
            "rows": [_tracker(found) for found in ledger],
        },
        "configuration": {**view.session.config.to_dict(), "seed": view.seed},
    }


def _facts(row: Session) -> dict[str, Any]:
    """What the row alone says, also of a record that cannot be read."""
    return {
        "kind": "session",
        "id": row.public_id,
        "title": row.title,
        "began_at": row.created_at.isoformat(timespec="seconds"),
        "ended_at": row.ended_at.isoformat(timespec="seconds") if row.ended_at else None,
        "source": row.source,
        "tag": without_query(row.tag_url) if row.tag_url else None,
        "mode": row.mode,
        "speed": row.speed,
        "seed": row.seed,
        "provider": row.provider,
        "publisher": row.publisher,
        "delivery": row.delivery,
        "outcome": _outcome(row),
    }


def _outcome(row: Session) -> dict[str, Any]:
    return {
        "status": row.status,
        "end_reason": row.end_reason,
        "error_code": row.error_code,
        "blame": row.blame,
    }


def _event(event: EventRow) -> dict[str, Any]:
    return {"at_sec": event.offset_sec, "event": event.event, "ad": event.ad, "detail": event.detail}


def _draw(outcome: Any) -> dict[str, Any]:
    return {
        "rule": outcome.event,
        "ad": outcome.part + 1,
        "probability": outcome.probability,
        "drawn": outcome.u,
        "applicable": outcome.applicable,
        "strikes": outcome.hit,
        "at_ms": outcome.offset_ms,
        "reason": str(outcome.reason),
    }


def _tracker(row: LedgerRow) -> dict[str, Any]:
    return {
        "event": row.event,
        "ad": row.ad,
        "due_ms": row.due_ms,
        "after_ms": row.late_ms,
        "level": row.level,
        "fate": row.fate.word,
        "kind": row.fate.kind,
        "icon": row.fate.icon,
        "reason": row.reason,
        "address": row.address,
    }


def _chain(row: Session) -> dict[str, Any] | None:
    """The hops in short: whom was asked and what came of it; neither bodies nor headers, and no address in full."""
    chain: Mapping[str, Any] | None = told(row)
    if chain is None:
        return None
    return {**chain, "hops": [{name: hop[name] for name in _HOP} for hop in chain["hops"]]}


KIND = Kind("session", "session", "reports/session.html", report, titles, rows)
