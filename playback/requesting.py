"""Asks for the ad of a session: of a document handed over, of an ad server's address, or again of what was kept."""

from typing import Any, NamedTuple

from playback import network
from playback.chains import chain_of
from playback.engine import AdData, NoAd, VastClient
from playback.models import Session, SessionChain

# Error addresses of a missing ad are listed with the session and called by nobody.
_QUIET = "dry_run"


class Asked(NamedTuple):
    """What to ask for: a ``document`` or a ``url``. ``host`` is where the visitor sees this site."""

    document: str | bytes = ""
    url: str = ""
    ad_index: int | None = None
    seed: int = 0
    provider: str = ""
    publisher: str = ""
    host: str = ""


async def request(asked: Asked) -> tuple[VastClient, AdData | NoAd]:
    """The ad, or why there is none, with the client that asked. ``ValueError`` for an ad the document does not have."""
    client = _client(asked)
    way_out = client.http = network.http(asked.host)
    try:
        return client, await client.request_ad()
    finally:
        await way_out.close()


def client_of(row: Session) -> VastClient:
    """A client that gives the ad of a stored session again, without asking anybody."""
    chain: SessionChain | None = getattr(row, "chain", None)
    how = _how(row.provider, row.publisher)
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
    return {"delivery": _QUIET, **{name: value for name, value in named.items() if value}}
