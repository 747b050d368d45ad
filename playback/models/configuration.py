"""Providers, and every version that the playback profile of a provider or publisher has had."""

from django.conf import settings
from django.db import models


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


class ProfileVersion(models.Model):
    """One state of a level's playback profile: who made it, when, why, and what it held from then on.

    Numbered from 1 for each level and name. Levels are named, not referred to: what was published stays on record when
    its publisher is deleted. ``playback`` is in the row shape of ``playback.rows``.
    """

    class Level(models.TextChoices):
        PROVIDER = "provider"
        PUBLISHER = "publisher"

    class Origin(models.TextChoices):
        """What made it: the first state on record, an edit, a return to a former one or to what is shipped, a file."""

        FIRST = "first"
        PUBLISHED = "published"
        RESTORED = "restored"
        RESET = "reset"
        IMPORTED = "imported"

    level = models.CharField(max_length=10, choices=Level.choices)
    name = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    playback = models.JSONField(default=dict)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PUBLISHED)
    note = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("level", "name", "-number")
        constraints = (models.UniqueConstraint(fields=("level", "name", "number"), name="profile_version"),)

    def __str__(self) -> str:
        return f"{self.level} {self.name}, version {self.number}"
