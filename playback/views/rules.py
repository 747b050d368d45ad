"""What the editors of providers and publishers have in common: drafts, publishing, versions, restoring."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from playback.forms import Profile, PublisherForm
from playback.models import ProfileVersion
from playback.rules.arranging import arranged
from playback.rules.checking import fault_of
from playback.rules.comparing import both_changed, changes, merged
from playback.rules.publishing import MODELS, Conflict, Origin, Row, publish, versions
from playback.views.panel import panel, remarks
from vastdash.models import Publisher
from vastdash.version import FIELD, version_of

NOTE_LENGTH = 300
LISTED = 50
Page = Callable[..., HttpResponse]
REDRAWS = ("arrange", "stop", "redraw")
"""Buttons that ask for the page with its form as it stands, where no script draws it."""


def draft(request: HttpRequest, level: str, name: str) -> HttpResponse:
    """The picture, and what is said beside the fields, for the form as it stands; nothing is saved."""
    row: Any = (
        Publisher() if (level, name) == ("publisher", "new") else get_object_or_404(MODELS[level], name=name)
    )
    order = request.POST.get("arrange", "")
    profile = Profile(row.playback, level, arranged(request.POST, order))
    profile.is_valid()
    context = editor(level, row, profile, request.POST)
    return render(request, "playback/rules/_drafted.html", {**context, "is_arranged": bool(order)})


def editor(level: str, row: Row, profile: Profile, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the pages need to show the form of a level beside its picture."""
    context = panel(level, row.playback, profile.row, data)
    rows = list(zip(profile.rules.forms, remarks(profile, context["shown"]), strict=True))
    draft_url = reverse(f"{level}-draft", args=[row.name or "new"])
    note = data.get("note", "")
    return {**context, "row": row, "profile": profile, "rows": rows, "note": note, "draft_url": draft_url}


def edited(
    request: HttpRequest, level: str, row: Row, page: Page, *, read: str, names: PublisherForm | None = None
) -> HttpResponse | ProfileVersion | None:
    """What a posted form comes to: the page to show instead of saving, else what was published, None for no change.

    ``row`` is locked; ``read`` the digest of the profile the form was filled in on; ``names`` saved by the caller.
    """
    data = request.POST
    profile = Profile(row.playback, level, arranged(data, data.get("arrange", "")))
    valid = profile.is_valid() & (names is None or names.is_valid())
    if any(name in data for name in REDRAWS):
        return page(profile, version=data.get(FIELD, ""))
    if row.pk and "merge" in data:
        return page(Profile(merged_with_theirs(level, row, data.get("base", ""), profile.row), level))
    if row.pk and read != version_of(row.playback):
        return page(profile, clash=conflict(level, row, data.get("base") or read, profile.row), status=409)
    if not valid:
        return page(profile, status=422)
    if not row.pk or profile.row == row.playback:
        return None
    if wrong := note_error(data):
        return page(profile, note_error=wrong, status=422)
    why = {"note": data["note"].strip(), "origin": Origin.PUBLISHED}
    return publish(level, row.name, profile.row, user=request.user, read=read, **why)


def note_error(data: Mapping[str, Any]) -> str:
    """What is wrong with the note that says why."""
    note = data.get("note", "").strip()
    if not note:
        return "Say why: whoever looks at the versions later will ask."
    return f"At most {NOTE_LENGTH} characters; these are {len(note)}." if len(note) > NOTE_LENGTH else ""


def conflict(level: str, row: Row, read: str, yours: Mapping[str, Any]) -> dict[str, Any]:
    """Two edits of one version: what each changed of it. Without the version they started from, the edits alone."""
    base = base_of(level, row.name, read)
    start = row.playback if base is None else base.playback
    since = [] if base is None else list(versions(level, row.name).filter(number__gt=base.number))
    return {
        "base": base,
        "read": read,
        "their_names": ("Before", "Theirs"),
        "your_names": ("Before" if base else "Stored now", "Yours"),
        "theirs": changes(start, row.playback),
        "yours": changes(start, yours),
        "both": both_changed(start, row.playback, yours),
        "since": since,
    }


