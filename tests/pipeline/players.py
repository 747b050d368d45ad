"""Players that knock at endpoints: rows as the site makes them, and requests driven through the ASGI door."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from lxml import etree

from pipeline.models import Endpoint, ReceiverProfile, Source, Upload
from tests.pipeline.responses import bid, body, inline
from vastdash.models import new_public_id

VIEWER = ("203.0.113.9", 50_000)


def pod(*prices: int) -> bytes:
    """A response of one good bid for each price, named b1, b2 …"""
    return body(
        *(
            bid(f"b{number}", price=price, adm=inline(f"ad-{number}"))
            for number, price in enumerate(prices, 1)
        )
    )


def make_endpoint(
    response: bytes | None = None, *, config: Mapping[str, Any] | None = None, **fields: Any
) -> Endpoint:
    """An open endpoint that serves all bids of a stored response, unless it is told otherwise."""
    profile = ReceiverProfile.objects.create(
        name=new_public_id(), title="A receiver", config={"selection_strategy": "TOP_N", **(config or {})}
    )
    if fields.get("source") != Source.PREBID_SERVER:
        fields = {
            "source": Source.CANNED,
            "canned": Upload.keep(pod(10, 8) if response is None else response),
            **fields,
        }
    return Endpoint.objects.create(title="An endpoint", receiver=profile, **fields)


class Heard(NamedTuple):
    """What a player was told. Header names are lower-case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def root(self) -> etree._Element:
        """The document, read by a strict parser; it is VAST whatever was asked."""
        root = etree.fromstring(self.body)
        assert root.tag == "VAST"
        assert root.get("version")
        return root

    @property
    def ads(self) -> list[str]:
        return [ad.get("id") for ad in self.root.findall("Ad")]


class Player:
    """Drives an ASGI application the way a server does."""

    def __init__(self, application: Any) -> None:
        self._application = application

    async def ask(self, path: str, query: str | bytes = b"", method: str = "GET", **headers: str) -> Heard:
        """Header names are given with _ for -."""
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode() if isinstance(query, str) else query,
            "headers": [
                (name.replace("_", "-").encode(), value.encode())
                for name, value in {"host": "testserver", **headers}.items()
            ],
            "client": VIEWER,
        }
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        await self._application(scope, receive, send)
        start, *bodies = sent
        names = [name.decode() for name, _ in start["headers"]]
        assert len(names) == len(set(names)), f"a header twice: {names}"
        told = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        return Heard(start["status"], told, b"".join(part["body"] for part in bodies))

    async def get(self, endpoint: Endpoint, query: str | bytes = b"", **headers: str) -> Heard:
        return await self.ask(f"/vast/{endpoint.slug}", query, **headers)
