"""The socket of a session page: lets in who may read, shows the present state first, then the news."""

from channels.generic.websocket import AsyncWebsocketConsumer

from playback.live import broadcast
from playback.live.hub import Viewer
from playback.live.runner import runner
from vastdash import roles

# Codes of our own: the browser's socket does not reconnect after them.
NOT_ALLOWED = 4403
UNKNOWN = 4404


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

    async def disconnect(self, code: int) -> None:
        await self._leave()

    async def _leave(self) -> None:
        if self.viewer:
            await broadcast.unwatch(self.public_id, self.viewer)
            self.viewer = None
