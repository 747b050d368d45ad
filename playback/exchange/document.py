"""The exchanged document: ``{version: 1, providers: {name: {...}}, publishers: {name: {...}}}``.

Each name has ``title``, for providers ``description``, and ``playback``: a partial playback configuration as the engine
spells it, its rules in their order. What is left out of an entry stays as it is stored.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import yaml

from playback.engine import ConfigError, ConfigResolver
from playback.exchange.reading import Unreadable
from playback.models import Provider
from playback.rows import from_partial, provider_levels, to_partial
from vastdash.models import Publisher

VERSION: Final = 1
FORMATS: Final = {"yaml": "application/yaml", "json": "application/json"}
MODELS: Final[Mapping[str, Any]] = {"provider": Provider, "publisher": Publisher}
TEXTS: Final = {"provider": ("title", "description"), "publisher": ("title",)}
_SECTIONS: Final = {"providers": "provider", "publishers": "publisher"}
ENTRIES_MAX: Final = 500
PAIRS_MAX: Final = 20_000
"""Each publisher is tried with each provider; so many take a few seconds."""
_NAME = re.compile(r"[-a-zA-Z0-9_]+\Z")


class Fault(NamedTuple):
    """What is wrong, and where in the document: names joined by dots."""

    path: str
    text: str


class Entry(NamedTuple):
    """What a document says of one provider or publisher; ``playback`` as rows keep it, None where it says nothing.

    ``texts`` holds the titles and descriptions that are stated. With faults nothing of it may be stored.
    """

    level: str
    name: str
    texts: dict[str, str]
    playback: dict[str, Any] | None
    faults: tuple[Fault, ...]


def export(provider: str = "", publisher: str = "") -> dict[str, Any]:
    """The document of one provider or publisher, or of all of them. DoesNotExist for a name that nobody has."""
    if not provider and not publisher:
        chosen = {level: list(model.objects.all()) for level, model in MODELS.items()}
    else:
        asked = {"provider": provider, "publisher": publisher}
        chosen = {level: [MODELS[level].objects.get(name=name)] for level, name in asked.items() if name}
    sections = {
        section: {row.name: _written(level, row) for row in chosen[level]}
        for section, level in _SECTIONS.items()
        if chosen.get(level)
    }
    return {"version": VERSION, **sections}


def _written(level: str, row: Any) -> dict[str, Any]:
    texts = {name: getattr(row, name) for name in TEXTS[level] if getattr(row, name)}
    return {**texts, "playback": to_partial(row.playback)}


def write(document: Mapping[str, Any], form: str) -> str:
    """The document as text, in a form of FORMATS."""
    if form == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110))


def entries(data: Any) -> list[Entry]:
    """What a document says, each provider and publisher with its faults. ``Unreadable``: it is no document at all."""
    _refuse_another_shape(data)
    named = sum(len(data.get(section) or {}) for section in _SECTIONS)
    if named > ENTRIES_MAX:
        raise Unreadable(f"It names {named} providers and publishers: {ENTRIES_MAX} are taken at a time.")
    found = [
        _entry(level, section, name, said)
        for section, level in _SECTIONS.items()
        for name, said in (data.get(section) or {}).items()
    ]
    if not found:
        raise Unreadable("It names no provider and no publisher.")
    return [*(entry for entry in found if entry.level == "provider"), *_on_top_of_providers(found)]


def _refuse_another_shape(data: Any) -> None:
    known = ("version", *_SECTIONS)
    if not isinstance(data, Mapping):
        raise Unreadable(f"This is no document with {', '.join(known)}.")
    for name in data:
        if name not in known:
            raise Unreadable(f"{name}: unknown key; known: {', '.join(known)}")
    if data.get("version") != VERSION or isinstance(data.get("version"), bool):
        raise Unreadable(f"version: {data.get('version')!r} is not {VERSION}, the only one there is")
    for section in _SECTIONS:
        if not isinstance(data.get(section) or {}, Mapping):
            raise Unreadable(f"{section}: holds no names")


def _entry(level: str, section: str, name: Any, said: Any) -> Entry:
    path = f"{section}.{name}"
    faults = [*_wrong_name(level, path, name)]
    if not isinstance(said, Mapping):
        return Entry(
            level,
            str(name),
            {},
            None,
            (*faults, Fault(path, "states nothing: a title or playback is missing")),
        )
    known = (*TEXTS[level], "playback")
    faults += [
        Fault(f"{path}.{key}", f"unknown key; known: {', '.join(known)}") for key in said if key not in known
    ]
    texts = {key: said[key] for key in TEXTS[level] if key in said}
    faults += _wrong_texts(level, path, texts)
    playback = said.get("playback")
    if playback is not None:
        faults += (
            _refused(path, provider="it", providers={"it": playback})
            if level == "provider"
            else _refused(path, publisher="it", publishers={"it": playback})
        )
    stored = None if playback is None or faults else from_partial(playback)
    return Entry(level, str(name), texts, stored, tuple(faults))


def _wrong_name(level: str, path: str, name: Any) -> Iterator[Fault]:
    longest = MODELS[level].name.field.max_length
    if not isinstance(name, str) or not _NAME.match(name) or len(name) > longest:
        yield Fault(path, f"a name is letters, digits, hyphens and underscores, {longest} at most")
    elif name == "new":
        yield Fault(path, "“new” is the address of a form: choose another name")


def _wrong_texts(level: str, path: str, texts: Mapping[str, Any]) -> Iterator[Fault]:
    for key, text in texts.items():
        longest = getattr(MODELS[level], key).field.max_length
        if not isinstance(text, str):
            yield Fault(f"{path}.{key}", f"{text!r} is no text; quote it")
        elif len(text) > longest:
            yield Fault(f"{path}.{key}", f"is longer than {longest} characters")
        elif key == "title" and not text.strip():
            yield Fault(f"{path}.{key}", "is empty")


def _refused(path: str, **levels: Any) -> list[Fault]:
    """What the engine refuses of a level, at its place in the document."""
    try:
        ConfigResolver.resolve(**levels)
    except ConfigError as error:
        place = "" if error.field == "config" else f".{error.field}"
        return [Fault(f"{path}.playback{place}", str(error).removeprefix(f"{error.field}: "))]
    return []


def _on_top_of_providers(found: list[Entry]) -> Iterator[Entry]:
    """The publishers, whose parts must also make whole rules with those of every provider, as it will be stored."""
    providers = provider_levels()
    providers |= {
        entry.name: to_partial(entry.playback)
        for entry in found
        if entry.level == "provider" and entry.playback is not None
    }
    usable = {
        name: level
        for name, level in providers.items()
        if not _refused("", provider=name, providers=providers)
    }
    publishers = [entry for entry in found if entry.level == "publisher"]
    stating = sum(entry.playback is not None for entry in publishers)
    if stating * len(usable) > PAIRS_MAX:
        most = PAIRS_MAX // len(usable)
        raise Unreadable(
            f"It states {stating} publishers, each to be tried with {len(usable)} providers: {most} at a time."
        )
    for entry in publishers:
        if entry.playback is None:
            yield entry
            continue
        levels = {
            "publisher": entry.name,
            "publishers": {entry.name: to_partial(entry.playback)},
            "providers": usable,
        }
        faults = [
            Fault(fault.path, f"with {provider}: {fault.text}")
            for provider in usable
            for fault in _refused(f"publishers.{entry.name}", provider=provider, **levels)
        ]
        yield entry._replace(faults=(*entry.faults, *faults[:1]))
