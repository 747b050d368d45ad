"""Batches: many sessions of some ads under some providers and publishers, run together and kept together."""

from django.conf import settings
from django.db import models

from pipeline.models import Build
from vastdash.fields import ExactJSONField
from vastdash.models import new_public_id


class Batch(models.Model):
    """What was asked for and how far it has come. ``done`` sessions are stored, the first ones by ``ordinal``.

    The row is the truth: whoever runs it writes ``heartbeat_at`` with every piece of work and looks at
    ``cancel_asked``; after a crash it goes on behind ``done``.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        COMPLETED = "completed"
        CANCELLED = "cancelled"
        ERROR = "error"

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    title = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="batches"
    )
    seed = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    sessions = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index("created_at", "id", name="batch_newest"),)
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"{self.title} ({self.public_id})"

    @property
    def has_ended(self) -> bool:
        return self.status not in {self.Status.PENDING, self.Status.RUNNING}


class BatchAd(models.Model):
    """One ad of a batch with the chain that led to it, so that any of its sessions can be played again."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="ads")
    title = models.CharField(max_length=200)
    source = models.CharField(max_length=10)
    build = models.ForeignKey(Build, null=True, on_delete=models.SET_NULL, related_name="+")
    tag_url = models.TextField(blank=True)
    document = models.ForeignKey("playback.AdDocument", null=True, on_delete=models.PROTECT, related_name="+")
    ad_index = models.PositiveSmallIntegerField(null=True)
    # The engine's chain without bodies, as SessionChain keeps it.
    record = ExactJSONField(null=True)
    bodies = models.ManyToManyField("playback.AdDocument", related_name="+")

    def __str__(self) -> str:
        return self.title


class BatchCell(models.Model):
    """The sessions of one ad under one provider and publisher: those with the ordinals from ``first`` on.

    The session at place ``i`` of a cell has the seed ``session_seed(cell.seed, i)``. ``length_ms`` null is the ad's own
    length. ``config`` is the resolved configuration as it was when the batch was made; ``summary`` the engine's summary
    of the sessions done, with the expectation beside it.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="cells")
    ad = models.ForeignKey(BatchAd, on_delete=models.CASCADE, related_name="cells")
    provider = models.CharField(max_length=40, blank=True)
    publisher = models.CharField(max_length=60, blank=True)
    length_ms = models.PositiveIntegerField(null=True)
    config = ExactJSONField()
    seed = models.BigIntegerField()
    first = models.PositiveIntegerField()
    sessions = models.PositiveIntegerField()
    done = models.PositiveIntegerField(default=0)
    summary = ExactJSONField(null=True)

    class Meta:
        ordering = ("batch", "first")
        constraints = (models.UniqueConstraint(fields=("batch", "first"), name="batch_cell"),)

    def __str__(self) -> str:
        return f"{self.ad.title}, {self.provider or 'no provider'}, {self.publisher or 'no publisher'}"
