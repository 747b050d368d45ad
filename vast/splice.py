"""Writes an element with ready-made XML at its places in the schema order, without making that XML part of the tree.

To write an element costs a third of making it, and a build adds a dozen to every ad.
"""

from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import NamedTuple

from vast.document import Element, bare_name, local_name, serialise_element
from vast.edit import blank, ranks

_UNWRITABLE = dict.fromkeys([*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])
_IN_TEXT = _UNWRITABLE | str.maketrans(
    {"\t": "\t", "\n": "\n", "\r": "&#13;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({"\t": "&#9;", "\n": "&#10;", '"': "&quot;"})

Attributes = tuple[tuple[str, str], ...]


class Addition(NamedTuple):
    """XML that becomes a child called `name` at its place in the schema order, or the last child of a `block` there."""

    xml: str
    name: str
    block: Element | None = None


@lru_cache(maxsize=1024)
def _start(tag: str, attributes: Attributes) -> str:
    written = "".join(f' {name}="{value.translate(_IN_ATTRIBUTE)}"' for name, value in attributes)
    return f"<{tag}{written}>"


def element_xml(prefix: str | None, name: str, inside: str, attributes: Attributes = ()) -> str:
    """An element round XML that is ready."""
    tag = f"{prefix}:{name}" if prefix else name
    return f"{_start(tag, attributes) if attributes else f'<{tag}>'}{inside}</{tag}>"


def text_xml(text: str) -> str:
    """Text as it is written between tags, without the characters XML cannot carry."""
    return text if text.isalnum() and text.isascii() else text.translate(_IN_TEXT)


class _Gap:
    """A place for XML behind an element (in its tail) or at its start (in its text), with the blanks round it."""

    __slots__ = ("between", "holder", "index", "is_tail", "lead", "rest", "xml")

    def __init__(self, index: float, holder: Element, is_tail: bool) -> None:
        self.index = index
        self.holder = holder
        self.is_tail = is_tail
        self.lead = (holder.tail if is_tail else holder.text) or ""
        self.between = self.rest = ""
        self.xml: list[str] = []

    def write(self, mark: str) -> None:
        text = self.lead + mark + self.rest
        if self.is_tail:
            self.holder.tail = text
        else:
            self.holder.text = text


def serialise_with(element: Element, parent: Element, version: str, additions: Sequence[Addition]) -> bytes:
    """The element as UTF-8, with additions to the children of `parent`, which lies in it. The tree keeps marks."""
    if not additions:
        return serialise_element(element)
    gaps = _gaps(parent, version, additions)
    mark = "\ue000+\ue001"
    while True:
        for gap in gaps:
            gap.write(mark)
        pieces = serialise_element(element).split(mark.encode())
        if len(pieces) == len(gaps) + 1:
            break
        # The document spells the mark out itself; a longer one is tried.
        mark = mark[0] + 2 * mark[1:-1] + mark[-1]
    written = [pieces[0]]
    for gap, piece in zip(gaps, pieces[1:], strict=True):
        written += (gap.between.join(gap.xml).encode(), piece)
    return b"".join(written)


def _gaps(parent: Element, version: str, additions: Sequence[Addition]) -> list[_Gap]:
    """Where the additions go, in document order: each in front of the first child that the schema puts behind it."""
    known = ranks(local_name(parent), version)
    children = list(parent)
    standing = [known.get(bare_name(child.tag), -1) for child in children]
    gaps: dict[float, _Gap] = {}
    index = 0
    for rank, xml, block in sorted(
        [(known.get(name, len(known)), xml, block) for xml, name, block in additions], key=itemgetter(0)
    ):
        while index < len(standing) and standing[index] <= rank:
            index += 1
        place = index if block is None else children.index(block) + 0.5
        gap = gaps.get(place)
        if gap is None:
            gap = _between(parent, children, index) if block is None else _end_of(block, place)
            gaps[place] = gap
        gap.xml.append(xml)
    return sorted(gaps.values(), key=attrgetter("index"))


def _between(parent: Element, children: Sequence[Element], index: int) -> _Gap:
    """The gap in front of the child of that index (or behind the last), which keeps the indentation of its lines."""
    gap = _Gap(index, children[index - 1] if index else parent, bool(index))
    if gap.lead.isspace() and children:
        gap.rest = gap.lead
        if index == len(children):
            gap.lead = blank(parent.text) or ""
        gap.between = gap.lead
    return gap


def _end_of(block: Element, index: float) -> _Gap:
    return _Gap(index, block[-1], True) if len(block) else _Gap(index, block, False)