def base_of(level: str, name: str, read: str) -> ProfileVersion | None:
    """The newest version on record with this digest."""
    return next((found for found in versions(level, name) if version_of(found.playback) == read), None)


def merged_with_theirs(level: str, row: Row, read: str, yours: Mapping[str, Any]) -> dict[str, Any]:
    """Your changes put on what is stored now."""
    base = base_of(level, row.name, read)
    return merged(row.playback if base is None else base.playback, row.playback, yours)


def version_list(request: HttpRequest, level: str, name: str) -> HttpResponse:
    """Every version of a profile, newest first, and any two of them beside each other."""
    row = _row(level, name)
    every = versions(level, name)
    numbers = list(every.values_list("number", flat=True))
    before = request.GET.get("before", "")
    listed = every.filter(number__lt=int(before)) if before.isdecimal() and len(before) < 9 else every
    found = list(listed[: LISTED + 1])
    pairs = [
        (version, changes(found[at + 1].playback, version.playback) if at + 1 < len(found) else [])
        for at, version in enumerate(found[:LISTED])
    ]
    context = {
        "row": row,
        "level": level,
        "pairs": pairs,
        "numbers": numbers,
        "older": found[LISTED - 1].number if len(found) > LISTED else None,
        "stored": version_of(row.playback),
        **_compared(request, level, every, numbers),
    }
    return render(request, "playback/rules/versions.html", context)


def _compared(request: HttpRequest, level: str, every: Any, numbers: list[int]) -> dict[str, Any]:
    if not numbers:
        return {}
    newest = numbers[0]
    left = _chosen(request.GET.get("from"), numbers, numbers[min(1, len(numbers) - 1)])
    right = _chosen(request.GET.get("to"), numbers, newest)
    there = {version.number: version for version in every.filter(number__in=(left, right))}
    names = (f"Version {left}", f"Version {right}")
    return {
        "left": there[left],
        "right": there[right],
        "newest": newest,
        **panel(level, there[left].playback, there[right].playback, request.GET, names),
    }


def _chosen(text: str | None, numbers: list[int], otherwise: int) -> int:
    return next((number for number in numbers if str(number) == text), otherwise)


def restore(request: HttpRequest, level: str, name: str, number: int) -> HttpResponse:
    """Asks first, with what it changes; restoring makes a version."""
    row = _row(level, name)
    version = get_object_or_404(ProfileVersion, level=level, name=name, number=number)
    return propose(
        request,
        level,
        row,
        version.playback,
        origin=Origin.RESTORED,
        title=f"Restore version {number}",
        note=f"Back to version {number}.",
    )


def propose(
    request: HttpRequest,
    level: str,
    row: Row,
    proposed: dict[str, Any],
    *,
    origin: str,
    title: str,
    note: str,
) -> HttpResponse:
    """A whole profile in place of the stored one: what that changes, then, on POST, the change itself."""
    said = request.POST.get("note", note)
    fault, wrong, status = fault_of(level, proposed), "", 200
    if request.method == "POST":
        wrong = note_error({"note": said})
        read = request.POST.get(FIELD, "")
        if not (wrong or fault):
            try:
                made = publish(
                    level, row.name, proposed, user=request.user, note=said.strip(), origin=origin, read=read
                )
            except Conflict as refused:
                row, status = refused.row, 409
            else:
                messages.success(
                    request, f"Done: {title[0].lower()}{title[1:]}. It is version {made.number}."
                )
                return redirect(level, row.name)
        status = 422 if wrong or fault else status
    context = {
        "row": row,
        "title": title,
        "note": said,
        "note_error": wrong,
        "fault": fault,
        "is_refused": status == 409,
        "version": version_of(row.playback),
        "proposed": proposed,
        "profile_set": request.POST.get("profile_set") or request.GET.get("profile_set", ""),
        **panel(level, row.playback, proposed, request.POST or request.GET, ("Published", "Proposed")),
    }
    return render(request, "playback/rules/proposal.html", context, status=status)


def _row(level: str, name: str) -> Any:
    try:
        return MODELS[level].objects.select_related("updated_by").get(name=name)  # type: ignore[attr-defined]
    except MODELS[level].DoesNotExist:
        raise Http404 from None
