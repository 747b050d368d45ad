"""Two documents side by side, line by line: what is the same, changed, added or removed, and where it may be folded.

Lines that occur once in both are anchors (the longest run of them in order), so that the cost stays near-linear
however long and repetitive a hostile document is; difflib compares only what lies between them.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

Kind = Literal["same", "changed", "added", "removed"]

CONTEXT = 3
"""Equal lines shown round a difference; a stretch is folded where that hides at least twice as many."""
MAX_LINES = 60_000
MAX_ROWS = 2_000
MAX_FOLDED_ROWS = 1_000
_SHOWN = 2_000
_SMALL = 10_000
_DEPTH = 12

# No document holds it, so that a line that begins with it is like no other.
_APART = "\0"

_NAME = re.compile(r"\s*<(/?[\w:.-]+)")
_END_TAG = re.compile(r"\s*</")
# Two of these are the same thing only when this attribute says so.
_TOLD_APART = re.compile(r'\s*<(?:\w+:)?(?:Extension|Tracking)\b[^>]*?\s(?:type|event)="([^"]*)"')


class Side(NamedTuple):
    """One line of one document: its number from 1, and its text, cut where the differing part begins and ends."""

    number: int
    before: str
    differs: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        return f"{self.before}{self.differs}{self.after}"


class Reason(NamedTuple):
    """What made a line different: the field, what was done to it, the rule that decided, the value."""

    field: str
    action: str
    rule: str
    text: str


class Row(NamedTuple):
    """A line of either document or of both; `reasons` tells what made it so, where that is known."""

    kind: Kind
    left: Side | None
    right: Side | None
    reasons: tuple[Reason, ...] = ()


class Stretch(NamedTuple):
    """Rows that are shown, or `folded` equal ones; `left_out` more rows of the stretch are not there at all."""

    rows: tuple[Row, ...]
    folded: bool
    left_out: int = 0

    @property
    def lines(self) -> int:
        return len(self.rows) + self.left_out


class Differences(NamedTuple):
    """All differences of two documents. `cut` counts the rows beyond MAX_ROWS, which are left out."""

    stretches: tuple[Stretch, ...]
    changed: int
    added: int
    removed: int
    cut: int = 0

    @property
    def total(self) -> int:
        return self.changed + self.added + self.removed


Blame = Callable[[Kind, int | None, int | None], tuple[Reason, ...]]


def _nobody(_kind: Kind, _left: int | None, _right: int | None) -> tuple[Reason, ...]:
    return ()


def _none(_line: int) -> bool:
    return False


def differences(
    before: str, after: str, blame: Blame = _nobody, stands_apart: Callable[[int], bool] = _none
) -> Differences | None:
    """Compares two texts line by line; None where they are too long to be compared.

    ``blame(kind, left line, right line)`` names the reasons of a row; it is asked for equal lines too.
    A line of ``before`` that ``stands_apart`` was removed, whatever is like it in ``after``.
    """
    left, right = before.split("\n"), after.split("\n")
    if max(len(left), len(right)) > MAX_LINES:
        return None
    rows, counts, cut = [], Counter[str](), 0
    last: tuple[Reason, ...] = ()
    compared = [f"{_APART}{line}" if stands_apart(i) else line for i, line in enumerate(left, 1)]
    for kind, i, j in _rows(compared, right):
        counts[kind] += 1
        if cut or (kind != "same" and counts.total() - counts["same"] > MAX_ROWS):
            cut += 1
            continue
        reasons = blame(kind, None if i is None else i + 1, None if j is None else j + 1)
        # Said once for the lines that belong together.
        news = tuple(reason for reason in reasons if reason not in last)
        last = reasons
        rows.append(_row(kind, left, right, i, j)._replace(reasons=news))
    return Differences(tuple(_stretches(rows)), counts["changed"], counts["added"], counts["removed"], cut)


_Place = tuple[Kind, int | None, int | None]


def _rows(left: Sequence[str], right: Sequence[str]) -> Iterator[_Place]:
    i = j = 0
    for k, m in [*_matches(left, right), (len(left), len(right))]:
        both = k < len(left) and m < len(right)
        if both and (slid := _slid(left, right, i, k, j, m)):
            # The lines that stand alone begin with an end tag and are followed by an equal one: they are one line on.
            i, j = slid
            yield "same", i, j
        else:
            yield from _gap(left, right, range(i, k), range(j, m))
            i, j = k, m
            if both:
                yield "same", k, m
        i, j = i + 1, j + 1


def _slid(
    left: Sequence[str], right: Sequence[str], i: int, k: int, j: int, m: int
) -> tuple[int, int] | None:
    """The earlier place where the line of a match may stand too, when only one side has lines in front of it."""
    if (i == k) == (j == m) or left[i] != right[j] or not _END_TAG.match(left[i]):
        return None
    return i, j


def _matches(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """Places of equal lines, ascending on both sides."""
    return sorted(_match(left, right, 0, len(left), 0, len(right), _DEPTH))


def _match(
    left: Sequence[str], right: Sequence[str], i: int, k: int, j: int, m: int, depth: int
) -> Iterator[tuple[int, int]]:
    while i < k and j < m and left[i] == right[j]:
        yield i, j
        i, j = i + 1, j + 1
    while i < k and j < m and left[k - 1] == right[m - 1]:
        k, m = k - 1, m - 1
        yield k, m
    if i == k or j == m:
        return
    if (k - i) * (m - j) <= _SMALL:
        for block in SequenceMatcher(None, left[i:k], right[j:m], autojunk=False).get_matching_blocks():
            for step in range(block.size):
                yield i + block.a + step, j + block.b + step
        return
    anchors = _anchors(left[i:k], right[j:m]) if depth else []
    if not anchors:
        return
    found = [(i + a, j + b) for a, b in anchors]
    yield from found
    for (a, b), (c, d) in pairwise([(i - 1, j - 1), *found, (k, m)]):
        yield from _match(left, right, a + 1, c, b + 1, d, depth - 1)


def _anchors(left: Sequence[str], right: Sequence[str]) -> list[tuple[int, int]]:
    """The longest ascending run of lines that occur once on either side (patience sorting)."""
    once = {line for line, count in Counter(left).items() if count == 1}
    once &= {line for line, count in Counter(right).items() if count == 1}
    there = {line: place for place, line in enumerate(right) if line in once}
    pairs = [(place, there[line]) for place, line in enumerate(left) if line in once]
    tops: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for index, (_, b) in enumerate(pairs):
        pile = bisect_left(tops, b)
        back.append(ends[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(b)
            ends.append(index)
        else:
            tops[pile], ends[pile] = b, index
    run, index = [], ends[-1] if ends else -1
    while index >= 0:
        run.append(pairs[index])
        index = back[index]
    return run[::-1]


def _key(line: str) -> tuple[str, str] | None:
    name = _NAME.match(line)
    if name is None:
        return None
    told_apart = _TOLD_APART.match(line)
    return name[1], told_apart[1] if told_apart else ""


def _gap(left: Sequence[str], right: Sequence[str], gone: range, come: range) -> Iterator[_Place]:
    """Lines without a match: two of the same element, in order, are one changed line."""
    places: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i in gone:
        if key := _key(left[i]):
            places[key].append(i)
    at = gone.start
    for j in come:
        candidates = places.get(_key(right[j]) or ("", ""), [])
        index = bisect_left(candidates, at)
        if index == len(candidates):
            yield "added", None, j
            continue
        yield from (("removed", i, None) for i in range(at, candidates[index]))
        yield "changed", candidates[index], j
        at = candidates[index] + 1
    yield from (("removed", i, None) for i in range(at, gone.stop))


def _row(kind: Kind, left: Sequence[str], right: Sequence[str], i: int | None, j: int | None) -> Row:
    if kind == "changed" and i is not None and j is not None:
        head, tail = _common(left[i], right[j])
        return Row(kind, _cut(i, left[i], head, tail), _cut(j, right[j], head, tail))
    whole = 0 if kind == "same" else None
    return Row(
        kind,
        None if i is None else _cut(i, left[i], whole, 0),
        None if j is None else _cut(j, right[j], whole, 0),
    )


def _common(one: str, other: str) -> tuple[int, int]:
    """How many characters at the start, and how many at the end, two lines share."""
    head = _shared(one, other)
    tail = _shared(one[head:][::-1], other[head:][::-1])
    return head, tail


def _shared(one: str, other: str) -> int:
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(index: int, line: str, head: int | None, tail: int) -> Side:
    """A line in three parts; `head` 0 with `tail` 0 is an equal line, None a line that differs as a whole."""
    if head is None:
        return Side(index + 1, "", _end(line))
    if not head and not tail:
        return Side(index + 1, _end(line))
    end = len(line) - tail
    return Side(index + 1, _start(line[:head]), _end(line[head:end]), _end(line[end:]))


def _end(text: str) -> str:
    left_out = len(text) - _SHOWN
    return text if left_out <= 0 else f"{text[:_SHOWN]} … ({left_out} characters more)"


def _start(text: str) -> str:
    return text if len(text) <= _SHOWN else f"… {text[-_SHOWN:]}"


def _stretches(rows: Sequence[Row]) -> Iterator[Stretch]:
    """Cuts the rows where nothing is different and nothing is remarked into what is shown and what is folded."""
    runs = [
        (quiet, list(run)) for quiet, run in groupby(rows, lambda row: row.kind == "same" and not row.reasons)
    ]
    shown: list[Row] = []
    room = MAX_FOLDED_ROWS
    for place, (quiet, run) in enumerate(runs):
        above = CONTEXT if place else 0
        below = CONTEXT if place < len(runs) - 1 else 0
        hidden = len(run) - above - below
        if not quiet or hidden < 2 * CONTEXT:
            shown += run
            continue
        if shown or above:
            yield Stretch((*shown, *run[:above]), folded=False)
        folded = run[above : len(run) - below]
        kept = folded[:room]
        room -= len(kept)
        yield Stretch(tuple(kept), folded=True, left_out=len(folded) - len(kept))
        shown = run[len(run) - below :]
    if shown:
        yield Stretch(tuple(shown), folded=False)
