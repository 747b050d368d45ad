"""Summaries of several batches of sessions as one: every count beside its expectation, with the band round it.

The batches may differ in ad, length and rules: expectations add up, and so do the squares of their deviations.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from typing import Any, Final, NamedTuple

from playback.engine.playing.events import MOMENTS
from playback.engine.simulation.summary import BUCKETS, SIGMAS

Band = Mapping[str, float]
Summary = Mapping[str, Any]

_SLACK: Final = 1e-6
"""What adding up a few floats may cost."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A count among `sessions` and what was expected of it: on average, and its standard deviation. Both are None
    where there is no closed form."""

    count: int
    sessions: int
    expected: float | None = None
    deviation: float | None = None

    @property
    def share(self) -> float:
        return self.count / self.sessions if self.sessions else 0.0

    @property
    def expected_share(self) -> float | None:
        return None if self.expected is None or not self.sessions else self.expected / self.sessions

    @property
    def low(self) -> float | None:
        """The lower edge of the band, three standard deviations below what is expected."""
        return self._edge(-SIGMAS)

    @property
    def high(self) -> float | None:
        return self._edge(SIGMAS)

    @property
    def sigmas(self) -> float | None:
        """How many standard deviations lie between the count and what was expected; None without an expectation."""
        if self.expected is None or self.deviation is None:
            return None
        off = self.count - self.expected
        if abs(off) <= _SLACK * max(self.sessions, 1):
            return 0.0
        return off / self.deviation if self.deviation else (inf if off > 0 else -inf)

    @property
    def is_outside(self) -> bool:
        """Whether the count lies outside the band."""
        return self.sigmas is not None and abs(self.sigmas) > SIGMAS

    def _edge(self, sigmas: float) -> float | None:
        if self.expected is None or self.deviation is None:
            return None
        return max(self.expected + sigmas * self.deviation, 0.0)


class Results(NamedTuple):
    """What became of all sessions. `funnel`, `reasons` and `rules` are by event, reason and event; `offsets` counts the
    cuts after the first frame in equal parts of the ad's length; `survival` the sessions that nothing had interrupted,
    at the edge of each part. `ends` counts every end_reason. `edges_sec` are the edges of the parts, where all ads are
    equally long."""

    sessions: int
    completed: Figure
    interrupted: Figure
    funnel: dict[str, Figure]
    reasons: dict[str, Figure]
    rules: dict[str, Figure]
    offsets: list[Figure]
    survival: list[Figure]
    ends: dict[str, int]
    edges_sec: list[float] | None


def results_of(summaries: Iterable[Summary]) -> Results:
    """The summaries (`Simulation.summary`, `summary_of`) taken together."""
    all_ = [summary for summary in summaries if summary["sessions"]]
    sessions = sum(summary["sessions"] for summary in all_)
    ends: dict[str, int] = {}
    for summary in all_:
        for reason, count in summary["end_reasons"].items():
            ends[reason] = ends.get(reason, 0) + count
    edges = {tuple(summary["offsets"]["edges_sec"]) for summary in all_}
    return Results(
        sessions,
        _figure(all_, "completed", sessions),
        _figure(all_, "interrupted", sessions),
        dict(sorted(_figures(all_, "funnel", sessions).items(), key=lambda item: _rank(item[0]))),
        _figures(all_, "reasons", sessions),
        _figures(all_, "interrupted_by", sessions),
        _offsets(all_, sessions),
        _survival(all_, sessions),
        dict(sorted(ends.items(), key=lambda item: -item[1])),
        list(edges.pop()) if len(edges) == 1 else None,
    )


def deviation_of(band: Band) -> float:
    """One standard deviation of a band of a summary. It is cut off at what is possible, on one side at most unless the
    sessions are but a handful: the other side tells."""
    return max(band["high"] - band["count"], band["count"] - band["low"]) / SIGMAS


def _rank(event: str) -> int:
    order = list(MOMENTS)
    return order.index(event) if event in order else len(order)


def _figure(summaries: Sequence[Summary], name: str, sessions: int) -> Figure:
    count = sum(summary[name] for summary in summaries)
    return _beside(count, sessions, (_expected(summary).get(name) for summary in summaries))


def _figures(summaries: Sequence[Summary], name: str, sessions: int) -> dict[str, Figure]:
    """Of each key that any summary has. A summary without the key counted none and expected none."""
    keys = dict.fromkeys(key for summary in summaries for key in summary[name])
    return {
        key: _beside(
            sum(summary[name].get(key, 0) for summary in summaries), sessions, _bands(summaries, name, key)
        )
        for key in keys
    }


def _bands(summaries: Sequence[Summary], name: str, key: str) -> Iterator[Band | None]:
    for summary in summaries:
        known = _expected(summary).get(name)
        if known is None:
            yield None
        elif key in known or not summary[name].get(key):
            yield known.get(key, {"count": 0.0, "low": 0.0, "high": 0.0})
        else:
            yield None


def _expected(summary: Summary) -> Mapping[str, Any]:
    return summary["expected"] or {}


def _beside(count: int, sessions: int, bands: Iterable[Band | None]) -> Figure:
    expected = variance = 0.0
    for band in bands:
        if band is None:
            return Figure(count, sessions)
        expected += band["count"]
        variance += deviation_of(band) ** 2
    return Figure(count, sessions, expected, sqrt(variance))


def _offsets(summaries: Sequence[Summary], sessions: int) -> list[Figure]:
    return [
        _beside(
            sum(summary["offsets"]["counts"][place] for summary in summaries),
            sessions,
            (_offset_band(summary, place) for summary in summaries),
        )
        for place in range(BUCKETS)
    ]


def _offset_band(summary: Summary, place: int) -> Band | None:
    bands = _expected(summary).get("offsets") or ()
    return bands[place] if bands else None


def _survival(summaries: Sequence[Summary], sessions: int) -> list[Figure]:
    """At each edge those that were never interrupted, and those that will be behind it."""
    return [_added(sessions, [_alive(summary, edge) for summary in summaries]) for edge in range(BUCKETS + 1)]


def _alive(summary: Summary, edge: int) -> Figure:
    sessions = summary["sessions"]
    count = sessions - summary["interrupted"] + sum(summary["offsets"]["counts"][edge:])
    expected = _expected(summary)
    if not expected.get("offsets"):
        return Figure(count, sessions)
    average = sessions - expected["interrupted"]["count"]
    average += sum(band["count"] for band in expected["offsets"][edge:])
    share = min(max(average / sessions, 0.0), 1.0)
    return Figure(count, sessions, average, sqrt(sessions * share * (1.0 - share)))


def _added(sessions: int, figures: Sequence[Figure]) -> Figure:
    count, expected, variance = 0, 0.0, 0.0
    known = True
    for figure in figures:
        count += figure.count
        if figure.expected is None or figure.deviation is None:
            known = False
        else:
            expected += figure.expected
            variance += figure.deviation**2
    return Figure(count, sessions, expected, sqrt(variance)) if known else Figure(count, sessions)
