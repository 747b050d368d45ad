"""From a provider's settings, templates in them, to the EmbedHttpClient that asks its ad server (playback.md 1.11)."""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final
from uuid import UUID

from playback.engine.errors import ConfigError
from playback.engine.request.embed_http_client import EmbedHttpClient
from playback.engine.request.provider_http import PROVIDER_MACROS
from playback.engine.request.uri import parameter_text
from playback.engine.splitmix import stable_key, uniform

_TEMPLATE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_.-]*)(?:\|([^{}]*))?\}")
_NOTHING: Final = object()


def value_at(context: Mapping[str, Any], path: str, absent: Any = None) -> Any:
    """What stands at a dotted path of nested mappings (and of lists, by number)."""
    found: Any = context
    for step in path.split("."):
        if isinstance(found, Mapping) and step in found:
            found = found[step]
        elif isinstance(found, list | tuple) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return absent
    return found


class TemplateResolver:
    """Fills `${name}`, `${a.b.c}` and `${name|default}` from a context, in texts, mappings and lists.

    A template alone in its text becomes the value itself, with its type. One that names nothing (or None) and has no
    default stays as it is written. A value is not searched for templates again.
    """

    def __init__(self, context: Mapping[str, Any]) -> None:
        self.context = context

    def resolve(self, value: Any) -> Any:
        """A copy with every template filled; keys of mappings are left alone."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, Mapping):
            return {key: self.resolve(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if isinstance(value, tuple):
            return tuple(self.resolve(item) for item in value)
        return value

    def _text(self, text: str) -> Any:
        whole = _TEMPLATE.fullmatch(text)
        if whole:
            return deepcopy(self._value(whole))
        return _TEMPLATE.sub(lambda match: parameter_text(self._value(match)), text)

    def _value(self, match: re.Match[str]) -> Any:
        found = value_at(self.context, match[1])
        if found is not None:
            return found
        return match[0] if match[2] is None else match[2]


class IPPoolSelector:
    """Chooses an address out of named pools; the same seed and key choose the same one."""

    def __init__(self, pools: Sequence[Mapping[str, Any]]) -> None:
        self._pools = {str(pool["name"]): pool for pool in pools}

    def select_ip(self, pool: str, *, seed: int, key: str = "", fallback: str | None = None) -> str | None:
        """An address of the pool; its fallback, else `fallback`, where it has none or is not known.

        ConfigError for a strategy other than random.
        """
        found = self._pools.get(pool, {})
        strategy = found.get("strategy", "random")
        if strategy != "random":
            raise ConfigError(f"ip_pools.{pool}.strategy", f"unknown strategy {strategy!r}", ("random",))
        addresses = found.get("ips") or ()
        if not addresses:
            return found.get("fallback") or fallback
        drawn = uniform(seed, stable_key(f"ip_pool:{pool}:{key}"))
        return str(addresses[int(drawn * len(addresses))])


def generate_uuid_from_multi_fields(context: Mapping[str, Any], fields: Sequence[str]) -> str:
    """The MD5 of the fields' texts one after the other, in the shape of a UUID; absent fields count as "".

    A stable name for a device, no secret.
    """
    joined = "".join(parameter_text(value_at(context, name, "")) for name in fields)
    return str(UUID(hashlib.md5(joined.encode(errors="replace"), usedforsecurity=False).hexdigest()))


def process_macro_mappings(mapping: Mapping[str, str], context: Mapping[str, Any]) -> dict[str, str]:
    """Macro -> text for a mapping of dotted paths to macros; what is absent or None is left out."""
    return dict(_mapped(mapping, context))


def _mapped(mapping: Mapping[str, str], context: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, macro in mapping.items():
        value = value_at(context, path)
        if value is not None:
            yield macro, parameter_text(value)


PROVIDER_HTTP: Final[Mapping[str, Mapping[str, Any]]] = {
    name: {"http_client": {"base_url": f"https://ads.example.com/{name}/vast"}} for name in PROVIDER_MACROS
}
"""The providers that ship: a reserved host each, to be replaced by the caller's own settings."""


