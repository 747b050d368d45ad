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

_rank = itemgetter(0)
_index = attrgetter("index")

Attributes = tuple[tuple[str, str], ...]


class Addition(NamedTuple):
    """XML that becomes a child called `name` at its place in the schema order, or the last child of a `block` there."""

    xml: str
    name: str
    block: Element | None = None


@lru_cache(maxsize=1024)
def _written(attributes: Attributes) -> str:
    return "".join([f' {name}="{value.translate(_IN_ATTRIBUTE)}"' for name, value in attributes])


def leaf_xml(prefix: str | None, name: str, text: str, attributes: Attributes = ()) -> str:
    """An element with text, without the characters XML cannot carry."""
    plain = text.isprintable() and "&" not in text and "<" not in text and ">" not in text
    return element_xml(prefix, name, text if plain else text.translate(_IN_TEXT), attributes)


def element_xml(prefix: str | None, name: str, inside: str, attributes: Attributes = ()) -> str:
    """An element round XML that is ready."""
    tag = f"{prefix}:{name}" if prefix else name
    return f"<{tag}{_written(attributes) if attributes else ''}>{inside}</{tag}>"


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

    def mark(self, mark: str) -> None:
        text = self.lead + mark + self.rest
        if self.is_tail:
            self.holder.tail = text
        else:
            self.holder.text = text


class Splice:
    """Additions to the children of one element, marked in its tree and written when an element round it is."""

    __slots__ = ("_gaps", "_mark")

    def __init__(self, parent: Element, version: str, additions: Sequence[Addition]) -> None:
        self._mark = "\ue000+\ue001"
        self._gaps = _gaps(parent, version, additions) if additions else []
        for gap in self._gaps:
            gap.mark(self._mark)

    def serialise(self, element: Element) -> bytes:
        """The element as UTF-8, with the additions and the namespaces it needs, without a declaration."""
        written = serialise_element(element)
        if not self._gaps:
            return written
        pieces = written.split(self._mark.encode())
        if len(pieces) != len(self._gaps) + 1:
            # The document spells the mark out itself; a longer one is tried.
            self._mark = self._mark[0] + 2 * self._mark[1:-1] + self._mark[-1]
            for gap in self._gaps:
                gap.mark(self._mark)
            return self.serialise(element)
        whole = [pieces[0]]
        for gap, piece in zip(self._gaps, pieces[1:], strict=True):
            whole += (gap.between.join(gap.xml).encode(), piece)
        return b"".join(whole)


def _gaps(parent: Element, version: str, additions: Sequence[Addition]) -> list[_Gap]:
    """Where the additions go, in document order: each in front of the first child that the schema puts behind it."""
    known = ranks(local_name(parent), version)
    unknown = len(known)
    children = list(parent)
    standing = [known.get(bare_name(child.tag), -1) for child in children]
    # Behind all children, whatever they are.
    standing.append(unknown + 1)
    gaps: dict[float, _Gap] = {}
    index = 0
    ranked = [(known.get(name, unknown), xml, block) for xml, name, block in additions]
    for rank, xml, block in sorted(ranked, key=_rank):
        while standing[index] <= rank:
            index += 1
        place = index if block is None else children.index(block) + 0.5
        gap = gaps.get(place)
        if gap is None:
            gap = _between(parent, children, index) if block is None else _end_of(block, place)
            gaps[place] = gap
        gap.xml.append(xml)
    return sorted(gaps.values(), key=_index) if len(gaps) > 1 else list(gaps.values())


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
