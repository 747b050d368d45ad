"""Pages of the sessions: start one, watch it, command it, find it again."""

import json
import re

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from pipeline.models import Build
from playback.batches.again import complete
from playback.chains import chain_of, kept_of
from playback.confirming import NotWaiting, asked_to_confirm, confirm
from playback.engine import PlaybackSession
from playback.filters import SessionFilter
from playback.history import listing
from playback.live.broadcast import live_view
from playback.live.runner import runner
from playback.live.store import view_of
from playback.models import UNREADABLE, Provider, Session
from playback.play_forms import PlayBuildForm, PlayOtherForm
from playback.pod import ads_of
from playback.records import recording
from playback.session_page.chain import told
from playback.session_page.ledger import LedgerTable
from playback.session_page.ledger_filter import LedgerFilter
from playback.session_page.media import creatives_of
from playback.session_page.view import SessionView
from playback.sources import StartRefused
from playback.starting import start
from playback.views.ledger import runs, wanted_of
from vastdash.models import Publisher
from vastdash.roles import Action, may
from vastdash.web import Page

_NUMBER = re.compile("[0-9]{1,9}")


def session_list(request: HttpRequest) -> HttpResponse:
    filtered, none = SessionFilter(request.GET), Session.objects.none()
    page = (
        listing.page(filtered.choice, request.GET.get("before")) if filtered.is_valid() else Page(none, None)
    )
    return render(request, "playback/session_list.html", {"page": page, "filter": filtered})


def session_new(request: HttpRequest) -> HttpResponse:
    """The play form, of a build or of a document or tag; a POST starts the session and leads to its page."""
    named = request.GET.get("build")
    build = get_object_or_404(Build, public_id=named) if named else None
    form = _form(request, build)
    if request.method == "POST" and form.is_valid():
        source = {"build": build} if build else form.cleaned_data["source"]
        try:
            session = start(user=request.user, host=request.get_host(), **source, **form.how())
        except StartRefused as refusal:
            field, text = form.told(refusal)
            form.add_error(field if field in form.fields else None, text)
        else:
            address = f"/sessions/{session.public_id}/"
            return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    context = {"form": form, "build": build}
    template = "playback/session_new.html#play-form" if request.htmx else "playback/session_new.html"
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def _form(request: HttpRequest, build: Build | None) -> PlayBuildForm | PlayOtherForm:
    given = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    may_deliver = may(request.user, Action.DELIVER_LIVE)
    if build:
        return PlayBuildForm(*given, ads=ads_of(build.vast), may_deliver=may_deliver)
    return PlayOtherForm(*given, may_deliver=may_deliver)


@csp_update({"media-src": settings.MEDIA_HOSTS})
def session_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    rows = Session.objects.select_related(
        "created_by", "confirmed_by", "build", "document", "ledger", "chain", "titled", "batch"
    )
    row = complete(get_object_or_404(rows.named(public_id)))
    try:
        session = PlaybackSession.from_dict(row.record)
    except UNREADABLE as error:
        return render(request, "playback/session_unreadable.html", {"row": row, "error": error})
    shown = runner.look(public_id, live_view) or view_of(row, session)
    creatives = creatives_of(row)
    context = {
        "row": row,
        "view": shown,
        "creatives": creatives,
        "has_video": any(media and media.source for media in creatives),
        "chain": told(row),
        "filtered": _filtered(request, row, shown),
        "confirmation": asked_to_confirm(row),
        "config": session.config,
        # The names in a record outlive their rows.
        "provider_known": Provider.objects.filter(name=row.provider).exists(),
        "publisher_known": Publisher.objects.filter(name=row.publisher).exists(),
    }
    return render(request, "playback/session.html", context)


def _filtered(request: HttpRequest, row: Session, shown: SessionView) -> LedgerTable | None:
    """The ledger as the address narrows it; None for all of it, which the socket keeps fresh."""
    wanted = wanted_of(request)
    if wanted == LedgerFilter():
        return None
    return LedgerTable(shown.ledger, wanted, len(shown.parts) > 1, not runs(row))


def session_hop(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """What one hop of the chain answered, byte for byte, and as text whatever it is."""
    row = get_object_or_404(Session.objects.select_related("chain").named(public_id))
    kept = kept_of(row)
    try:
        hops = chain_of(kept).hops if kept else ()
    except UNREADABLE:
        raise Http404 from None
    body = next((hop.body for hop in hops if hop.number == number), None)
    if body is None:
        raise Http404
    return HttpResponse(body, content_type="text/plain; charset=utf-8")


def session_record(request: HttpRequest, public_id: str) -> HttpResponse:
    """The stored record as JSON, as the engine wrote it."""
    row = complete(get_object_or_404(Session.objects.named(public_id)))
    body = json.dumps(row.record, indent=2, ensure_ascii=False)
    response = HttpResponse(body, content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="session-{public_id}.json"'
    return response


def session_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks first; a session that has not ended, or is one of a batch, stays."""
    rows = Session.objects.select_related("titled", "batch").defer("record", "trail")
    row = get_object_or_404(rows.named(public_id))
    stays = row.batch is not None or not row.has_ended
    if request.method == "POST" and not stays:
        recording.leave(Session.objects.filter(pk=row.pk))
        messages.success(request, f"Session {public_id} is deleted, with its ledger and chain.")
        return redirect("session-list")
    status = 409 if request.method == "POST" else 200
    return render(request, "playback/session_delete.html", {"row": row, "stays": stays}, status=status)


@require_POST
def session_confirm(request: HttpRequest, public_id: str) -> HttpResponse:
    """Lets a live session send the number of pixels that the form names."""
    get_object_or_404(Session.objects.named(public_id))
    number = request.POST.get("pixels", "")
    try:
        confirm(public_id, request.user, int(number) if _NUMBER.fullmatch(number) else -1)
    except NotWaiting:
        messages.error(request, "This session does not wait to be confirmed.")
    except StartRefused as refusal:
        messages.error(request, refusal.text)
    return redirect("session", public_id)
