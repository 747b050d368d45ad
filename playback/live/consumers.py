"""The socket of a session page: lets in who may read, shows the present state first, then the news."""

import asyncio
from typing import Any

from channels.auth import get_user
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import OperationalError

from playback.live import broadcast
from playback.live.hub import Viewer
from playback.live.runner import runner
from vastdash import roles

# Codes of our own: the browser's socket does not reconnect after them.
NOT_ALLOWED = 4403
UNKNOWN = 4404
# After this one it does (RFC 6455 registry: service restart).
COME_AGAIN = 1012

ASKED_AGAIN_SEC = 60.0
"""How long somebody who was let in is believed to be who he was, and to have the role he had."""


class Socket(AsyncWebsocketConsumer):
    """A socket without a channel of its own: its process has one for all (``playback.live.relay``)."""

    channel_layer_alias = "none"


class NoSuchSocket(Socket):
    """Any other address: closed with a code, instead of an error for whoever tries addresses."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=UNKNOWN)


class SessionConsumer(Socket):
    """Sends HTML fragments with ids; decides who may see, never what is true."""

    public_id = ""
    viewer: Viewer | None = None
    asking: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await self.accept()
        user = self.scope["user"]
        if not roles.may(user, roles.SOCKETS["session"]):
            await self.close(code=NOT_ALLOWED)
            return
        self.public_id = self.scope["url_route"]["kwargs"]["public_id"]
        self.viewer = Viewer(self.base_send)
        commands = roles.may(user, roles.Action.PLAY)
        # Joined before the first look, so that nothing falls between the two.
        await broadcast.watch(self.public_id, self.viewer, commands=commands)
        player = runner.player(self.public_id)
        shown = await broadcast.present(self.public_id, player, commands=commands)
        if shown is None:
            await self._leave()
            await self.close(code=UNKNOWN)
            return
        self.viewer.begin(shown)
        self.asking = asyncio.create_task(self._ask_again(commands=commands))

    async def _ask_again(self, *, commands: bool) -> None:
        """Lets go of who signed out or lost his role since; who may do more or less now is asked to come again."""
        while self.viewer and not self.viewer.lost:
            await asyncio.sleep(ASKED_AGAIN_SEC)
            try:
                user = await _person_now(self.scope["session"])
            except OperationalError:
                continue
            allowed = roles.may(user, roles.SOCKETS["session"])
            if allowed and roles.may(user, roles.Action.PLAY) == commands:
                continue
            await self._leave()
            await self.close(code=COME_AGAIN if allowed else NOT_ALLOWED)

    async def disconnect(self, code: int) -> None:
        if self.asking:
            self.asking.cancel()
        await self._leave()

    async def _leave(self) -> None:
        if self.viewer:
            await broadcast.unwatch(self.public_id, self.viewer)
            self.viewer = None


async def _person_now(session: Any) -> Any:
    """Whoever is signed in by this session as it is stored by now."""
    return await get_user({"session": session.__class__(session.session_key)})
