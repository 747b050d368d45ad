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

    ``result`` is ``VastResult.to_debug()`` without the document; ``findings`` are lint rows.
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
    receiver = models.CharField(max_length=20)
    vast = models.TextField()
    no_ad = models.BooleanField()
    selected_count = models.PositiveIntegerField()
    rejected_count = models.PositiveIntegerField()
    warning_count = models.PositiveIntegerField()
    result = models.JSONField()
    findings = models.JSONField()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index("created_at", "id", name="build_newest"),)

    def __str__(self) -> str:
        return f"{self.title} ({self.public_id})"
