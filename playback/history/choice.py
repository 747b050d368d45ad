"""What a history is narrowed to: plain data, the same for lists, counts, charts and exports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from playback.history.outcome import reasons_of

# Those that a cohort knows, by the name a choice has for them.
COHORT_FIELDS = {
    "provider": "provider",
    "publisher": "publisher",
    "mode": "mode",
    "status": "status",
    "source": "source",
    "reason": "end_reason",
}
NONE = "-"
"""In place of a provider, publisher or reason: those without one."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Sessions that began in [`since`, `until`) and are alike in what is named; what is "" or None is left open.

    `outcome` is a word of `playback.history.outcome`. `text` is the beginning of an id, or words of the title in any
    order. `batch` is a batch's public id, `delivery` what became of the pixels.
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

    def _text(self) -> Q:
        words: Any = Q()
        for word in self.text.split():
            words &= Q(titled__text__icontains=word)
        batch, _, ordinal = self.text.partition("-")
        of_batch = Q(batch__public_id__startswith=batch) & (
            Q(ordinal=int(ordinal)) if ordinal.isdecimal() else Q()
        )
        return words | Q(own_id__startswith=self.text) | of_batch
