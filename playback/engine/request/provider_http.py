"""What the providers' ad servers expect of macros: how they are written, which request parameters feed them.

Source: playback.md 1.4. Addresses are the caller's own; examples use reserved names only.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from playback.engine.request.uri import parameter_text


@dataclass(frozen=True, slots=True)
class ProviderMacros:
    """`formats` in order of preference, NAME standing for a macro's name; `mapping` request parameter -> macro;
    `static` macro -> value."""

    formats: tuple[str, ...]
    mapping: Mapping[str, str] = field(default_factory=dict)
    static: Mapping[str, str] = field(default_factory=dict)


_BRACKETS: Final = "[NAME]"
_DOLLAR: Final = "${NAME}"
_PERCENT: Final = "%%NAME%%"
_BRACES: Final = "{NAME}"

BASE_MAPPING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ab_uid": "DEVICE_SERIAL",
        "device_serial": "DEVICE_SERIAL",
        "ad_place": "PLACEMENT_TYPE",
        "media_title": "CHANNEL_NAME",
        "media_tag": "CHANNEL_CATEGORY",
    }
)


def _macros(formats: tuple[str, ...], mapping: Mapping[str, str], **static: str) -> ProviderMacros:
    return ProviderMacros(
        formats, MappingProxyType({**BASE_MAPPING, **mapping}), MappingProxyType(dict(static))
    )


BASE_MACROS: Final = _macros((_BRACKETS, _DOLLAR), {})
"""Of a provider nobody knows."""

PROVIDER_MACROS: Final[Mapping[str, ProviderMacros]] = MappingProxyType(
    {
        "global": _macros(
            (_BRACKETS, _DOLLAR), {"city": "CITY", "city_code": "CITY_CODE"}, AD_SERVER="AdStream Global"
        ),
        "tiger": _macros(
            (_BRACKETS, _DOLLAR), {"city_name": "CITY", "city_code": "CITY_CODE"}, AD_SERVER="AdStream Tiger"
        ),
        "leto": _macros(
            (_PERCENT, _BRACKETS),
            {"wl": "WL", "pad_id": "PAD_ID", "block_id": "BLOCK_ID"},
            AD_SERVER="Leto",
        ),
        "yandex": _macros(
            (_BRACES, _BRACKETS),
            {"yandex_uid": "YANDEX_UID", "campaign_id": "CAMPAIGN_ID", "banner_id": "BANNER_ID"},
            AD_SERVER="Yandex Direct",
        ),
        "google": _macros(
            (_PERCENT, _BRACKETS),
            {"google_gid": "GOOGLE_GID", "google_cust_params": "GOOGLE_CUST_PARAMS"},
            AD_SERVER="Google AdSense",
        ),
        "custom": _macros((_BRACKETS, _DOLLAR, _BRACES), {}, AD_SERVER="Custom Provider"),
    }
)
"""Provider -> how its ad server writes and fills macros."""


def macros_of(provider: str | None) -> ProviderMacros:
    """The macros of a provider; those every provider has for one that is not in the table."""
    return PROVIDER_MACROS.get(provider or "", BASE_MACROS)


def mapped_macros(provider: str | None, parameters: Mapping[str, Any]) -> dict[str, str]:
    """Macro -> value for the request parameters the provider's table names; None is left out."""
    return dict(_mapped(macros_of(provider).mapping, parameters))


def _mapped(mapping: Mapping[str, str], parameters: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for parameter, macro in mapping.items():
        value = parameters.get(parameter)
        if value is not None:
            yield macro, parameter_text(value)
