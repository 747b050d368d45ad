"""Hides what addresses carry that a stranger need not know: names and passwords before a host, keys in a query."""

import re
from typing import Any

HIDDEN = "***"
# Before the host (RFC 3986 §3.2.1), also of an address that another one carries encoded.
_USERINFO = re.compile(r"//[^/?#\s@\"'<>]{1,500}@")
_ENCODED_USERINFO = re.compile(r"(?i)(%3A%2F%2F)(?:(?!%2F|%3F|%23)[^/?#&\s@\"'<>]){1,500}(%40|@)")
# A parameter and its sign, plain or within an address that another one carries; bounded, so that no text is read twice.
_HEAD = re.compile(r"(?i)(?:[?&;]|%3F|%26)([\w.\-\[\]$~]{1,80}?)(=|%3D)")
_REST = {"=": re.compile(r"[^&;#\s<>\"']*"), "%3D": re.compile(r"(?i)(?:(?!%26|%23)[^&;#\s<>\"'])*")}
_SECRET = re.compile(r"(?i)key$|token|secret|passw|pwd|auth(?!or)|sig$|signature|cred|jwt|session")


def masked_text(text: str) -> str:
    """The text with what is secret in its addresses replaced by ``***``. A macro that was not filled in stays."""
    text = _USERINFO.sub(f"//{HIDDEN}@", text)
    text = _ENCODED_USERINFO.sub(rf"\g<1>{HIDDEN}\g<2>", text)
    kept, at = [], 0
    for head in _HEAD.finditer(text):
        name, equals = head.groups()
        if head.start() < at or not _SECRET.search(name):
            continue
        end = _end(text, equals.upper(), head.end())
        if not _stays(text[head.end() : end]):
            kept += [text[at : head.end()], HIDDEN]
            at = end
    return "".join([*kept, text[at:]])


def _end(text: str, equals: str, start: int) -> int:
    found = _REST[equals].match(text, start)
    return found.end() if found else start


def _stays(value: str) -> bool:
    """Nothing, or the sign of a macro, is no secret."""
    return not value or (value[0], value[-1]) in {("[", "]"), ("{", "}"), ("$", "}")}


def masked(value: Any) -> Any:
    """The same of every text in JSON-native data; keys are our own words."""
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, dict):
        return {key: masked(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [masked(inner) for inner in value]
    return value


def without_query(address: str) -> str:
    """A tag with the names of its parameters and none of their values: these describe a viewer, or open a door."""
    whole, mark, query = address.partition("?")
    pairs = re.split(r"([&;])", query)
    return masked_text(whole) + mark + "".join(part if part in "&;" else _name(part) for part in pairs)


def _name(pair: str) -> str:
    name, _, value = pair.partition("=")
    return f"{name}={HIDDEN}" if not _stays(value) else pair
