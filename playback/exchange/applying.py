"""An import is stored whole or not at all, and only upon what its preview showed."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max

from playback.exchange.document import MODELS, Entry
from playback.exchange.preview import CHANGED, INVALID, NEW, Preview, previews
from playback.models import ProfileVersion, Provider
from playback.rules.publishing import publish
from vastdash.version import version_of


class NotApplied(Exception):
    """Nothing was stored. ``previews`` tells how the entries stand now, ``stale`` the keys of those that moved."""

    def __init__(self, now: list[Preview], stale: frozenset[str] = frozenset()) -> None:
        super().__init__(", ".join(sorted(stale)) or "invalid")
        self.previews = now
        self.stale = stale


def apply(found: Iterable[Entry], read: Mapping[str, str], *, user: Any, note: str) -> list[Preview]:
    """Stores what the entries change and returns their previews. ``read``: the versions by ``Preview.key``.

    Raises NotApplied when an entry is invalid, or when another version is stored than the preview showed.
    """
    entries = list(found)
    try:
        return _apply(entries, read, user, note)
    except IntegrityError:
        # Somebody took a new name in between; by now it is there to be seen.
        now = previews(entries)
        raise NotApplied(now, _moved(now, read)) from None


@transaction.atomic
def _apply(entries: list[Entry], read: Mapping[str, str], user: Any, note: str) -> list[Preview]:
    now = previews(entries, locked=True)
    stale = _moved(now, read)
    if stale or any(preview.state == INVALID for preview in now):
        raise NotApplied(now, stale)
    for preview in now:
        if preview.state in {NEW, CHANGED}:
            _store(preview.entry, user, note, made=preview.state == NEW)
    return now


def _moved(now: Iterable[Preview], read: Mapping[str, str]) -> frozenset[str]:
    return frozenset(preview.key for preview in now if read.get(preview.key) != preview.read)


def _store(entry: Entry, user: Any, note: str, *, made: bool) -> None:
    row = _new(entry) if made else MODELS[entry.level].objects.get(name=entry.name)
    if entry.texts and not made:
        for name, text in entry.texts.items():
            setattr(row, name, text)
        row.updated_by = user
        row.save(update_fields=[*entry.texts, "updated_by", "updated_at"])
    if entry.playback is not None:
        publish(
            entry.level,
            entry.name,
            entry.playback,
            user=user,
            note=note,
            origin=ProfileVersion.Origin.IMPORTED,
            read=version_of(row.playback),
        )


def _new(entry: Entry) -> Any:
    texts = {"title": entry.name.replace("-", " ").capitalize(), **entry.texts}
    if entry.level == "provider":
        last = Provider.objects.aggregate(last=Max("position"))["last"] or 0
        return Provider.objects.create(name=entry.name, position=last + 1, **texts)
    return MODELS[entry.level].objects.create(name=entry.name, **texts)
