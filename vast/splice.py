"""Writes an element with ready-made XML at its places in the schema order, without making that XML part of the tree.

To write an element costs a third of making it, and a build adds a dozen to every ad.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

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


def leaves_xml(prefix: str | None, leaves: Sequence[Written], name: str = "") -> str:
    """Elements with text, all of that `name` where one is given, without the characters XML cannot carry."""
    written = []
    for leaf in leaves:
        text, tag, attributes = leaf.text, name or leaf.name, leaf.attributes
        if not text.isprintable() or "&" in text or "<" in text or ">" in text:
            text = text.translate(_IN_TEXT)
        if prefix:
            tag = f"{prefix}:{tag}"
        written.append(
            f"<{tag}{_written(attributes)}>{text}</{tag}>" if attributes else f"<{tag}>{text}</{tag}>"
        )
    return "".join(written)


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
        gaps = self._gaps() if self._added else ()
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
            pieces[number] += gap.xml
        return "".join(pieces)

    def _gaps(self) -> list["_Gap"]:
        """Where the XML goes, in document order: each in front of the first child that the schema puts behind it."""
        children, names = children_of(self.parent), self.names
        if children != self.children:
            names = names_of(children)
        known = ranks(bare_name(self.parent.tag), self._version)
        standing = tuple([known.get(name, -1) for name in names])
        wanted = tuple(
            [
                known.get(name, len(known)) if block is None else ~children.index(block)
                for name, _, block in self._added
            ]
        )
        places = _places if len(standing) <= _FEW else _places.__wrapped__
        gaps = []
        for index, in_block, numbers in places(standing, wanted):
            xml = [self._added[number][1] for number in numbers]
            gaps.append(
                _end_of(children[index], xml) if in_block else _between(self.parent, children, index, xml)
            )
        return gaps


# Ads of one bidder have the same children; longer rows of them are not kept, and names, which may be of any length, are
# no part of what is.
_FEW = 64


@lru_cache(maxsize=1024)
def _places(
    standing: tuple[int, ...], wanted: tuple[int, ...]
) -> tuple[tuple[int, bool, tuple[int, ...]], ...]:
    """(index, in_block, numbers) in document order: the wanted children of these numbers go in front of the standing
    one of that index, the first that the schema puts behind them, or at the end of the block that it is.

    Both are given by their rank in the schema order, a standing one it does not know by -1; a wanted one that goes into
    a block by the `~index` of that.
    """
    found: dict[tuple[int, bool], list[int]] = {}
    for rank, number in sorted([(rank, number) for number, rank in enumerate(wanted)]):
        behind = (index for index, other in enumerate(standing) if other > rank)
        place = (~rank, True) if rank < 0 else (next(behind, len(standing)), False)
        found.setdefault(place, []).append(number)
    return tuple([(*place, tuple(numbers)) for place, numbers in sorted(found.items())])


class _Gap(NamedTuple):
    """A place for XML behind an element (in its tail) or at its start (in its text), with the text round it."""

    holder: Element
    is_tail: bool
    lead: str
    xml: str
    rest: str = ""

    def mark(self, mark: str) -> None:
        if self.is_tail:
            self.holder.tail = self.lead + mark + self.rest
        else:
            self.holder.text = self.lead + mark + self.rest


def _between(parent: Element, children: Sequence[Element], index: int, xml: Sequence[str]) -> _Gap:
    """The gap in front of the child of that index (or behind the last), which keeps the indentation of its lines."""
    holder = children[index - 1] if index else parent
    lead = (holder.tail if index else holder.text) or ""
    if not lead.isspace() or not children:
        return _Gap(holder, index > 0, lead, "".join(xml))
    rest = lead
    if index == len(children):
        lead = blank(parent.text) or ""
    # A carriage return that is not escaped would be read as a line feed.
    return _Gap(holder, index > 0, lead, lead.replace("\r", "&#13;").join(xml), rest)


def _end_of(block: Element, xml: Sequence[str]) -> _Gap:
    holder = block[-1] if len(block) else block
    return _Gap(holder, holder is not block, (holder.tail if len(block) else block.text) or "", "".join(xml))
