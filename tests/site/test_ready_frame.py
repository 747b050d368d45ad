"""A message that brings its frame reads as the same message without one, in its turn, as long as the socket is open."""

import asyncio
import socket
from contextlib import asynccontextmanager

import pytest
import uvicorn
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import connect

from vastdash.ready_frame import ReadyFrames, frame_of

TEXTS = ["", "a few", "é" * 100, "<p>many</p>" * 10_000]


@asynccontextmanager
async def served(application):
    """The address of an application that speaks over sockets, behind the real server."""
    config = uvicorn.Config(application, ws=ReadyFrames, ws_per_message_deflate=False, log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve([listening]))
        yield f"ws://127.0.0.1:{listening.getsockname()[1]}/"
        server.should_exit = True
        await serving


def ready(text: str) -> dict[str, object]:
    return {"type": "websocket.send", "text": text, "frame": frame_of(text)}


async def test_framed_or_not_a_text_arrives_as_it_is_and_in_its_turn():
    async def application(scope, _receive, send):
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            for text in TEXTS:
                await send(ready(text))
                await send({"type": "websocket.send", "text": text})
            await send({"type": "websocket.close"})

    async with served(application) as address, connect(address) as reader:
        assert [text async for text in reader] == [text for text in TEXTS for _ in range(2)]


async def test_who_has_left_is_told_of_as_ever():
    told = asyncio.get_running_loop().create_future()

    async def application(scope, receive, send):
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                pass
            with pytest.raises(ClientDisconnected):
                await send(ready("news"))
            told.set_result(True)

    async with served(application) as address:
        async with connect(address):
            pass
        assert await asyncio.wait_for(told, 10)


async def test_a_reader_who_stops_holds_up_its_sender_and_gets_everything_later():
    sent = []
    text = "x" * 200_000

    async def application(scope, _receive, send):
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            for number in range(100):
                await send(ready(text))
                sent.append(number)
            await send({"type": "websocket.close"})

    async with served(application) as address, connect(address, max_queue=1) as reader:
        assert await reader.recv() == text
        await asyncio.sleep(0)
        assert len(sent) < 100
        assert len([frame async for frame in reader]) == 99
    assert len(sent) == 100
