"""VastTrackerConfig: how the pixels of a client are written and sent, and the shipped one of each provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, Self

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.configuration.number import is_finite
from playback.engine.delivery.capabilities import (
    with_http_send,
    with_logging,
    with_macros,
    with_retry_logic,
    with_state,
)
from playback.engine.delivery.context import Logger, Metrics, TrackingContext
from playback.engine.delivery.sending import Capability
from playback.engine.delivery.trackable import ONCE
from playback.engine.errors import ConfigError
from playback.engine.request.provider_http import PROVIDER_MACROS
from playback.engine.request.transport import Getter
from vast.macros import DEFAULT_FORMATS, Value

DEFAULT_CAPABILITIES: Final = ("macros", "state", "logging", "retry_logic", "http_send")

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class VastTrackerConfig:
    """How pixels are written and sent. Times in seconds.

    macro_formats: delimiters round the word NAME; static_macros: macro -> value, below everything else;
    macro_mapping: request parameter (dotted where nested) -> macro.
    timeout: of one attempt; drain_timeout: how long the end of play waits for what is still open.
    retry_on_error, max_retries, retry_delay: off by default, because a retry may count twice.
    headers: go with every pixel (X-Device-IP, X-Device-User-Agent, ... when a server sends for a device).
    at_once: pixels open at the same time. playback: the session's configuration, where the tracker carries one; that
    of its client stands above it. ConfigError for a value that cannot be used.
    """

    macro_formats: tuple[str, ...] = DEFAULT_FORMATS
    static_macros: Mapping[str, Value] = field(default_factory=lambda: _EMPTY)
    macro_mapping: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    timeout: float = 5.0
    retry_on_error: bool = False
    max_retries: int = 0
    retry_delay: float = 1.0
    drain_timeout: float = 5.0
    at_once: int = 50
    headers: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    default_capabilities: tuple[str, ...] = DEFAULT_CAPABILITIES
    playback: PlaybackSessionConfig | Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in ("timeout", "retry_delay", "drain_timeout"):
            value = getattr(self, name)
            if not is_finite(value) or value < 0:
                raise ConfigError(name, f"{value!r} is not a number of seconds, at least 0")
        for name, least in (("max_retries", 0), ("at_once", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(name, f"{value!r} is not a whole number, at least {least}")
        for name in self.default_capabilities:
            if name not in CAPABILITIES:
                raise ConfigError("default_capabilities", f"unknown capability {name!r}", CAPABILITIES)
        for name in ("static_macros", "macro_mapping", "headers"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "macro_formats", tuple(self.macro_formats))
        if not isinstance(self.playback, PlaybackSessionConfig | None):
            object.__setattr__(self, "playback", PlaybackSessionConfig.from_dict(self.playback))

    @property
    def session_config(self) -> PlaybackSessionConfig | None:
        """`playback`, as it was read."""
        return self.playback if isinstance(self.playback, PlaybackSessionConfig) else None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], shipped: Mapping[str, Any] = _EMPTY) -> Self:
        """The configuration a mapping states, over what is `shipped`. ConfigError for a key that names no field."""
        known = [item.name for item in fields(cls)]
        for name in data:
            if name not in known:
                raise ConfigError(str(name), "unknown field", known)
        return cls(**{**shipped, **data})

    @property
    def retries(self) -> int:
        """How often a failed pixel is tried again."""
        return self.max_retries if self.retry_on_error else 0

    def build_context(
        self, logger: Logger | None = None, http_client: Getter | None = None, metrics: Metrics | None = None
    ) -> TrackingContext:
        """The dependencies of a tracker under this configuration."""
        return TrackingContext(
            logger=logger,
            http_client=http_client,
            metrics_client=metrics,
            timeout=self.timeout,
            max_retries=self.retries,
            retry_delay=self.retry_delay,
            headers=self.headers,
        )

    def capabilities(self, context: TrackingContext) -> tuple[Capability, ...]:
        """The default capabilities, in their order, over a context."""
        return tuple(CAPABILITIES[name](self, context) for name in self.default_capabilities)

    def once(self) -> frozenset[str]:
        """The events that are told once."""
        every = self.session_config is None or self.session_config.pause_pixels == "every"
        return ONCE if every else ONCE | {"pause", "resume"}

    def logs_urls(self) -> bool:
        """Whether log lines carry whole addresses."""
        return self.session_config is not None and self.session_config.log_tracking_urls


CAPABILITIES: Final[Mapping[str, Callable[[VastTrackerConfig, TrackingContext], Capability]]] = (
    MappingProxyType(
        {
            "macros": lambda config, _: with_macros(formats=config.macro_formats),
            "state": lambda config, _: with_state(config.once()),
            "logging": lambda config, context: with_logging(context, urls=config.logs_urls()),
            "retry_logic": lambda _, context: with_retry_logic(1 + context.max_retries, context.retry_delay),
            "http_send": lambda _, context: with_http_send(context),
        }
    )
)
"""What `default_capabilities` may name; the others need a session and are composed by hand."""

DEFAULT_TRACKER_CONFIG: Final = VastTrackerConfig()


def tracker_config(provider: str, **changes: Any) -> VastTrackerConfig:
    """The shipped tracker configuration of a provider, with these fields changed. ConfigError for an unknown one."""
    row = PROVIDER_MACROS.get(provider)
    if row is None:
        raise ConfigError("provider", f"unknown provider {provider!r}", PROVIDER_MACROS)
    shipped = {"macro_formats": row.formats, "macro_mapping": row.mapping, "static_macros": row.static}
    return VastTrackerConfig.from_dict(changes, shipped)
