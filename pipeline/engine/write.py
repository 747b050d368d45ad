"""Writes the finished document: one root round the ads' own bytes, ids that are unique, and the no-ad document."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

from pipeline.engine.openrtb import Bid
from vast.document import DECLARATION, Element
from vast.notice import Notice
from vast.splice import Splice


class WrittenAd(NamedTuple):
    """An Ad as text with the namespaces it needs, and the default namespace that its start tag declares."""

    namespace: str | None
    xml: str


def written_ad(ad: Element, splice: Splice, sequence: int | None) -> WrittenAd:
    """A finished Ad with what is added to its InLine or Wrapper, and its place in the pod if it has one."""
    if sequence is None:
        ad.attrib.pop("sequence", "")
    else:
        ad.set("sequence", str(sequence))
    return WrittenAd(ad.nsmap.get(None) if "}" in ad.tag else None, splice.written(ad))


def ad_document(version: str, ads: Sequence[WrittenAd]) -> bytes:
    """A VAST document of that version round the ads; a namespace that all of them declare stands at its root."""
    namespaces = {ad.namespace for ad in ads}
    shared = namespaces.pop() if len(namespaces) == 1 else None
    declared = f" xmlns={quoteattr(shared)}" if shared else ""
    # Each ad is encoded by itself: a document is as long as all of them, and to copy it is dear.
    inside = [(_without(declared, ad.xml) if declared else ad.xml).encode() for ad in ads]
    return b"".join([DECLARATION, f'<VAST version="{version}"{declared}>'.encode(), *inside, b"</VAST>"])


def _without(declared: str, xml: str) -> str:
    """The element without what its own start tag repeats of the root's."""
    head, bracket, rest = xml.partition(">")
    return head.replace(declared, "", 1) + bracket + rest


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
        text = f"a bid of seat {bid.seat[:60]!r} has no id; its ad is called {wanted[:60]!r}"
        notices.append(Notice("BID_ID_MISSING", "", text))
    chosen, copy = wanted, 1
    while chosen in used:
        copy += 1
        chosen = f"{wanted}-{copy}"
    if copy > 1:
        text = f"two ads of the document would be called {wanted[:60]!r}; one was called {chosen[:60]!r}"
        notices.append(Notice("AD_ID_NOT_UNIQUE", bid.id, text))
    used.add(chosen)
    return chosen, notices
