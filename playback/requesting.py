"""Asks for the ad of a session: of a document handed over, of an ad server's address, or again of what was kept."""

from typing import NamedTuple

from playback.chains import chain_of
from playback.engine import AdData, NoAd, VastClient
from playback.models import Session, SessionChain


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
    client = VastClient.from_xml(asked.document, ad_index=asked.ad_index)
    return client, await client.request_ad()


def client_of(row: Session) -> VastClient:
    """A client that gives the ad of a stored session again, without asking anybody."""
    chain: SessionChain | None = getattr(row, "chain", None)
    if chain is not None:
        return VastClient.from_chain(chain_of(chain), ad_index=row.ad_index)
    if row.document is None:
        raise ValueError("nothing was kept of what this session plays")
    return VastClient.from_xml(row.document.xml, ad_index=row.ad_index)
