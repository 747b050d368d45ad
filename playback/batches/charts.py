"""The charts of a batch: pure functions from results; every point leads to the sessions behind it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from playback.engine.simulation.results import Figure, Results
from playback.engine.simulation.summary import BUCKETS
from vastdash.charts import Chart, Kind, Point, Series

Link = Callable[[Mapping[str, str]], str]
_UNIT = "% of sessions"
_EXPECTED = "expected, with three standard deviations"
_PODS = (
    "An event counts once for each ad of a pod; its sessions are those that reached it in one ad at least."
)
_NO_FORM = "What to expect is not drawn here: that is known of a single ad with rules of the usual shape, not of a pod."


def charts_of(results: Results, link: Link) -> list[Chart]:
    """`link` makes an address from the query of a list of sessions."""
    return [funnel(results, link), survival(results, link), offsets(results, link), reasons(results, link)]


def funnel(results: Results, link: Link) -> Chart:
    """How many sessions got to each event."""
    return _chart(
        "funnel",
        "How far sessions get",
        list(results.funnel),
        list(results.funnel.values()),
        [link({"reached": event}) for event in results.funnel],
        kind=Kind.BARS,
        across="event",
        notes=(_PODS,) if any(figure.count > figure.sessions for figure in results.funnel.values()) else (),
    )


def survival(results: Results, link: Link) -> Chart:
    """The share that nothing has interrupted, over the length of the ad."""
    return _chart(
        "survival",
        "Still uninterrupted",
        _edges(results),
        results.survival,
        [link({"alive": str(edge)}) for edge in range(BUCKETS + 1)],
        kind=Kind.LINE,
        across=_across(results),
    )


def offsets(results: Results, link: Link) -> Chart:
    """Where in the ad interruptions strike."""
    edges = _edges(results)
    return _chart(
        "offsets",
        "Where interruptions strike",
        [f"{start}–{stop}" for start, stop in pairwise(edges)],
        results.offsets,
        [link({"part": str(place)}) for place in range(BUCKETS)],
        kind=Kind.BARS,
        across=_across(results),
    )


def reasons(results: Results, link: Link) -> Chart:
    """How sessions end. What no rule decides follows from the rest and has no expectation of its own but one."""
    known = {"completed": results.completed, **results.reasons}
    figures = {
        reason: known.get(reason, Figure(count, results.sessions)) for reason, count in results.ends.items()
    }
    figures |= {
        reason: figure for reason, figure in known.items() if reason not in figures and figure.expected
    }
    return _chart(
        "reasons",
        "Why sessions end",
        list(figures),
        list(figures.values()),
        [link({"reason": reason}) for reason in figures],
        kind=Kind.BARS,
        across="reason",
    )


def _chart(
    name: str,
    title: str,
    labels: Sequence[str],
    figures: Sequence[Figure],
    links: Sequence[str],
    *,
    kind: Kind,
    across: str,
    notes: Sequence[str] = (),
) -> Chart:
    measured = [_measured(figure, href) for figure, href in zip(figures, links, strict=True)]
    series = [Series("measured", measured)]
    known = any(figure.expected is not None for figure in figures)
    if known:
        series.append(Series(_EXPECTED, [_expected(figure) for figure in figures], "expected"))
    told = notes if known or not figures else (*notes, _NO_FORM)
    return Chart(name, title, labels, series, kind, _UNIT, across, told)


def _measured(figure: Figure, href: str) -> Point:
    shown = f"{100 * figure.share:.2f} % ({figure.count:,})"
    return Point(100 * figure.share, href if figure.count else "", shown)


def _expected(figure: Figure) -> Point:
    if figure.expected is None or not figure.sessions:
        return Point(None)
    value, low, high = (
        100 * (edge or 0.0) / figure.sessions for edge in (figure.expected, figure.low, figure.high)
    )
    return Point(value, "", f"{value:.2f} % ({low:.2f} to {high:.2f})", low, high)


def _edges(results: Results) -> list[str]:
    if results.edges_sec is not None:
        return [f"{edge:.4g}" for edge in results.edges_sec]
    return [f"{100 * edge / BUCKETS:.0f}" for edge in range(BUCKETS + 1)]


def _across(results: Results) -> str:
    return "second of the ad" if results.edges_sec is not None else "% of the ad"
