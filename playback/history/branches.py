"""A choice as ways to find its sessions: each session lies on one of them alone, so that counts may be added."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from playback.history.choice import Choice
from playback.history.seeking import (
    COHORTS,
    NEWEST,
    TITLES,
    Position,
    Sought,
    Stretch,
    among,
    next_of,
    number_of,
    walk,
)
from playback.models import Batch, Session, SessionCohort, SessionTitle
from vastdash.fields import micros_of

FEW: Final = 200
"""Titles that are sought one by one; sessions of more are met by walking through time."""
NAMED: Final = 1_000
"""Sessions whose ids begin alike that are looked at."""
_AFTERWARDS: Final = timedelta(minutes=1)
"""How long after its end a batch may at most seem to have begun a session."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Sessions of a stretch: those of some groups, or all of them, met by walking along an index."""

    stretch: Stretch
    groups: tuple[Sought, Sequence[int]] | None = None
    index: str = NEWEST

    def next(self, size: int) -> list[Position]:
        """The positions of the next sessions, in their order."""
        if self.groups:
            return next_of(*self.groups, self.stretch, size)
        return walk(self.stretch, size, self.index)

    def number(self, most: int) -> int:
        """How many there are, counted up to `most`."""
        if not self.groups:
            return number_of(self.stretch, most, self.index)
        kind, ids = self.groups
        return number_of(self.stretch, most, kind.index, among(kind.column, ids))


def cohorts_of(choice: Choice) -> list[int] | None:
    """The cohorts that a choice means; None where it leaves them open."""
    if not choice.cohorts:
        return None
    return list(SessionCohort.objects.filter(**choice.cohorts).values_list("pk", flat=True))


def branches(choice: Choice, behind: Position | None = None, *, is_rising: bool = False) -> Iterator[Branch]:
    """The branches of a choice behind a position; none where it cannot have a session."""
    cohorts = cohorts_of(choice)
    stretch: Stretch | None = Stretch(_micros(choice.since), _micros(choice.until), behind, is_rising)
    if choice.batch:
        stretch = _of_batches(stretch, Batch.objects.filter(public_id=choice.batch))
    if cohorts == [] or stretch is None:
        return
    if choice.delivery:
        stretch = stretch.with_condition("delivery = %s", choice.delivery)
    if choice.text:
        yield from _of_text(choice, stretch, cohorts)
    elif choice.delivery in _RARE:
        yield Branch(_narrowed(stretch, cohorts).with_condition("batch_id IS NULL"), index=DELIVERED)
    else:
        yield Branch(stretch, (COHORTS, cohorts) if cohorts else None)


DELIVERED: Final = "session_delivered"
_RARE: Final = frozenset(Session.Delivery.values) - {Session.Delivery.DRY_RUN.value}


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else micros_of(moment)


def _narrowed(stretch: Stretch, cohorts: Sequence[int] | None) -> Stretch:
    return stretch if cohorts is None else stretch.with_condition(among("cohort_id", cohorts))


def _of_batches(stretch: Stretch, batches: QuerySet[Batch]) -> Stretch | None:
    """What of a stretch belongs to these batches. They played at some time: most of it need not be walked through."""
    rows = list(batches.values_list("pk", "created_at", "ended_at"))
    if not rows:
        return None
    first = min(created_at for _, created_at, _ in rows)
    ended = [ended_at for *_, ended_at in rows]
    last = None if None in ended else micros_of(max(ended) + _AFTERWARDS)
    return stretch.within(micros_of(first), last).with_condition(among("batch_id", [pk for pk, *_ in rows]))


def _of_text(choice: Choice, stretch: Stretch, cohorts: Sequence[int] | None) -> Iterator[Branch]:
    """By title; by id those with another title."""
    titles = SessionTitle.objects.filter(choice.titles()).values_list("pk", flat=True)
    few = list(titles[: FEW + 1])
    if len(few) <= FEW:
        condition: tuple[str, Sequence[Any]] = (among("titled_id", few), ())
    else:
        text, condition_values = titles.query.sql_with_params()
        condition = (f"titled_id IN ({text})", condition_values)
    if few and len(few) <= FEW and cohorts is None:
        yield Branch(stretch, (TITLES, few))
    elif few:
        yield Branch(_narrowed(stretch, cohorts).with_condition(condition[0], *condition[1]))
    other = _narrowed(stretch, cohorts)
    if few:
        other = other.with_condition(f"NOT {condition[0]}", *condition[1])
    if choice.id_begins:
        yield from _of_ids(choice, other)


def _of_ids(choice: Choice, stretch: Stretch) -> Iterator[Branch]:
    batch, ordinal = choice.of_batches
    batches = Batch.objects.filter(public_id__startswith=batch)
    found = list(_begins_with(choice.id_begins).values_list("pk", flat=True)[:NAMED])
    if ordinal is not None:
        found += Session.objects.filter(batch__in=batches, ordinal=ordinal).values_list("pk", flat=True)
    elif of_batches := _of_batches(stretch, batches):
        yield Branch(of_batches)
    if found:
        yield Branch(stretch.with_condition(among("id", found)), index="")


def _begins_with(text: str) -> QuerySet[Session]:
    """Sessions whose own id begins so, by the index that each database has for that."""
    if connection.vendor == "sqlite":
        return Session.objects.filter(own_id__gte=text, own_id__lt=text + "\U0010ffff")
    return Session.objects.filter(own_id__startswith=text)
