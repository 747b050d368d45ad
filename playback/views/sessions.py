"""Pages of the sessions: start one, watch it, command it, find it again."""

import json
from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from pipeline.models import Build
from playback.engine import PlaybackSession
from playback.filters import SessionFilter
from playback.forms import PlayForm
from playback.live.broadcast import CONTROLS, live_view
from playback.live.runner import COMMANDS, runner
from playback.live.store import UNREADABLE, stored_view
from playback.media import media_of
from playback.models import Provider, Session
from playback.pod import ads_of
from playback.session_view import view
from playback.starting import StartRefused, start
from vastdash.models import Publisher
from vastdash.web import Page


def session_list(request: HttpRequest) -> HttpResponse:
    rows = Session.objects.select_related("created_by").defer("record")
    filtered = SessionFilter(request.GET, queryset=rows)
    page = Page(filtered.qs if filtered.is_valid() else rows.none(), request.GET.get("before"))
    return render(request, "playback/session_list.html", {"page": page, "filter": filtered})


def session_new(request: HttpRequest) -> HttpResponse:
    """The play form of a build; a POST starts the session and leads to its page."""
    build = get_object_or_404(Build, public_id=request.GET.get("build", ""))
    form = PlayForm(request.POST or None, ads=ads_of(build.vast))
    if request.method == "POST" and form.is_valid():
        try:
            session = start(
                vast=build.vast, title=build.title, user=request.user, build=build, **_asked(form)
            )
        except StartRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.text)
        else:
            address = f"/sessions/{session.public_id}/"
            return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    context = {"form": form, "build": build}
    template = "playback/session_new.html#play-form" if request.htmx else "playback/session_new.html"
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def _asked(form: PlayForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "ad_index": data["ad_index"],
        "mode": data["mode"],
        "speed": float(data["speed"]),
        "provider": data["provider"] or None,
        "publisher": data["publisher"] or None,
        "seed": data["seed"],
    }


@csp_update({"media-src": settings.MEDIA_HOSTS})
def session_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    rows = Session.objects.select_related("created_by", "build", "document", "ledger")
    row = get_object_or_404(rows, public_id=public_id)
    try:
        session = PlaybackSession.from_dict(row.record)
    except UNREADABLE as error:
        return render(request, "playback/session_unreadable.html", {"row": row, "error": error})
    shown = runner.look(public_id, live_view) or view(
        public_id=public_id, session=session, ledger=lambda: row.ledger.entries
    )
    media = media_of(row.document.xml, row.ad_index)
    context = {
        "row": row,
        "view": shown,
        "media": media,
        "config": session.config,
        # The names in a record outlive their rows.
        "provider_known": Provider.objects.filter(name=row.provider).exists(),
        "publisher_known": Publisher.objects.filter(name=row.publisher).exists(),
    }
    return render(request, "playback/session.html", context)


def session_record(request: HttpRequest, public_id: str) -> HttpResponse:
    """The stored record as JSON, as the engine wrote it."""
    row = get_object_or_404(Session, public_id=public_id)
    body = json.dumps(row.record, indent=2, ensure_ascii=False)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="session-{public_id}.json"'
    return response


@require_POST
def session_command(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """Pause, resume or stop; the effect arrives over the socket like any other news."""
    if name not in COMMANDS:
        raise Http404
    shown = stored_view(public_id)
    if shown is None:
        raise Http404
    obeyed = runner.command(public_id, name)
    if not request.htmx:
        return redirect("session", public_id)
    if obeyed:
        return HttpResponse(status=204)
    return render(
        request,
        f"playback/session.html#{CONTROLS}",
        {"view": shown, "said": "This session is not running."},
        status=409,
    )
