"""The charts of a history: each point leads to the sessions behind it."""

from collections.abc import Callable, Mapping, Sequence

from playback.history.choice import NONE
from playback.history.expected import Expected
from playback.history.outcome import Outcome
from playback.history.sentence import in_percent, in_words
from playback.history.tally import Share, Tally
from playback.history.trend import Period
from vastdash.charts import Chart, Kind, Point, Series

Link = Callable[..., str]
"""The address of the history with some things changed (`Narrowed.address`)."""

BARS_MAX = 12
BAND_NOTE = (
    "The band is where the true rate lies if viewings are independent of each other (Wilson, 3 sigma)."
)
RATE_NOTE = "Of the viewings that were completed or interrupted; stopped, failed and unfinished sessions are left out."
SHARE_NOTE = "Of all sessions that this filter finds when nothing is said of outcome, reason and state."
EXPECTED_NOTE = (
    "Expected is the closed form of the rules as they are published now, for the mean length of the ads viewed, and "
    "from its lowest to its highest for ads of 6 to 60 s where the length matters; it knows neither publishers' rules "
    "nor those that were replaced meanwhile."
)
TONES = {
    Outcome.COMPLETED: "good",
    Outcome.INTERRUPTED: "warn",
    Outcome.FAILED: "bad",
    Outcome.STOPPED: "",
    Outcome.UNFINISHED: "expected",
}


def _days(period: Period) -> dict[str, str]:
    return {"since": f"{period.first}", "until": f"{period.last}"}


def across(found: Sequence[Period]) -> str:
    return "day (UTC)" if all(one.first == one.last for one in found) else "week (UTC)"


def outcomes(found: Sequence[Period], tallies: Sequence[Tally], link: Link) -> Chart:
    """Sessions of each period by how they ended."""
    series = [
        Series(
            outcome.value,
            [
                Point(
                    number := tally.number(outcome),
                    link(**_days(one), outcome=outcome.value) if number else "",
                )
                for one, tally in zip(found, tallies, strict=True)
            ],
            tone,
        )
        for outcome, tone in TONES.items()
        if any(tally.number(outcome) for tally in tallies)
    ]
    return Chart(
        "outcomes",
        "Sessions by how they ended",
        [one.label for one in found],
        series,
        Kind.STACKED,
        across=across(found),
    )


def rate_point(share: Share, href: str = "", *, with_band: bool = True) -> Point:
    """A share in percent, with its band where it is drawn; a gap without anything to share."""
    if share.value is None or share.band is None:
        return Point(None)
    shown = f"{in_percent(share.value)} of {share.whole}"
    low, high = (edge * 100 if with_band else None for edge in share.band)
    return Point(share.value * 100, href, shown, low, high)


def completion(
    found: Sequence[Period], tallies: Sequence[Tally], link: Link, expected: Expected | None = None
) -> Chart:
    """The completion rate of each period; `expected` is what the published rules make us expect of all."""
    points = [
        rate_point(tally.completion, link(**_days(one))) for one, tally in zip(found, tallies, strict=True)
    ]
    series = [Series("completion rate", points)]
    if expected is not None:
        level = _expected_point(expected)
        series.append(Series("expected by the rules", [level] * len(points), "expected"))
    return Chart(
        "completion",
        "Completion rate",
        [one.label for one in found],
        series,
        Kind.LINE,
        "%",
        across(found),
        (RATE_NOTE, BAND_NOTE),
    )


def share(found: Sequence[Period], tallies: Sequence[Tally], alike: Sequence[Tally], link: Link) -> Chart:
    """Sessions that ended in one way as a share of those that are otherwise alike."""
    points = [
        rate_point(Share(tally.sessions, of.sessions), link(**_days(one)))
        for one, tally, of in zip(found, tallies, alike, strict=True)
    ]
    return Chart(
        "share",
        "Their share of all that are otherwise alike",
        [one.label for one in found],
        [Series("share", points)],
        Kind.LINE,
        "%",
        across(found),
        (SHARE_NOTE, BAND_NOTE),
    )


def reasons(whole: Tally, link: Link) -> Chart:
    """Interruptions by reason, most first."""
    return Chart(
        "reasons",
        "Interruptions by reason",
        [in_words(reason) for reason in whole.interruptions],
        [
            Series(
                "interruptions",
                [
                    Point(number, link(reason=reason, outcome=""))
                    for reason, number in whole.interruptions.items()
                ],
                "warn",
            )
        ],
        Kind.LYING,
        across="reason",
    )


def interruptions(name: str, groups: Mapping[str | int, Tally], link: Link) -> Chart:
    """Interruptions by `provider` or `publisher`, most first; past `BARS_MAX` the others are one bar."""
    ranked = sorted(groups.items(), key=lambda row: -row[1].number(Outcome.INTERRUPTED))
    ranked = [row for row in ranked if row[1].number(Outcome.INTERRUPTED)]
    labels = [str(value) or "none" for value, _ in ranked[:BARS_MAX]]
    points = [
        Point(
            tally.number(Outcome.INTERRUPTED),
            link(**{name: value or NONE, "outcome": "interrupted"}),
            f"{tally.number(Outcome.INTERRUPTED)} ({in_percent(tally.interruption.value)} of viewings)",
        )
        for value, tally in ranked[:BARS_MAX]
    ]
    rest = sum(tally.number(Outcome.INTERRUPTED) for _, tally in ranked[BARS_MAX:])
    if rest:
        labels.append(f"{len(ranked) - BARS_MAX} others")
        points.append(Point(rest))
    return Chart(
        f"interruptions-by-{name}",
        f"Interruptions by {name}",
        labels,
        [Series("interruptions", points, "warn")],
        Kind.LYING,
        across=name,
    )


def two_weeks(name: str, sides: Sequence[Mapping[str, int]], link: Link) -> Chart:
    """Interruptions by `reason` or `provider`, of a week and of the one before; its points lead to the week's own."""
    now, before = sides
    ranked = sorted({*now, *before}, key=lambda value: (-now.get(value, 0), value))[:BARS_MAX]
    points = [
        Point(now.get(value, 0), link(**{"outcome": "interrupted", name: value or NONE})) for value in ranked
    ]
    return Chart(
        f"two-weeks-by-{name}",
        f"Interruptions by {name}",
        [in_words(value) or "none" for value in ranked],
        [
            Series("this week", points, "warn"),
            Series("the week before", [Point(before.get(value, 0)) for value in ranked], "expected"),
        ],
        Kind.LYING,
        across=name,
    )


def beside_expected(
    groups: Mapping[str | int, Tally], expected: Mapping[str | int, Expected | None], link: Link
) -> Chart:
    """Each provider's completion rate, and beside it what its published rules make us expect."""
    known = {value: tally for value, tally in groups.items() if tally.completion.whole}
    ranked = sorted(known.items(), key=lambda row: -row[1].completion.whole)[:BARS_MAX]
    measured = [
        rate_point(tally.completion, link(provider=value or NONE), with_band=False) for value, tally in ranked
    ]
    closed = [expected.get(value) for value, _ in ranked]
    return Chart(
        "beside-expected",
        "Completion by provider, beside what its rules expect",
        [str(value) or "none" for value, _ in ranked],
        [
            Series("measured", measured),
            Series(
                "expected",
                [Point(None) if one is None else _expected_point(one) for one in closed],
                "expected",
            ),
        ],
        Kind.LYING,
        "%",
        "provider",
        (EXPECTED_NOTE,),
    )


def _expected_point(expected: Expected) -> Point:
    return Point(expected.share * 100, shown=expected.shown, low=expected.low * 100, high=expected.high * 100)
