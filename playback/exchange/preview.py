"""What a document would change, provider by provider and publisher by publisher, in words."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from playback.effective import spoken
from playback.exchange.document import MODELS, TEXTS, Entry, Fault
from playback.forms import RuleForm, SettingsForm
from vastdash.version import version_of

NEW, CHANGED, UNCHANGED, INVALID = "new", "changed", "unchanged", "invalid"


class Change(NamedTuple):
    """One value before and after, in words; "" is nothing stated."""

    label: str
    before: str
    after: str


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
            yield Change(name.capitalize(), before.get(name, ""), text)
    if entry.playback is not None:
        yield from changes(before.get("playback", {}), entry.playback)


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Change]:
    """Two profiles in the row shape of ``playback.rows``: settings by label, rules by event, their order."""
    for name, field in SettingsForm.base_fields.items():
        old, new = _setting(before, name), _setting(after, name)
        if old != new or before.get(name) != after.get(name):
            yield Change(str(field.label), old, new)
    old_rules, new_rules = _rules(before), _rules(after)
    for event in dict.fromkeys((*old_rules, *new_rules)):
        if old_rules.get(event) != new_rules.get(event):
            yield Change(f"Rule {event}", old_rules.get(event, ""), new_rules.get(event, ""))
    kept = [event for event in old_rules if event in new_rules]
    now = [event for event in new_rules if event in old_rules]
    if kept != now:
        yield Change("Order of rules", ", ".join(old_rules), ", ".join(new_rules))


def _setting(row: Mapping[str, Any], name: str) -> str:
    return spoken(name, row[name]) if name in row else ""


def _rules(row: Mapping[str, Any]) -> dict[str, str]:
    return {rule["event"]: _rule_in_words(rule) for rule in row.get("rules", [])}


def _rule_in_words(rule: Mapping[str, Any]) -> str:
    if rule.get("removed"):
        return "no such rule"
    fields = RuleForm.base_fields
    return (
        "; ".join(
            f"{fields[part].label if part in fields else part}: {spoken(part, value)}"
            for part, value in rule.items()
            if part != "event"
        )
        or "a rule, all parts by default"
    )
