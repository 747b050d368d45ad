"""Addresses as people write them, made into ones that can be asked: joined, escaped, with their parameters.

Sources: RFC 3986 §5 (relative references), §2 (percent-encoding); playback.md 2.41, 3.4 (10), 4.2 (28).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urldefrag, urljoin

_HTTP: Final = re.compile(r"(https?)://([^/?#]*)(.*)", re.IGNORECASE)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NOT_IN_A_HOST: Final = re.compile(r"[\s\x00-\x20<>\"{}|^`\\]")
_UNESCAPED: Final = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+|%(?![0-9A-Fa-f]{2})")
# The URL Standard takes them out wherever they stand: an address may be broken over lines.
_LINE_BREAKS: Final = str.maketrans("", "", "\t\r\n")
_SHOWN = 100


def absolute(uri: str, base: str = "") -> str:
    """The http(s) address a reference names, in a document at `base`, with stray characters percent-encoded.

    Brackets stay, as in browsers (URL Standard, query state): an ad server finds its own [MACRO] as it wrote it.
    ValueError with one sentence where it names none. Without a base, a reference that begins with // means https.
    """
    text = uri.strip().translate(_LINE_BREAKS)
    if not text:
        raise ValueError("the address is empty")
    if not _SCHEME.match(text):
        text = _joined(base, text)
    match = _HTTP.fullmatch(urldefrag(text).url)
    if match is None or not match[2]:
        raise ValueError(f"{uri.strip()[:_SHOWN]!r} is not an http or https address")
    if _NOT_IN_A_HOST.search(match[2]):
        raise ValueError(f"{match[2][:_SHOWN]!r} is not the name of a host")
    return f"{match[1].lower()}://{match[2]}{_UNESCAPED.sub(_escape, match[3])}"


def _joined(base: str, reference: str) -> str:
    if base:
        return urljoin(base, reference)
    if reference.startswith("//"):
        return f"https:{reference}"
    raise ValueError(f"{reference[:_SHOWN]!r} is relative, and its document has no address")


def _escape(match: re.Match[str]) -> str:
    return quote(match[0], safe="", errors="replace")


def with_parameters(url: str, parameters: Mapping[str, Any], encode: Mapping[str, bool] | None = None) -> str:
    """The URL with further parameters: after what its query holds, before its fragment; None leaves one out.

    A mapping or list is written as compact JSON, true and false as JSON has them. A key for which `encode` is false
    is written as it is; all others are percent-encoded with no safe characters.
    """
    pairs = [
        f"{quote(name, safe='')}={_value(value, (encode or {}).get(name, True))}"
        for name, value in parameters.items()
        if value is not None
    ]
    if not pairs:
        return url
    address, mark, fragment = url.partition("#")
    glue = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{glue}{'&'.join(pairs)}{mark}{fragment}"


def parameter_text(value: Any) -> str:
    """A parameter's value as text, before any encoding."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | Mapping | list | tuple):
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    return str(value)


def _value(value: Any, encode: bool) -> str:
    text = parameter_text(value)
    return quote(text, safe="", errors="replace") if encode else text
