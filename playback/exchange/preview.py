"""What a document would change, provider by provider and publisher by publisher, in words."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from playback.exchange.document import MODELS, TEXTS, Entry, Fault
from playback.rules.comparing import UNSTATED, Change, changes
from vastdash.version import version_of

NEW, CHANGED, UNCHANGED, INVALID = "new", "changed", "unchanged", "invalid"


class Preview(NamedTuple):
    """One entry beside what is stored. ``read`` is the version that was looked at, "" where nobody has this name."""

    entry: Entry
    state: str
    changes: tuple[Change, ...]
    read: str

    @property
    def key(self) -> str:
        return f"{self.entry.level} {self.entry.name}"

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self.entry.faults


def previews(found: Iterable[Entry], *, locked: bool = False) -> list[Preview]:
    """Every entry beside its stored row; with ``locked``, rows nobody else can change until the transaction ends."""
    found = list(found)
    stored: dict[tuple[str, str], Any] = {}
    for level, model in MODELS.items():
        rows = model.objects.select_for_update() if locked else model.objects.all()
        names = [entry.name for entry in found if entry.level == level]
        stored |= {(level, row.name): row for row in rows.filter(name__in=names)}
    return [_preview(entry, stored.get((entry.level, entry.name))) for entry in found]


def _preview(entry: Entry, row: Any) -> Preview:
    before = {} if row is None else content(entry.level, row)
    read = "" if row is None else version_of(before)
    if entry.faults:
        return Preview(entry, INVALID, (), read)
    changed = tuple(_changes(before, entry))
    state = NEW if row is None else CHANGED if changed else UNCHANGED
    return Preview(entry, state, changed, read)


def content(level: str, row: Any) -> dict[str, Any]:
    """What a document can change in a row."""
    return {**{name: getattr(row, name) for name in TEXTS[level]}, "playback": row.playback}


def _changes(before: Mapping[str, Any], entry: Entry) -> Iterable[Change]:
    for name, text in entry.texts.items():
        if before.get(name, "") != text:
            yield Change(name.capitalize(), "", before.get(name) or UNSTATED, text)
    if entry.playback is not None:
        yield from changes(before.get("playback", {}), entry.playback)
