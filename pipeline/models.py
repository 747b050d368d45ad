"""What was uploaded, and what became of it."""

import gzip
import hashlib

from django.conf import settings
from django.db import models

from vastdash.models import new_public_id


class Upload(models.Model):
    """The bytes somebody gave us, once each however often they are built from."""

    sha256 = models.CharField(max_length=64, unique=True)
    body_gz = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    @classmethod
    def keep(cls, body: bytes) -> "Upload":
        digest = hashlib.sha256(body).hexdigest()
        # mtime=0: the same bytes always pack to the same bytes.
        packed = gzip.compress(body, compresslevel=6, mtime=0)
        return cls.objects.get_or_create(sha256=digest, defaults={"body_gz": packed})[0]

    @property
    def body(self) -> bytes:
        return gzip.decompress(self.body_gz)

    def __str__(self) -> str:
        return self.sha256[:12]


class Build(models.Model):
    """One bid response turned into VAST, with every decision kept beside the document.

    ``config`` is what was chosen for it, ``receiver_profile`` and ``publisher`` the names of the layers below;
    ``result`` is ``VastResult.to_debug()`` without the document, with the effective configuration as ``effective``
    (``pipeline.configuration.layers``); ``findings`` are lint rows.
    """

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="builds"
    )
    title = models.CharField(max_length=200)
    response = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="+")
    config = models.JSONField()
    receiver_profile = models.SlugField(max_length=60, blank=True, db_index=False)
    publisher = models.SlugField(max_length=60, blank=True, db_index=False)
    made_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="made_again"
    )
    receiver = models.CharField(max_length=20)
    vast = models.TextField()
    no_ad = models.BooleanField()
    selected_count = models.PositiveIntegerField()
    rejected_count = models.PositiveIntegerField()
    warning_count = models.PositiveIntegerField()
    lint_error_count = models.PositiveIntegerField(default=0)
    result = models.JSONField()
    findings = models.JSONField()

    class Meta:
        ordering = ("-created_at", "-id")
        # Each filter of the list on its own, newest first; what is combined with it is read along the index.
        indexes = (
            models.Index("created_at", "id", name="build_newest"),
            models.Index("receiver", "created_at", "id", name="build_of_receiver"),
            models.Index("no_ad", "created_at", "id", name="build_by_outcome"),
            models.Index("created_by", "created_at", "id", name="build_by_maker"),
        )

    @staticmethod
    def large(relation: str = "") -> list[str]:
        """The columns that may hold megabytes, as ``defer`` takes them, of builds or of a relation to them.

        No list shows any of them.
        """
        return [f"{relation}__{name}" if relation else name for name in ("vast", "result", "findings")]

    def __str__(self) -> str:
        return f"{self.title} ({self.public_id})"


class ReceiverProfile(models.Model):
    """Settings for one kind of receiver under a name: the profile layer of a build or an endpoint.

    ``config`` is a partial receiver configuration in the engine's JSON keys (``pipeline.configuration.layers``).
    """

    name = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    config = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.title


class Source(models.TextChoices):
    """Where an endpoint's bids come from."""

    CANNED = "canned", "A stored bid response"
    PREBID_SERVER = "prebid_server", "A Prebid Server auction"


class Endpoint(models.Model):
    """A public address that players ask for VAST: ``/vast/<slug>``.

    The receiver profile is the profile layer of its configuration, the publisher the account layer. A source
    ``CANNED`` answers from ``canned``, ``PREBID_SERVER`` from an auction at ``auction_url`` within ``tmax_ms``.
    """

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    title = models.CharField(max_length=120)
    slug = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    receiver = models.ForeignKey(ReceiverProfile, on_delete=models.PROTECT, related_name="endpoints")
    publisher = models.ForeignKey(
        "vastdash.Publisher", null=True, blank=True, on_delete=models.PROTECT, related_name="endpoints"
    )
    source = models.CharField(max_length=20, choices=Source.choices)
    canned = models.ForeignKey(Upload, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    auction_url = models.URLField(max_length=500, blank=True)
    tmax_ms = models.PositiveIntegerField(default=1000)
    is_open = models.BooleanField(default=True)
    allows_credentials = models.BooleanField(default=False)
    records_requests = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("title", "id")

    def __str__(self) -> str:
        return f"{self.title} ({self.public_id})"


class Outcome(models.TextChoices):
    """What a request to an endpoint ended in."""

    FILL = "fill", "Filled"
    NO_AD = "no_ad", "No ad"
    AUCTION_FAILED = "auction_failed", "Auction failed"
    UNUSABLE = "unusable", "Unusable request"
    LIMITED = "limited", "Over the rate limit"
    BROKEN = "broken", "Failed on our side"


class EndpointTraffic(models.Model):
    """How many requests of one endpoint ended in one outcome within one hour (UTC), and the ads they were given."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="traffic")
    hour = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    requests = models.PositiveBigIntegerField(default=0)
    ads = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint("endpoint", "hour", "outcome", name="traffic_once"),)

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.hour:%Y-%m-%d %H} {self.outcome}: {self.requests}"


class EndpointRequest(models.Model):
    """One of the last requests of an endpoint whose record switch is on.

    ``request`` is the OpenRTB request without what identifies a viewer; ``result`` is ``VastResult.to_debug()``
    without the document; ``took_ms`` the whole answer, ``auction_ms`` the auction in it.
    """

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="recorded")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    status = models.PositiveSmallIntegerField()
    took_ms = models.FloatField()
    auction_ms = models.FloatField(null=True)
    notices = models.JSONField()
    request = models.JSONField(null=True)
    result = models.JSONField(null=True)
    vast = models.TextField()

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index("endpoint", "at", "id", name="recorded_newest"),)

    def __str__(self) -> str:
        return f"{self.endpoint_id} {self.at:%H:%M:%S} {self.outcome}"
