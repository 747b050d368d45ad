"""News on their way to the viewers of other processes: one channel a process, one group a session."""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

import structlog
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from playback.live.hub import Hub

log = structlog.get_logger(__name__)

AGAIN_AFTER_SEC = 1.0
News = Mapping[str, Mapping[str, str]]
"""Parts by topic."""


class Relay:
    """Brings what is told here to the hubs of other processes, and what is told there to this one.

    Without a layer, or over one that ends at this process, there is nobody else and nothing to do. A layer may drop
    what it is given: the state is said again now and then, and a layer that is away costs the viewers here nothing.
    """

    def __init__(self, hub: Hub, layer: BaseChannelLayer | None) -> None:
        self._hub = hub
        self._layer = None if isinstance(layer, InMemoryChannelLayer) else layer
        self._name = uuid4().hex
        self._channel: str | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def leads_elsewhere(self) -> bool:
        return self._layer is not None

    async def watch(self, group: str) -> None:
        """From now on, what other processes tell of this group comes to the viewers here."""
        if self._layer is None:
            return
        try:
            await self._layer.group_add(group, await self._own_channel())
        except Exception:  # the viewers here go on seeing what happens here
            log.exception("no news from other processes", group=group)

    async def unwatch(self, group: str) -> None:
        if self._layer is None or self._channel is None:
            return
        try:
            await self._layer.group_discard(group, self._channel)
        except Exception:
            log.exception("still in the group of a session nobody watches", group=group)

    async def tell(self, group: str, news: News) -> None:
        if self._layer is not None:
            message = {"type": "news", "teller": self._name, "news": {k: dict(v) for k, v in news.items()}}
            await self._layer.group_send(group, message)

    async def _own_channel(self) -> str:
        if self._channel is None:
            assert self._layer is not None
            self._channel = await self._layer.new_channel()
            self._reader = asyncio.create_task(self._read(self._layer, self._channel))
        return self._channel

    async def _read(self, layer: BaseChannelLayer, channel: str) -> None:
        while True:
            try:
                message = await layer.receive(channel)
            except Exception:
                log.exception("the layer between processes is away")
                await asyncio.sleep(AGAIN_AFTER_SEC)
                continue
            if message["teller"] != self._name:
                for topic, parts in message["news"].items():
                    self._hub.tell(topic, parts)
