"""What a report is, whatever it is about: plain data that page, JSON and CSV alike are made of."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Data = Mapping[str, Any]
Rows = Iterable[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Report:
    """One session, build or batch, told to somebody who has no account.

    ``data`` is JSON-native and all that is said in words; it is masked before anybody sees it. ``pictures`` are what
    the page draws beside it: geometry, which names no address.
    """

    title: str
    data: Data
    pictures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of subject, as its room describes it.

    ``report`` gives the report of a public id, or None where there is none; ``titles`` the titles of those that are
    there. ``rows`` makes the lines of a CSV, the header first, from a report's masked data. ``template`` shows that
    data as ``report``; ``page`` is the route of the subject's own page.
    """

    name: str
    page: str
    template: str
    report: Callable[[str], Report | None]
    titles: Callable[[Collection[str]], dict[str, str]]
    rows: Callable[[Data], Rows]
