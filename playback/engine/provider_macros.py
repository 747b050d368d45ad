"""How each provider writes and fills its macros (playback.md 1.4): formats, request parameters that become macros, and
macros with a fixed value. A new provider is one row."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class ProviderMacros(NamedTuple):
    """`formats` round the word NAME; `mapping` from a request parameter to its macro; `static` macro -> value."""

    formats: tuple[str, ...]
    mapping: Mapping[str, str]
    static: Mapping[str, str]


BASE_FORMATS: Final = ("[NAME]", "${NAME}")

BASE_MAPPING: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ab_uid": "DEVICE_SERIAL",
        "device_serial": "DEVICE_SERIAL",
        "ad_place": "PLACEMENT_TYPE",
        "media_title": "CHANNEL_NAME",
        "media_tag": "CHANNEL_CATEGORY",
    }
)


def _row(formats: tuple[str, ...], server: str, **mapping: str) -> ProviderMacros:
    return ProviderMacros(
        formats,
        MappingProxyType({**BASE_MAPPING, **mapping}),
        MappingProxyType({"AD_SERVER": server}),
    )


PROVIDER_MACROS: Final[Mapping[str, ProviderMacros]] = MappingProxyType(
    {
        "global": _row(BASE_FORMATS, "AdStream Global", city="CITY", city_code="CITY_CODE"),
        "tiger": _row(BASE_FORMATS, "AdStream Tiger", city_name="CITY", city_code="CITY_CODE"),
        "leto": _row(("%%NAME%%", "[NAME]"), "Leto", wl="WL", pad_id="PAD_ID", block_id="BLOCK_ID"),
        "yandex": _row(
            ("{NAME}", "[NAME]"),
            "Yandex Direct",
            yandex_uid="YANDEX_UID",
            campaign_id="CAMPAIGN_ID",
            banner_id="BANNER_ID",
        ),
        "google": _row(
            ("%%NAME%%", "[NAME]"),
            "Google AdSense",
            google_gid="GOOGLE_GID",
            google_cust_params="GOOGLE_CUST_PARAMS",
        ),
        "custom": _row(("[NAME]", "${NAME}", "{NAME}"), "Custom Provider"),
    }
)
