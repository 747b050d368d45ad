"""From a VMAP document to a client for each of its breaks: `breaks_of(vmap) -> [(AdBreak, VastClient), ...]`."""

from typing import Any

from playback.engine.request.client import VastClient
from vast.vmap import AdBreak, AdSource, read_vmap


def breaks_of(vmap: bytes | str, **client_keywords: Any) -> list[tuple[AdBreak, VastClient]]:
    """One pair for each source of a break that can be played, in document order.

    An inline document is played by `VastClient.from_xml`, a tag is requested by `VastClient(url)`; both get the
    keywords. A source that forbids several ads (allowMultipleAds) has a client that takes the first in playing order,
    without substitutes; one that forbids redirects (followRedirects) has a client that follows no wrapper. Breaks whose
    only source is custom data are in `vast.vmap.read_vmap` alone. Raises VastError as it does.
    """
    return [
        (ad_break, _client(source, client_keywords))
        for ad_break in read_vmap(vmap).breaks
        for source in ad_break.sources
        if source.custom is None
    ]


def _client(source: AdSource, keywords: dict[str, Any]) -> VastClient:
    options = keywords if source.follow_redirects is not False else {**keywords, "max_wrappers": 0}
    if source.vast is not None:
        client = VastClient.from_xml(source.vast, **options)
    else:
        make: Any = VastClient
        client = make(source.tag_uri, **options)
    if not source.allow_multiple_ads and client.ad_index is None:
        client.ad_index = 0
    return client
