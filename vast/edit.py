"""Puts one element at its place in the schema order of a version, without touching what stands round it.

Orders: the IAB schemas of VAST 2.0, 3.0, 4.0, 4.1 and 4.2 (4.3 keeps that of 4.2).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from lxml import etree

from vast.document import LOCAL_NAMES, Element, bare_name, local_name
from vast.document import children as children_of


def _names(*lines: str) -> tuple[str, ...]:
    return tuple(" ".join(lines).split())


_INLINE_2 = _names("AdSystem AdTitle Description Survey Error Impression Creatives Extensions")
_INLINE_3 = _names(
    "AdSystem AdTitle Description Advertiser Pricing Survey Error Impression Creatives Extensions",
)
_INLINE_40 = _names(
    "AdSystem Error Extensions Impression Pricing ViewableImpression",
    "AdTitle AdVerifications Advertiser Category Creatives Description Survey",
)
_INLINE_41 = _names(
    "AdSystem Error Extensions Impression Pricing ViewableImpression",
    "AdServingId AdTitle AdVerifications Advertiser Category Creatives Description Expires Survey",
)
_WRAPPER_2 = _names("AdSystem VASTAdTagURI Error Impression Creatives Extensions")
_WRAPPER_40 = _names(
    "AdSystem Error Extensions Impression Pricing ViewableImpression AdVerifications Creatives VASTAdTagURI",
)
# Advertiser and Category are no children of a Wrapper in any version; a receiver that wants them finds them here.
_WRAPPER_41 = _names(
    "AdSystem Error Extensions Impression Pricing ViewableImpression AdVerifications",
    "Advertiser Category BlockedAdCategories Creatives VASTAdTagURI",
)
_LINEAR_2 = _names("Duration TrackingEvents AdParameters VideoClicks MediaFiles")
_LINEAR_3 = _names("Icons CreativeExtensions") + _LINEAR_2
_LINEAR_4 = _names("Icons TrackingEvents AdParameters Duration MediaFiles VideoClicks")

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
    return (child for child in parent if bare_name(child.tag) == name)


def first_child(parent: Element, name: str) -> Element | None:
    """The first direct child of that local name."""
    for child in children_of(parent):
        if LOCAL_NAMES[child.tag] == name:
            return child
    return None


def linears(side: Element) -> list[Element]:
    """The Linear elements of an InLine or Wrapper, in document order."""
    return [
        child
        for block in children_of(side)
        if LOCAL_NAMES[block.tag] == "Creatives"
        for creative in children_of(block)
        if LOCAL_NAMES[creative.tag] == "Creative"
        for child in children_of(creative)
        if LOCAL_NAMES[child.tag] == "Linear"
    ]


def _tag(parent: Element, name: str) -> str:
    """The name in the parent's own namespace, so that the child is written with the same prefix."""
    namespace, brace, _ = str(parent.tag).rpartition("}")
    return namespace + brace + name


@lru_cache(maxsize=64)
def ranks(parent: str, version: str) -> Mapping[str, int]:
    """The place of each child name in the schema order of its parent."""
    return {name: rank for rank, name in enumerate(schema_order(parent, version))}


def _place(parent: Element, name: str, version: str) -> int:
    """The index in front of the first child that the schema puts behind the name; the end for an unknown name."""
    known = ranks(local_name(parent), version)
    if name in known:
        for index, child in enumerate(parent):
            if known.get(bare_name(child.tag), -1) > known[name]:
                return index
    return len(parent)


def blank(text: str | None) -> str | None:
    """The text where it is nothing but blanks."""
    return text if text and not text.strip() else None


def _insert(parent: Element, index: int, new: Sequence[Element]) -> None:
    """Inserts and keeps the indentation of the lines round it."""
    count = len(parent)
    before = parent.text if index == 0 else parent[index - 1].tail
    gap = between = blank(before) if count else None
    if index == count and gap:
        between = parent[-1].tail = blank(parent.text)
    for child in new:
        child.tail = between
    new[-1].tail = gap
    parent[index:index] = new


def insert(
    parent: Element,
    name: str,
    version: str,
    text: str | None = None,
    attributes: Mapping[str, str] | None = None,
) -> Element:
    """A new child at its place in the schema order of the version (at the end where the schema does not know it)."""
    return insert_all(parent, name, version, [(text, attributes)])[0]


def insert_all(
    parent: Element, name: str, version: str, values: Sequence[tuple[str | None, Mapping[str, str] | None]]
) -> list[Element]:
    """New children of one name with these texts and attributes, at that place; the place is looked for only once."""
    tag = _tag(parent, name)
    # Without its own prefix the child would be written with an invented one.
    namespace, brace, _ = tag.rpartition("}")
    nsmap = {parent.prefix: namespace[1:]} if brace else None
    new = [etree.Element(tag, nsmap=nsmap) for _ in values]
    for child, (text, attributes) in zip(new, values, strict=True):
        fill(child, text, attributes)
    if new:
        _insert(parent, _place(parent, name, version), new)
    return new


def fill(element: Element, text: str | None, attributes: Mapping[str, str] | None = None) -> None:
    """Sets an element's text (its children go) and the given attributes; other attributes stay."""
    if len(element):
        for child in list(element):
            element.remove(child)
    element.text = None if text is None else writable(text)
    for key, value in (attributes or {}).items():
        element.set(key, writable(value))


def complete(element: Element, text: str, attributes: Mapping[str, str] | None = None) -> None:
    """Sets the text of an element that has none, in front of what stands in it, such as comments."""
    element.text = writable(text)
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
