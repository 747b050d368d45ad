"""What the headers of a request say of the viewer: below the query what transport sends, above it X-Device-*.

Pipeline.md §2.1 (1) and §2.2; VAST 4.2 §1.1.3 names the X-Device headers of server-to-server requests.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from pipeline.engine.query.address import Address, address_or_none
from pipeline.engine.query.json_text import cleaned
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
_READ = frozenset(
    {
        *_FORWARDING,
        *_DEVICE_TEXT,
        "user-agent",
        "accept-language",
        "referer",
        "sec-gpc",
        "x-device-ip",
        "x-device-accept-language",
        "x-device-referer",
        "x-device-player",
    }
)


class Said(NamedTuple):
    """What one set of headers says; "" and None where it says nothing. `page` may be no address of a page."""

    device: dict[str, str]
    address: Address | None = None
    page: str = ""
    player: str = ""
    gpc: bool = False


def wanted(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that are read, by lower-case name, cleaned, without the empty ones."""
    found = {}
    for name, value in headers.items():
        key = name.lower()
        if key in _READ and (text := cleaned(value).strip()):
            found[key] = text
    return found


def explicit(found: Mapping[str, str]) -> Said:
    """X-Device-*: what the caller says of the viewer. It beats the query."""
    device = {field: found[name] for name, field in _DEVICE_TEXT.items() if name in found}
    language = _language(found.get("x-device-accept-language", ""))
    if language:
        device["language"] = language
    return Said(
        device,
        address_or_none(found.get("x-device-ip", "")),
        found.get("x-device-referer", ""),
        found.get("x-device-player", ""),
    )


def transport(found: Mapping[str, str], *, trusted: bool) -> Said:
    """What any HTTP client sends. The query beats it; forwarded addresses count from a trusted proxy only."""
    device = {}
    if "user-agent" in found:
        device["ua"] = found["user-agent"]
    language = _language(found.get("accept-language", ""))
    if language:
        device["language"] = language
    forwarded = (
        (address_or_none(found[name]) for name in _FORWARDING if name in found) if trusted else iter(())
    )
    address = next((one for one in forwarded if one), None)
    return Said(device, address, found.get("referer", ""), gpc=found.get("sec-gpc") == "1")


@lru_cache(maxsize=512)
def _language(text: str) -> str:
    """The first language of an Accept-Language header."""
    first = text.partition(",")[0].partition(";")[0].strip()
    try:
        return str(LANGUAGE.read(first)) if first else ""
    except ValueError:
        return ""
