"""What histories are read from: sessions by what they are narrowed to, counts of days, the views people saved."""

from django.conf import settings
from django.db import models


class SessionTitle(models.Model):
    """What sessions are called; a row of its own, because a million sessions share a few titles."""

    text = models.CharField(max_length=200, unique=True)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def of(cls, text: str) -> "SessionTitle":
        return cls.objects.get_or_create(text=text)[0]


class SessionCohort(models.Model):
    """Sessions alike in all that a history is narrowed to. There are few, so that any choice is a set of them."""

    provider = models.CharField(max_length=40, blank=True)
    publisher = models.CharField(max_length=60, blank=True)
    mode = models.CharField(max_length=10)
    status = models.CharField(max_length=10)
    source = models.CharField(max_length=10)
    end_reason = models.CharField(max_length=20, blank=True)

    FIELDS = ("provider", "publisher", "mode", "status", "source", "end_reason")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("provider", "publisher", "mode", "status", "source", "end_reason"),
                name="session_cohort",
            ),
        )

    def __str__(self) -> str:
        return ", ".join(filter(None, (getattr(self, name) for name in self.FIELDS)))


class SessionDay(models.Model):
    """How many sessions of a cohort began on one day (UTC, counted from 1970-01-01), and how far they played.

    Retention takes rows away and leaves these counts: ``gone`` is how many of the sessions have no row any more.
    """

    day = models.PositiveIntegerField()
    cohort = models.ForeignKey(SessionCohort, on_delete=models.PROTECT, related_name="days", db_index=False)
    sessions = models.IntegerField(default=0)
    played_ms = models.BigIntegerField(default=0)
    duration_ms = models.BigIntegerField(default=0)
    gone = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("day", "cohort"), name="session_day"),)

    def __str__(self) -> str:
        return f"day {self.day}, {self.cohort_id}: {self.sessions}"


class SavedView(models.Model):
    """A history narrowed down, under a name: the query of its address. Its maker's own, unless shared with all."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="saved_view"),)

    def __str__(self) -> str:
        return self.name
