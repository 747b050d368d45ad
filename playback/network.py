"""The way from the site to other people's servers: who may be dialled, and who says where a name is.

Everything that playback fetches or calls goes through here: tags, hops, redirects, pixels.
"""

from typing import Any

from django.conf import settings

from vast.address import Resolve, parse_allowed, system_resolver

resolve: Resolve = system_resolver


def guard() -> dict[str, Any]:
    """What the engine's client and its HTTP take, so that no address is dialled that is neither public nor allowed."""
    return {"allowed": parse_allowed(settings.FETCH_ALLOWED), "resolve": resolve}
