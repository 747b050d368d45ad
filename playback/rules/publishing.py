"""The one way in which a level's playback profile changes: as a version that says who, when, why and from what.

Whoever publishes names the profile they had read by its digest (``vastdash.version.version_of``).
"""

from collections.abc import Mapping
from typing import Any, Final

from django.db import models, transaction
from django.db.models import F, Max, QuerySet

from playback.models import ProfileVersion, Provider
from vastdash.models import Publisher
from vastdash.version import version_of

Row = Provider | Publisher
Level = ProfileVersion.Level
Origin = ProfileVersion.Origin

MODELS: Final[Mapping[str, type[models.Model]]] = {Level.PROVIDER: Provider, Level.PUBLISHER: Publisher}
"""Whose rows the profiles of a level are."""

OUTSIDE: Final = "Found in the row: it had been changed without a version."


class Conflict(Exception):
    """Another profile is stored than the one that had been read. ``row`` holds it; nothing has been changed."""

    def __init__(self, row: Row) -> None:
        super().__init__(f"{row.name}: another profile is stored now")
        self.row = row


@transaction.atomic
def publish(
    level: str, name: str, playback: dict[str, Any], *, user: Any, note: str, origin: str, read: str
) -> ProfileVersion:
    """Stores ``playback`` as the profile of this provider or publisher, and the version that says so.

    playback: a checked profile in the row shape of ``playback.rows``. read: the digest of the stored profile that the
    person had before them. What is stored already makes no version: the newest is returned.

    Raises Conflict when another profile is stored by now, DoesNotExist of the level's model for an unknown name.
    """
    row: Any = MODELS[level].objects.select_for_update().get(name=name)  # type: ignore[attr-defined]
    if version_of(row.playback) != read:
        raise Conflict(row)
    newest = on_record(level, row)
    if playback == row.playback:
        return newest
    row.playback, row.updated_by = playback, user
    row.save(update_fields=["playback", "updated_by", "updated_at"])
    return _add(level, name, playback, newest.number + 1, made_by=user, note=note, origin=origin)


def on_record(level: str, row: Row) -> ProfileVersion:
    """The version of what the row holds now; made where there is none yet."""
    newest = versions(level, row.name).first()
    if newest is not None and newest.playback == row.playback:
        return newest
    number = newest.number + 1 if newest else 1
    note = OUTSIDE if newest else ""
    return _add(level, row.name, row.playback, number, made_by=row.updated_by, note=note, origin=Origin.FIRST)


def begun(level: str, row: Row) -> ProfileVersion:
    """The first version of a row just made, behind those that a deleted row of that name has left."""
    newest = versions(level, row.name).first()
    number = newest.number + 1 if newest else 1
    return _add(level, row.name, row.playback, number, made_by=row.updated_by, note="", origin=Origin.FIRST)


def versions(level: str, name: str) -> "QuerySet[ProfileVersion]":
    """Everything that was ever published under this name, newest first."""
    found = ProfileVersion.objects.filter(level=level, name=name)
    return found.select_related("made_by").order_by("-number")


@transaction.atomic
def renamed(level: str, before: str, after: str) -> None:
    """The versions follow the row's name; behind those that a deleted row of that name has left."""
    left = versions(level, after).aggregate(last=Max("number"))["last"] or 0
    ProfileVersion.objects.filter(level=level, name=before).update(name=after, number=F("number") + left)


def _add(level: str, name: str, playback: dict[str, Any], number: int, **why: Any) -> ProfileVersion:
    return ProfileVersion.objects.create(level=level, name=name, number=number, playback=playback, **why)
