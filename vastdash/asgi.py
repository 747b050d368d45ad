"""The site as one ASGI application: players' requests, pages and API, live sockets, and what lives beside them."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vastdash.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (apps must be loaded first)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402
from django.urls import re_path  # noqa: E402
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware  # noqa: E402

from pipeline.endpoint.door import VastDoor  # noqa: E402
from pipeline.endpoint.keeper import keeper  # noqa: E402
from playback.batches.runner import batch_runner  # noqa: E402
from playback.live.consumers import NoSuchSocket  # noqa: E402
from playback.live.runner import runner  # noqa: E402
from playback.urls import socket_urlpatterns  # noqa: E402
from vastdash.limits import BodyLimit  # noqa: E402


async def lifespan(
    _scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    """Open the runner and the endpoints on the server's own loop; let them store what they hold before it ends."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await runner.open()
                await batch_runner.open()
                await keeper.open()
            except Exception as error:  # the server must say why it does not start
                await send({"type": "lifespan.startup.failed", "message": repr(error)})
                return
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await asyncio.gather(runner.close(), batch_runner.close(), keeper.close())
            await send({"type": "lifespan.shutdown.complete"})
            return


def behind_proxies(application: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """The application as it sees callers through a proxy: their own address and scheme, from proxies we trust.

    Not for players: the door of the endpoints decides for itself whose forwarding headers count. Who is at the other
    end of the socket stays in ``scope["peer"]``, for pages that show what a player would get.
    """
    through = ProxyHeadersMiddleware(application, ["127.0.0.1", *settings.TRUSTED_PROXIES])

    async def noted(scope: Any, receive: Any, send: Any) -> None:
        scope["peer"] = scope.get("client")
        await through(scope, receive, send)

    return noted


sockets = [*socket_urlpatterns, re_path(r"", NoSuchSocket.as_asgi())]
pages = behind_proxies(BodyLimit(django_application))
application = ProtocolTypeRouter(
    {
        "http": VastDoor(pages, keeper.directory, keeper.traffic),
        "websocket": behind_proxies(AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(sockets)))),
        "lifespan": lifespan,
    }
)
