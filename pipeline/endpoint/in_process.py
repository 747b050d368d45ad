"""Knocks at the door of the endpoints without a socket, for the site's own player."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipeline.endpoint.door import Application, Receive, Scope, Send

# Who asks is this process; a viewer's address is told by headers or by the tag, where it is told at all.
_HERE = ("127.0.0.1", 0)


class Heard(NamedTuple):
    """An answer of the site. Header names are lower-case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


async def knock(door: Application, path: str, query: bytes, headers: Mapping[str, str]) -> Heard:
    """GET an address of the site. ``path`` is decoded, ``query`` as it stands in the address."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    await door(_scope(path, query, headers), receive, send)
    start, *rest = sent
    told = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"])
    return Heard(start["status"], told, b"".join(part.get("body", b"") for part in rest))


async def nowhere(_scope: Scope, _receive: Receive, send: Send) -> None:
    """What stands behind the door here: pages have no business with a player."""
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _scope(path: str, query: bytes, headers: Mapping[str, str]) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in headers.items()
        ],
        "client": _HERE,
    }
