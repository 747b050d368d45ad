"""What templates say often: where a link is current, a moment in time, milliseconds as seconds."""

import json
from datetime import datetime
from functools import cache
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags import lucide as icons

register = template.Library()


@register.simple_tag
@cache
def lucide(name: str, *, size: int | None = 24, **attributes: str) -> str:
    """An icon, drawn once: templates name a few, and a list shows the same in each of its rows."""
    return icons.lucide(name, size=size, **attributes)


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], *prefixes: str) -> str:
    """``active`` when this page's address starts with one of the prefixes (``/`` matches itself only)."""
    path = context["request"].path
    return (
        "active"
        if any(path == prefix or (prefix != "/" and path.startswith(prefix)) for prefix in prefixes)
        else ""
    )


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A ``<time>`` that the page's script shows in the reader's own zone; UTC without it."""
    if value is None:
        return "–"
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        value.isoformat(timespec="seconds"),
        value.strftime("%Y-%m-%d %H:%M:%S"),
        value.strftime("%Y-%m-%d %H:%M"),
    )


@register.filter
def seconds(ms: float | None) -> str:
    """Milliseconds as seconds, with as many decimals as they need: 7500 -> ``7.5 s``."""
    if ms is None:
        return "–"
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + " s"


@register.filter
def percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f} %".replace(".0 %", " %")


@register.filter
def as_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=False)


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: Any) -> str:
    """This page's query string with some keys changed; None removes a key."""
    parameters = context["request"].GET.copy()
    for key, value in changes.items():
        parameters.pop(key, None)
        if value is not None:
            parameters[key] = value
    return "?" + parameters.urlencode()


@register.filter
def thousands(number: float | None) -> str:
    """A count in groups of three: 1234567 -> ``1,234,567``."""
    return "–" if number is None else f"{round(number):,}"


@register.filter
def words(name: str) -> str:
    """A name of the record as people say it: ``network_error`` -> ``network error``."""
    return name.replace("_", " ")
