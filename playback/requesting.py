"""Asks for the ad of a session: of a document handed over, of an ad server's address, or again of what was kept."""

import asyncio
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple

from asgiref.sync import async_to_sync
from django.conf import settings

from playback import network
from playback.chains import chain_of, kept_of
from playback.engine import AdData, Http, NoAd, VastClient
from playback.engine.request.transport import Fetched
from playback.models import Session

# Error addresses of a missing ad are listed with the session and called by nobody.
QUIET = "dry_run"


class Asked(NamedTuple):
    """What to ask for: a ``document`` or a ``url``. ``host`` is where the visitor sees this site."""

    document: str | bytes = ""
    url: str = ""
    ad_index: int | None = None
    seed: int = 0
    provider: str = ""
    publisher: str = ""
    host: str = ""


class Crowded(Exception):
    """So many sessions are asking for their ad already, each with a thread of the site that waits."""

    def __init__(self, asking: int) -> None:
        super().__init__(
            f"{asking} sessions are asking ad servers for their ad already: try again in a moment."
        )


class _Places:
    """How many sessions are asking now, in all threads of this process."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._taken = 0

    def take(self) -> None:
        with self._lock:
            if self._taken >= settings.ASKING_SESSIONS_MAX:
                raise Crowded(self._taken)
            self._taken += 1

    def give_back(self) -> None:
        with self._lock:
            self._taken -= 1


_places = _Places()


class _WayOut:
    """The network for one request for an ad, which takes a place as soon as anybody is asked: a document that needs
    nobody is never turned away. The Getter raises ``Crowded``."""

    def __init__(self, http: Http) -> None:
        self._http = http
        self._placed = False

    async def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout_sec: float,
        max_bytes: int = 0,
    ) -> Fetched:
        if not self._placed:
            _places.take()
            self._placed = True
        return await self._http.get(url, headers=headers, timeout_sec=timeout_sec, max_bytes=max_bytes)

    async def close(self) -> None:
        if self._placed:
            _places.give_back()
        await self._http.close()


def request(asked: Asked) -> tuple[VastClient, AdData | NoAd]:
    """The ad, or why there is none, with the client that asked. ``ValueError`` for an ad the document does not have,
    ``Crowded`` when it has to wait.

    On a loop of its own: to read what a hundred servers answer takes seconds, in which the site's loop would serve
    nobody.
    """
    return async_to_sync(_request, force_new_loop=True)(asked)


async def _request(asked: Asked) -> tuple[VastClient, AdData | NoAd]:
    client = _client(asked)
    way_out = client.http = _WayOut(network.http(asked.host))
    try:
        return client, await client.request_ad()
    finally:
        await way_out.close()


def ad_again(client: VastClient) -> AdData | NoAd:
    """What a client of ``client_of`` gives. It asks nobody, but has as much to read as at the first time: to be called
    in a thread."""
    return asyncio.run(client.request_ad())


def client_of(row: Session) -> VastClient:
    """A client that gives the ad of a stored session again, without asking anybody."""
    chain = kept_of(row)
    how = {"delivery": QUIET} if row.batch_id is not None else _how(row.provider, row.publisher)
    if chain is not None:
        return VastClient.from_chain(chain_of(chain), how, ad_index=row.ad_index)
    if row.document is None:
        raise ValueError("nothing was kept of what this session plays")
    # Sessions of that time played one ad of the document itself.
    return VastClient.from_xml(row.document.xml, ad_index=row.ad_index, max_wrappers=0, **how)


def _client(asked: Asked) -> VastClient:
    how = _how(asked.provider, asked.publisher)
    if not asked.url:
        return VastClient.from_xml(asked.document, ad_index=asked.ad_index, seed=asked.seed, **how)
    client = VastClient(asked.url, seed=asked.seed, **how)
    client.ad_index = asked.ad_index
    return client


def _how(provider: str, publisher: str) -> dict[str, Any]:
    named = {"provider": provider, "publisher": publisher}
    return {"delivery": QUIET, **{name: value for name, value in named.items() if value}}
