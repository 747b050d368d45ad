"""What a client brings to the pixels of its ads: whom they are sent through, their configuration, headers and macros.

A client is asked for what it has: `http`, `delivery`, `config` (with `tracker`, `provider`, `params`, `headers`,
`macros`, `enable_tracking`), `embed_client`, `ad_request` and `context`. A plain Getter, or None, will do.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from playback.engine.delivery.context import TrackingContext
from playback.engine.delivery.macros import PLAIN, ClientMacros, client_macros
from playback.engine.delivery.tracker_config import DEFAULT_TRACKER_CONFIG, VastTrackerConfig, tracker_config
from playback.engine.request.provider_http import PROVIDER_MACROS
from playback.engine.request.transport import Getter

LIVE: Final = "live"

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
_TRAVELS: Final = frozenset({"accept-language", "user-agent", "x-forwarded-for"})


def getter_of(client: Any) -> Getter | None:
    """What a client sends through: its `http`, or the client itself where it can `get`."""
    http: Getter | None = getattr(client, "http", None)
    if http is not None:
        return http
    gets = callable(getattr(client, "get", None)) and not isinstance(client, Mapping)
    return client if gets else None


def is_live(client: Any) -> bool:
    """Whether a client is there to send: it has the means, and neither its delivery nor its settings say otherwise."""
    wanted = getattr(client, "delivery", LIVE) == LIVE
    enabled = getattr(getattr(client, "config", None), "enable_tracking", True)
    return getter_of(client) is not None and wanted and bool(enabled)


def tracker_config_of(client: Any) -> VastTrackerConfig:
    """The tracker configuration of a client, else the shipped one of its provider, else the default one; a mapping
    states what differs from these."""
    config = getattr(client, "config", None)
    found = getattr(config, "tracker", None)
    if isinstance(found, VastTrackerConfig):
        return found
    stated = found if isinstance(found, Mapping) else _NONE
    provider = str(getattr(config, "provider", ""))
    if provider in PROVIDER_MACROS:
        return tracker_config(provider, **stated)
    return VastTrackerConfig.from_dict(stated) if stated else DEFAULT_TRACKER_CONFIG


def macros_of(
    client: Any,
    config: VastTrackerConfig | None = None,
    own: Mapping[str, Any] = _NONE,
    request: Mapping[str, Any] = _NONE,
) -> ClientMacros:
    """The macros of a client's pixels; `own` and `request` go over what it has itself, `config` in place of its own."""
    if client is None and config is None and not own and not request:
        return PLAIN
    embed, settings = getattr(client, "embed_client", None), getattr(client, "config", None)
    embedded = embed.get_macros() if embed is not None else _NONE
    params = (_mapping(embed, "base_params"), _mapping(settings, "params"), _mapping(client, "ad_request"))
    return client_macros(
        config or tracker_config_of(client),
        {**embedded, **_mapping(settings, "macros"), **own},
        {name: value for layer in (*params, request) for name, value in layer.items()},
        _headers(client),
    )


def context_of_client(client: Any, config: VastTrackerConfig, getter: Getter | None) -> TrackingContext:
    """The client's own context, or one of its configuration, that sends through `getter` and tells of the device."""
    own = getattr(client, "context", None)
    base = own if isinstance(own, TrackingContext) else config.build_context()
    device = {
        name: value
        for name, value in _headers(client).items()
        if name.lower() in _TRAVELS or name.lower().startswith("x-device-")
    }
    return base.merge(
        http_client=getter,
        timeout=config.timeout,
        max_retries=config.retries,
        retry_delay=config.retry_delay,
        headers=dict(_by_name(device, config.headers, base.headers)),
    )


def _headers(client: Any) -> dict[str, str]:
    embed, settings = getattr(client, "embed_client", None), getattr(client, "config", None)
    return dict(_by_name(_mapping(embed, "base_headers"), _mapping(settings, "headers")))


def _by_name(*layers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Headers of several layers, a later one above an earlier one; case tells no names apart."""
    return iter({name.lower(): (name, value) for layer in layers for name, value in layer.items()}.values())


def _mapping(owner: Any, name: str) -> Mapping[str, Any]:
    return getattr(owner, name, None) or _NONE
