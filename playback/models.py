"""Providers and their rules as rows, the documents that were played, every session's record and its chain of hops."""

import hashlib

from django.conf import settings
from django.db import models

from pipeline.models import Build
from vastdash.fields import ExactJSONField
from vastdash.models import new_public_id

# What reading a record raises when another version wrote it, or when it is damaged.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


class Provider(models.Model):
    """Whose ad: a named playback profile.

    ``playback`` is a partial playback configuration in the row shape of ``playback.rows``.
    """

    name = models.SlugField(max_length=40, unique=True)
    title = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    playback = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("position", "name")

    def __str__(self) -> str:
        return self.title


class AdDocument(models.Model):
    """A text that a session was given or fetched, mostly VAST; sessions name it by its hash instead of carrying it."""

    sha256 = models.CharField(max_length=64, unique=True)
    xml = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    @classmethod
    def keep(cls, xml: str) -> "AdDocument":
        digest = hashlib.sha256(xml.encode()).hexdigest()
        return cls.objects.get_or_create(sha256=digest, defaults={"xml": xml})[0]

    def __str__(self) -> str:
        return self.sha256[:12]


class Sessions(models.QuerySet):
    def playing(self) -> "Sessions":
        """Those that a runner has to do with: neither ended nor waiting to be confirmed."""
        waiting = models.Q(delivery=Session.Delivery.LIVE, confirmed_at=None)
        return self.filter(status__in=(Session.Status.PENDING, Session.Status.RUNNING)).exclude(waiting)


class Session(models.Model):
    """One playback. ``record`` is the engine's own serialised session and the truth; the columns are for lists."""

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        COMPLETED = "completed"
        CLOSED = "closed"
        ERROR = "error"

    class Source(models.TextChoices):
        """Where the ad came from: a build of ours, a document handed over, the address of an ad server."""

        BUILD = "build"
        DOCUMENT = "document"
        TAG = "tag"

    class Delivery(models.TextChoices):
        """What becomes of the pixels that are due: listed; sent to a collector of our own; sent to whom they name."""

        DRY_RUN = "dry_run", "dry run"
        SANDBOX = "sandbox"
        LIVE = "live"

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="sessions"
    )
    build = models.ForeignKey(Build, null=True, on_delete=models.SET_NULL, related_name="sessions")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.DOCUMENT)
    tag_url = models.TextField(blank=True)
    # What was handed over, where it is text; sessions older than the chains have nothing else.
    document = models.ForeignKey(AdDocument, null=True, on_delete=models.PROTECT, related_name="+")
    # Null is the whole pod.
    ad_index = models.PositiveSmallIntegerField(null=True)
    title = models.CharField(max_length=200)
    mode = models.CharField(max_length=10)
    speed = models.FloatField(default=1.0)
    provider = models.CharField(max_length=40, blank=True)
    publisher = models.CharField(max_length=60, blank=True)
    seed = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    end_reason = models.CharField(max_length=20, blank=True)
    error_code = models.PositiveSmallIntegerField(null=True)
    # Whose fault it is that there was no ad, in one line.
    blame = models.CharField(max_length=300, blank=True)
    delivery = models.CharField(max_length=10, choices=Delivery.choices, default=Delivery.DRY_RUN)
    # How many addresses a live session may call at most, and who let it.
    pixels = models.PositiveIntegerField(null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    paused = models.BooleanField(default=False)
    offset_ms = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    record = ExactJSONField()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index("provider", "status", "created_at", "id", name="session_provider_status"),
            models.Index("created_at", "id", name="session_newest"),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.public_id})"

    objects = Sessions.as_manager()

    @property
    def has_ended(self) -> bool:
        return self.status not in {self.Status.PENDING, self.Status.RUNNING}

    @property
    def waits_for_confirmation(self) -> bool:
        """A live session plays once somebody has confirmed the number of its pixels."""
        return self.delivery == self.Delivery.LIVE and self.confirmed_at is None and not self.has_ended


class SessionLedger(models.Model):
    """Every tracker of a session with its fate, and what became of each of its ads; a row of its own, so that lists
    never load it."""

    session = models.OneToOneField(Session, primary_key=True, on_delete=models.CASCADE, related_name="ledger")
    entries = models.JSONField(default=list)
    parts = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"ledger of {self.session_id}"


class SessionChain(models.Model):
    """How a session came to its ad, hop by hop; a row of its own, so that lists never load it.

    ``record`` is the engine's chain without bodies: each hop names its own by hash (see ``playback.chains``).
    """

    session = models.OneToOneField(Session, primary_key=True, on_delete=models.CASCADE, related_name="chain")
    record = ExactJSONField()
    bodies = models.ManyToManyField(AdDocument, related_name="+")

    def __str__(self) -> str:
        return f"chain of {self.session_id}"
