"""The socket of a session page: lets in who may read, shows the present state first, then forwards the news."""

from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from playback.live import broadcast
from playback.live.runner import runner
from vastdash import roles

# Codes of our own: the browser's socket does not reconnect after them.
NOT_ALLOWED = 4403
UNKNOWN = 4404


class NoSuchSocket(AsyncWebsocketConsumer):
    """Any other address: closed with a code, instead of an error for whoever tries addresses."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(code=UNKNOWN)


class SessionConsumer(AsyncWebsocketConsumer):
    """Sends HTML fragments with ids; decides who may see, never what is true."""

    public_id = ""

    async def connect(self) -> None:
        await self.accept()
        if not roles.may(self.scope["user"], roles.SOCKETS["session"]):
            await self.close(code=NOT_ALLOWED)
            return
        public_id = self.scope["url_route"]["kwargs"]["public_id"]
        # Joined before the first look, so that nothing falls between the two.
        await self.channel_layer.group_add(broadcast.group(public_id), self.channel_name)
        self.public_id = public_id
        broadcast.watch(public_id)
        shown = await broadcast.present(public_id, runner.player(public_id))
        if shown is None:
            await self.close(code=UNKNOWN)
            return
        await self.session_news(shown)

    async def disconnect(self, code: int) -> None:
        if self.public_id:
            broadcast.unwatch(self.public_id)
            await self.channel_layer.group_discard(broadcast.group(self.public_id), self.channel_name)

    async def session_news(self, message: dict[str, Any]) -> None:
        controls = message["controls"] if roles.may(self.scope["user"], roles.Action.PLAY) else []
        for frame in (*message["frames"], *controls):
            await self.send(frame)
