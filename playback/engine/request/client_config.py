"""VastClientConfig: whom a client asks, how long it waits, and what it accepts (playback.md 1.6, 3.4)."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.configuration.number import is_finite
from playback.engine.delivery.tracker_config import VastTrackerConfig
from playback.engine.errors import ConfigError
from playback.engine.request.parser import VastParser
from playback.engine.request.parser_config import VastParserConfig
from playback.engine.request.transport import MAX_BYTES, SslVerify, check_ssl_verify
from vast.macros import Value

GENERIC: Final = "generic"
"""The provider of a client nobody named one for: no macros of its own, no interruption profile."""

CLIENT_DELIVERIES: Final = ("live", "sandbox", "dry_run")

# The keys of the dictionaries that clients were configured by before there was a class.
_ALIASES: Final = {
    "client_url": "url",
    "client_base_url": "url",
    "client_params": "params",
    "client_headers": "headers",
}


@dataclass(frozen=True, slots=True)
class VastClientConfig:
    """The settings of a VastClient; times in seconds, `max_bytes` for one answer, packed and unpacked.

    `parser` reads the documents (its leniency, its encoding) and `tracker` writes and sends the pixels; a mapping of
    `tracker` states what differs from the provider's. `provider_settings` are kept for whoever builds clients; nothing
    here reads them.
    `macros` are values for request macros, `publisher` and `provider` name levels of the playback configuration of
    which `playback` is the global one. `delivery` says whether Error addresses are called (live) or only resolved.
    `max_wrappers` 0 follows none. `ping_refused_wrappers` tells 300 to the Errors of a wrapper that
    followAdditionalWrappers forbids; `required_category` refuses (204) an ad without a category where a wrapper
    blocks some. ConfigError for a value that cannot be used.
    """

    url: str = ""
    provider: str = GENERIC
    publisher: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    macros: Mapping[str, Value] = field(default_factory=dict)
    parser: VastParserConfig | Mapping[str, Any] | None = None
    tracker: VastTrackerConfig | Mapping[str, Any] | None = None
    playback: PlaybackSessionConfig | Mapping[str, Any] | None = None
    enable_tracking: bool = True
    enable_parsing: bool = True
    ssl_verify: SslVerify = True
    delivery: str = "live"
    max_wrappers: int = 5
    first_timeout_sec: float = 8
    wrapper_timeout_sec: float = 4
    overall_timeout_sec: float = 30
    max_bytes: int = MAX_BYTES
    lenient: bool = True
    ping_refused_wrappers: bool = False
    required_category: bool = False
    provider_settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(name, getattr(self, name)))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The configuration a mapping states; client_url, client_params and client_headers are understood too.

        ConfigError for a key that names no field, and for one field stated under two names.
        """
        known = [item.name for item in fields(cls)]
        stated: dict[str, Any] = {}
        for key, value in data.items():
            name = _ALIASES.get(key, key)
            if name not in known:
                raise ConfigError(str(key), "unknown field", known)
            if name in stated:
                raise ConfigError(str(key), f"{name} is stated twice")
            stated[name] = value
        return cls(**stated)

    def evolve(self, **changes: Any) -> "VastClientConfig":
        """A copy with some fields changed. ConfigError for a name that is no field."""
        present = {item.name: getattr(self, item.name) for item in fields(self)}
        return type(self).from_dict({**present, **changes})


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(name, f"must be text, not {value!r}")
    return value.strip()


def _optional_text(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value)


def _mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise ConfigError(name, f"must be a mapping of names to values, not {value!r}")
    return deepcopy(dict(value))


def _texts(name: str, value: Any) -> dict[str, str]:
    found = _mapping(name, value)
    return {key: _text(f"{name}.{key}", item) for key, item in found.items()}


def _macros(name: str, value: Any) -> dict[str, Value]:
    return {
        key: [str(part) for part in item] if isinstance(item, list | tuple) else str(item)
        for key, item in _mapping(name, value).items()
        if item is not None
    }


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(name, f"must be true or false, not {value!r}")
    return value


def _number(lowest: float) -> Callable[[str, Any], Any]:
    def check(name: str, value: Any) -> Any:
        if not is_finite(value):
            raise ConfigError(name, f"must be a number, not {value!r}")
        if value < lowest:
            raise ConfigError(name, f"must be at least {lowest}, not {value!r}")
        return value

    return check


def _whole(lowest: int) -> Callable[[str, Any], int]:
    number = _number(lowest)

    def check(name: str, value: Any) -> int:
        if not isinstance(value, int):
            raise ConfigError(name, f"must be a whole number, not {value!r}")
        return int(number(name, value))

    return check


def _playback(name: str, value: Any) -> PlaybackSessionConfig | None:
    if value is None or isinstance(value, PlaybackSessionConfig):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(name, f"must be a playback configuration, not {value!r}")
    return PlaybackSessionConfig.from_dict(value)


def _parser(name: str, value: Any) -> VastParserConfig | None:
    if isinstance(value, VastParser):
        return value.config
    if value is None or isinstance(value, VastParserConfig):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(name, f"must be a parser configuration, not {value!r}")
    return VastParserConfig.from_dict(value)


def _tracker(name: str, value: Any) -> VastTrackerConfig | Mapping[str, Any] | None:
    # What a mapping leaves out is the provider's, who may still change: it is kept as it is, once it is seen to be one.
    if value is None or isinstance(value, VastTrackerConfig):
        return value
    if not isinstance(value, Mapping):
        raise ConfigError(name, f"must be a tracker configuration, not {value!r}")
    VastTrackerConfig.from_dict(value)
    return dict(value)


def _delivery(name: str, value: Any) -> str:
    if value not in CLIENT_DELIVERIES:
        raise ConfigError(name, f"unknown delivery {value!r}", CLIENT_DELIVERIES)
    return str(value)


_CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "url": _text,
    "provider": _text,
    "publisher": _optional_text,
    "params": _mapping,
    "headers": _texts,
    "macros": _macros,
    "parser": _parser,
    "tracker": _tracker,
    "playback": _playback,
    "enable_tracking": _flag,
    "enable_parsing": _flag,
    "ssl_verify": lambda _, value: check_ssl_verify(value),
    "delivery": _delivery,
    "max_wrappers": _whole(0),
    "first_timeout_sec": _number(0),
    "wrapper_timeout_sec": _number(0),
    "overall_timeout_sec": _number(0),
    "max_bytes": _whole(1),
    "lenient": _flag,
    "ping_refused_wrappers": _flag,
    "required_category": _flag,
    "provider_settings": _mapping,
}
