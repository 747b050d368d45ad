"""What became of many sessions in number, and beside it what their rules made us expect (playback.md 2.4)."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf, nextafter, sqrt
from operator import add
from typing import Any, Final

from playback.engine.events import EVENTS, MOMENTS
from playback.engine.interruptions import BEFORE_RENDERING, Window, survival
from playback.engine.plan import Plan
from playback.engine.screening import Ending, LeanSession, Screening

BUCKETS: Final = 30
"""Equal parts of the ad in the histogram of offsets."""

SIGMAS: Final = 3


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of sessions: by `endings`; of those cut after the first frame, by how many of the plan's moments they got
    to (`behind`) and by part of the ad's length (`buckets`)."""

    endings: Counter[Ending]
    behind: tuple[int, ...]
    buckets: tuple[int, ...]

    @classmethod
    def of(cls, plan: Plan, sessions: Iterable[LeanSession]) -> "Tally":
        """The tally of lean sessions, counted one by one."""
        marks, endings = marks_ms(plan), Counter[Ending]()
        behind, buckets = [0] * (len(marks) + 1), [0] * BUCKETS
        for session in sessions:
            endings[session.ending] += 1
            if session.rule is not None and session.rule not in BEFORE_RENDERING:
                behind[bisect_right(marks, session.cut_ms)] += 1
                buckets[session.cut_ms * 1000 * BUCKETS // plan.duration_us] += 1
        return cls(endings, tuple(behind), tuple(buckets))

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.endings + other.endings,
            tuple(map(add, self.behind, other.behind)),
            tuple(map(add, self.buckets, other.buckets)),
        )


def marks_ms(plan: Plan) -> list[int]:
    """For each moment the first whole millisecond of a cut that still lets it happen."""
    return [-(-moment.at_us // 1000) for moment in plan.moments]


def summary_of(screening: Screening, seed: int, tally: Tally) -> dict[str, Any]:
    """The summary of a batch as JSON-native values; see `Simulation.summary`."""
    cut, ends = tally.endings, Counter[str]()
    by_rule = {rule.event: 0 for rule, window in screening.plan.rules if window}
    reasons = {rule.reason.value: 0 for rule, window in screening.plan.rules if window}
    for (_, end_reason, rule), count in cut.items():
        ends[end_reason] += count
        if rule is not None:
            by_rule[rule] = by_rule.get(rule, 0) + count
            reasons[end_reason] = reasons.get(end_reason, 0) + count
    sessions = ends.total()
    return {
        "sessions": sessions,
        "seed": seed,
        "completed": ends["completed"],
        "interrupted": sum(by_rule.values()),
        "interrupted_by": by_rule,
        "reasons": reasons,
        "end_reasons": {reason: ends[reason] for reason in sorted(ends)},
        "funnel": _funnel(screening, tally),
        "offsets": _histogram(screening.plan, tally),
        "expected": expected_of(screening, sessions),
    }


_STEPS: Final = tuple(name for name in MOMENTS if EVENTS[name].always)
"""What a funnel tells of every ad, in the order of playing."""


def _funnel(screening: Screening, tally: Tally) -> dict[str, int]:
    """Event -> how often it happened; in a pod once for each ad."""
    undisturbed = sum(count for ending, count in tally.endings.items() if ending.rule is None)
    reached = {(tracked.event, tracked.at_us) for tracked in screening.undisturbed.tracked}
    rest = list(accumulate(reversed(tally.behind)))[::-1]
    found = dict.fromkeys(_STEPS, 0) if screening.plan.fault else dict[str, int]()
    for place, moment in enumerate(screening.plan.moments, 1):
        if moment.event in MOMENTS:
            got = rest[place] + (undisturbed if (moment.event, moment.at_us) in reached else 0)
            found[moment.event] = found.get(moment.event, 0) + got
    return found


def _histogram(plan: Plan, tally: Tally) -> dict[str, Any]:
    return {"edges_sec": _edges_sec(plan), "counts": list(tally.buckets)}


def _edges_sec(plan: Plan) -> list[float]:
    return [plan.duration_us * edge / BUCKETS / 1_000_000 for edge in range(BUCKETS + 1)]


def expected_of(screening: Screening, sessions: int) -> dict[str, Any] | None:
    """What the rules make us expect, in closed form; None where a rule has a shape without one."""
    plan = screening.plan
    if not screening.is_plain:
        return None
    if plan.fault:
        funnel, rules = dict.fromkeys(_STEPS, 0.0), dict[str, float]()
    else:
        funnel, rules = plan.expected_funnel(), plan.expected_interruptions()
    return {
        "completed": band(funnel["complete"], sessions),
        "interrupted": band(sum(rules.values()), sessions),
        "interrupted_by": {event: band(share, sessions) for event, share in rules.items()},
        "funnel": {event: band(share, sessions) for event, share in funnel.items()},
        "survival": [] if plan.fault else survival_curve(plan),
    }


def band(share: float, sessions: int) -> dict[str, float]:
    """A probability as the expected number of sessions, with three standard deviations to either side."""
    share = min(max(share, 0.0), 1.0)
    count = share * sessions
    spread = SIGMAS * sqrt(count * (1 - share))
    return {
        "share": share,
        "count": count,
        "low": max(count - spread, 0.0),
        "high": min(count + spread, float(sessions)),
    }


def survival_curve(plan: Plan) -> list[list[float]]:
    """[seconds, S] where the curve can bend and at the edges of the histogram; a fall at one instant has two points."""
    end = plan.duration_us / 1000 if plan.limit_us is None else min(plan.duration_us, plan.limit_us) / 1000
    windows = plan.windows
    edges = {0.0, end, *(float(edge) for window in windows for edge in window[1:3])}
    edges.update(edge * 1000 for edge in _edges_sec(plan))
    return [point for at in sorted(edges) if at <= end for point in _points(windows, at, end)]


def _points(windows: Sequence[Window], at: float, end: float) -> list[list[float]]:
    points = [[at / 1000, survival(windows, at)]]
    falls = any(window.lo_ms == window.hi_ms == at and not window.before_rendering for window in windows)
    if falls and at < end:
        points.append([at / 1000, survival(windows, nextafter(at, inf))])
    return points
