"""Sessions of a choice by day, provider and publisher, from the counts of days, or one by one where these know not."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from playback.history.choice import Choice
from playback.history.counts import counts
from playback.history.listing import COUNTED_UP_TO, newest
from playback.history.seeking import by_day_and_cohort
from playback.history.tally import Tally, together
from playback.models import SessionCohort

Key = str | int


@dataclass(frozen=True, slots=True)
class Groups:
    """By name of a group, and then by its value; days are counted from 1970-01-01, UTC. Of a choice that the counts of
    days do not know, `is_part` says that only the newest `COUNTED_UP_TO` sessions are in it."""

    by: Mapping[str, Mapping[Key, Tally]]
    is_part: bool = False

    @property
    def whole(self) -> Tally:
        return together(self.by["day"].values())


def groups_of(choice: Choice, names: Sequence[str] = ("day", "provider", "publisher")) -> Groups:
    """The sessions of a choice by each of some of `day`, `provider`, `publisher`; every one is in each of them."""
    if not choice.is_counted_by_day:
        return _one_by_one(choice, names)
    return Groups({name: _counted(choice, name) for name in names})


def _counted(choice: Choice, name: str) -> dict[Key, Tally]:
    found: dict[Key, list[tuple[str, int, int]]] = defaultdict(list)
    for row in counts(choice, (name, "end_reason")):
        value, reason = row.key
        found[value].append((str(reason), row.sessions, row.duration_ms))
    return {value: Tally.of(rows) for value, rows in found.items()}


def _one_by_one(choice: Choice, names: Sequence[str]) -> Groups:
    found = newest(choice, COUNTED_UP_TO + 1)
    rows = by_day_and_cohort(pk for _, pk in found[:COUNTED_UP_TO])
    cohorts = SessionCohort.objects.in_bulk({cohort for _, cohort, *_ in rows})
    by: dict[str, dict[Key, list[tuple[str, int, int]]]] = {name: defaultdict(list) for name in names}
    for day, cohort_id, number, length_ms in rows:
        cohort = cohorts[cohort_id]
        values: dict[str, Key] = {"day": day, "provider": cohort.provider, "publisher": cohort.publisher}
        for name in names:
            by[name][values[name]].append((cohort.end_reason, number, length_ms))
    return Groups(
        {name: {value: Tally.of(rows) for value, rows in groups.items()} for name, groups in by.items()},
        len(found) > COUNTED_UP_TO,
    )
