"""JSON in a parameter, held to what every later reader can take: bounded depth and numbers, writable text."""

import re
from typing import Any

import msgspec

DEEPEST = 32
_LARGEST = 2**53
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def cleaned(text: str) -> str:
    """The text without control characters and lone surrogates."""
    return text if text.isprintable() else _UNSAFE.sub("", text)


def _bounded(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"must not be nested deeper than {DEEPEST}")
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, dict):
        return {cleaned(key): _bounded(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_bounded(item, depth + 1) for item in value]
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ValueError("must not hold integers beyond 2 to the 53rd")
    return value


def json_object(text: str) -> dict[str, Any] | None:
    """A JSON object; None for an empty one. Raises ValueError for anything else."""
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ValueError("must be a JSON object") from None
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    return _bounded(value, 1) or None
