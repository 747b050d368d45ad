"""Lets a page of the other half of the site show the play form without knowing it."""

from typing import Any

from django import template

from playback.forms import PlayForm
from playback.pod import ads_of

register = template.Library()


@register.inclusion_tag("playback/_play_card.html", takes_context=True)
def play_form(context: dict[str, Any], build: Any) -> dict[str, Any]:
    """The form that starts a session of this build."""
    return {
        "request": context["request"],
        "csrf_token": context["csrf_token"],
        "build": build,
        "form": PlayForm(ads=ads_of(build.vast)),
    }
