"""The page that compares two sessions: what differs first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from playback.models import UNREADABLE, Session
from playback.replay.sides import contrast_of
from playback.replay.source import played
from playback.views.replay import rows_to_replay
from vastdash.pair import Pair, beginning, pair_of

CHOICES = 20


def compare_sessions(request: HttpRequest) -> HttpResponse:
    """Two sessions beside each other, ``?a`` and ``?b`` their ids; without both, a choice of the latest."""
    pair = pair_of(
        request,
        rows_to_replay().named,
        lambda text: beginning(rows_to_replay().order_by(), "own_id", text),
        "session",
    )
    if not pair.is_whole:
        return _choice(request, pair)
    try:
        sides = [played(row) for row in (pair.a, pair.b)]
    except UNREADABLE as error:
        broken = Pair(None, None, pair.typed, {"a": f"One of them cannot be read: {error}."})
        return _choice(request, broken)
    told = contrast_of(*sides)
    return render(
        request, "playback/compare.html", {"told": told, "a": pair.a, "b": pair.b, "rows": (pair.a, pair.b)}
    )


def _choice(request: HttpRequest, pair: Pair) -> HttpResponse:
    rows = Session.objects.listed().order_by("-created_at", "-id")[:CHOICES]
    context = {"pair": pair, "sessions": rows}
    return render(request, "playback/compare_choice.html", context, status=422 if pair.errors else 200)
