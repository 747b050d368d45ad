"""The way from the site to other people's servers: who may be dialled, and who says where a name is.

Everything that playback fetches or calls goes through here: tags, hops, redirects, pixels.
"""

from typing import Any

from django.conf import settings

from playback.engine.request.transport import Http
from playback.own_endpoints import OwnEndpoints
from vast.address import Resolve, parse_allowed, system_resolver

resolve: Resolve = system_resolver


def guard() -> dict[str, Any]:
    """What the engine's HTTP takes, so that no address is dialled that is neither public nor allowed."""
    return {"allowed": parse_allowed(settings.FETCH_ALLOWED), "resolve": resolve}


def http(own_host: str = "") -> Http:
    """A guarded way out. ``own_host`` (with its port) is this site as its visitor sees it: it is never dialled.

    Close it on the event loop that asked.
    """
    # Addresses come without their scheme's own port.
    names = {own_host, own_host.removesuffix(":80"), own_host.removesuffix(":443")} - {""}
    return Http(mounts=dict.fromkeys(names, OwnEndpoints()), **guard())
