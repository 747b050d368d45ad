"""The ads of a session to scale, as SVG geometry in percent, with what has become of each."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# From these widths on, in percent, a place and then a length fit into an ad.
_ROOM = (3.0, 8.0)


class Shown(NamedTuple):
    """How a state is shown: a kind that colours it, a shape and a word."""

    kind: str
    icon: str
    word: str


STATES: dict[str, Shown] = {
    "played": Shown("good", "circle-check", "played"),
    "playing": Shown("now", "circle-play", "playing"),
    "ahead": Shown("quiet", "circle-dashed", "ahead"),
    "skipped": Shown("warn", "skip-forward", "skipped"),
    "stopped": Shown("warn", "circle-stop", "cut short"),
    "error": Shown("bad", "octagon-x", "error"),
}


class PodAd(NamedTuple):
    """One ad. ``x`` and ``width`` are percent of the session; an ad that cannot be played has no width."""

    place: int
    title: str
    id: str
    start_ms: int
    duration_ms: int
    state: str
    x: float
    width: float

    @property
    def shown(self) -> Shown:
        return STATES[self.state]

    @property
    def room(self) -> int:
        """How much may be written into it: 0 nothing, 2 place and length."""
        return bisect_right(_ROOM, self.width)


def pod_strip(parts: Sequence[Mapping[str, Any]]) -> tuple[PodAd, ...]:
    """The ads of a pod in their order; empty for a single ad."""
    if len(parts) < 2:
        return ()
    total = sum(part["duration_ms"] for part in parts) or 1
    return tuple(
        PodAd(
            **{name: part[name] for name in ("place", "title", "id", "start_ms", "duration_ms", "state")},
            x=round(part["start_ms"] / total * 100, 3),
            width=round(part["duration_ms"] / total * 100, 3),
        )
        for part in parts
    )
