"""The two sides of a contrast: a stored session, and a session gone through again."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings

from playback.chains import BODY, kept_of
from playback.engine import ConfigError, ConfigResolver, LedgerEntry, PlaybackSession, Replay
from playback.engine.configuration.resolver import explain
from playback.live.fates import fates_of
from playback.models import UNREADABLE, Session
from playback.replay.contrast import Contrast, Entry, Side, contrast
from playback.replay.source import Played
from playback.rows import provider_levels, publisher_levels
from playback.session_page.chain import masked, told


def contrast_of(a: Played, b: Played) -> Contrast:
    """Two stored sessions beside each other."""
    return contrast(*(stored_side(found, _again(found)) for found in (a, b)))


def _again(found: Played) -> Replay | None:
    try:
        return found.again()
    except UNREADABLE:
        return None


def stored_side(found: Played, again: Replay | None, label: str = "") -> Side:
    """A stored session; its macros are told where it could be gone through again."""
    row = found.row
    return Side(
        label or row.public_id,
        found.session,
        _entries(row, again),
        None if again is None else macros_of(again),
        chain_of(row),
        facts_of(row),
        levels_of(found.session, row.provider, row.publisher),
    )


def dry_side(found: Played, other: Replay, label: str) -> Side:
    """A session gone through again, or as it would have gone: nothing is sent, so of its pixels it is only known which
    were due."""
    row = found.row
    entries = [entry.to_dict() for entry in other.ledger]
    return Side(label, other.session, entries, macros_of(other), chain_of(row), facts_of(row))


def macros_of(again: Replay) -> Callable[[Entry], Mapping[str, str]]:
    """Macro -> what stands in the address, of a row of the ledger that became due."""

    def macros(entry: Entry) -> dict[str, str]:
        named = LedgerEntry(
            entry["event"], entry["url"], None, entry["origin"], None, None, "", instant=entry["instant"]
        )
        if entry["instant"] >= len(again.session.tracked):
            return {}
        return {macro.name: str(macro.encoded) for macro in again.macros(named)}

    return macros


def chain_of(row: Session) -> dict[str, Any] | None:
    """The hops as they are told, each with the hash of what it answered."""
    chain, kept = told(row), kept_of(row)
    if chain is None or kept is None:
        return None
    hashes = [hop.get(BODY, "") for hop in kept.record["hops"]]
    hops = [{**hop, "sha256": known} for hop, known in zip(chain["hops"], hashes, strict=False)]
    return {**chain, "hops": hops}


def facts_of(row: Session) -> dict[str, str]:
    """How a session came to be, for lists of what differs."""
    return {
        "title": row.title,
        "source": row.source,
        "tag": masked(row.tag_url),
        "build": row.build.public_id if row.build else "",
        "ad": "the whole pod" if row.ad_index is None else f"ad {row.ad_index + 1} of the document",
        "provider": row.provider,
        "publisher": row.publisher,
        "mode": row.mode,
        "delivery": row.get_delivery_display().lower(),
    }


def levels_of(session: PlaybackSession, provider: str, publisher: str) -> dict[str, str]:
    """Where each field of a session's configuration came from. Records do not keep that: it is what the levels of
    today say where they give the same value, else ``override``, or a level that has changed since."""
    try:
        today = explain(
            ConfigResolver.resolve(
                provider=provider or None,
                publisher=publisher or None,
                global_config={"enable_session_persistence": settings.SESSION_PERSISTENCE},
                providers=provider_levels(),
                publishers=publisher_levels(),
            )
        )
    except ConfigError:
        return {}
    return {
        name: today[name][1] if name in today and today[name][0] == value else "override or changed since"
        for name, (value, _) in explain(session.config).items()
    }


def _entries(row: Session, again: Replay | None) -> list[dict[str, Any]]:
    if hasattr(row, "ledger"):
        return fates_of(row)[0]
    return [entry.to_dict() for entry in again.ledger] if again else []
