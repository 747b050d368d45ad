"""Days and weeks of a chart, and weeks of the calendar by name."""

from datetime import date

import pytest

from playback.history.tally import Tally
from playback.history.trend import day_numbered, in_periods, number_of, periods
from playback.history.week import Week

TODAY = date(2026, 11, 28)


def test_every_day_is_a_period_and_today_is_not_over():
    found = periods(date(2026, 11, 26), TODAY, TODAY)
    assert [one.label for one in found] == [
        "Thu 2026-11-26",
        "Fri 2026-11-27",
        "Sat 2026-11-28, not over",
    ]


def test_a_long_stretch_is_cut_into_weeks_that_share_out_its_days():
    found = periods(date(2026, 1, 1), TODAY, TODAY)
    assert [one.label for one in (found[0], found[1], found[-1])] == [
        "2026-01-01 to 2026-01-04",
        "2026-W02",
        "2026-11-23 to 2026-11-28, not over",
    ]
    assert sum((one.last - one.first).days + 1 for one in found) == (TODAY - date(2026, 1, 1)).days + 1


def test_what_days_came_to_is_in_exactly_one_period():
    first = date(2026, 1, 1)
    by_day = {number_of(first) + place: Tally.of([("completed", place, 0)]) for place in range(300)}
    tallies = in_periods(by_day, periods(first, day_numbered(number_of(first) + 299), TODAY))
    assert sum(tally.sessions for tally in tallies) == sum(range(300))


def test_a_stretch_that_ends_before_it_begins_has_no_period():
    assert periods(TODAY, date(2026, 11, 27), TODAY) == []


def test_weeks_are_those_of_iso_8601():
    week = Week.named("2026-W01")
    assert (week.first, week.last, week.name) == (date(2025, 12, 29), date(2026, 1, 4), "2026-W01")
    assert week.back(1).name == "2025-W52"
    assert Week.named("2026-W53").back(-1).name == "2027-W01"
    assert Week.of(TODAY).name == "2026-W48"


@pytest.mark.parametrize("name", ["2026-W54", "2026-48", "W48", "0000-W01", "9999-W53x", "٢٠٢٦-W01", ""])
def test_what_is_no_week_is_refused(name):
    with pytest.raises(ValueError):  # noqa: PT011  (the calendar has words of its own)
        Week.named(name)
