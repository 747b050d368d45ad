"""The buttons of a session's page; what they do arrives over the socket like any other news."""

from math import isfinite

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from playback.commanding import CLICK, COMMANDS, DISCARD, NOT_RUNNING, click, obey
from playback.live.board import CONTROLS
from playback.live.runner import runner
from playback.live.store import stored_view
from playback.session_page.view import SessionView

SEEK = "seek"


@require_POST
def session_command(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """Pause, resume, stop, skip, click, seek (to the second that ``to_sec`` names) or discard."""
    if name not in (*COMMANDS, SEEK):
        raise Http404
    shown = stored_view(public_id)
    if shown is None:
        raise Http404
    if name == CLICK:
        return _clicked(request, shown)
    refused = _seek(request, public_id) if name == SEEK else obey(public_id, name)
    if not request.htmx:
        return redirect("session", public_id)
    if name == DISCARD:
        return HttpResponseClientRedirect(f"/sessions/{public_id}/")
    return _refused(request, shown, refused) if refused else HttpResponse(status=204)


def _clicked(request: HttpRequest, shown: SessionView) -> HttpResponse:
    opened = click(shown.public_id)
    if not request.htmx:
        return redirect("session", shown.public_id)
    context = {
        "view": shown,
        "clicked": True,
        "opened": opened,
        "refused": "" if opened is not None else NOT_RUNNING,
    }
    return render(request, "playback/session.html#clicked", context, status=409 if opened is None else 200)


def _seek(request: HttpRequest, public_id: str) -> str:
    try:
        to_sec = float(request.POST.get("to_sec", ""))
    except ValueError:
        to_sec = -1.0
    if not isfinite(to_sec) or to_sec < 0:
        return "to_sec: not a place on the playhead."
    return "" if runner.seek(public_id, to_sec) else NOT_RUNNING


def _refused(request: HttpRequest, shown: SessionView, why: str) -> HttpResponse:
    return render(request, f"playback/session.html#{CONTROLS}", {"view": shown, "said": why}, status=409)
