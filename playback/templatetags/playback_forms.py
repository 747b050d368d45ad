"""Lets a page of the other half of the site show the play form without knowing it."""

from typing import Any

from django import template

from playback.play_forms import PlayBuildForm
from playback.pod import ads_of
from vastdash.roles import Action, may

register = template.Library()


@register.inclusion_tag("playback/_play_card.html", takes_context=True)
def play_form(context: dict[str, Any], build: Any) -> dict[str, Any]:
    """The form that starts a session of this build."""
    request = context["request"]
    return {
        "request": request,
        "csrf_token": context["csrf_token"],
        "build": build,
        "form": PlayBuildForm(ads=ads_of(build.vast), may_deliver=may(request.user, Action.DELIVER_LIVE)),
    }
