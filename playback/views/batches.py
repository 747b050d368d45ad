"""Pages of the batches: ask for one, watch it, read what came of it, find the sessions behind a point."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from pipeline.models import Build
from playback.batches.asked import estimate
from playback.batches.cells import Chosen
from playback.batches.deleting import delete_batch
from playback.batches.forms import BatchForm
from playback.batches.making import cancel, make
from playback.batches.members import Wanted, link, members
from playback.batches.page import BatchPage
from playback.batches.progress import progress_of, usual_rate
from playback.batches.runner import batch_runner
from playback.models import Batch
from playback.sources import StartRefused
from vastdash.web import Page

# How much more must be done, in parts of the whole, before the results are shown anew.
_MOVED = 8
# A page waits no longer than it takes to delete so many sessions.
DELETED_AT_ONCE = 20_000
# What a search of builds by title may be long.
_LONGEST = 100


def batch_list(request: HttpRequest) -> HttpResponse:
    page = Page(Batch.objects.select_related("created_by"), request.GET.get("before"))
    now = datetime.now(UTC)
    rows = [(batch, progress_of(batch, now)) for batch in page.rows]
    return render(request, "playback/batch_list.html", {"page": page, "rows": rows})


def batch_new(request: HttpRequest) -> HttpResponse:
    """The form; a POST starts the batch and leads to its page, or tells what it would take where that is asked."""
    if request.method != "POST":
        chosen = request.GET.get("build", "")[:_LONGEST]
        initial = {"builds": [chosen]} if chosen else {"samples": [] if _has_builds() else ["television_30s"]}
        return _form(request, BatchForm(initial=initial))
    form = BatchForm(request.POST, request.FILES)
    if not form.is_valid():
        return _form(request, form, status=422)
    asked = form.cleaned_data["asked"]
    if "estimate" in request.POST:
        return _form(request, form, estimated=estimate(asked, usual_rate()))
    try:
        batch = make(asked, user=request.user, host=request.get_host())
    except StartRefused as refusal:
        form.refuse(refusal)
        return _form(request, form, status=422)
    address = f"/batches/{batch.public_id}/"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _has_builds() -> bool:
    return Build.objects.filter(no_ad=False).exists()


def _form(request: HttpRequest, form: BatchForm, status: int = 200, estimated: Any = None) -> HttpResponse:
    template = "playback/batch_new.html#batch-form" if request.htmx else "playback/batch_new.html"
    return render(request, template, {"form": form, "estimated": estimated}, status=status)


def batch_estimate(request: HttpRequest) -> HttpResponse:
    """What the form as it stands would take; a form that cannot be started says so in a line, not at its fields."""
    form = BatchForm(request.POST, request.FILES)
    estimated = estimate(form.cleaned_data["asked"], usual_rate()) if form.is_valid() else None
    faults = [text for texts in form.errors.values() for text in texts]
    context = {"estimated": estimated, "faults": faults}
    return render(request, "playback/batch_new.html#estimate", context)


def batch_builds(request: HttpRequest) -> HttpResponse:
    """The builds to choose from whose title holds what is searched for; those that are chosen stay."""
    search = request.GET.get("search", "")[:_LONGEST]
    form = BatchForm(initial={"builds": request.GET.getlist("builds")}, search=search)
    return render(request, "playback/batch_new.html#builds", {"form": form})


def batch_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    """The page of a batch; htmx gets its results alone."""
    page = page_of(request, public_id)
    template = "playback/batch.html#results" if request.htmx else "playback/batch.html"
    return render(request, template, {"page": page, "batch": page.batch, "progress": page.progress})


def page_of(request: HttpRequest, public_id: str) -> BatchPage:
    """The batch as the address narrows it down."""
    batch = get_object_or_404(Batch.objects.select_related("created_by"), public_id=public_id)
    sort = request.GET.get("sort", "")
    return BatchPage(batch, Chosen.of(request.GET.dict()), progress_of(batch, datetime.now(UTC)), sort)


def batch_progress(request: HttpRequest, public_id: str) -> HttpResponse:
    """How far it is, for a page that polls; the results are told to show themselves anew when enough is new, and at
    the end."""
    batch = get_object_or_404(Batch.objects.select_related("created_by"), public_id=public_id)
    if not request.htmx:
        return redirect("batch", public_id)
    shown = request.GET.get("shown", "")
    shown_done = int(shown) if shown.isdecimal() and len(shown) < 10 else 0
    moved = batch.has_ended or (batch.done - shown_done) * _MOVED >= batch.sessions
    context = {
        "batch": batch,
        "progress": progress_of(batch, datetime.now(UTC)),
        "shown": batch.done if moved else shown_done,
    }
    answer = render(request, "playback/batch.html#progress", context)
    return trigger_client_event(answer, "batch-moved") if moved else answer


@require_POST
def batch_cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Play no more of it; what is done is kept."""
    batch = get_object_or_404(Batch, public_id=public_id)
    if batch.has_ended:
        messages.info(request, "This batch had ended already; all of it is kept.")
    else:
        cancel(batch)
        messages.info(request, "Cancelled. The sessions that were played are kept.")
    return redirect("batch", public_id)


def batch_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    batch = get_object_or_404(Batch, public_id=public_id)
    if request.method == "POST":
        cancel(batch)
        if batch.done > DELETED_AT_ONCE and batch_runner.delete(public_id):
            messages.info(
                request, f"{batch.title} is being deleted; it leaves this list when its sessions are gone."
            )
        else:
            delete_batch(public_id)
            messages.success(request, f"Deleted: {batch.title}, with its {batch.done:,} sessions.")
        return redirect("batch-list")
    return render(request, "playback/batch_delete.html", {"batch": batch})


def batch_sessions(request: HttpRequest, public_id: str) -> HttpResponse:
    """The sessions behind a point: those of the chosen cells that fit."""
    page = page_of(request, public_id)
    wanted = Wanted.of(request.GET.dict())
    found = members(page.batch, page.rows, wanted, request.GET.get("before"))
    context = {
        "page": found,
        "batch": page.batch,
        "chosen": page,
        "wanted": wanted,
        "back": link(f"/batches/{public_id}/", page.chosen.given),
        "told": _told(page, wanted),
        "events": list(page.results.funnel),
        "reasons": list(page.results.ends),
    }
    return render(request, "playback/batch_sessions.html", context)


def _told(page: BatchPage, wanted: Wanted) -> list[str]:
    """In words which sessions these are."""
    said = {
        "reason": "ended by {}",
        "reached": "that reached {}",
        "missed": "that did not reach {}",
        "part": "cut by a rule in {}",
        "alive": "uninterrupted at {}",
    }
    return [said[name].format(_place(page, name, value)) for name, value in wanted.given.items()]


def _place(page: BatchPage, name: str, value: str) -> str:
    chart = {"part": "offsets", "alive": "survival"}.get(name)
    found = next((one for one in page.charts if one.name == chart), None)
    if found is None or not value.isdecimal() or int(value) >= len(found.labels):
        return value
    return f"{found.across} {found.labels[int(value)]}"
