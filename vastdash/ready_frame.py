"""Sends what many sockets are told as it is: a message that brings its ``frame`` is not put into one for each of them.

A server's frames are masked for nobody and, here, compressed for nobody, so that one serves all.
"""

from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State


def frame_of(text: str) -> bytes:
    """The frame of a text message from a server."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class ReadyFrames(WebSocketsSansIOProtocol):
    """uvicorn's own protocol; a message with a ``frame``, beside the ``text`` it stands for, goes out at once."""

    async def send(self, message: Any) -> None:
        frame = message.get("frame")
        if frame is not None and self._takes_more():
            self.transport.write(frame)
        else:
            await super().send(message)

    def _takes_more(self) -> bool:
        """Whether the socket is open and not full; all else uvicorn knows how to wait for, or to complain about."""
        return (
            self.handshake_complete
            and not (self.disconnected or self.close_sent or self.initial_response)
            and self.conn.state is State.OPEN
            and self.writable.is_set()
        )
