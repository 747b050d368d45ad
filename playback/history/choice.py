"""What a history is narrowed to: plain data, the same for lists, counts, charts and exports."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from playback.history.outcome import reasons_of
from playback.models import SessionTitle

# Those that a cohort knows, by the name a choice has for them.
COHORT_FIELDS = {
    "provider": "provider",
    "publisher": "publisher",
    "mode": "mode",
    "status": "status",
    "source": "source",
    "reason": "end_reason",
}
ID_LETTERS = 3
"""Fewer letters are the beginning of too many ids to be meant as one."""
_ORDINAL = re.compile("[0-9]{1,9}")

NONE = "-"
"""In place of a provider, publisher or reason: those without one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Sessions that began in [`since`, `until`) and are alike in what is named; what is "" or None is left open.

    `outcome` is a word of `playback.history.outcome`. `text` is the beginning of an id (three letters or more), or
    words of the title in any order. `batch` is a batch's public id, `delivery` what became of the pixels.
    """

    since: datetime | None = None
    until: datetime | None = None
    provider: str = ""
    publisher: str = ""
    mode: str = ""
    status: str = ""
    source: str = ""
    reason: str = ""
    outcome: str = ""
    text: str = ""
    batch: str = ""
    delivery: str = ""

    @property
    def cohorts(self) -> dict[str, Any]:
        """The columns of `SessionCohort` that are decided, with their value, as lookups of Django."""
        asked = {column: getattr(self, name) for name, column in COHORT_FIELDS.items()}
        decided = {column: "" if value == NONE else value for column, value in asked.items() if value}
        return decided | ({"end_reason__in": reasons_of(self.outcome)} if self.outcome else {})

    @property
    def is_counted_by_day(self) -> bool:
        """Whether the counts of days know the answer: they know neither text nor batch, and only whole days."""
        return not (self.text or self.batch or self.delivery)

    def rows(self) -> Q:
        """The same as a condition on `Session`, whatever it costs."""
        found = Q(**self.cohorts)
        if self.since:
            found &= Q(created_at__gte=self.since)
        if self.until:
            found &= Q(created_at__lt=self.until)
        if self.batch:
            found &= Q(batch__public_id=self.batch)
        if self.delivery:
            found &= Q(delivery=self.delivery)
        return found & self._text() if self.text else found

    @property
    def id_begins(self) -> str:
        """What an id must begin with to be meant by `text`; "" where that is too short to tell ids apart."""
        return self.text if len(self.text) >= ID_LETTERS else ""

    @property
    def of_batches(self) -> tuple[str, int | None]:
        """The beginning of a batch's id that `text` names, and the ordinal of one of its sessions."""
        batch, _, ordinal = self.id_begins.partition("-")
        return batch, int(ordinal) if _ORDINAL.fullmatch(ordinal) else None

    def titles(self) -> Q:
        """Those of `SessionTitle` that hold the words of `text`."""
        words: Any = Q()
        for word in self.text.split():
            words &= Q(text__icontains=word)
        return words

    def _text(self) -> Q:
        found: Any = Q(titled__in=SessionTitle.objects.filter(self.titles()))
        if not self.id_begins:
            return found
        batch, ordinal = self.of_batches
        of_batch = Q(batch__public_id__startswith=batch)
        return (
            found
            | Q(own_id__startswith=self.text)
            | (of_batch if ordinal is None else of_batch & Q(ordinal=ordinal))
        )
