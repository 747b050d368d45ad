"""What a browser sends when it saves the form of a provider or publisher."""

from collections.abc import Iterable, Mapping
from typing import Any

SETTINGS = (
    "mode",
    "max_session_duration_sec",
    "quartile_offset_tolerance_sec",
    "headless_tick_interval_sec",
    "headless_playback_speed",
    "enable_auto_quartiles",
    "emit_playback_events",
    "log_tracking_urls",
    "enable_session_persistence",
    "pause_pixels",
)


def level_form(
    rules: Iterable[Mapping[str, Any]] = (), *, initial: int = 0, **settings: Any
) -> dict[str, Any]:
    """``rules`` in the order of the page; the first ``initial`` of them were stored before."""
    rows = list(rules)
    data: dict[str, Any] = {"rules-TOTAL_FORMS": len(rows), "rules-INITIAL_FORMS": initial}
    data |= {name: settings.pop(name, "") for name in SETTINGS}
    for place, row in enumerate(rows):
        data |= {f"rules-{place}-{name}": value for name, value in row.items()}
    return {**data, **settings}


def save(client: Any, address: str, data: Mapping[str, Any], **how: Any) -> Any:
    """Sends a form as filled in on the page as it stands now, and so with its version."""
    page = client.get(address).context
    return client.post(address, {"version": page["version"], "note": "A test", **data}, **how)


def shown_fields(answer: Any) -> dict[str, Any]:
    """The form as the page shows it, ready to be sent back unchanged."""
    profile = answer.context["profile"]
    data: dict[str, Any] = {}
    forms = [profile.settings, profile.rules.management_form, *profile.rules.forms]
    for form in [*forms, *([answer.context["form"]] if "form" in answer.context else [])]:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = value
    return data
