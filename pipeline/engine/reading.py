"""Decodes OpenRTB JSON and reads its fields as they come: wrong types become notices, never exceptions.

Numbers that JSON cannot hold (NaN, 1e400) are isolated, so that only what names them falls.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from vast.edit import writable
from vast.notice import Notice

Json = Mapping[str, Any]
Source = Json | bytes | bytearray | memoryview | str | None

LIMIT = 10**9
"""Whole numbers below it are read; nothing in OpenRTB means a larger one."""
_SHOWN = 80
_LONGEST_INTEGER = 300
HUGE = 10**_LONGEST_INTEGER
"""From here on a whole number is not even written out."""


class Unreadable(Exception):
    """A source holds no JSON object of the wanted kind; `code` is the end of a notice's code."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def as_object(value: Any) -> Json:
    """The value when it is a JSON object, else {}."""
    return value if type(value) is dict or isinstance(value, Mapping) else {}


def number_text(value: Any) -> str:
    """A whole number as text, for an identifier that should have been a string; "" for anything else."""
    usable = isinstance(value, int) and not isinstance(value, bool) and abs(value) < HUGE
    return str(value) if usable else ""


def identifier(value: Any) -> str:
    """A string, or a whole number as text, free of what cannot be written and of blanks round it."""
    return writable(value).strip() if isinstance(value, str) else number_text(value)


def shown(value: Any) -> str:
    """A value for a sentence: short, and free of characters that cannot be written."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, int) and abs(value) >= HUGE:
        return "a number of more than 300 digits"
    if value is None or isinstance(value, (bool, float)):
        return json.dumps(value)  # null, true and NaN, as they were written
    text = writable((value if isinstance(value, str) else repr(value))[: _SHOWN * 4])
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _integer(digits: str) -> int | float:
    """An integer; one too long to be meant is not finite, instead of an error for the whole text."""
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")


def _decode(source: bytes | bytearray | memoryview | str) -> Any:
    """JSON text to objects. NaN, Infinity and 1e400 become floats that are not finite, so that only their bid falls."""
    text: bytes | str = source if isinstance(source, str) else bytes(source)
    text = text.removeprefix("\ufeff") if isinstance(text, str) else text.removeprefix(b"\xef\xbb\xbf")
    try:
        return msgspec.json.decode(text)
    except RecursionError:
        raise Unreadable("NESTED_TOO_DEEP", "the JSON is nested too deep to be read") from None
    except (msgspec.DecodeError, UnicodeError):
        pass
    try:
        return json.loads(text, parse_int=_integer)
    except RecursionError:
        raise Unreadable("NESTED_TOO_DEEP", "the JSON is nested too deep to be read") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Unreadable("NOT_JSON", f"the text is not JSON ({error.msg}: {where})") from None
    except (UnicodeError, ValueError):
        raise Unreadable("NOT_JSON", "the text is not JSON in a Unicode encoding") from None


def object_of(source: Source, what: str) -> Json:
    """The JSON object in a source; {} for null. Raises Unreadable for anything else."""
    value = _decode(source) if isinstance(source, (bytes, bytearray, memoryview, str)) else source
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Unreadable("NOT_AN_OBJECT", f"the {what} is JSON, but not an object")
    return value


class Reading:
    """Reads fields of one object and remarks on wrong types, naming the bid."""

    def __init__(self, source: Json, notices: list[Notice], prefix: str, bid_id: str) -> None:
        self._source = source
        self._notices = notices
        self._prefix = prefix
        self._bid_id = bid_id

    def remark(self, name: str, value: Any, wanted: str) -> None:
        """Says that the value of a field cannot be read."""
        text = f"{self._prefix}.{name} should be {wanted}, not {shown(value)}; it counts as absent"
        self._notices.append(Notice("FIELD_TYPE", self._bid_id, text))

    def text(self, name: str) -> str:
        """A string; a whole number is read as one."""
        value = self._source.get(name)
        if isinstance(value, str):
            return writable(value)
        if number := number_text(value):
            self._notices.append(
                Notice(
                    "FIELD_TYPE", self._bid_id, f"{self._prefix}.{name} is a number; it was read as a string"
                )
            )
            return number
        if value is not None:
            self.remark(name, value, "a string")
        return ""

    def texts(self, name: str) -> tuple[str, ...]:
        """The strings of a list, trimmed, without empty ones."""
        value = self._source.get(name)
        if value is None:
            return ()
        if isinstance(value, str):
            self._notices.append(
                Notice(
                    "FIELD_TYPE",
                    self._bid_id,
                    f"{self._prefix}.{name} is one string; it was read as a list of one",
                )
            )
            value = [value]
        if not isinstance(value, (list, tuple)):
            self.remark(name, value, "a list of strings")
            return ()
        found = [writable(item).strip() for item in value if isinstance(item, str)]
        if len(found) != len(value):
            text = f"{self._prefix}.{name} should be a list of strings; its other entries were left out"
            self._notices.append(Notice("FIELD_TYPE", self._bid_id, text))
        return tuple(item for item in found if item)

    def whole(self, name: str) -> int | None:
        """A whole number, also when it is written as 15.0."""
        value = self._source.get(name)
        if value is None:
            return None
        if (
            isinstance(value, (int, float))
            and not isinstance(value, bool)
            and abs(value) < LIMIT
            and value == int(value)
        ):
            return int(value)
        self.remark(name, value, "a whole number")
        return None

    def amount(self, name: str) -> Decimal | None:
        """A number of 0 or more."""
        value = self._source.get(name)
        if value is None:
            return None
        finite = not isinstance(value, Decimal) or value.is_finite()
        number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        if number and finite and 0 <= value < LIMIT:
            return Decimal(str(value))
        self.remark(name, value, "a number of 0 or more")
        return None

    def wholes(self, name: str) -> tuple[int, ...]:
        """The whole numbers above 0 of a list."""
        value = self._source.get(name)
        if value is None:
            return ()
        if not isinstance(value, (list, tuple)):
            self.remark(name, value, "a list of whole numbers")
            return ()
        found = [item for item in value if type(item) is int and 0 < item < LIMIT]
        if len(found) != len(value):
            text = f"{self._prefix}.{name} should be a list of whole numbers above 0; its other entries were left out"
            self._notices.append(Notice("FIELD_TYPE", self._bid_id, text))
        return tuple(found)


def items(source: Json, name: str, what: str, notices: list[Notice]) -> list[Any]:
    """The list in a field; anything else counts as empty, with a notice."""
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        notices.append(
            Notice(
                "FIELD_TYPE", "", f"{what}.{name} should be a list, not {shown(value)}; it counts as empty"
            )
        )
        return []
    return list(value)
