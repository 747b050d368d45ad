"""Rules on the playhead of an ad as SVG geometry: a lane for each rule's window, and the survival curves above them.

Numbers only, so that the page needs no inline style and no script. A box is 1000 wide; a lane 20, the curves 100 high.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final, NamedTuple

from playback.engine.configuration.interruptions import InterruptionRule, Window
from playback.rules.weighing import SESSIONS, Side

WIDTH: Final = 1000
HEIGHT: Final = 100
LANE: Final = 20
FLOORS: Final = (0.9, 0.8, 0.5, 0.0)
"""Where the vertical axis may begin; the highest that shows all of the curves."""
_THIN: Final = 4.0


class Bar(NamedTuple):
    """A window in its lane: as high as its probability is of the largest."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Lane:
    """One rule: its window now, where that differs its window as published, why it never fires if it does not."""

    rule: InterruptionRule
    window: Window | None
    bar: Bar | None
    before: Bar | None
    share: float
    idle: str
    origin: str = ""
    is_gone: bool = False

    @property
    def is_early(self) -> bool:
        return bool(self.window and self.window.before_rendering)

    @property
    def span(self) -> str:
        """Where in the ad it may strike: ``5–15 s``."""
        if self.window is None:
            return ""
        lo, hi = f"{self.window.lo_ms / 1000:g}", f"{self.window.hi_ms / 1000:g}"
        return f"{lo} s" if lo == hi else f"{lo}–{hi} s"


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything ``_picture.html`` draws. ``curve`` and ``before`` are the points of polylines, ``band`` of a polygon;
    ``floor`` is the share at the bottom of the axis; ``tried`` are marks of the simulated share at parts of the ad."""

    lanes: tuple[Lane, ...]
    curve: str
    before: str
    band: str
    tried: tuple[tuple[float, float, float], ...]
    floor: float
    summary: str

    @property
    def middle(self) -> float:
        return (1.0 + self.floor) / 2


def picture(shown: Side, duration_ms: int, published: Side | None = None) -> Picture:
    """The picture of one side; with ``published`` what differs from it is drawn behind."""
    sides = [side for side in (shown, published) if side]
    lowest = min(share for side in sides for _, share in side.expected.survival)
    floor = next(floor for floor in FLOORS if floor <= lowest)
    axis = _Axis(duration_ms, floor)
    return Picture(
        lanes=tuple(_lanes(shown, published, axis)),
        curve=axis.points(shown.expected.survival),
        before=axis.points(published.expected.survival) if published else "",
        band=axis.band(shown.expected.survival),
        tried=tuple(axis.tried(shown)),
        floor=floor,
        summary=_summary(shown, duration_ms, published),
    )


class _Axis(NamedTuple):
    duration_ms: int
    floor: float

    def x(self, ms: float) -> float:
        return round(min(max(ms / self.duration_ms, 0.0), 1.0) * WIDTH, 2)

    def y(self, share: float) -> float:
        return round((1.0 - (min(max(share, self.floor), 1.0) - self.floor) / (1.0 - self.floor)) * HEIGHT, 2)

    def points(self, survival: Iterable[tuple[float, float]]) -> str:
        return " ".join(f"{self.x(ms)},{self.y(share)}" for ms, share in survival)

    def band(self, survival: Sequence[tuple[float, float]]) -> str:
        """Three standard deviations of the tried sessions to either side."""
        spread = [(ms, share, 3 * sqrt(max(share * (1 - share), 0.0) / SESSIONS)) for ms, share in survival]
        above = [(ms, share + by) for ms, share, by in spread]
        below = [(ms, share - by) for ms, share, by in reversed(spread)]
        return self.points([*above, *below])

    def tried(self, side: Side) -> Iterable[tuple[float, float, float]]:
        """(x1, x2, y) of the share still there at each edge of the histogram."""
        offsets, left = side.tried["offsets"], side.tried["funnel"]["start"]
        for edge, count in zip(offsets["edges_sec"][1:], offsets["counts"], strict=True):
            left -= count
            x = self.x(edge * 1000)
            yield max(x - 6, 0.0), min(x + 6, float(WIDTH)), self.y(left / SESSIONS)

    def bar(self, window: Window | None, largest: float) -> Bar | None:
        if window is None:
            return None
        height = round(LANE * max(window.rule.probability / largest, 0.15), 2) if largest else 0.0
        width = max(self.x(window.hi_ms) - self.x(window.lo_ms), _THIN)
        return Bar(min(self.x(window.lo_ms), WIDTH - width), round(LANE - height, 2), round(width, 2), height)


def _lanes(shown: Side, published: Side | None, axis: _Axis) -> Iterable[Lane]:
    now, before = _windows(shown), _windows(published)
    largest = max((window.rule.probability for window in (*now.values(), *before.values())), default=0.0)
    for rule in shown.config.rules:
        window, was = now.get(rule.event), before.get(rule.event)
        same = window is not None and was is not None and window.rule == was.rule
        yield Lane(
            rule=rule,
            window=window,
            bar=axis.bar(window, largest),
            before=None if same else axis.bar(was, largest),
            share=shown.expected.shares.get(rule.event, 0.0),
            idle=shown.expected.idle.get(rule.event, ""),
            origin=shown.config.provenance.get(f"interruption_rules.{rule.event}", ""),
        )
    there = {rule.event for rule in shown.config.rules}
    for rule in published.config.rules if published else ():
        if rule.event not in there:
            gone = axis.bar(before.get(rule.event), largest)
            yield Lane(rule, None, None, gone, share=0.0, idle="", is_gone=True)


def _windows(side: Side | None) -> dict[str, Window]:
    return {window.rule.event: window for window in side.expected.windows} if side else {}


def _summary(shown: Side, duration_ms: int, published: Side | None) -> str:
    left = ", ".join(f"{event} {share * 100:.1f} %" for event, share in shown.expected.funnel)
    was = f" Published: {published.expected.interrupted * 100:.1f} % interrupted." if published else ""
    return (
        f"Sessions still going along an ad of {duration_ms / 1000:g} seconds: {left}. "
        f"{shown.expected.interrupted * 100:.1f} % are interrupted.{was}"
    )
