"""What interruption rules make us expect of a viewing, in closed form (playback.md 2.4)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf, nextafter

from playback.engine.configuration.interruptions import Window, precedes


def survival(windows: Iterable[Window], ms: float) -> float:
    """S(t): the probability that a viewing is still going when the playhead reaches `ms`."""
    remaining = 1.0
    for window in windows:
        remaining *= 1.0 - window.rule.probability * window.share_before(ms)
    return remaining


def interruption_probability(windows: Iterable[Window], duration_ms: int) -> float:
    """P(any): one minus the chance that a viewing reaches its end."""
    return 1.0 - survival(windows, duration_ms)


def curve(windows: Sequence[Window], end_ms: float, at: Iterable[float] = ()) -> list[tuple[float, float]]:
    """(milliseconds, S) from 0 to `end_ms`: at each edge of a window and each place of `at`; where viewings end at one
    instant there are two points."""
    edges = {0.0, end_ms, *at, *(float(edge) for window in windows for edge in window[1:3])}
    return [point for edge in sorted(edges) if edge <= end_ms for point in _points(windows, edge, end_ms)]


def _points(windows: Sequence[Window], at: float, end: float) -> list[tuple[float, float]]:
    points = [(at, survival(windows, at))]
    if at < end and any(
        window.lo_ms == window.hi_ms == at and not window.before_rendering for window in windows
    ):
        points.append((at, survival(windows, nextafter(at, inf))))
    return points


def expected_shares(windows: Sequence[Window], until_ms: int) -> dict[str, float]:
    """For each rule the probability that it is the one that ends the viewing before `until_ms`."""
    return {window.rule.event: _share(index, windows, until_ms) for index, window in enumerate(windows)}


def _share(index: int, windows: Sequence[Window], until_ms: int) -> float:
    rule, lo, hi, _ = windows[index]
    if windows[index].before_rendering:
        earlier = [window for window in windows if precedes(window.rule.event, rule.event)]
        return rule.probability * survival(earlier, 0)
    others = [window for position, window in enumerate(windows) if position != index]
    if lo == hi:
        still = survival(others, lo)
        for other in windows[:index]:
            if other.lo_ms == other.hi_ms == lo and not other.before_rendering:
                still *= 1.0 - other.rule.probability
        return rule.probability * still if lo < until_ms else 0.0
    edges = {lo, min(hi, until_ms)}
    edges.update(edge for other in others for edge in other[1:3] if lo < edge < min(hi, until_ms))
    cuts = sorted(edges)
    return rule.probability * sum(_integral(others, start, end) for start, end in pairwise(cuts)) / (hi - lo)


def _integral(windows: Sequence[Window], start: int, end: int) -> float:
    """The integral of S(t) over a stretch without a window's edge inside, where S is a polynomial."""
    middle, half = (start + end) / 2, (end - start) / 2
    polynomial = [1.0]
    for window in windows:
        value = 1.0 - window.rule.probability * window.share_before(middle)
        inside = window.lo_ms < middle < window.hi_ms
        slope = -window.rule.probability * half / (window.hi_ms - window.lo_ms) if inside else 0.0
        raised = [0.0, *(slope * factor for factor in polynomial)]
        level = [*(value * factor for factor in polynomial), 0.0]
        polynomial = [a + b for a, b in zip(raised, level, strict=True)]
    return 2 * half * sum(factor / (power + 1) for power, factor in enumerate(polynomial) if power % 2 == 0)
