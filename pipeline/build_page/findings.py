"""The linter's findings for people: the same remark once, with every place it applies to, the gravest first."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from vast.lint import Finding

PLACES = 20
_AD = re.compile(r"/VAST/Ad\[([0-9]+)\]")


class Place(NamedTuple):
    """Where a remark applies: the ad's number in the document (None: the document), the line where it is known."""

    ad: int | None
    line: int | None


class Remark(NamedTuple):
    """One remark of the linter; ``number`` counts from 1 in the order of gravity."""

    number: int
    severity: str
    text: str
    rule: str
    spec: str
    places: tuple[Place, ...]

    @property
    def shown(self) -> tuple[Place, ...]:
        return self.places[:PLACES]

    @property
    def left_out(self) -> int:
        return max(len(self.places) - PLACES, 0)


def remarks(findings: Iterable[Finding]) -> tuple[Remark, ...]:
    """Findings, ordered by severity and line as ``vast.lint.lint`` gives them, one remark for the same text."""
    places: dict[tuple[str, str, str, str], list[Place]] = {}
    for found in findings:
        key = (found.severity, found.text, found.rule, found.spec)
        ad = _AD.match(found.path)
        places.setdefault(key, []).append(Place(int(ad[1]) + 1 if ad else None, found.line))
    return tuple(
        [Remark(number, *key, tuple(where)) for number, (key, where) in enumerate(places.items(), 1)]
    )


def counts(findings: Iterable[Finding]) -> dict[str, int]:
    """How many there are of each severity, the gravest first; severities without any are absent."""
    found = {"error": 0, "warning": 0, "info": 0}
    for finding in findings:
        found[finding.severity] += 1
    return {severity: count for severity, count in found.items() if count}
