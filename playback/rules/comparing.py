"""Two profiles of a level side by side: where they differ, in words, and one person's changes put on another's.

Profiles are in the row shape of ``playback.rows``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from playback.forms import ANCHOR_LABELS, SettingsForm, in_words

Row = Mapping[str, Any]

PARTS: Final[Mapping[str, str]] = {
    "probability": "probability",
    "min_offset_sec": "from",
    "max_offset_sec": "to",
    "anchor": "counted from",
    "reason": "reason",
    "removed": "no such rule here",
}
ORDER: Final = "Order of the rules"
UNSTATED: Final = "not stated"
NO_RULE: Final = "no rule"


class Change(NamedTuple):
    """One difference: of which rule or setting, which part of it, and what either side says."""

    subject: str
    part: str
    before: str
    after: str


def changes(before: Row, after: Row) -> list[Change]:
    """Where two profiles differ: rules part by part, then their order, then settings."""
    return [*_rule_changes(before, after), *_order_changes(before, after), *_setting_changes(before, after)]


def _rule_changes(before: Row, after: Row) -> Iterator[Change]:
    was, now = _rules(before), _rules(after)
    for event in dict.fromkeys((*now, *was)):
        subject = f"Rule {event}"
        if event not in was or event not in now or _is_removal(was[event]) or _is_removal(now[event]):
            if was.get(event) != now.get(event):
                yield Change(subject, "", rule_in_words(was.get(event)), rule_in_words(now.get(event)))
            continue
        for part, label in PARTS.items():
            old, new = was[event].get(part), now[event].get(part)
            if old != new:
                yield Change(subject, label, part_in_words(part, old), part_in_words(part, new))


def _order_changes(before: Row, after: Row) -> Iterator[Change]:
    was, now = _rules(before), _rules(after)
    old, new = [event for event in was if event in now], [event for event in now if event in was]
    if old != new:
        yield Change(ORDER, "", ", ".join(old), ", ".join(new))


def _setting_changes(before: Row, after: Row) -> Iterator[Change]:
    was, now = dict(in_words(before)), dict(in_words(after))
    for name, field in SettingsForm.base_fields.items():
        label = str(field.label)
        if before.get(name) != after.get(name):
            yield Change(label, "", was.get(label, UNSTATED), now.get(label, UNSTATED))


def rule_in_words(rule: Row | None) -> str:
    """A whole rule in a line: ``10 %, from 5 s, to 15 s, counted from ad start, reason user_close``."""
    if rule is None:
        return NO_RULE
    if _is_removal(rule):
        return PARTS["removed"]
    said = [
        part_in_words(part, rule[part])
        if part == "probability"
        else f"{label} {part_in_words(part, rule[part])}"
        for part, label in PARTS.items()
        if part in rule
    ]
    return ", ".join(said) or UNSTATED


def part_in_words(part: str, value: Any) -> str:
    """A part of a rule as people say it: a share as per cent, an offset in seconds."""
    if value is None:
        return UNSTATED
    if part == "probability":
        return f"{value * 100:.4g} %" if isinstance(value, int | float) else str(value)
    if part in {"min_offset_sec", "max_offset_sec"}:
        return f"{value:g} s" if isinstance(value, int | float) else str(value)
    return ANCHOR_LABELS.get(value, str(value))


def merged(base: Row, theirs: Row, yours: Row) -> dict[str, Any]:
    """``theirs`` with everything that you changed since ``base``; where both changed one thing, yours."""
    rules = _merged_rules(_rules(base), _rules(theirs), _rules(yours))
    settings = _merged(_settings(base), _settings(theirs), _settings(yours))
    return {**settings, **({"rules": rules} if rules else {})}


def both_changed(base: Row, theirs: Row, yours: Row) -> list[Change]:
    """Where both sides say something else than the base, and not the same: their word and yours."""
    ours = {(change.subject, change.part): change.after for change in changes(base, yours)}
    return [
        Change(change.subject, change.part, change.after, ours[change.subject, change.part])
        for change in changes(base, theirs)
        if ours.get((change.subject, change.part), change.after) != change.after
    ]


def _merged_rules(
    base: dict[str, Row], theirs: dict[str, Row], yours: dict[str, Row]
) -> list[dict[str, Any]]:
    found = {
        event: rule
        for event in dict.fromkeys((*theirs, *yours))
        if (rule := _merged_rule(base.get(event), theirs.get(event), yours.get(event))) is not None
    }
    moved = _common(base, yours) != _common(yours, base)
    first = yours if moved else theirs
    return [found[event] for event in dict.fromkeys((*first, *found)) if event in found]


def _merged_rule(base: Row | None, theirs: Row | None, yours: Row | None) -> dict[str, Any] | None:
    if yours == base:
        return None if theirs is None else dict(theirs)
    if yours is None or theirs is None or _is_removal(yours) or _is_removal(theirs):
        return None if yours is None else dict(yours)
    return _merged(base or {}, theirs, yours)


def _merged(base: Row, theirs: Row, yours: Row) -> dict[str, Any]:
    found = dict(theirs)
    for key in dict.fromkeys((*base, *yours)):
        if yours.get(key) != base.get(key):
            found.pop(key, None)
            if key in yours:
                found[key] = yours[key]
    return found


def _common(these: Iterable[str], those: Iterable[str]) -> list[str]:
    there = set(those)
    return [event for event in these if event in there]


def _rules(row: Row) -> dict[str, Row]:
    return {rule["event"]: rule for rule in row.get("rules", [])}


def _settings(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "rules"}


def _is_removal(rule: Row) -> bool:
    return bool(rule.get("removed"))
