"""Writes an element with ready-made XML at its places in the schema order, without making that XML part of the tree.

To write an element costs a third of making it, and a build adds a dozen to every ad.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

from vast.document import Element, bare_name, names_of, serialise_element
from vast.document import children as children_of
from vast.edit import blank, ranks

_UNWRITABLE = dict.fromkeys([*range(0x20), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF])
_IN_TEXT = _UNWRITABLE | str.maketrans(
    {"\t": "\t", "\n": "\n", "\r": "&#13;", "&": "&amp;", "<": "&lt;", ">": "&gt;"}
)
_IN_ATTRIBUTE = _IN_TEXT | str.maketrans({"\t": "&#9;", "\n": "&#10;", '"': "&quot;"})

# Stands where an addition will. ASCII, because text with other characters is encoded slower; long, because what is long
# and unlike its surroundings is found in great steps.
MARK = "@" + "~^" * 12

Attributes = tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)
def _written(attributes: Attributes) -> str:
    return "".join([f' {name}="{value.translate(_IN_ATTRIBUTE)}"' for name, value in attributes])


class Written(Protocol):
    """One element to write: its name, its text, its attributes."""

    @property
    def name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def attributes(self) -> Attributes: ...


def leaves_xml(prefix: str | None, leaves: Sequence[Written]) -> str:
    """Elements with text, without the characters XML cannot carry."""
    texts = "".join([leaf.text for leaf in leaves])
    if prefix or not texts.isprintable() or "&" in texts or "<" in texts or ">" in texts:
        return "".join(
            [
                element_xml(prefix, leaf.name, leaf.text.translate(_IN_TEXT), leaf.attributes)
                for leaf in leaves
            ]
        )
    return "".join(
        [
            f"<{leaf.name}{_written(leaf.attributes)}>{leaf.text}</{leaf.name}>"
            if leaf.attributes
            else f"<{leaf.name}>{leaf.text}</{leaf.name}>"
            for leaf in leaves
        ]
    )


def element_xml(prefix: str | None, name: str, inside: str, attributes: Attributes = ()) -> str:
    """An element round XML that is ready."""
    tag = f"{prefix}:{name}" if prefix else name
    return f"<{tag}{_written(attributes) if attributes else ''}>{inside}</{tag}>"


class Splice:
    """XML to be written among the children of an element. `children` and their local `names` are those of the start."""

    __slots__ = ("_added", "_version", "children", "names", "parent")

    def __init__(self, parent: Element, version: str) -> None:
        self.parent = parent
        self.children = children_of(parent)
        self.names = names_of(self.children)
        self._version = version
        self._added: list[tuple[str, str, Element | None]] = []

    def named(self, name: str) -> list[Element]:
        """The children of a local name, in document order; none for "", the name of comments."""
        if not name or name not in self.names:
            return []
        return [child for child, its in zip(self.children, self.names, strict=True) if its == name]

    def add(self, name: str, xml: str, block: Element | None = None) -> None:
        """XML for a new child at its place in the schema order, or for the end of the `block` of that name."""
        self._added.append((name, xml, block))

    def written(self, element: Element) -> str:
        """An element round it as text, with what was added and the namespaces it needs, without a declaration.

        The tree is marked for that and is of no use afterwards.
        """
        gaps = self._gaps() if self._added else []
        mark = MARK
        while True:
            for gap in gaps:
                gap.mark(mark)
            pieces = serialise_element(element).split(mark)
            if len(pieces) == len(gaps) + 1:
                break
            # The document spells the mark out itself; a longer one is tried.
            mark += 2 * mark[1:]
        for number, gap in enumerate(gaps):
            pieces[number] += gap.between.join(gap.xml)
        return "".join(pieces)

    def _gaps(self) -> list["_Gap"]:
        """Where the XML goes, in document order: each in front of the first child that the schema puts behind it."""
        children, names = children_of(self.parent), self.names
        if children != self.children:
            names = names_of(children)
        known = ranks(bare_name(self.parent.tag), self._version)
        standing = tuple([known.get(name, -1) for name in names])
        wanted = tuple([known.get(name, len(known)) for name, _, _ in self._added])
        places = _places if len(standing) <= _FEW else _places.__wrapped__
        gaps: dict[float, _Gap] = {}
        for number, index in places(standing, wanted):
            _, xml, block = self._added[number]
            place = index if block is None else children.index(block) + 0.5
            if place not in gaps:
                gaps[place] = _between(self.parent, children, index) if block is None else _end_of(block)
            gaps[place].xml.append(xml)
        return [gaps[place] for place in sorted(gaps)]


# Ads of one bidder have the same children; longer rows of them are not kept, and names, which may be of any length, are
# no part of what is.
_FEW = 64


@lru_cache(maxsize=1024)
def _places(standing: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """(number, index) of the wanted children in schema order: each goes in front of the first of the standing ones that
    the schema puts behind it. Both are given by their rank in that order, a standing one it does not know by -1."""
    found = []
    for rank, number in sorted([(rank, number) for number, rank in enumerate(wanted)]):
        behind = (index for index, other in enumerate(standing) if other > rank)
        found.append((number, next(behind, len(standing))))
    return tuple(found)


class _Gap:
    """A place for XML behind an element (in its tail) or at its start (in its text), with the blanks round it."""

    __slots__ = ("between", "holder", "is_tail", "lead", "rest", "xml")

    def __init__(self, holder: Element, is_tail: bool) -> None:
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


def _between(parent: Element, children: Sequence[Element], index: int) -> _Gap:
    """The gap in front of the child of that index (or behind the last), which keeps the indentation of its lines."""
    gap = _Gap(children[index - 1] if index else parent, bool(index))
    if gap.lead.isspace() and children:
        gap.rest = gap.lead
        if index == len(children):
            gap.lead = blank(parent.text) or ""
        # A carriage return that is not escaped would be read as a line feed.
        gap.between = gap.lead.replace("\r", "&#13;")
    return gap


def _end_of(block: Element) -> _Gap:
    return _Gap(block[-1], True) if len(block) else _Gap(block, False)
