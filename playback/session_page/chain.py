"""A session's chain of hops as the page and the API tell it."""

import re
from typing import Any

from playback.chains import chain_of, kept_of, shown_chain
from playback.engine.request.chain import Chain, Hop
from playback.models import UNREADABLE, Session

# A server may redirect to an address of 64 KB, five times a hop, a hundred hops long.
LONGEST = 8192
_USERINFO = re.compile(r"//[^/?#\s]*@")


def masked(text: str) -> str:
    """The text without the names and passwords that stand before the host of its addresses (RFC 3986 §3.2.1): who may
    read a session need not know them."""
    return _USERINFO.sub("//***@", text)


def _shown(address: str) -> str:
    whole = masked(address)
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]}…"


def told(row: Session, *, with_bodies: bool = False) -> dict[str, Any] | None:
    """The summary of a session's chain with its hops, JSON-native; None where none was kept that can be read."""
    kept = kept_of(row)
    if kept is None:
        return None
    try:
        chain = chain_of(kept) if with_bodies else shown_chain(kept)
    except UNREADABLE:
        return None
    return {**summary(chain), "hops": [hop_row(hop, with_body=with_bodies) for hop in chain.hops]}


def hop_row(hop: Hop, *, with_body: bool = False) -> dict[str, Any]:
    """One hop: what it holds, its host, whether it failed, and its line of blame if so. Addresses are masked, and cut
    at ``LONGEST``."""
    record = hop.to_dict(with_body=with_body)
    return {
        **record,
        **{name: _shown(record[name]) for name in ("url", "asked_url", "text")},
        "redirects": [
            [_shown(url), status, _shown(location)] for url, status, location in record["redirects"]
        ],
        "host": hop.host,
        "failed": hop.failed,
        "blame": hop.blame() if hop.failed else None,
    }


def summary(chain: Chain) -> dict[str, Any]:
    """How many hops there were, how many led nowhere, and the ms from the first question to the last answer."""
    ends = [hop.started_ms + hop.ms for hop in chain.hops]
    starts = [hop.started_ms for hop in chain.hops]
    return {
        "count": len(chain.hops),
        "failed": len(chain.failures),
        "ms": round(max(ends, default=0.0) - min(starts, default=0.0), 3),
        "blame": chain.blame or None,
        "blame_hop": chain.failures[-1].number if chain.failures else None,
    }
