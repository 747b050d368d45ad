"""Tells the Error addresses of a missing ad what happened (playback.md 3.3; Playback 10)."""

import asyncio
from collections.abc import Mapping
from typing import Final

from playback.engine.ad_data import ErrorPing, NoAd, PingRow
from playback.engine.transport import Getter
from playback.engine.uri import absolute
from vast.macros import Value, expand

PING_TIMEOUT_SEC: Final = 5.0
MAX_PINGS: Final = 100
"""Called for one missing ad; a document that names more makes us call others on its behalf."""

DRY_RUN: Final = "dry_run"
SENT: Final = "sent"
SKIPPED: Final = "skipped"


def resolved(answer: NoAd) -> tuple[PingRow, ...]:
    """Every ping of an answer with its address resolved, as if nobody was to be called."""
    return tuple(_row(ping, answer.macros) for ping in answer.pings)


async def send(rows: tuple[PingRow, ...], http: Getter, headers: Mapping[str, str]) -> tuple[PingRow, ...]:
    """The rows with what became of each; all are sent at once, those beyond `MAX_PINGS` not at all."""
    beyond = [
        row._replace(outcome=SKIPPED, text=f"more than {MAX_PINGS} Error addresses")
        for row in rows[MAX_PINGS:]
    ]
    return (*await asyncio.gather(*(_send(row, http, headers) for row in rows[:MAX_PINGS])), *beyond)


def _row(ping: ErrorPing, macros: Mapping[str, Value]) -> PingRow:
    url = expand(ping.url, {**macros, "ERRORCODE": str(ping.code)}, "error")
    try:
        return PingRow(ping, absolute(url), DRY_RUN)
    except ValueError as error:
        return PingRow(ping, url, SKIPPED, text=str(error))


async def _send(row: PingRow, http: Getter, headers: Mapping[str, str]) -> PingRow:
    if row.outcome == SKIPPED:
        return row
    got = await http.get(row.url, headers=headers, timeout_sec=PING_TIMEOUT_SEC)
    return row._replace(outcome=got.failure or SENT, status=got.status, ms=got.ms, text=got.text)
