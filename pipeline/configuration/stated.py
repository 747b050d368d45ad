"""What one layer states of a receiver configuration, read by the engine's own rules (pipeline.md §1.4).

The engine leaves out what it cannot use and says so; where somebody edits a layer, the same remark refuses the edit.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pipeline.engine import Notice, merge_config

PLACEMENTS = "placement_rules"
_LAYER = "profile"
# Remarks on a value or key that is used all the same, or knowingly left out.
_HARMLESS = frozenset({"CONFIG_VALUE_ADJUSTED", "CONFIG_KEY_IGNORED"})


class Fault(NamedTuple):
    """Why a setting cannot be kept; ``key`` is the engine's, a placement's written ``placement_rules.<rule>``."""

    key: str
    text: str


class Stated(NamedTuple):
    """``config`` holds only what is stated and valid, in the engine's spelling, JSON-native."""

    config: dict[str, Any]
    faults: tuple[Fault, ...]
    remarks: tuple[Notice, ...]


def read(layer: Mapping[str, Any]) -> Stated:
    """Reads one layer as people write it: aliases and other spellings are accepted, ``None`` and "" are not set."""
    faults: list[Fault] = []
    remarks: list[Notice] = []
    usable: list[Mapping[str, Any]] = []
    for key, part in _parts(layer):
        notices = merge_config(profile=part).notices
        wrong = [Fault(key, _reason(notice)) for notice in notices if notice.code not in _HARMLESS]
        faults += wrong
        remarks += [notice for notice in notices if notice.code in _HARMLESS]
        usable += [] if wrong else [part]
    return Stated(_canonical(usable), tuple(faults), tuple(remarks))


def _parts(layer: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each setting alone, so that what the engine remarks on it belongs to it."""
    for key, value in layer.items():
        if key in {PLACEMENTS, "placement"} and isinstance(value, Mapping):
            for rule, placement in value.items():
                yield f"{PLACEMENTS}.{rule}", {key: {rule: placement}}
        else:
            yield str(key), {key: value}


def _canonical(parts: list[Mapping[str, Any]]) -> dict[str, Any]:
    config: dict[str, Any] = {}
    for part in parts:
        merged = merge_config(profile=part)
        written = merged.config.to_dict()
        for key, layer in merged.provenance.items():
            if layer != _LAYER:
                continue
            rule = key.removeprefix(f"{PLACEMENTS}.")
            if rule == key:
                config[key] = written[key]
            else:
                config.setdefault(PLACEMENTS, {})[rule] = written[PLACEMENTS][rule]
    return config


def _reason(notice: Notice) -> str:
    """The engine's remark without what only makes sense where layers are merged: whose it was, and what was done."""
    text = notice.text.removeprefix(f"{_LAYER}: ").removesuffix("; it was left out")
    text = text.partition(", but ")[2] or text
    return f"{text[:1].upper()}{text[1:]}."


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer with its placements beside the other settings, as forms and tables show them."""
    rules = config.get(PLACEMENTS)
    others = {key: value for key, value in config.items() if key != PLACEMENTS}
    return {**others, **rules} if isinstance(rules, Mapping) else others
