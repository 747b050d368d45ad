"""Writes the finished document: one root round the ads' own bytes, ids that are unique, and the no-ad document."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from pipeline.engine.openrtb import Bid
from vast.document import DECLARATION, Element, serialise_element
from vast.notice import Notice


def _shared_namespace(ads: Sequence[Element]) -> str | None:
    """The default namespace that every ad declares, or None."""
    namespaces = {ad.nsmap.get(None) for ad in ads}
    return namespaces.pop() if len(namespaces) == 1 else None


def ad_document(version: str, ads: Sequence[Element]) -> bytes:
    """A VAST document of that version round the ads, each as it stands in its own tree with the namespaces it needs."""
    namespace = _shared_namespace(ads)
    declared = f" xmlns={quoteattr(namespace)}".encode() if namespace else b""
    root = b'<VAST version="' + version.encode() + b'"' + declared + b">"
    slices = []
    for ad in ads:
        written = serialise_element(ad)
        head, separator, rest = written.partition(b">")
        # The root declares it for all; only the start tag of the Ad repeats it.
        slices.append(head.replace(declared, b"", 1) + separator + rest if declared else written)
    return DECLARATION + root + b"".join(slices) + b"</VAST>"


def no_ad_document(version: str, error_url: str) -> bytes:
    """A VAST document without an Ad, with one root Error where an address is given."""
    if not error_url:
        return DECLARATION + f'<VAST version="{version}"></VAST>'.encode()
    return DECLARATION + f'<VAST version="{version}"><Error><![CDATA[{error_url}]]></Error></VAST>'.encode()


def unique_id(bid: Bid, own_id: str | None, number: int, used: set[str]) -> tuple[str, list[Notice]]:
    """The Ad's id: the bid's, else one made of its impid, else the markup's own; never twice in a document."""
    notices: list[Notice] = []
    wanted = bid.id
    if not wanted:
        wanted = f"imp-{bid.impid}" if bid.impid else (own_id or "").strip() or f"ad-{number}"
        notices.append(
            Notice("BID_ID_MISSING", "", f"a bid of seat {bid.seat!r} has no id; its ad is called {wanted!r}")
        )
    chosen, copy = wanted, 1
    while chosen in used:
        copy += 1
        chosen = f"{wanted}-{copy}"
    if copy > 1:
        text = f"two ads of the document would be called {wanted[:60]!r}; one was called {chosen[:60]!r}"
        notices.append(Notice("AD_ID_NOT_UNIQUE", bid.id, text))
    used.add(chosen)
    return chosen, notices
