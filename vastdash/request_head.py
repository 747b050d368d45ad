"""Bounds the head of a request, in bytes and in time: uvicorn's fast parser collects whatever is sent, however long."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_BYTES = 64 * 1024
# Between one and two of these may pass until a caller who sends no whole head is let go.
LOOK_SEC = 20.0

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class BoundedHead(HttpToolsProtocol):
    """uvicorn's own protocol, which answers 431 to a head, or trailers, of more than ``MAX_BYTES``, and hangs up."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._unread = 0  # bytes since the last that were a body's, or ended a message
        self._heads = self._heads_seen = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.loop.call_later(LOOK_SEC, self._look)

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._unread > MAX_BYTES and not self.transport.is_closing():
            if not self._is_answering():  # a word of ours must not get into somebody's answer
                self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._heads += 1
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _look(self) -> None:
        """One timer a connection, so that no request pays for it."""
        if self not in self.connections:  # it has ended, or is a socket by now
            return
        if self._heads == self._heads_seen and not self._is_answering():
            self.transport.close()
            return
        self._heads_seen = self._heads
        self.loop.call_later(LOOK_SEC, self._look)
