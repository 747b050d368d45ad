"""What an endpoint would serve and why, for its keepers: the same way a player's request goes, outside of traffic.

It is never counted or recorded, and asks over connections of its own.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync

from pipeline.endpoint.open_endpoint import OpenEndpoint, StoredAnswer, bids_of, opened
from pipeline.endpoint.serving import STATUS, Call, Served, serve
from pipeline.engine import redacted
from pipeline.models import Endpoint


def debug(row: Endpoint, query: str, headers: Mapping[str, str], remote_addr: str) -> dict[str, Any]:
    """The record of one request, JSON-native. Header names are lower-case.

    ``result`` is ``VastResult.to_debug()``, ``request`` the OpenRTB request without what identifies the viewer. Needs
    ``receiver``, ``publisher`` and ``canned`` of the row loaded, and no running event loop in this thread.
    """
    endpoint = opened(row, bids_of(row, partial(_stored, row)))
    served = async_to_sync(_served)(endpoint, Call(query, headers, remote_addr))
    return {
        "status": STATUS.get(served.outcome, 200),
        "outcome": served.outcome.value,
        "request": redacted(served.request),
        "notices": [notice._asdict() for notice in served.notices],
        "config": {
            "config": served.config.config.to_dict(),
            "provenance": dict(served.config.provenance),
            "notices": [notice._asdict() for notice in served.config.notices],
        },
        "auction": {
            "source": row.source,
            "status": served.answer.status,
            "error": served.answer.error._asdict() if served.answer.error else None,
            "took_ms": None if served.auction_ms is None else round(served.auction_ms, 3),
        },
        "result": served.result.to_debug(),
    }


async def _served(endpoint: OpenEndpoint, call: Call) -> Served:
    try:
        return await serve(endpoint, call)
    finally:
        await endpoint.bids.close()


async def _stored(row: Endpoint, _upload: int) -> StoredAnswer:
    return StoredAnswer.of(row.canned.body)
