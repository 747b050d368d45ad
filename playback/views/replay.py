"""Pages of a session gone through again: step by step, and as it would have gone otherwise."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from playback.live.fates import fates_of
from playback.models import UNREADABLE, Session
from playback.models.session import Sessions
from playback.replay.otherwise import OTHER_MODE, OtherwiseForm, otherwise
from playback.replay.source import Played, played
from playback.replay.walk import walk

_DIGITS = 6


def rows_to_replay() -> Sessions:
    """Sessions with what they are gone through again from."""
    return Session.objects.select_related("build", "document", "ledger", "chain", "titled", "batch")


def session_replay(request: HttpRequest, public_id: str) -> HttpResponse:
    """One step of a session, ``?at`` its number; without it the first."""
    row = get_object_or_404(rows_to_replay().named(public_id))
    try:
        found = played(row)
    except UNREADABLE as error:
        return render(request, "playback/session_unreadable.html", {"row": row, "error": error})
    entries = fates_of(row)[0] if hasattr(row, "ledger") else []
    context = {"row": row, "view": found, **_otherwise_form(found)}
    try:
        context["walk"] = walk(found, entries, _whole(request.GET.get("at")))
    except UNREADABLE as error:
        context["why"] = found.why or f"It cannot be gone through again: {error}."
    return render(request, "playback/replay.html#step" if request.htmx else "playback/replay.html", context)


def session_otherwise(request: HttpRequest, public_id: str) -> HttpResponse:
    """How a session would have gone with another seed or in the other mode, beside how it went.

    ``another`` leads to the same question with a seed that is drawn here.
    """
    row = get_object_or_404(rows_to_replay().named(public_id))
    form = OtherwiseForm(request.GET)
    try:
        found = played(row)
    except UNREADABLE as error:
        return render(request, "playback/session_unreadable.html", {"row": row, "error": error})
    context = {**_otherwise_form(found), "row": row, "view": found, "form": form}
    if not form.is_valid():
        return render(request, "playback/otherwise.html", context, status=422)
    if form.cleaned_data["another"]:
        return redirect(f"{request.path}?{form.asked_again()}")
    try:
        context["told"] = otherwise(found, **form.how())
    except UNREADABLE as error:
        context["why"] = found.why or f"It cannot be gone through again: {error}."
    return render(request, "playback/otherwise.html", context)


def _otherwise_form(found: Played) -> dict[str, object]:
    form = OtherwiseForm(initial={"seed": found.session.seed})
    return {"form": form, "other_mode": OTHER_MODE[found.session.config.mode]}


def _whole(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
