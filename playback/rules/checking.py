"""Whether the engine takes a profile of a level: alone, and a publisher's on top of every provider as it stands."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from unicodedata import category

from playback.engine import ConfigError, ConfigResolver
from playback.rows import provider_levels, publisher_levels, to_partial

NOTE_LENGTH: Final = 300


def note_fault(note: str) -> str:
    """What is wrong with the note that says why something is published, empty where nothing is."""
    said = note.strip()
    if not said:
        return "Say why: whoever looks at the versions later will ask."
    if len(said) > NOTE_LENGTH:
        return f"At most {NOTE_LENGTH} characters; these are {len(said)}."
    unstorable = any(category(letter) in {"Cc", "Cs"} for letter in said)
    return "Holds characters that cannot be kept." if unstorable else ""


class Fault(NamedTuple):
    """What the engine says against a profile, and where: a setting or ``interruption_rules.<event>.<part>``."""

    field: str
    text: str


def fault_of(level: str, row: Mapping[str, Any]) -> Fault | None:
    """The first fault of a profile in the row shape of ``playback.rows``, None when sessions can play by it.

    A provider must hold whole rules. One that does not resolve by itself is no test for a publisher.
    """
    partial = to_partial(row)
    if level == "provider":
        return _tried(None, provider="draft", providers={"draft": partial})
    providers = provider_levels()
    names = [
        name for name, level in providers.items() if not _tried(None, provider="it", providers={"it": level})
    ]
    for name in (None, *names):
        tried = {"provider": name, "providers": providers, "publisher": "draft"}
        if fault := _tried(name, **tried, publishers={"draft": partial}):
            return fault
    return None


def outdone_by(row: Mapping[str, Any]) -> list[str]:
    """The publishers whose parts of rules fit no session of a provider with this profile, by name.

    Only an end of a window that they state can do that; a profile that does not resolve itself is nobody else's fault.
    """
    provider = {"it": to_partial(row)}
    if _tried(None, provider="it", providers=provider):
        return []
    found = []
    for name, partial in publisher_levels().items():
        rules = partial.get("interruption_rules", {}).values()
        if any(rule and rule.keys() & {"min_offset_sec", "max_offset_sec"} for rule in rules):
            over = {"publisher": name, "publishers": {name: partial}}
            if _tried(None, **over) is None and _tried(None, provider="it", providers=provider, **over):
                found.append(name)
    return found


def _tried(on: str | None, **levels: Any) -> Fault | None:
    try:
        ConfigResolver.resolve(**levels)
    except ConfigError as error:
        return Fault(error.field, f"With {on}: {error.text}" if on else error.text)
    return None
