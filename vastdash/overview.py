"""What the overview tells: what runs, today beside what is usual, who was interrupted by what, what failed last."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pipeline import fill
from pipeline.models import Build
from playback.history import charts, listing
from playback.history.choice import NONE, Choice
from playback.history.counts import counts
from playback.history.expected import Expected, expected_completion
from playback.history.groups import groups_of
from playback.history.metric import Metric, number_metric, pooled, share_metric
from playback.history.narrowing import Narrowed
from playback.history.outcome import INTERRUPTIONS, Outcome
from playback.history.sentence import (
    completion_sentence,
    largest_rise,
    rise_sentence,
    sessions_sentence,
    thousands,
)
from playback.history.tally import Share, Tally, together
from playback.history.trend import in_periods, midnight, number_of, periods
from playback.history.usual import Usual, judge_share, usual_number, usual_share
from playback.models import Session
from vastdash.charts import Chart

DAYS = 28
WEEKS = 8
RECENT_DAYS = 7
ROWS = 8
_DAY = timedelta(days=1)


class ProviderRow(NamedTuple):
    """A provider's last days: completion, the days before it, what its rules expect, and interruptions by reason."""

    name: str
    href: str
    completion: Share
    verdict: str
    usual: Share
    expected: Expected | None
    cells: list[tuple[str, int, str]]


