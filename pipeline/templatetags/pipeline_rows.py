"""What a build page shows of its decisions."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def remarks(decisions: dict[str, Any]) -> list[dict[str, Any]]:
    """The warnings that do not merely repeat why a bid was rejected: that stands with the bid."""
    told = {(bid["code"], bid["bid_id"]) for bid in decisions["rejected"]}
    return [notice for notice in decisions["warnings"] if (notice["code"], notice["bid_id"]) not in told]
