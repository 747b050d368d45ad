"""The macro values of one session, all derived from its seed and clock: the same session expands to the same URLs."""

from datetime import UTC, datetime
from uuid import UUID

from playback.engine.ad_data import AdData
from playback.engine.plan import Plan
from playback.engine.session import PlaybackSession, Tracked
from playback.engine.splitmix import mix, stable_key, uniform
from vast.macros import Value

_CACHEBUSTING = stable_key("macro:CACHEBUSTING")
_TRANSACTION = stable_key("macro:TRANSACTIONID")


def macro_values(
    ad_data: AdData, plan: Plan, session: PlaybackSession, tracked: Tracked, index: int
) -> dict[str, Value]:
    """Macro name -> value (not encoded) for the trackers due at `tracked`, the session's `index`-th such instant.

    Macros this player has no value for are left out, which `vast.macros.expand` writes as -1.
    """
    values: dict[str, Value] = {
        "TIMESTAMP": timestamp((session.start_time or 0.0) + tracked.clock_us / 1e6),
        "CACHEBUSTING": f"{10_000_000 + int(uniform(session.seed, _CACHEBUSTING + index) * 90_000_000)}",
        "TRANSACTIONID": transaction_id(session.seed),
        "ADPLAYHEAD": playhead(tracked.at_us),
        "ADTYPE": ad_data.ad.ad_type or "video",
        "ADCOUNT": "1",
        "SERVERSIDE": "0",
    }
    return values | _facts_of_ad(ad_data, plan) | _error_of(session, tracked)


def _facts_of_ad(ad_data: AdData, plan: Plan) -> dict[str, Value]:
    creative = ad_data.first.creative
    universal_ad_ids = creative.universal_ad_ids if creative else ()
    ids = [f"{uid.registry or 'unknown'} {uid.value}" for uid in universal_ad_ids]
    facts: dict[str, Value | None] = {
        "ASSETURI": plan.media.url if plan.media else None,
        "ADSERVINGID": ad_data.ad.ad_serving_id,
        "PODSEQUENCE": str(ad_data.ad.sequence) if ad_data.ad.sequence else None,
        "UNIVERSALADID": ids,
    }
    return {name: value for name, value in facts.items() if value}


def _error_of(session: PlaybackSession, tracked: Tracked) -> dict[str, Value]:
    code = session.error_code if tracked.code is None else tracked.code
    if tracked.event != "error" or code is None:
        return {}
    return {"ERRORCODE": str(code)}


def transaction_id(seed: int) -> str:
    """A version-4 UUID that belongs to the session's seed."""
    high, low = mix(seed ^ _TRANSACTION), mix(seed + _TRANSACTION)
    return str(UUID(int=(high << 64) | low, version=4))


def timestamp(seconds: float) -> str:
    """ISO 8601 with milliseconds and zone; virtual time counts from 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def playhead(microseconds: int) -> str:
    """HH:MM:SS.mmm."""
    seconds, rest = divmod(microseconds // 1000, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
