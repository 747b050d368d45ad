"""The page where profiles leave as a document and come back as one: looked at first, then stored whole."""

import hashlib
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from playback.exchange.applying import NotApplied, apply
from playback.exchange.document import FORMATS, Entry, entries, export, write
from playback.exchange.preview import INVALID, NEW, UNCHANGED, previews
from playback.exchange.reading import TEXT_MAX_BYTES, Unreadable, read
from playback.models import Provider
from vastdash.models import Publisher


class ImportForm(forms.Form):
    """The document, pasted or uploaded; ``clean`` leaves its entries in ``entries``."""

    text = forms.CharField(
        label="Document",
        required=False,
        strip=False,
        help_text="YAML or JSON, as it is exported. What it does not name stays as it is.",
        widget=forms.Textarea(
            attrs={
                "class": "form-control import-text",
                "rows": 14,
                "spellcheck": "false",
                "autocomplete": "off",
            }
        ),
    )
    upload = forms.FileField(
        label="or a file",
        required=False,
        widget=forms.FileInput(attrs={"class": "form-control", "accept": ".yaml,.yml,.json"}),
    )
    note = forms.CharField(
        label="Why",
        required=False,
        max_length=300,
        help_text="It stands beside every version this makes.",
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    entries: tuple[Entry, ...] = ()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        field = "upload" if data.get("upload") else "text"
        try:
            text = (
                _uploaded(data["upload"]) if field == "upload" else data.get("text", "").replace("\r\n", "\n")
            )
            data["text"] = text
            self.entries = tuple(entries(read(text)))
        except Unreadable as error:
            self.add_error(field, str(error))
        return data


def _uploaded(upload: Any) -> str:
    if upload.size > TEXT_MAX_BYTES:
        raise Unreadable(f"This is longer than {TEXT_MAX_BYTES // 1000} kB.")
    try:
        return str(upload.read().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"This is not UTF-8: byte {error.start + 1}.") from None


def profile_exchange(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _import(request)
    return _page(request, ImportForm())


def profile_export(request: HttpRequest, form: str) -> HttpResponse:
    """All profiles as a file, or those of one ``provider`` or ``publisher``."""
    names = {level: request.GET.get(level, "") for level in ("provider", "publisher")}
    if form not in FORMATS:
        raise Http404
    try:
        text = write(export(**names), form)
    except ObjectDoesNotExist:
        raise Http404 from None
    named = "-".join(name for name in names.values() if name) or "profiles"
    disposition = {"Content-Disposition": f'attachment; filename="{named}.{form}"'}
    return HttpResponse(text, content_type=f"{FORMATS[form]}; charset=utf-8", headers=disposition)


def _import(request: HttpRequest) -> HttpResponse:
    """A text that was changed since its preview is previewed, whichever button was pressed."""
    form = ImportForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    seen = request.POST.get("seen") == _digest(form.cleaned_data["text"])
    if "apply" not in request.POST or not seen:
        return _page(request, form, previews(form.entries), unseen="apply" in request.POST)
    versions = dict(line.rpartition(" ")[::2] for line in request.POST.getlist("read"))
    try:
        stored = apply(form.entries, versions, user=request.user, note=form.cleaned_data["note"])
    except NotApplied as refused:
        return _page(
            request, form, refused.previews, stale=refused.stale, status=409 if refused.stale else 422
        )
    changed = [preview.entry.name for preview in stored if preview.state != UNCHANGED]
    text = (
        f"Imported: {', '.join(changed)}. New sessions follow."
        if changed
        else "Nothing to change: all is stored as it is."
    )
    messages.success(request, text)
    return redirect("profiles")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _page(
    request: HttpRequest, form: ImportForm, found: Any = None, *, status: int = 200, **more: Any
) -> HttpResponse:
    if form.is_bound and form.is_valid():
        # An uploaded file is shown as text, so that it can be mended here and is there to be applied.
        text = form.cleaned_data["text"]
        form = ImportForm(initial={"text": text, "note": form.cleaned_data["note"]})
        more["seen"] = _digest(text)
    states = [preview.state for preview in found or ()]
    context = {
        "form": form,
        # What changes first; the rest is as it was.
        "previews": sorted(found or (), key=lambda one: one.state == UNCHANGED),
        "invalid": states.count(INVALID),
        "new": states.count(NEW),
        "unchanged": states.count(UNCHANGED),
        "changed": len(states) - sum(states.count(state) for state in (INVALID, NEW, UNCHANGED)),
        "providers": Provider.objects.values_list("name", "title"),
        "publishers": Publisher.objects.values_list("name", "title"),
        **more,
    }
    return render(request, "playback/profiles.html", context, status=status)
