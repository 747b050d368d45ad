"""Every named address of the site, read from its resolver and filled with rows that exist."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.urls import URLPattern, get_resolver
from django.urls.resolvers import URLResolver

# What a path's parameters are filled with; the tests make rows of these names.
ADMIN_PARAMETERS = {
    "id": "1",
    "object_id": "1",
    "content_type_id": "1",
    "app_label": "vastdash",
    "url": "nowhere",
}

# A part of a row: every build of the tests has a first ad; no tracker has this key and no
# other row this id, which opens no door further.
PARTS = {
    "number": 1,
    "side": "adm",
    "key": "0000000000000000",
    "kind": "build",
    "form": "yaml",
    "shape": "csv",
    "other": "000000000000",
}


def patterns(
    resolver: URLResolver | None = None, namespaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    """Full route name and pattern, also of those without a name (which end in a colon)."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from patterns(pattern, inner)
        else:
            yield ":".join((*namespaces, pattern.name or "")), pattern


def parameters(pattern: URLPattern, values: Mapping[str, Any]) -> dict[str, Any]:
    known = {**PARTS, **values}
    return {name: known[name] for name in pattern.pattern.regex.groupindex}
