"""Two rows that are to be compared, as an address or a list's checkboxes name them."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.http import HttpRequest

Named = Callable[[str], QuerySet]
# The last character of an id, as often as an id is long.
_BEYOND = "z" * 12
_LONGEST = 60


class Pair(NamedTuple):
    """What was asked for, and what was found; ``errors`` says at ``a`` or ``b`` why nothing was."""

    a: Any
    b: Any
    typed: dict[str, str]
    errors: dict[str, str]

    @property
    def is_whole(self) -> bool:
        return self.a is not None and self.b is not None


def beginning(rows: QuerySet, column: str, text: str) -> QuerySet:
    """Those whose id begins so, as a stretch of its index: LIKE would read every row."""
    return rows.filter(**{f"{column}__gte": text, f"{column}__lte": f"{text}{_BEYOND}"})


def pair_of(request: HttpRequest, named: Named, begun: Named, noun: str) -> Pair:
    """The rows that ``a`` and ``b`` name, by id or by its beginning; or those of two ``id``, the older one first."""
    ticked = request.GET.getlist("id")
    typed = {
        side: _typed(request.GET.get(side) or (ticked[place] if place < len(ticked) else ""))
        for place, side in enumerate("ab")
    }
    errors: dict[str, str] = {}
    found = {side: _find(side, text, named, begun, noun, errors) for side, text in typed.items()}
    if len(ticked) > 2:
        errors["a"] = f"{len(ticked)} {noun}s were chosen: two can be compared."
        found = dict.fromkeys(found)
    elif found["a"] is not None and found["a"] == found["b"]:
        errors["b"] = f"This is the same {noun}."
        found["b"] = None
    rows = [found["a"], found["b"]]
    if ticked and None not in rows:
        rows.sort(key=lambda row: row.created_at)  # lists have the newest first
    return Pair(*rows, typed, errors)


def _typed(text: str) -> str:
    return text.replace("\0", " ").strip()[:_LONGEST]


def _find(side: str, text: str, named: Named, begun: Named, noun: str, errors: dict[str, str]) -> Any:
    if not text:
        return None
    near = [] if (exact := list(named(text)[:1])) else list(begun(text)[:2])
    rows = exact or [row for row in near if row.public_id.startswith(text)]
    if len(rows) == 1:
        return rows[0]
    errors[side] = (
        f"Several {noun}s begin with {text}: type more of it." if rows else f"There is no {noun} {text}."
    )
    return None
