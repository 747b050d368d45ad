"""Which decision made a line of a served ad what it is: the edits of the build, found again at their elements.

The paths of edits are those of ``pipeline.engine.rules.Edit``; what a build does to every ad is pipeline.md §1.10.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lxml import etree

from pipeline.build_page.differences import Kind, Reason
from pipeline.engine.markup import served_of
from vast.document import Element, local_name, parse
from vast.errors import VastError

_STEP = re.compile(r"(?P<name>[\w:.-]+)(?:\[@type='(?P<type>[^']*)'\])?(?:\[(?P<place>\d+)\])?")
_NODE = re.compile(r"( *)<(?:[\w:.-]+|!--|\?)")
_END = re.compile(r"( *)</")
# Beyond, the XML library no longer knows the line of an element.
_LAST_LINE = 65_000

# What becomes of these in every build (pipeline.md §1.10), by the name of the element and that of its parent.
OURS: Mapping[tuple[str, str], Reason] = {
    ("VAST", ""): Reason(
        "VAST", "replaced", "one root for all ads", "the served document's own root and version"
    ),
    ("Ad", "VAST"): Reason(
        "Ad", "replaced", "id and place", "the bid's id, and as sequence the place in the pod"
    ),
}
GONE: Mapping[tuple[str, str], Reason] = {
    ("Error", "VAST"): Reason(
        "Error", "removed", "one root for all ads", "a root's Error goes with the bidder's root"
    ),
    ("Ad", "VAST"): Reason("Ad", "removed", "one ad a bid", "of several ads in the markup one is served"),
}
_BESIDE_THE_AD = Reason(
    "VAST", "removed", "one root for all ads", "what stands beside the ad goes with the bidder's root"
)
# What may take lines of the markup away; the other actions leave them.
_TAKING = frozenset({"replaced", "filled"})


class _Places(NamedTuple):
    """The elements of a readable document by the line they start on, and the line of its element for every line."""

    root: Element
    by_line: Mapping[int, Sequence[Element]]
    start: Sequence[int]

    def elements(self, line: int | None) -> tuple[Sequence[Element], bool]:
        """Those that start on a line, else the one it belongs to; and whether they start there."""
        if line is None or line >= len(self.start):
            return (), False
        start = self.start[line]
        found = self.by_line.get(start, ())
        return (found, True) if start == line else (found[:1], False)

    def element(self, line: int | None) -> tuple[Element | None, bool]:
        """The first of them."""
        found, starts = self.elements(line)
        return (found[0] if found else None), starts


def _places(text: str) -> _Places | None:
    """None for text that is no document or too long to be sure of its lines."""
    lines = text.split("\n")
    if len(lines) > _LAST_LINE:
        return None
    try:
        root = parse(text, lenient=True).root
    except VastError:
        return None
    by_line: dict[int, list[Element]] = defaultdict(list)
    for node in root.iter("*", etree.Comment, etree.PI):
        by_line[_first_line(node)].append(node)
    start, latest = [0], 0
    open_at: dict[int, int] = {}
    for number, line in enumerate(lines, 1):
        if found := _NODE.match(line):
            latest = open_at[len(found[1])] = number
        elif found := _END.match(line):
            latest = open_at.get(len(found[1]), latest)
        start.append(latest)
    return _Places(root, by_line, start)


def _first_line(node: Element) -> int:
    """The XML library knows the line a comment or instruction ends on, and the one of a start tag."""
    inside = 0 if local_name(node) else (node.text or "").count("\n")
    return int(node.sourceline or 0) - inside


def targets(ad: Element, where: str) -> list[Element]:
    """The elements that the path of an edit means, from the Ad down; a step may pass over elements it does not name."""
    found = [ad]
    for step in where.split("/"):
        matched = _STEP.fullmatch(step)
        if matched is None:
            return []
        found = [child for element in found for child in _below(element, matched["name"])]
        if matched["type"] is not None:
            wanted = matched["type"].lower()
            found = [child for child in found if (child.get("type") or "").strip().lower() == wanted]
        if matched["place"] is not None:
            found = found[int(matched["place"]) - 1 :][:1]
    return found


def _below(element: Element, name: str) -> list[Element]:
    children = [child for child in element if local_name(child) == name]
    return children or [child for child in element.iter("*") if local_name(child) == name]


def blame_of(before: str, after: str, edits: Iterable[Mapping[str, Any]]) -> "AdBlame":
    """Tells the reasons of a row of ``differences(before, after)`` by the edits of that ad, as a build keeps them."""
    return AdBlame(_places(before), _places(after), edits)


class AdBlame:
    """The ``Blame`` of one ad."""

    def __init__(
        self, left: _Places | None, right: _Places | None, edits: Iterable[Mapping[str, Any]]
    ) -> None:
        self._left, self._right = left, right
        # What was done to an element itself, and to one of its attributes.
        self._own: dict[Element, list[Reason]] = defaultdict(list)
        self._attributes: dict[Element, list[Reason]] = defaultdict(list)
        # What an edit took the place of, in the Ad of the markup that is served.
        self._taken: dict[Element, list[Reason]] = defaultdict(list)
        self._kept = _served_ad(left)
        for edit in edits:
            reason = Reason(edit["field"], edit["action"], str(edit["rule"]), edit["text"])
            if reason.action in _TAKING and self._kept is not None:
                for element in targets(self._kept, edit["where"]):
                    self._taken[element].append(reason)
            for element in _targets_in(right, edit["where"]):
                (self._attributes if "@" in reason.field else self._own)[element].append(reason)

    def stands_apart(self, line: int) -> bool:
        """Whether a line of the markup is outside the Ad that is served, and so no earlier form of any other."""
        return self._of_outside(line) is not None

    def __call__(self, kind: Kind, left: int | None, right: int | None) -> tuple[Reason, ...]:
        if kind == "removed":
            return tuple(dict.fromkeys(self._of_removed(left)))
        elements, starts = self._right.elements(right) if self._right else ((), False)
        of_kind = {"same": self._of_same, "changed": self._of_changed, "added": self._of_added}
        found = [reason for element in elements for reason in of_kind[kind](element, starts)]
        return tuple(dict.fromkeys(found))

    def _of_removed(self, line: int | None) -> Iterator[Reason]:
        if reason := self._of_outside(line):
            yield reason
            return
        element, starts = self._left.element(line) if self._left else (None, False)
        if element is not None and element is self._kept and starts:
            yield from _static(OURS, element)
        elif element is not None and element.getparent() is None:
            yield OURS["VAST", ""]
        while element is not None:
            yield from self._taken[element]
            element = element.getparent()

    def _of_outside(self, line: int | None) -> Reason | None:
        """Why a line of the markup is not served that stands outside the Ad that is."""
        element, _ = self._left.element(line) if self._left else (None, False)
        while element is not None and element is not self._kept:
            parent = element.getparent()
            if parent is not None and parent.getparent() is None:
                return GONE.get((local_name(element), local_name(parent)), _BESIDE_THE_AD)
            element = parent
        return None

    def _of_same(self, element: Element, starts: bool) -> Iterator[Reason]:
        """A value that was kept stands out although its line is the same."""
        if starts:
            yield from (reason for reason in self._own[element] if reason.action == "kept")

    def _of_changed(self, element: Element, starts: bool) -> Iterator[Reason]:
        yield from self._of_added(element, starts)
        yield from _static(OURS, element)

    def _of_added(self, element: Element, starts: bool) -> Iterator[Reason]:
        if element.getparent() is None:
            yield OURS["VAST", ""]
            return
        said = list(self._said(element, starts))
        # A block that holds nothing else is there for what was written into it first.
        yield from said or (self._written_in(element)[:1] if starts else [])

    def _written_in(self, element: Element) -> list[Reason]:
        """What was written into an element that holds nothing else; [] where it does."""
        inside = [
            [reason for reason in self._own[child] if reason.action != "kept"] or self._written_in(child)
            for child in element.iterchildren("*")
        ]
        return [reason for reasons in inside for reason in reasons] if all(inside) else []

    def _said(self, element: Element, starts: bool) -> Iterator[Reason]:
        if starts:
            yield from self._attributes[element]
        yield from self._own[element]
        for ancestor in element.iterancestors():
            yield from self._own[ancestor]


def _served_ad(places: _Places | None) -> Element | None:
    if places is None:
        return None
    ads = [child for child in places.root if local_name(child) == "Ad"]
    return served_of(ads) if ads else None


def _targets_in(places: _Places | None, where: str) -> list[Element]:
    ad = _served_ad(places)
    return [] if ad is None else targets(ad, where)


def _static(table: Mapping[tuple[str, str], Reason], element: Element) -> Iterator[Reason]:
    parent = element.getparent()
    reason = table.get((local_name(element), "" if parent is None else local_name(parent)))
    if reason is not None:
        yield reason
