"""Pages of the bid-to-VAST half: hand over a bid response, read what became of it, and build it again."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pipeline import builds
from pipeline.build_page.bid_table import ROWS_OF_REFUSED, bid_table
from pipeline.build_page.filters import BuildFilter
from pipeline.build_page.page import document_of, page_of
from pipeline.build_page.side_by_side import markup_of, served_ad, side_by_side
from pipeline.forms.build import BuildAgainForm, BuildForm, Choices
from pipeline.intake import Refused
from pipeline.models import Build
from vastdash.roles import Action, may
from vastdash.web import Page

SAMPLES = settings.BASE_DIR / "examples" / "bids"


def build_list(request: HttpRequest) -> HttpResponse:
    rows = Build.objects.select_related("created_by").defer(*Build.large(), "config")
    filtered = BuildFilter(request.GET, queryset=rows)
    page = Page(filtered.qs if filtered.is_valid() else rows.none(), request.GET.get("before"))
    return render(request, "pipeline/build_list.html", {"page": page, "filter": filtered})


def build_new(request: HttpRequest) -> HttpResponse:
    form = BuildForm(request.POST or None, request.FILES or None, initial=_sample(request.GET.get("sample")))
    if request.method != "POST":
        return _form(request, form)
    if not form.is_valid():
        return _form(request, form, status=422)
    try:
        build = builds.build(
            response=form.cleaned_data["body"],
            request=form.cleaned_data["request"].encode() or None,
            title=form.cleaned_data["title"],
            user=request.user,
            **form.how(),
        )
    except Refused as refusal:
        form.add_error(
            form.cleaned_data["body_field"] if refusal.field == "response" else refusal.field, refusal.text
        )
        return _form(request, form, status=422, fates=_fates(refusal))
    return _to_the_build(request, build, form)


def _form(
    request: HttpRequest, form: BuildForm, status: int = 200, fates: dict[str, Any] | None = None
) -> HttpResponse:
    samples = sorted(path.stem for path in SAMPLES.glob("*.json"))
    context = {"form": form, "samples": samples, **(fates or {})}
    return render(request, "pipeline/build_new.html", context, status=status)


def _to_the_build(request: HttpRequest, build: Build, form: Choices) -> HttpResponse:
    """What the settings were understood as is told once, on the page they lead to."""
    for text in form.remarks:
        messages.warning(request, text)
    return redirect("build", build.public_id)


def _fates(refusal: Refused) -> dict[str, Any]:
    """The fate of the bids, for the page; only a response that was read has bids."""
    decisions = refusal.details
    if "rejected" not in decisions:
        return {}
    return {"decisions": decisions, "table": bid_table(decisions, most=ROWS_OF_REFUSED)}


def _sample(name: str | None) -> dict[str, str]:
    """One of our own bid responses to start from; an unknown name starts empty."""
    paths: dict[str, Path] = {path.stem: path for path in SAMPLES.glob("*.json")}
    return {"response": paths[name].read_text()} if name in paths else {}


def build_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    build = get_object_or_404(
        Build.objects.select_related("created_by", "request", "made_from"), public_id=public_id
    )
    context = {
        **page_of(build),
        "again": BuildAgainForm(None, build) if may(request.user, Action.BUILD) else None,
        "sessions": build.sessions.listed().order_by("-created_at", "-id")[:10],
    }
    return render(request, "pipeline/build.html", context)


def build_again(request: HttpRequest, public_id: str) -> HttpResponse:
    """The settings of a build to start from; a POST builds its response with what was chosen."""
    source = get_object_or_404(Build.objects.select_related("response", "request"), public_id=public_id)
    form = BuildAgainForm(request.POST if request.method == "POST" else None, source)
    fates: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            build = builds.build_again(source, user=request.user, **form.how())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.text)
            fates = _fates(refusal)
        else:
            return _to_the_build(request, build, form)
    context = {"build": source, "form": form, **fates}
    return render(
        request, "pipeline/build_again.html", context, status=422 if request.method == "POST" else 200
    )


def build_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks first, and says what goes with it and what stays."""
    build = get_object_or_404(Build.objects.defer(*Build.large()), public_id=public_id)
    if request.method == "POST":
        build.delete()
        messages.success(request, f"“{build.title}” is deleted. The sessions that played it are kept.")
        return redirect("build-list")
    context = {"build": build, "sessions": build.sessions.count(), "again": build.made_again.count()}
    return render(request, "pipeline/build_delete.html", context)


def build_bids(request: HttpRequest, public_id: str) -> HttpResponse:
    """Every bid of a build, some at a time: a page of its own, or rows for the table that is there."""
    build = get_object_or_404(Build.objects.defer("vast", "findings"), public_id=public_id)
    table = bid_table(build.result, request.GET)
    context = {"build": build, "decisions": build.result, "table": table}
    return render(request, _part(request, "pipeline/build_bids.html", "pipeline/_bid_rows.html"), context)


def build_ad(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """One served ad beside its bid's markup: a page of its own, or a fragment of the build's page."""
    build = _whole_build(public_id)
    try:
        ad = side_by_side(build, number)
    except IndexError:
        raise Http404 from None
    context = {"build": build, "ad": ad}
    return render(request, _part(request, "pipeline/build_ad.html", "pipeline/_side_by_side.html"), context)


def build_ad_markup(_request: HttpRequest, public_id: str, number: int, side: str) -> HttpResponse:
    """The markup of an ad as text: ``adm`` as the bid carried it, ``served`` as it went out."""
    sides = {"adm": markup_of, "served": served_ad}
    build = _whole_build(public_id)
    try:
        text = sides[side](build, number)
    except LookupError:
        raise Http404 from None
    # A bidder's markup may be anything, so no browser may take it for more than text.
    return HttpResponse(text.encode(errors="replace"), content_type="text/plain; charset=utf-8")


def _whole_build(public_id: str) -> Build:
    return get_object_or_404(Build.objects.select_related("response"), public_id=public_id)


def build_document(request: HttpRequest, public_id: str) -> HttpResponse:
    """A part of the readable document, from ``?first`` on or round ``?line``."""
    build = get_object_or_404(Build, public_id=public_id)
    document = document_of(
        build, first=_whole(request.GET.get("first")) or 1, around=_whole(request.GET.get("line"))
    )
    context = {"build": build, "document": document}
    return render(request, _part(request, "pipeline/build_document.html", "pipeline/_document.html"), context)


def _part(request: HttpRequest, page: str, fragment: str) -> str:
    return fragment if request.htmx else page


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def build_vast(request: HttpRequest, public_id: str) -> HttpResponse:
    """The document exactly as built; ``?download=1`` offers it as a file."""
    build = get_object_or_404(Build, public_id=public_id)
    response = HttpResponse(build.vast.encode(), content_type="application/xml; charset=utf-8")
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="vast-{build.public_id}.xml"'
    return response
