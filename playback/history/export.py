"""Sessions of a choice as CSV or JSON lines, page by page: memory stays the same for ten rows and ten million."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from asgiref.sync import sync_to_async

from playback.history.choice import Choice
from playback.history.listing import page
from playback.history.outcome import outcome_of
from playback.models import Session
from vastdash.web import Page

ROWS = 1000
"""Sessions that are read at a time."""

COLUMNS = (
    "id",
    "began_at",
    "title",
    "source",
    "provider",
    "publisher",
    "mode",
    "status",
    "outcome",
    "reason",
    "error_code",
    "blame",
    "delivery",
    "seed",
    "played_sec",
    "length_sec",
    "made_by",
)
"""`began_at` is UTC; `seed` replays the session; `blame` names the hop that led to no ad."""

# What a spreadsheet would take for a formula (OWASP, CSV injection), also behind its own white space.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def values_of(row: Session) -> tuple[Any, ...]:
    """A session's values, as many as `COLUMNS`."""
    maker = row.created_by or (row.batch.created_by if row.batch else None)
    return (
        row.public_id,
        row.created_at.isoformat(timespec="milliseconds"),
        row.title,
        row.source,
        row.provider,
        row.publisher,
        row.mode,
        row.status,
        outcome_of(row.end_reason).value,
        row.end_reason,
        row.error_code,
        row.blame,
        row.delivery,
        row.seed,
        row.offset_ms / 1000,
        row.duration_ms / 1000,
        maker.username if maker else "",
    )


def harmless(value: Any) -> Any:
    """Text that no spreadsheet computes: what could be a formula begins with an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def csv_lines(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as lines of CSV (RFC 4180)."""
    written = io.StringIO()
    csv.writer(written).writerows([harmless(value) for value in row] for row in rows)
    return written.getvalue()


def json_lines(rows: Sequence[Sequence[Any]]) -> str:
    """Rows as JSON objects, one a line; nothing is added to any text."""
    return "".join(
        f"{json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False)}\n" for row in rows
    )


async def exported(
    choice: Choice, write: Callable[[Sequence[Sequence[Any]]], str], *, head: bool, oldest_first: bool = False
) -> AsyncIterator[bytes]:
    """The file in pieces. Sessions that begin meanwhile may come at the end of one that is oldest first; otherwise
    they are left out. No row comes twice and none is missed."""
    if head:
        yield write([COLUMNS]).encode()
    position: str | None = None
    while True:
        piece = await sync_to_async(_piece)(choice, position, oldest_first)
        if piece.rows:
            yield write([values_of(row) for row in piece.rows]).encode()
        if piece.next is None:
            return
        position = piece.next


def _piece(choice: Choice, position: str | None, oldest_first: bool) -> Page:
    return page(choice, position, ROWS, oldest_first=oldest_first)
