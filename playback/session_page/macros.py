"""The macros in the address of one row of a ledger: name, value, source and what stands in the address called."""

from collections.abc import Mapping
from typing import Any

from playback.batches.again import answer_of
from playback.engine import NoAd, PlaybackSession, PlayerFactory, macro_table
from playback.engine.delivery.capabilities import with_scheme
from playback.engine.delivery.ledger import LedgerEntry
from playback.engine.delivery.tracking_client import tracker_config_of
from playback.models import UNREADABLE, Session
from playback.requesting import client_of
from vast.macros import MacroRow, explain


def macros_of(row: Session, entry: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The macros of a stored session's row, in the order of its address; None when its ad cannot be read again.

    Of a tracker that has not become due, what belongs to an instant is not known yet.
    """
    try:
        return [found._asdict() for found in _explained(row, entry)]
    except UNREADABLE:
        return None


def _explained(row: Session, entry: Mapping[str, Any]) -> list[MacroRow]:
    client = client_of(row)
    answer = answer_of(row, client)
    if isinstance(answer, NoAd):
        return _of_ping(answer, entry, tracker_config_of(client).macro_formats)
    session = PlaybackSession.from_dict(row.record)
    player = PlayerFactory.create(client, answer, session=session, delivery="dry_run")
    named = LedgerEntry(
        entry["event"], entry["url"], None, entry["origin"], None, None, "", instant=entry.get("instant")
    )
    return macro_table(player.ad_data, player.plan, player.session, named, player.delivery)


def _of_ping(no_ad: NoAd, entry: Mapping[str, Any], formats: tuple[str, ...]) -> list[MacroRow]:
    pings = (ping for ping in no_ad.pings if (ping.url, ping.origin) == (entry["url"], entry["origin"]))
    code = next((ping.code for ping in pings), no_ad.code)
    values = {**no_ad.macros, "ERRORCODE": str(int(code))}
    sources = {**dict.fromkeys(no_ad.macros, "request"), "ERRORCODE": "session"}
    return explain(with_scheme(entry["url"]), values, "error", formats, sources)
