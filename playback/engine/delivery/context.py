"""TrackingContext: what senders of pixels share, handed over and never ambient (playback.md 1.9, 2.39)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

from playback.engine.errors import ConfigError
from playback.engine.request.transport import Getter


class Logger(Protocol):
    """What is asked of a logger: the standard library's and structlog's both have it."""

    def info(self, event: str, /, *args: Any, **facts: Any) -> Any: ...


class Metrics(Protocol):
    """Where numbers go; names begin with `vast.tracking.`"""

    def record(self, name: str, value: float, /) -> Any: ...


@dataclass(slots=True, kw_only=True)
class TrackingContext:
    """The dependencies of one tracker. Times in seconds; `headers` go with every pixel; `custom` is the caller's."""

    logger: Logger | None = None
    http_client: Getter | None = None
    metrics_client: Metrics | None = None
    timeout: float = 5.0
    max_retries: int = 0
    retry_delay: float = 1.0
    headers: Mapping[str, str] = field(default_factory=dict)
    custom: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """A dependency by name: a field, else one of `custom`; `default` where it is missing or None."""
        found = getattr(self, name) if name in _FIELDS else self.custom.get(name)
        return default if found is None else found

    def set(self, name: str, value: Any) -> None:
        """Give a dependency; a name that is no field goes to `custom`. ConfigError for the name "custom" itself."""
        if name == "custom":
            raise ConfigError(name, "set its entries one by one")
        if name in _FIELDS:
            setattr(self, name, value)
        else:
            self.custom[name] = value

    def has_dependency(self, name: str) -> bool:
        return self.get(name) is not None

    def merge(self, **changes: Any) -> "TrackingContext":
        """A copy with these dependencies set; this one stays as it is."""
        copy = replace(self, headers=dict(self.headers), custom=dict(self.custom))
        for name, value in changes.items():
            copy.set(name, value)
        return copy


_FIELDS = frozenset(item.name for item in fields(TrackingContext))
