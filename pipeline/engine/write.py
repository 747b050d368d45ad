"""Writes the finished document: one root round the ads' own bytes, ids that are unique, and the no-ad document."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from pipeline.engine.openrtb import Bid
from vast.document import DECLARATION
from vast.notice import Notice


class WrittenAd(NamedTuple):
    """An Ad as bytes with the namespaces it needs, and the default namespace that its start tag declares."""

    namespace: str | None
    xml: bytes


def ad_document(version: str, ads: Sequence[WrittenAd]) -> bytes:
    """A VAST document of that version round the ads; a namespace that all of them declare stands at its root."""
    namespaces = {ad.namespace for ad in ads}
    shared = namespaces.pop() if len(namespaces) == 1 else None
    declared = f" xmlns={quoteattr(shared)}".encode() if shared else b""
    root = b'<VAST version="' + version.encode() + b'"' + declared + b">"
    return b"".join((DECLARATION, root, *(_without(declared, ad.xml) for ad in ads), b"</VAST>"))


def _without(declared: bytes, xml: bytes) -> bytes:
    """The element without what its own start tag repeats of the root's."""
    if not declared:
        return xml
    head, separator, rest = xml.partition(b">")
    return head.replace(declared, b"", 1) + separator + rest


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
