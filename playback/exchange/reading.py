"""A YAML or JSON text as plain data, within limits: nothing is executed, repeated by reference, or stated twice."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import yaml

TEXT_MAX_BYTES: Final = 1_000_000
_DEPTH_MAX: Final = 20
# Far above any setting; what is larger no number of a configuration could take.
_NUMBER_MAX: Final = 10**15
_NUMBER_LONGEST: Final = 100
_NUMBERS: Final = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
_SAFE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):
    """The text is no document of this kind; says why, with the line where there is one."""


class _Loader(_SAFE):  # type: ignore[misc]
    """Safe YAML in which no key is stated twice, ``1e-3`` is the number it is in JSON, and a date is a text."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in forms if not tag.endswith(":timestamp")]
        for first, forms in _SAFE.yaml_implicit_resolvers.items()
    }

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        if node.tag in _NUMBERS and len(node.value) > _NUMBER_LONGEST:
            # One of base 60, ``1:1:1…``, takes the square of its length to be made.
            raise Unreadable(f"line {node.start_mark.line + 1}: a number of {len(node.value)} characters")
        return super().construct_object(node, deep)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if not isinstance(key.value, str):
                raise Unreadable(f"line {key.start_mark.line + 1}: a name must be a word")
            if key.value in seen:
                raise Unreadable(f"line {key.start_mark.line + 1}: {_short(key.value)} is stated twice")
            seen.add(key.value)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


_EXPONENT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]*)?[eE][-+]?[0-9]+\Z")
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+0123456789"))


def read(text: str | bytes) -> Any:
    """The data of a text that begins with ``{`` as JSON where it is JSON, else as YAML. Raises ``Unreadable``."""
    if isinstance(text, bytes):
        text = _decoded(text)
    if len(text) > TEXT_MAX_BYTES:
        raise Unreadable(f"This is longer than {TEXT_MAX_BYTES // 1000} kB.")
    if not text.strip():
        raise Unreadable("There is nothing here.")
    data = _json(text) if text.lstrip().startswith("{") else None
    if data is None:
        data = _yaml(text)
    _refuse_what_nobody_stores(data)
    return data


def _decoded(text: bytes) -> str:
    if len(text) > TEXT_MAX_BYTES:
        raise Unreadable(f"This is longer than {TEXT_MAX_BYTES // 1000} kB.")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"This is not UTF-8: byte {error.start + 1}.") from None


def _json(text: str) -> Any:
    """None where it is not JSON: then it may be YAML in braces."""
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=float)
    except json.JSONDecodeError:
        return None
    except (RecursionError, ValueError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("This JSON is nested too deep or holds a number that is too long.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise Unreadable(f"{_short(twice)} is stated twice")
    return found


def _yaml(text: str) -> Any:
    try:
        _look_through(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a SafeLoader of our own)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise Unreadable(f"{where}{error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise Unreadable(str(error).partition("\n")[0]) from None
    except (ValueError, ArithmeticError, LookupError, AttributeError) as error:
        # What a tag asks for, such as ``!!bool abc`` or ``!!int ""``, is made by a library that trusts it.
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"A value cannot be read: {_short(error)}.") from None


def _look_through(text: str) -> None:
    """Before anything is made of it: no aliases, which could make millions of values of a few lines; no depths."""
    depth = 0
    for event in yaml.parse(text, Loader=_SAFE):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(
                f"line {event.start_mark.line + 1}: anchors and aliases (& and *) are not taken; write the value again"
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEPTH_MAX:
            raise Unreadable(f"line {event.start_mark.line + 1}: nested deeper than {_DEPTH_MAX} levels")


def _refuse_what_nobody_stores(data: Any, path: str = "", depth: int = 0) -> None:
    """Texts that a column cannot hold, and numbers that no calculation can."""
    if depth > _DEPTH_MAX:
        raise Unreadable(f"{_short(path)}: nested deeper than {_DEPTH_MAX} levels")
    if isinstance(data, str) and ("\0" in data or not _encodable(data)):
        raise Unreadable(f"{_short(path) or 'the text'}: holds a character that is none")
    if isinstance(data, int) and abs(data) > _NUMBER_MAX:
        raise Unreadable(f"{_short(path) or 'the number'}: is too large")
    if isinstance(data, Mapping):
        for key, value in data.items():
            _refuse_what_nobody_stores(key, path, depth)
            _refuse_what_nobody_stores(value, f"{path}.{key}" if path else str(key), depth + 1)
    elif isinstance(data, list | tuple | set):
        for value in data:
            _refuse_what_nobody_stores(value, path, depth + 1)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _short(text: Any) -> str:
    shown = str(text).encode(errors="replace").decode().replace("\0", "?")
    return shown if len(shown) <= 80 else f"{shown[:79]}…"
