"""Puts one element at its place in the schema order of a version, without touching what stands round it.

Orders: the IAB schemas of VAST 2.0, 3.0, 4.0, 4.1 and 4.2 (4.3 keeps that of 4.2).
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from lxml import etree

from vast.document import Element, local_name

_INLINE_2 = ("AdSystem", "AdTitle", "Description", "Survey", "Error", "Impression", "Creatives", "Extensions")
_INLINE_3 = (
    *("AdSystem", "AdTitle", "Description", "Advertiser", "Pricing", "Survey", "Error", "Impression"),
    *("Creatives", "Extensions"),
)
_INLINE_40 = (
    *(
        "AdSystem",
        "Error",
        "Extensions",
        "Impression",
        "Pricing",
        "ViewableImpression",
        "AdTitle",
        "AdVerifications",
    ),
    *("Advertiser", "Category", "Creatives", "Description", "Survey"),
)
_INLINE_41 = (
    *(
        "AdSystem",
        "Error",
        "Extensions",
        "Impression",
        "Pricing",
        "ViewableImpression",
        "AdServingId",
        "AdTitle",
    ),
    *("AdVerifications", "Advertiser", "Category", "Creatives", "Description", "Expires", "Survey"),
)
_WRAPPER_2 = ("AdSystem", "VASTAdTagURI", "Error", "Impression", "Creatives", "Extensions")
_WRAPPER_40 = (
    *("AdSystem", "Error", "Extensions", "Impression", "Pricing", "ViewableImpression", "AdVerifications"),
    *("Creatives", "VASTAdTagURI"),
)
# Advertiser and Category are no children of a Wrapper in any version; a receiver that wants them finds them here.
_WRAPPER_41 = (
    *("AdSystem", "Error", "Extensions", "Impression", "Pricing", "ViewableImpression", "AdVerifications"),
    *("Advertiser", "Category", "BlockedAdCategories", "Creatives", "VASTAdTagURI"),
)
_LINEAR_2 = ("Duration", "TrackingEvents", "AdParameters", "VideoClicks", "MediaFiles")
_LINEAR_3 = ("Icons", "CreativeExtensions", *_LINEAR_2)
_LINEAR_4 = ("Icons", "TrackingEvents", "AdParameters", "Duration", "MediaFiles", "VideoClicks")

SCHEMA_ORDER: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "InLine": {"2.0": _INLINE_2, "3.0": _INLINE_3, "4.0": _INLINE_40, "4.1": _INLINE_41, "4.2": _INLINE_41},
    "Wrapper": {
        "2.0": _WRAPPER_2,
        "3.0": _WRAPPER_2,
        "4.0": _WRAPPER_40,
        "4.1": _WRAPPER_41,
        "4.2": _WRAPPER_41,
    },
    "Linear": {"2.0": _LINEAR_2, "3.0": _LINEAR_3, "4.0": _LINEAR_4, "4.1": _LINEAR_4, "4.2": _LINEAR_4},
}

_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def writable(text: str) -> str:
    """The text without the characters XML cannot carry (control characters, lone surrogates)."""
    return text if text.isprintable() and text.isascii() else _UNWRITABLE.sub("", text)


def schema_order(parent: str, version: str) -> tuple[str, ...]:
    """The children of an element in schema order; () where the order is not kept here."""
    orders = SCHEMA_ORDER.get(parent, {})
    return orders.get(version) or orders.get("4.2", ())


def children(parent: Element, name: str) -> Iterator[Element]:
    """The direct children of that local name, in document order."""
    return parent.iterchildren("{*}" + name)


def first_child(parent: Element, name: str) -> Element | None:
    """The first direct child of that local name."""
    return next(children(parent, name), None)


def linears(side: Element) -> list[Element]:
    """The Linear elements of an InLine or Wrapper, in document order."""
    return [
        linear
        for block in children(side, "Creatives")
        for creative in children(block, "Creative")
        for linear in children(creative, "Linear")
    ]


def _tag(parent: Element, name: str) -> str:
    """The name in the parent's own namespace, so that the child is written with the same prefix."""
    namespace, brace, _ = str(parent.tag).rpartition("}")
    return namespace + brace + name


@lru_cache(maxsize=512)
def _later(parent: str, name: str, version: str) -> tuple[str, ...]:
    """The elements that stand behind a child of that name, of any namespace."""
    order = schema_order(parent, version)
    return tuple("{*}" + other for other in order[order.index(name) + 1 :]) if name in order else ()


def _place(parent: Element, name: str, version: str) -> int:
    later = _later(local_name(parent), name, version)
    following = next(parent.iterchildren(*later), None) if later else None
    return len(parent) if following is None else parent.index(following)


def _blank(text: str | None) -> str | None:
    return text if text and not text.strip() else None


def _insert(parent: Element, index: int, child: Element) -> None:
    """Inserts and keeps the indentation of the lines round it."""
    count = len(parent)
    before = parent.text if index == 0 else parent[index - 1].tail
    if index == count and count:
        child.tail = _blank(before)
        parent[-1].tail = before if child.tail is None else _blank(parent.text)
    else:
        child.tail = _blank(before) if count else None
    parent.insert(index, child)


def insert(
    parent: Element,
    name: str,
    version: str,
    text: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Element:
    """A new child at its place in the schema order of the version (at the end where the schema does not know it)."""
    tag = _tag(parent, name)
    # Without its own prefix the child would be written with an invented one.
    namespace, brace, _ = tag.rpartition("}")
    nsmap = {parent.prefix: namespace[1:]} if brace else None
    child = etree.Element(tag, nsmap=nsmap)
    fill(child, text, attributes)
    _insert(parent, _place(parent, name, version), child)
    return child


def append(parent: Element, name: str, text: str | None, attributes: Mapping[str, str]) -> Element:
    """A new last child, where the schema prescribes no order."""
    child = etree.SubElement(parent, _tag(parent, name))
    child.text = None if text is None else writable(text)
    for key, value in attributes.items():
        child.set(key, writable(value))
    return child


def fill(element: Element, text: str | None, attributes: Mapping[str, str] | None = None) -> None:
    """Sets an element's text (its children go) and the given attributes; other attributes stay."""
    if len(element):
        for child in list(element):
            element.remove(child)
    element.text = None if text is None else writable(text)
    for key, value in (attributes or {}).items():
        element.set(key, writable(value))


def remove(element: Element) -> None:
    """Takes an element out of its parent; text that follows it stays."""
    parent = element.getparent()
    if parent is None:
        return
    tail = element.tail
    if tail and tail.strip():
        previous = element.getprevious()
        if previous is None:
            parent.text = (parent.text or "") + tail
        else:
            previous.tail = (previous.tail or "") + tail
    parent.remove(element)
