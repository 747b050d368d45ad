"""Rows that both halves of the site share: who uses it, and whose screens the ads play on."""

import secrets

from django.contrib.auth.models import AbstractUser
from django.db import models

from vastdash.roles import ROLE_LABELS, Role

# No vowels and no look-alikes: an id never spells a word and survives being read aloud.
_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
PUBLIC_ID_LENGTH = 12


def new_public_id() -> str:
    """A short id nobody can guess (57 bits), the same in pages, API and command line."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(PUBLIC_ID_LENGTH))


class User(AbstractUser):
    """Somebody who signs in; the role decides what they may do (see ``roles.py``)."""

    role = models.CharField(
        max_length=10,
        choices=[(role.value, label) for role, label in ROLE_LABELS.items()],
        default=Role.VIEWER,
    )

    @property
    def role_label(self) -> str:
        return "Superuser" if self.is_superuser else ROLE_LABELS[Role(self.role)]


class Publisher(models.Model):
    """Whose screen: overrides the provider's playback settings, and is overridden by the player's own.

    ``playback`` holds a partial playback configuration in the row shape of ``playback.rows``; ``receiver_config`` a
    partial receiver configuration in the build engine's JSON keys: the account layer of its builds and endpoints.
    """

    name = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=120)
    playback = models.JSONField(default=dict, blank=True)
    receiver_config = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.title


class ApiToken(models.Model):
    """A person's key to the JSON API, with that person's rights: only its SHA-256 is kept. ``hint`` is its start."""

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"


class ReportLink(models.Model):
    """Read-only access to one session, build or batch for whoever has the link, until it expires or is revoked.

    The link carries ``public_id`` signed; ``subject`` is the public id of what it shows.
    """

    class Kind(models.TextChoices):
        SESSION = "session"
        BUILD = "build"
        BATCH = "batch"

    public_id = models.CharField(max_length=12, unique=True, default=new_public_id, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    subject = models.CharField(max_length=24)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="report_links")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    opened = models.PositiveIntegerField(default=0)
    last_opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index("kind", "subject", name="report_link_subject"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} ({self.public_id})"
