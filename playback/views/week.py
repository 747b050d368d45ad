"""The weekly report: what changed against the week before and what is usual, on paper as on a screen."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pipeline import fill
from playback.history import charts, listing
from playback.history.counts import counts
from playback.history.expected import expected_completion
from playback.history.failure import Failure, failures
from playback.history.groups import groups_of
from playback.history.metric import Metric, number_metric, share_metric
from playback.history.narrowing import Narrowed
from playback.history.outcome import INTERRUPTIONS, Outcome
from playback.history.sentence import (
    completion_sentence,
    largest_rise,
    rise_sentence,
    sessions_sentence,
    thousands,
)
from playback.history.tally import Share, Tally
from playback.history.trend import Period, in_periods, periods
from playback.history.usual import LEAST_WEEKDAYS, usual_number, usual_share
from playback.history.week import Week
from playback.models import ProfileVersion
from vastdash.charts import Chart

WEEKS = 8
FAILURES_MAX = 500
SHOWN = 8


def weekly_report(request: HttpRequest) -> HttpResponse:
    """The week that the address names; the last one that is over without a name."""
    now = datetime.now(UTC)
    asked, wrong = request.GET.get("week", ""), ""
    week = Week.of(now.date()).back(1)
    if asked:
        try:
            week = Week.named(asked)
        except ValueError as error:
            wrong = str(error)
    report = Report(week, now)
    return render(
        request, "playback/week.html", {"report": report, "wrong": wrong}, status=422 if wrong else 200
    )


class Report:
    """One week beside the one before and the eight before it; each part is read when it is asked for."""

    def __init__(self, week: Week, now: datetime) -> None:
        self.week, self.now = week, now
        self.today = now.date()
        self.narrowed = Narrowed(self.today, "dates", week.first, week.last)
        self.before = week.back(1)

    @property
    def is_over(self) -> bool:
        return self.week.last < self.today

    @property
    def next(self) -> Week | None:
        following = self.week.back(-1)
        return following if following.first <= self.today else None

    @cached_property
    def _by_day(self) -> Any:
        since, _ = self.week.back(WEEKS).stretch
        choice = self.week.choice
        return groups_of(replace(choice, since=since), ("day",)).by["day"]

    @cached_property
    def _weeks(self) -> list[Tally]:
        """The week, and those before it, backwards."""
        found = [Period(one.first, one.last, is_over=True) for one in self._weeks_back]
        return in_periods(self._by_day, found)

    @property
    def _weeks_back(self) -> list[Week]:
        return [self.week.back(back) for back in range(WEEKS + 1)]

    @cached_property
    def metrics(self) -> list[Metric]:
        now, before, *_ = self._weeks
        former = self._weeks[1:]
        links = (self._link(self.week), self._link(self.before))
        failed = tuple(self._link(week, outcome="failed") for week in (self.week, self.before))
        counted = [tally.sessions for tally in former if tally.sessions]
        return [
            number_metric(
                "Sessions",
                (now.sessions, links[0]),
                (before.sessions, links[1]),
                counted,
                is_over=self.is_over,
            ),
            share_metric(
                "Completion",
                (now.completion, links[0]),
                (before.completion, links[1]),
                self._usual_completion,
                "of viewings completed or interrupted",
            ),
            share_metric(
                "Failed, no ad",
                (now.failure, failed[0]),
                (before.failure, failed[1]),
                usual_share((tally.failure for tally in former), LEAST_WEEKDAYS),
                "of sessions that ended",
            ),
            *self._filled(),
        ]

    @property
    def _usual_completion(self) -> Any:
        return usual_share((tally.completion for tally in self._weeks[1:]), LEAST_WEEKDAYS)

    def _filled(self) -> list[Metric]:
        stretches = [week.stretch for week in self._weeks_back]
        builds = [Share(one.filled, one.builds) for one in fill.built(stretches)]
        requests = [Share(one.filled, one.requests) for one in fill.asked(stretches)]
        lists = [f"/builds/?since={week.first}&until={week.last}" for week in (self.week, self.before)]
        return [
            share_metric(
                name,
                (shares[0], hrefs[0]),
                (shares[1], hrefs[1]),
                usual_share(shares[1:], LEAST_WEEKDAYS),
                f"{shares[0].part} of {shares[0].whole}",
            )
            for name, shares, hrefs in (
                ("Builds with an ad", builds, lists),
                ("Endpoint requests filled", requests, ["/endpoints/"] * 2),
            )
        ]

    def _link(self, week: Week, **changes: str) -> str:
        return self.narrowed.address(since=f"{week.first}", until=f"{week.last}", **changes)

    @cached_property
    def _interruptions(self) -> list[dict[Any, int]]:
        """Sessions by provider and reason, of the week and of the one before."""
        return [
            {row.key: row.sessions for row in counts(week.choice, ("provider", "end_reason"))}
            for week in (self.week, self.before)
        ]

    @property
    def headline(self) -> str:
        now, before, *_ = self._weeks
        period = "this week" if self.is_over else "so far this week"
        return completion_sentence(
            now.completion, before.completion, self._usual_completion, period, "the week before"
        )

    @property
    def sentences(self) -> list[str]:
        """What stands behind the headline."""
        now, before, *_ = self._weeks
        after, earlier = self._interruptions
        rise = largest_rise(earlier, before.completion.whole, after, now.completion.whole)
        if not self.is_over:
            told = f"{thousands(now.sessions)} sessions so far: the week is not over."
            return [told, rise_sentence(rise)]
        usual = usual_number([tally.sessions for tally in self._weeks[1:] if tally.sessions])
        told = sessions_sentence(now.sessions, self.metrics[0].now.verdict, usual)
        return [f"{told}.", rise_sentence(rise)]

    @property
    def charts(self) -> list[Chart]:
        days = periods(self.week.first, min(self.week.last, max(self.today, self.week.first)), self.today)
        weeks = [Period(week.first, week.last, week.last < self.today) for week in reversed(self._weeks_back)]
        link = self.narrowed.address
        return [
            charts.outcomes(days, in_periods(self._by_day, days), link),
            charts.completion(weeks, self._weeks[::-1], link),
            self._beside("reason", 1),
            self._beside("provider", 0),
        ]

    def _beside(self, name: str, place: int) -> Chart:
        return charts.two_weeks(
            name, [_summed(side, place) for side in self._interruptions], self.narrowed.address
        )

    @cached_property
    def providers(self) -> list[tuple[str, Tally, Tally, float | None, str]]:
        """Name, the week, the week before, what the rules expect, and where its sessions are."""
        now, before = (
            groups_of(week.choice, ("provider",)).by["provider"] for week in (self.week, self.before)
        )
        expected = expected_completion(now)
        ranked = sorted(now.items(), key=lambda row: -row[1].sessions)
        return [
            (
                str(name) or "none",
                tally,
                before.get(name, Tally()),
                expected[name],
                self.narrowed.address(provider=name or "-"),
            )
            for name, tally in ranked
        ]

    @cached_property
    def failures(self) -> list[Failure]:
        """The hosts and codes that most of the newest failures are to blame on."""
        choice = self.week.choice
        failed = replace(choice, outcome=Outcome.FAILED.value)
        rows = listing.page(failed, size=FAILURES_MAX).rows
        self.failures_seen = len(rows)
        return failures(rows)[:SHOWN]

    @property
    def changes(self) -> list[ProfileVersion]:
        """The rules that were published in the week, oldest first."""
        since, until = self.week.stretch
        made = ProfileVersion.objects.filter(made_at__gte=since, made_at__lt=until).select_related("made_by")
        return list(made.exclude(origin=ProfileVersion.Origin.FIRST).order_by("made_at", "pk")[:50])


def _summed(side: dict[Any, int], place: int) -> dict[str, int]:
    """Interruptions by one of provider and reason."""
    found: dict[str, int] = {}
    for key, number in side.items():
        if key[1] in INTERRUPTIONS:
            found[key[place]] = found.get(key[place], 0) + number
    return found
