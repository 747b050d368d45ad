"""EmbedHttpClient: the parts of an ad request (address, parameters, headers), kept apart until it is made.

Source: playback.md 1.10, 2.41.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, Self

from playback.engine.errors import ConfigError
from playback.engine.request.uri import parameter_text, with_parameters

if TYPE_CHECKING:
    from playback.engine.request.provider_http_loader import ProviderConfigLoader

_FIELDS: Final = ("base_url", "base_params", "base_headers", "encoding_config")
_NO_CACHE: Final = {"Cache-Control": "no-cache"}
_SWITCHROLL: Final = "switchroll"


class EmbedHttpClient:
    """An ad request in parts. What it is given and what it gives are copies: nothing is shared between clients.

    `encoding_config` maps a parameter to whether its value is percent-encoded (the default) or written as it is.
    """

    def __init__(
        self,
        base_url: str = "",
        base_params: Mapping[str, Any] | None = None,
        base_headers: Mapping[str, str] | None = None,
        encoding_config: Mapping[str, bool] | None = None,
    ) -> None:
        self.base_url = base_url
        self.base_params: dict[str, Any] = deepcopy(dict(base_params or {}))
        self.base_headers: dict[str, str] = dict(base_headers or {})
        self.encoding_config: dict[str, bool] = dict(encoding_config or {})
        self._extras: dict[str, Any] = {}

    def build_url(self, additional: Mapping[str, Any] | None = None) -> str:
        """The address with all parameters, the additional ones above the base; None leaves one out.

        A query that the base address has is kept and continued.
        """
        parameters = {**self.base_params, **(additional or {})}
        return with_parameters(self.base_url, parameters, self.encoding_config)

    def get_headers(self, additional: Mapping[str, str] | None = None) -> dict[str, str]:
        """The headers, the additional ones above the base; names are told apart without regard to case."""
        headers = {name.lower(): (name, value) for name, value in self.base_headers.items()}
        headers |= {name.lower(): (name, value) for name, value in (additional or {}).items()}
        return dict(headers.values())

    def get_macros(self) -> dict[str, str]:
        """Macro -> value: every parameter under its own name and its name in upper case, and the extra `macros`."""
        own = {name: parameter_text(value) for name, value in self.base_params.items() if value is not None}
        upper = {name.upper(): value for name, value in own.items()}
        return {**upper, **own, **self.get_extra("macros", {})}

    def get_tracking_macros(self) -> dict[str, str]:
        """The macros with what the headers say of the device: USER_AGENT and DEVICE_IP."""
        headers = {name.lower(): value for name, value in self.base_headers.items()}
        device = {
            "USER_AGENT": headers.get("x-device-user-agent") or headers.get("user-agent"),
            "DEVICE_IP": headers.get("x-device-ip") or headers.get("x-real-ip"),
        }
        return {**self.get_macros(), **{name: value for name, value in device.items() if value}}

    def set_extra(self, name: str, value: Any) -> None:
        """Keep a value with the client; it goes along into copies."""
        self._extras[name] = deepcopy(value)

    def get_extra(self, name: str, default: Any = None) -> Any:
        return deepcopy(self._extras.get(name, default))

    def has_extra(self, name: str) -> bool:
        return name in self._extras

    def copy(self) -> Self:
        """An equal client that shares nothing with this one."""
        return deepcopy(self)

    def with_url(self, base_url: str) -> Self:
        """A copy that asks another address."""
        made = self.copy()
        made.base_url = base_url
        return made

    def with_params(self, **params: Any) -> Self:
        """A copy with further parameters over the present ones."""
        made = self.copy()
        made.base_params |= deepcopy(params)
        return made

    def with_headers(self, headers: Mapping[str, str]) -> Self:
        """A copy with further headers over the present ones."""
        made = self.copy()
        made.base_headers = self.get_headers(headers)
        return made

    def to_dict(self) -> dict[str, Any]:
        """The four fields and, where there are any, the extras."""
        fields = {name: deepcopy(getattr(self, name)) for name in _FIELDS}
        return {**fields, "extras": deepcopy(self._extras)} if self._extras else fields

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The client a mapping describes. ConfigError for a key that names no field."""
        for name in data:
            if name not in (*_FIELDS, "extras"):
                raise ConfigError(name, "unknown field", (*_FIELDS, "extras"))
        client = cls(**{name: data[name] for name in _FIELDS if name in data})
        for name, value in data.get("extras", {}).items():
            client.set_extra(name, value)
        return client

    def to_vast_config(self) -> dict[str, Any]:
        """The fields of a VastClientConfig; the parameters stand in the address, and only there."""
        config: dict[str, Any] = {
            "url": self.build_url(),
            "headers": self.get_headers(),
            "macros": self.get_macros(),
        }
        if self.has_extra("provider"):
            config["provider"] = self.get_extra("provider")
        return config

    @staticmethod
    async def from_provider_config(
        loader: "ProviderConfigLoader",
        provider: str,
        context: Mapping[str, Any] | None = None,
        *,
        seed: int = 0,
        key: str = "",
    ) -> "EmbedHttpClient":
        """The client of a provider's settings, its templates filled from the context. Raises ConfigError."""
        return loader.build_provider_client(provider, context or {}, seed=seed, key=key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EmbedHttpClient) and self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.build_url()!r})"


class VastEmbedHttpClient(EmbedHttpClient):
    """An ad request with the habits of VAST: a placement type, and headers that keep caches out of tracking."""

    def build_vast_url(
        self, placement_type: str = _SWITCHROLL, additional: Mapping[str, Any] | None = None
    ) -> str:
        """The address with a `placement_type`, unless the parameters name one."""
        return self.build_url({"placement_type": placement_type, **self.base_params, **(additional or {})})

    def with_vast_context(self, **context: Any) -> Self:
        """A copy with the context's values as parameters; None removes one."""
        return self.with_params(**context)

    def get_vast_headers(self, *, tracking: bool = False) -> dict[str, str]:
        """The headers of an ad request, or of a tracker, which no cache may answer."""
        return self.get_headers(_NO_CACHE if tracking else None)
