"""What the headers of a request say of the viewer: below the query what transport sends, above it X-Device-*.

Pipeline.md §2.1 (1) and §2.2; VAST 4.2 §1.1.3 names the X-Device headers of server-to-server requests.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pipeline.engine.query.address import Place, address_or_none
from pipeline.engine.query.json_text import cleaned
from pipeline.engine.query.line import is_unexpanded
from pipeline.engine.query.values import LANGUAGE

# In this order, and from a trusted proxy only.
_FORWARDING = ("x-forwarded-for", "x-real-ip", "true-client-ip")
# header -> where it goes in the device
_DEVICE_TEXT = {
    "x-device-user-agent": "ua",
    "x-device-make": "make",
    "x-device-model": "model",
    "x-device-os": "os",
}
_TRANSPORT = frozenset({*_FORWARDING, "user-agent", "accept-language", "referer", "sec-gpc"})
_EXPLICIT = frozenset(
    {*_DEVICE_TEXT, "x-device-ip", "x-device-accept-language", "x-device-referer", "x-device-player"}
)


class Headers(NamedTuple):
    """The headers that are read, by lower-case name, without the empty ones: X-Device-*, and what any client sends."""

    explicit: dict[str, str]
    transport: dict[str, str]


def read_headers(headers: Mapping[str, str]) -> Headers:
    """The headers by what they weigh; names in any case. An X-Device header never filled in counts as absent."""
    found = Headers({}, {})
    for name, value in headers.items():
        if name in _TRANSPORT or (name := name.lower()) in _TRANSPORT:
            if text := cleaned(value).strip():
                found.transport[name] = text
        elif name in _EXPLICIT and (text := cleaned(value).strip()) and not is_unexpanded(text, text):
            found.explicit[name] = text
    return found


def device_of(found: Headers) -> tuple[dict[str, str], dict[str, str]]:
    """What headers say of the device: (below the query, above it)."""
    below, above = {}, {}
    if "user-agent" in found.transport:
        below["ua"] = found.transport["user-agent"]
    if language := _language(found.transport.get("accept-language", "")):
        below["language"] = language
    if found.explicit:
        above = {
            field: found.explicit[name] for name, field in _DEVICE_TEXT.items() if name in found.explicit
        }
        if language := _language(found.explicit.get("x-device-accept-language", "")):
            above["language"] = language
    return below, above


def forwarded(found: Headers) -> Place | None:
    """The viewer's address by a proxy's headers. Whether the proxy is to be believed is the caller's question."""
    for name in _FORWARDING:
        if name in found.transport and (address := address_or_none(found.transport[name])):
            return address
    return None


@lru_cache(maxsize=512)
def _language(text: str) -> str:
    """The first language of an Accept-Language header."""
    first = text.partition(",")[0].partition(";")[0].strip()
    try:
        return str(LANGUAGE.read(first)) if first else ""
    except ValueError:
        return ""