class Overview:
    """Everything the page shows at one moment (UTC), each part read once when it is made."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = now.date()
        self.yesterday = self.today - _DAY
        self.narrowed = Narrowed(self.today, days=str(DAYS + 2))
        first = midnight(self.today - _DAY * (DAYS + 1))
        self.days: Mapping[Any, Tally] = groups_of(Choice(since=first), ("day",)).by["day"]
        self.former = [self._on(self.today - _DAY * back) for back in range(2, DAYS + 2)]
        self.metrics = self._metrics()
        self.providers = self._providers()
        self.failures = listing.page(Choice(since=first, outcome=Outcome.FAILED.value), size=6).rows

    def _on(self, day: Any) -> Tally:
        return self.days.get(number_of(day), Tally())

    def _link(self, day: Any, **changes: str) -> str:
        return self.narrowed.address(since=f"{day}", until=f"{day}", **changes)

    @property
    def usual_completion(self) -> Usual | None:
        return usual_share(tally.completion for tally in self.former)

    def _metrics(self) -> list[Metric]:
        today, yesterday = self._on(self.today), self._on(self.yesterday)
        links = (self._link(self.today), self._link(self.yesterday))
        failed = tuple(self._link(day, outcome="failed") for day in (self.today, self.yesterday))
        return [
            self._sessions(today, yesterday, links),
            share_metric(
                "Completion",
                (today.completion, links[0]),
                (yesterday.completion, links[1]),
                self.usual_completion,
                f"{thousands(today.interruption.part)} of {thousands(today.completion.whole)} viewings interrupted",
            ),
            share_metric(
                "Failed, no ad",
                (today.failure, failed[0]),
                (yesterday.failure, failed[1]),
                usual_share(tally.failure for tally in self.former),
                f"{thousands(today.failure.part)} of {thousands(today.failure.whole)} sessions",
            ),
            *self._filled(),
        ]

    def _sessions(self, today: Tally, yesterday: Tally, links: tuple[str, str]) -> Metric:
        """So far, beside the same hours of the same weekday; yesterday beside whole days."""
        self.so_far = self._same_hours()
        self.usual_sessions = usual_number(self.so_far)
        return number_metric(
            "Sessions so far",
            (today.sessions, links[0]),
            (yesterday.sessions, links[1]),
            self.so_far,
            former_whole=self._weekday(self.yesterday),
            note=f"by {self.now:%H:%M} UTC",
        )

    def _same_hours(self) -> list[int]:
        """Sessions up to this time of the day on the same weekday of the weeks before; days without any are left out,
        and so is a day with more than are counted one by one."""
        found = []
        for back in range(1, WEEKS + 1):
            until = self.now - timedelta(weeks=back)
            number = listing.count(Choice(since=midnight(until.date()), until=until))
            if number.number and not number.is_more:
                found.append(number.number)
        return found

    def _weekday(self, day: Any) -> list[int]:
        days = (self._on(day - timedelta(weeks=back)) for back in range(1, 5))
        return [tally.sessions for tally in days if tally.sessions]

    def _filled(self) -> list[Metric]:
        start, end = midnight(self.today), midnight(self.today + _DAY)
        spans = [(start, end), (start - _DAY, start), (start - _DAY * (DAYS + 1), start - _DAY)]
        made, asked = fill.built(spans), fill.asked(spans)
        builds = [
            (Share(one.filled, one.builds), f"/builds/?since={day}&until={day}")
            for one, day in zip(made, (self.today, self.yesterday, ""), strict=True)
        ]
        requests = [(Share(one.filled, one.requests), "/endpoints/") for one in asked]
        return [
            share_metric(
                "Builds with an ad",
                builds[0],
                builds[1],
                pooled(builds[2][0], DAYS),
                f"{made[0].filled} of {made[0].builds}; {made[0].wrong} with lint errors",
            ),
            share_metric(
                "Endpoint requests filled",
                requests[0],
                requests[1],
                pooled(requests[2][0], DAYS),
                f"{asked[0].filled} of {asked[0].requests}; {asked[0].failed} failed",
            ),
        ]

    def _providers(self) -> list[ProviderRow]:
        """By provider the last days, today among them, beside as many weeks before."""
        since = self.today - _DAY * (RECENT_DAYS - 1)
        recent = groups_of(Choice(since=midnight(since)), ("provider",)).by["provider"]
        before = Choice(since=midnight(since - _DAY * DAYS), until=midnight(since))
        former = groups_of(before, ("provider",)).by["provider"]
        expected = expected_completion(recent)
        narrowed = replace(self.narrowed, days=str(RECENT_DAYS))
        ranked = sorted(recent.items(), key=lambda row: -row[1].completion.whole)
        self.reasons = [
            reason for reason in INTERRUPTIONS if any(tally.reasons.get(reason) for tally in recent.values())
        ]
        return [
            ProviderRow(
                str(name) or "none",
                narrowed.address(provider=name or NONE),
                tally.completion,
                judge_share(tally.completion, pooled(former.get(name, Tally()).completion, DAYS)).value,
                former.get(name, Tally()).completion,
                expected[name],
                [
                    (
                        reason,
                        tally.reasons.get(reason, 0),
                        narrowed.address(provider=name or NONE, reason=reason),
                    )
                    for reason in self.reasons
                ],
            )
            for name, tally in ranked[: 2 * ROWS]
            if tally.completion.whole
        ]

    @property
    def charts(self) -> list[Chart]:
        """The days behind what is usual, today among them."""
        found = periods(self.today - _DAY * (DAYS + 1), self.today, self.today)
        tallies = in_periods(self.days, found)
        return [
            charts.completion(found, tallies, self.narrowed.address),
            charts.outcomes(found, tallies, self.narrowed.address),
        ]

    @property
    def headline(self) -> list[str]:
        """What to know first, in sentences: how much runs, how yesterday's viewings ended, where it changed."""
        today, yesterday = self._on(self.today), self._on(self.yesterday)
        verdict = self.metrics[0].now.verdict
        day_before = self._on(self.yesterday - _DAY)
        said = [
            f"By {self.now:%H:%M} UTC: {sessions_sentence(today.sessions, verdict, self.usual_sessions)}.",
            completion_sentence(
                yesterday.completion,
                day_before.completion,
                self.usual_completion,
                f"yesterday, {self.yesterday:%A}",
                "the day before",
            ),
        ]
        if not self.metrics[1].before.is_odd:
            return said
        return [*said, rise_sentence(self._rise())]

    def _rise(self) -> Any:
        start = midnight(self.yesterday)
        sides = [
            Choice(since=start - _DAY * DAYS, until=start),
            Choice(since=start, until=start + _DAY),
        ]
        told = [{row.key: row.sessions for row in counts(side, ("provider", "end_reason"))} for side in sides]
        former = together(self.former).completion.whole
        return largest_rise(told[0], former, told[1], self._on(self.yesterday).completion.whole)


def running() -> Any:
    """Sessions that play now, newest first."""
    return listing.page(Choice(status=Session.Status.RUNNING.value), size=ROWS).rows


def last_builds() -> Any:
    rows = Build.objects.select_related("created_by").defer(*Build.large())
    return rows.order_by("-created_at", "-id")[:ROWS]
