"""From a VMAP document to a client for each of its breaks: `breaks_of(vmap) -> [(AdBreak, VastClient), ...]`."""

from typing import Any

from playback.engine.request.client import VastClient
from vast.vmap import AdBreak, AdSource, read_vmap


def breaks_of(vmap: bytes | str, **client_keywords: Any) -> list[tuple[AdBreak, VastClient]]:
    """One pair for each source of a break that can be played, in document order.

    An inline document is played by `VastClient.from_xml`, a tag is requested by `VastClient(url)`; both get the
    keywords. Breaks whose only source is custom data are in `vast.vmap.read_vmap` alone. Raises VastError as it does.
    """
    return [
        (ad_break, _client(source, client_keywords))
        for ad_break in read_vmap(vmap).breaks
        for source in ad_break.sources
        if source.custom is None
    ]


def _client(source: AdSource, keywords: dict[str, Any]) -> VastClient:
    if source.vast is not None:
        return VastClient.from_xml(source.vast, **keywords)
    make: Any = VastClient
    client: VastClient = make(source.tag_uri, **keywords)
    return client
