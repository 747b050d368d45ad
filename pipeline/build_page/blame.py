"""Which decision made a line of a served ad what it is: the edits of the build, found again at their elements.

The paths of edits are those of ``pipeline.engine.rules.Edit``; what a build does to every ad is pipeline.md §1.10.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.build_page.differences import Blame, Kind, Reason
from vast.document import Element, local_name, parse
from vast.errors import VastError

_STEP = re.compile(r"(?P<name>[\w:.-]+)(?:\[@type='(?P<type>[^']*)'\])?(?:\[(?P<place>\d+)\])?")
_ELEMENT = re.compile(r"( *)<([\w:.-]+)")
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


class _Places(NamedTuple):
    """The elements of a readable document by the line they start on, and the line of its element for every line."""

    by_line: Mapping[int, Element]
    start: Sequence[int]

    def element(self, line: int | None) -> tuple[Element | None, bool]:
        """The element a line belongs to, and whether it starts there."""
        if line is None or line >= len(self.start):
            return None, False
        start = self.start[line]
        return self.by_line.get(start), start == line


def _places(text: str) -> _Places | None:
    """None for text that is no document or too long to be sure of its lines."""
    lines = text.split("\n")
    if len(lines) > _LAST_LINE:
        return None
    try:
        root = parse(text, lenient=True).root
    except VastError:
        return None
    by_line: dict[int, Element] = {}
    for element in root.iter("*"):
        by_line.setdefault(int(element.sourceline or 0), element)
    start, latest = [0], 0
    open_at: dict[int, int] = {}
    for number, line in enumerate(lines, 1):
        if found := _ELEMENT.match(line):
            latest = open_at[len(found[1])] = number
        elif found := _END.match(line):
            latest = open_at.get(len(found[1]), latest)
        start.append(latest)
    return _Places(by_line, start)


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


def blame_of(before: str, after: str, edits: Iterable[Mapping[str, Any]]) -> Blame:
    """Tells the reasons of a row of ``differences(before, after)`` by the edits of that ad, as a build keeps them."""
    return _Blame(_places(before), _places(after), edits)


class _Blame:
    def __init__(
        self, left: _Places | None, right: _Places | None, edits: Iterable[Mapping[str, Any]]
    ) -> None:
        self._left, self._right = left, right
        # What was done to an element itself, to one of its attributes, and to anything inside it.
        self._own: dict[Element, list[Reason]] = defaultdict(list)
        self._attributes: dict[Element, list[Reason]] = defaultdict(list)
        self._inside: dict[Element, list[Reason]] = defaultdict(list)
        for edit in edits:
            reason = Reason(edit["field"], edit["action"], str(edit["rule"]), edit["text"])
            for element in _targets_in(right, edit["where"]):
                (self._attributes if "@" in reason.field else self._own)[element].append(reason)
                for ancestor in element.iterancestors():
                    self._inside[ancestor].append(reason)

    def __call__(self, kind: Kind, left: int | None, right: int | None) -> tuple[Reason, ...]:
        if kind == "removed":
            return tuple(dict.fromkeys(self._of_removed(left)))
        element, starts = self._right.element(right) if self._right else (None, False)
        if element is None:
            return ()
        of_kind = {"same": self._of_same, "changed": self._of_changed, "added": self._of_added}
        return tuple(dict.fromkeys(of_kind[kind](element, starts)))

    def _of_removed(self, line: int | None) -> Iterator[Reason]:
        element, _ = self._left.element(line) if self._left else (None, False)
        while element is not None:
            yield from _static(GONE, element)
            element = element.getparent()

    def _of_same(self, element: Element, starts: bool) -> Iterator[Reason]:
        """A value that was kept stands out although its line is the same."""
        if starts:
            yield from (reason for reason in self._own[element] if reason.action == "kept")

    def _of_changed(self, element: Element, starts: bool) -> Iterator[Reason]:
        yield from self._said(element, starts)
        yield from _static(OURS, element)

    def _of_added(self, element: Element, starts: bool) -> Iterator[Reason]:
        said = list(self._said(element, starts))
        # A container was made for what was written into it first.
        yield from said or (self._inside[element][:1] if starts else [])

    def _said(self, element: Element, starts: bool) -> Iterator[Reason]:
        if starts:
            yield from self._attributes[element]
        yield from self._own[element]
        for ancestor in element.iterancestors():
            yield from self._own[ancestor]


def _targets_in(places: _Places | None, where: str) -> list[Element]:
    if places is None or not places.by_line:
        return []
    root = next(iter(places.by_line.values()))
    ad = next((child for child in root if local_name(child) == "Ad"), None)
    return [] if ad is None else targets(ad, where)


def _static(table: Mapping[tuple[str, str], Reason], element: Element) -> Iterator[Reason]:
    parent = element.getparent()
    reason = table.get((local_name(element), "" if parent is None else local_name(parent)))
    if reason is not None:
        yield reason
