"""The documents that were played, every session's record, its ledger and its chain of hops."""

import hashlib
import re

from django.conf import settings
from django.db import models

from pipeline.models import Build
from playback.models.batch import Batch
from playback.models.history import SessionCohort, SessionTitle
from playback.records.trail import Event
from playback.records.trail import read as read_trail
from vastdash.fields import ExactJSONField, MomentField
from vastdash.models import new_public_id

# What reading a record raises when another version wrote it, or when it is damaged.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
_ORDINAL = re.compile("[0-9]{1,9}")


# Of the rows that a session leads to, what a list shows; each column more costs every row of every list.
_LISTED = ("titled", "created_by", "batch__created_by", "build")
_LISTED_COLUMNS = (
    *("titled__text", "created_by__username", "batch__created_by__username"),
    *("batch__public_id", "batch__title", "build__public_id", "build__title"),
)


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
    def named(self, public_id: str) -> "Sessions":
        """The one with this public id, or none: its own, or ``<batch>-<ordinal>`` of a session of a batch."""
        batch, dash, ordinal = public_id.partition("-")
        if not dash:
            return self.filter(own_id=public_id)
        if not _ORDINAL.fullmatch(ordinal):
            return self.none()
        return self.filter(batch__public_id=batch, ordinal=int(ordinal))

    def listed(self) -> "Sessions":
        """With what a row of a list shows, and without what only the session's own page needs."""
        own = (
            field.name for field in self.model._meta.concrete_fields if field.name not in {"record", "trail"}
        )
        return self.select_related(*_LISTED).only(*own, *_LISTED_COLUMNS)

    def playing(self) -> "Sessions":
        """Those that a runner has to do with: neither ended nor waiting to be confirmed."""
        waiting = models.Q(delivery=Session.Delivery.LIVE, confirmed_at=None)
        return self.filter(status__in=(Session.Status.PENDING, Session.Status.RUNNING)).exclude(waiting)


class Session(models.Model):
    """One playback. ``record`` is the engine's own serialised session and the truth; the columns are for lists.

    A session of a batch has no record: it follows from its batch, its ``ordinal`` there and its seed, whenever somebody
    asks; what happened in it is kept as ``trail`` (see ``playback.records.trail``).
    Rows are made and changed by ``playback.records.recording`` alone: it keeps ``cohort`` and the counts of days true.
    """

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

    # Null in a batch, which names its sessions itself (see ``public_id``).
    own_id = models.CharField(  # noqa: DJ001  (unique where it is not null)
        max_length=12, null=True, default=new_public_id, editable=False
    )
    created_at = MomentField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="sessions",
        db_index=False,
    )
    cohort = models.ForeignKey(
        SessionCohort, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    batch = models.ForeignKey(
        Batch, null=True, on_delete=models.CASCADE, related_name="members", db_index=False
    )
    ordinal = models.PositiveIntegerField(null=True)
    build = models.ForeignKey(
        Build, null=True, on_delete=models.SET_NULL, related_name="sessions", db_index=False
    )
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.DOCUMENT)
    tag_url = models.TextField(blank=True)
    # What was handed over, where it is text; sessions older than the chains have nothing else.
    document = models.ForeignKey(
        AdDocument, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Null is the whole pod.
    ad_index = models.PositiveSmallIntegerField(null=True)
    titled = models.ForeignKey(SessionTitle, on_delete=models.PROTECT, related_name="+", db_index=False)
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
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    confirmed_at = models.DateTimeField(null=True)
    paused = models.BooleanField(default=False)
    offset_ms = models.PositiveIntegerField(default=0)
    duration_ms = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    record = ExactJSONField(null=True)
    trail = models.BinaryField(null=True)

    class Meta:
        ordering = ("-created_at", "-id")
        # Three to find rows by; the others, partial, for what few rows have: an index of nulls costs bytes a row, too.
        indexes = (
            models.Index("created_at", "id", "cohort", "titled", name="session_newest"),
            models.Index("cohort", "created_at", "id", name="session_of_cohort"),
            models.Index("titled", "created_at", "id", name="session_of_title"),
            models.Index("created_by", name="session_of_maker", condition=models.Q(created_by__isnull=False)),
            # In a batch nothing is sent.
            models.Index(
                *("delivery", "created_at", "id"),
                name="session_delivered",
                condition=models.Q(batch__isnull=True),
            ),
            # What begins alike, where the order of the language is not that of the letters (PostgreSQL).
            models.Index(
                name="session_id_begins",
                fields=("own_id",),
                opclasses=("varchar_pattern_ops",),
                condition=models.Q(own_id__isnull=False),
            ),
            models.Index("build", name="session_of_build", condition=models.Q(build__isnull=False)),
            models.Index("document", name="session_of_document", condition=models.Q(document__isnull=False)),
            models.Index(
                "confirmed_by", name="session_confirmed", condition=models.Q(confirmed_by__isnull=False)
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("own_id",), name="session_own_id", condition=models.Q(own_id__isnull=False)
            ),
            models.UniqueConstraint(
                fields=("batch", "ordinal"), name="session_of_batch", condition=models.Q(batch__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.title} ({self.public_id})"

    objects = Sessions.as_manager()

    @property
    def public_id(self) -> str:
        """The name in pages, API and command line; see ``Sessions.named``."""
        return self.own_id or f"{self.batch.public_id}-{self.ordinal}"

    @property
    def title(self) -> str:
        return self.titled.text

    @property
    def events(self) -> list[Event]:
        """What happened in it and where on the playhead, without playing it again."""
        if self.record is None:
            return read_trail(self.trail or b"")
        told = ((event["event_type"], event["offset_sec"]) for event in self.record["events"])
        return [Event(name, round(offset * 1000)) for name, offset in told]

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
