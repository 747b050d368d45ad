"""Bounds the head of a request, in bytes and in time: uvicorn's fast parser collects whatever is sent, however long.

How many requests wait on one connection is bounded here, too. A body is bounded in bytes elsewhere (``limits.py``); one
that has stopped coming is no longer waited for, nor a caller who has stopped reading.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pipeline.engine.query.mapping import MAX_LINE
from pipeline.engine.write import no_ad_document

MAX_BYTES = 64 * 1024
# Between one and two of these may pass until a caller who sends no whole head, or does not read, is let go.
LOOK_SEC = 20.0
# Fewer bytes of a body from one look to the next, and its caller is let go.
LEAST_OF_A_BODY = 1024
# Requests of one connection that wait for the one before them. uvicorn reads on after each answer, so that more come in
# than go out.
MOST_WAITING = 100

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
# How a player's request begins, and within how many bytes: "OPTIONS /vast/".
_PLAYERS, _BEGINNING = b" /vast/", 14
_PHRASES = {400: b"Bad Request", 414: b"URI Too Long", 431: b"Request Header Fields Too Large"}
_NO_AD = no_ad_document("3.0", "")


def _without_an_ad(status: int) -> bytes:
    """A refusal for a player, which looks at the body only: a document."""
    return (
        b"HTTP/1.1 %d %s\r\ncontent-type: application/xml; charset=utf-8\r\ncache-control: no-store\r\n"
        b"x-content-type-options: nosniff\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s"
    ) % (status, _PHRASES[status], len(_NO_AD), _NO_AD)


class BoundedHead(HttpToolsProtocol):
    """uvicorn's own protocol, which answers 431 to a head, or trailers, of more than ``MAX_BYTES``, and hangs up.

    What it refuses, like what is no HTTP, is refused with VAST where a player asks.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._unread = 0  # bytes since the last that were a body's, or ended a message
        self._begun = b""  # the first of them
        self.url = b""  # where no message has begun yet, uvicorn has none
        self._heads = self._heads_seen = 0
        self._of_bodies = 0  # bytes since the last look
        self._waited_for: Any = None  # the request whose body was not whole at the last look
        self._unsent = 0  # bytes of answers that nobody had taken at the last look

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.loop.call_later(LOOK_SEC, self._look)

    def data_received(self, data: bytes) -> None:
        if self._unread < _BEGINNING:  # however few bytes come at a time
            self._begun = (self._begun[: self._unread] + data)[:_BEGINNING]
        self._unread += len(data)
        super().data_received(data)
        if self._unread > MAX_BYTES and not self.transport.is_closing():
            if not self._is_answering():  # a word of ours must not get into somebody's answer
                self.transport.write(self._refusal(431) or _TOO_LARGE)
            self.transport.close()

    def eof_received(self) -> bool:
        """Who has nothing more to send may still wait for what it asked: only then the connection ends."""
        return self._ends_with_its_answers()

    def send_400_response(self, msg: str) -> None:
        if self._ends_with_its_answers():  # what was asked before is answered
            self.flow.pause_reading()
            self._unread = 0  # of what comes after, nothing is kept
            return
        refusal = self._refusal(400)
        if not refusal:
            super().send_400_response(msg)
            return
        if not self._is_answering():
            self.transport.write(refusal)
        self.transport.close()

    def _refusal(self, status: int) -> bytes:
        """What a player is told; nothing for anybody else."""
        if _PLAYERS not in self._begun:
            return b""
        return _without_an_ad(414 if len(self.url) > MAX_LINE else status)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MOST_WAITING:
            raise ValueError("too many requests at once")  # to the parser, which then takes no more
        self._heads += 1
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        self._of_bodies += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unread = 0
        super().on_message_complete()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _ends_with_its_answers(self) -> bool:
        """Whether requests that came whole are still to be answered; the last answer then ends the connection."""
        whole = self._is_answering() and not self.cycle.more_body
        if whole:
            self.cycle.keep_alive = False
        return whole

    def _body_has_stalled(self) -> bool:
        """Whether the body that the last look found unfinished has hardly grown since; asked once a look."""
        waiting = self._is_answering() and self.cycle.more_body and not self.flow.read_paused
        came, before = self._of_bodies, self._waited_for
        self._of_bodies, self._waited_for = 0, self.cycle if waiting else None
        return waiting and before is self.cycle and came < LEAST_OF_A_BODY

    def _is_unread(self) -> bool:
        """Whether nothing of what waited to be sent at the last look has been taken since; asked once a look."""
        before, self._unsent = self._unsent, self.transport.get_write_buffer_size()
        return 0 < self._unsent == before

    def _look(self) -> None:
        """One timer a connection, so that no request pays for it."""
        if self not in self.connections:  # it has ended, or is a socket by now
            return
        if self._is_unread():
            self.transport.abort()
            return
        stalled = self._body_has_stalled()
        if stalled or (self._heads == self._heads_seen and not self._is_answering()):
            self.transport.close()  # ends when all is sent, so it is looked at again
        self._heads_seen = self._heads
        self.loop.call_later(LOOK_SEC, self._look)
