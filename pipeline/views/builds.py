"""Pages of the bid-to-VAST half: hand over a bid response, read what became of it."""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from pipeline import builds
from pipeline.forms.build import BuildForm
from pipeline.intake import Refused
from pipeline.markup import marked_up
from pipeline.models import Build
from vastdash.web import Page

SAMPLES = settings.BASE_DIR / "examples" / "bids"


def build_list(request: HttpRequest) -> HttpResponse:
    page = Page(
        Build.objects.select_related("created_by").defer("vast", "result", "findings"),
        request.GET.get("before"),
    )
    return render(request, "pipeline/build_list.html", {"page": page})


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
            config=form.config(),
            title=form.cleaned_data["title"],
            user=request.user,
        )
    except Refused as refusal:
        form.add_error(
            form.cleaned_data["body_field"] if refusal.field == "response" else refusal.field, refusal.text
        )
        # Only a response that was read has bids whose fate can be shown.
        decisions = refusal.details if "rejected" in refusal.details else None
        return _form(request, form, status=422, decisions=decisions)
    return redirect("build", build.public_id)


def _form(
    request: HttpRequest, form: BuildForm, status: int = 200, decisions: dict | None = None
) -> HttpResponse:
    samples = sorted(path.stem for path in SAMPLES.glob("*.json"))
    context = {"form": form, "samples": samples, "decisions": decisions}
    return render(request, "pipeline/build_new.html", context, status=status)


def _sample(name: str | None) -> dict[str, str]:
    """One of our own bid responses to start from; an unknown name starts empty."""
    paths: dict[str, Path] = {path.stem: path for path in SAMPLES.glob("*.json")}
    return {"response": paths[name].read_text()} if name in paths else {}


def build_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    build = get_object_or_404(Build.objects.select_related("created_by"), public_id=public_id)
    versions = [bid["vast_version"] for bid in build.result["selected"]]
    context = {
        "build": build,
        "decisions": build.result,
        "document": marked_up(build.vast, versions),
        "sessions": build.sessions.select_related("created_by").order_by("-created_at", "-id")[:10],
    }
    return render(request, "pipeline/build.html", context)


def build_vast(request: HttpRequest, public_id: str) -> HttpResponse:
    """The document exactly as built; ``?download=1`` offers it as a file."""
    build = get_object_or_404(Build, public_id=public_id)
    response = HttpResponse(build.vast.encode(), content_type="application/xml; charset=utf-8")
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="vast-{build.public_id}.xml"'
    return response
