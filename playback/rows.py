"""How a partial playback configuration is kept in a JSON column, and how it becomes the engine's mapping again.

The engine takes ``interruption_rules`` as a mapping whose order breaks ties. A JSON column may lose the order of
keys (PostgreSQL's jsonb does), so rows keep ``rules`` as a list; ``removed`` stands for the engine's None.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from playback.engine import get_provider_rules
from playback.models import Provider
from vastdash.models import Publisher

Row = Mapping[str, Any]


def to_partial(row: Row) -> dict[str, Any]:
    """A stored row as the partial configuration ``ConfigResolver`` takes."""
    partial = {key: value for key, value in row.items() if key != "rules"}
    rules = row.get("rules", [])
    if rules:
        partial["interruption_rules"] = {rule["event"]: _rule(rule) for rule in rules}
    return partial


def _rule(rule: Row) -> dict[str, Any] | None:
    if rule.get("removed"):
        return None
    return {key: value for key, value in rule.items() if key not in {"event", "removed"}}


def from_partial(partial: Row) -> dict[str, Any]:
    """The inverse of ``to_partial``; equal for everything it accepts."""
    row = {key: value for key, value in partial.items() if key != "interruption_rules"}
    rules = partial.get("interruption_rules") or {}
    if rules:
        row["rules"] = [
            {"event": event, "removed": True} if rule is None else {"event": event, **rule}
            for event, rule in rules.items()
        ]
    return row


def shipped(name: str, profile_set: str) -> dict[str, Any]:
    """The row of a provider as this product ships it. ConfigError for a provider or set that does not ship."""
    rules = get_provider_rules(name, profile_set)
    return from_partial({"interruption_rules": {event: rule.to_dict() for event, rule in rules.items()}})


def global_level() -> dict[str, Any]:
    """What this installation states for all sessions, as the resolver's ``global_config``."""
    return {"enable_session_persistence": settings.SESSION_PERSISTENCE}


def provider_levels() -> dict[str, dict[str, Any]]:
    """Every provider's partial configuration by name, as the resolver's ``providers``."""
    return {name: to_partial(row) for name, row in Provider.objects.values_list("name", "playback")}


def publisher_levels() -> dict[str, dict[str, Any]]:
    """Every publisher's partial configuration by name, as the resolver's ``publishers``."""
    return {name: to_partial(row) for name, row in Publisher.objects.values_list("name", "playback")}