class ProviderConfigLoader:
    """The settings of providers by name, in the form of playback.md 1.4: http_client, ip_pools, context_preparation."""

    def __init__(self, providers: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._providers = PROVIDER_HTTP if providers is None else providers

    def get_provider_config(self, provider: str) -> dict[str, Any]:
        """A copy of a provider's settings. ConfigError for an unknown one, naming those that exist."""
        if provider not in self._providers:
            raise ConfigError("provider", f"unknown provider {provider!r}", self._providers)
        return deepcopy(dict(self._providers[provider]))

    def prepare_context(
        self, provider: str, context: Mapping[str, Any], *, seed: int = 0, key: str = ""
    ) -> dict[str, Any]:
        """The request's context with what `context_preparation` adds to it; the one given is not changed.

        A field of type `uuid_multi_fields` is made of its `fields` where the context has none; one of type
        `channel_extraction` is copied from its `source` path; `ip_selection` chooses from a pool by `seed` and `key`.
        ConfigError for another type.
        """
        settings = self.get_provider_config(provider)
        prepared = deepcopy(dict(context))
        for name, step in settings.get("context_preparation", {}).items():
            kind = step.get("type", name)
            if kind not in _PREPARATIONS:
                raise ConfigError(f"context_preparation.{name}", f"unknown type {kind!r}", _PREPARATIONS)
            target = step.get("target", _TARGETS.get(name, name))
            if prepared.get(target) is None:
                prepared[target] = _PREPARATIONS[kind](step, prepared, settings, seed, key)
        return prepared

    def build_http_client_config(self, provider: str, context: Mapping[str, Any]) -> dict[str, Any]:
        """base_url, base_params, base_headers and encoding_config, with every template filled from the context.

        Dynamic parameters and headers go over the base ones; those whose template stayed unfilled are left out.
        """
        http = self.get_provider_config(provider).get("http_client", {})
        resolver = TemplateResolver(context)
        return {
            "base_url": resolver.resolve(http.get("base_url", "")),
            "base_params": _filled(resolver, http.get("base_params"), http.get("dynamic_params")),
            "base_headers": _filled(resolver, http.get("base_headers"), http.get("dynamic_headers")),
            "encoding_config": dict(http.get("encoding_config") or {}),
        }

    def build_provider_client(
        self, provider: str, context: Mapping[str, Any], *, seed: int = 0, key: str = ""
    ) -> EmbedHttpClient:
        """The client that asks a provider's ad server on behalf of one context."""
        prepared = self.prepare_context(provider, context, seed=seed, key=key)
        client = EmbedHttpClient(**self.build_http_client_config(provider, prepared))
        client.set_extra("provider", provider)
        mapping = self.get_provider_config(provider).get("tracker", {}).get("macro_mapping", {})
        client.set_extra("macros", process_macro_mappings(mapping, prepared))
        return client


_TARGETS: Final = {"channel_extraction": "channel", "ip_selection": "ip"}


def _uuid(step: Mapping[str, Any], context: Mapping[str, Any], *_: Any) -> str:
    return generate_uuid_from_multi_fields(context, step.get("fields", ()))


def _copied(step: Mapping[str, Any], context: Mapping[str, Any], *_: Any) -> Any:
    return deepcopy(value_at(context, step.get("source", ""), step.get("fallback")))


def _ip(
    step: Mapping[str, Any], _: Mapping[str, Any], settings: Mapping[str, Any], seed: int, key: str
) -> str | None:
    pools = IPPoolSelector(settings.get("ip_pools", ()))
    return pools.select_ip(step.get("pool", ""), seed=seed, key=key, fallback=step.get("fallback"))


_PREPARATIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "uuid_multi_fields": _uuid,
    "channel_extraction": _copied,
    "ip_selection": _ip,
}


def _filled(
    resolver: TemplateResolver, base: Mapping[str, Any] | None, dynamic: Mapping[str, Any] | None
) -> dict[str, Any]:
    filled = dict(resolver.resolve(base or {}))
    for name, template in (dynamic or {}).items():
        value = resolver.resolve(template)
        if not (isinstance(value, str) and _TEMPLATE.search(value)):
            filled[name] = value
    return filled
