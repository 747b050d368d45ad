"""Saved views: a history narrowed down, kept under a name by its maker, opened by whom it is shared with."""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from playback.history.narrowing import ADDRESS, HistoryForm, Narrowed
from playback.models import SavedView

PIN = "history_view"
_YEAR_SEC = 365 * 24 * 3600
VIEWS_MAX = 100
"""Views that one person may keep."""
NAME_TAKEN = "You have a view of this name already."


class ViewForm(forms.ModelForm):
    """A view's name and who sees it; `query` must be one that the history can use."""

    class Meta:
        model = SavedView
        fields = ("name", "is_shared", "query")
        labels = {"name": "Name", "is_shared": "Share with everybody"}
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control form-control-sm", "autocomplete": "off"}),
            "is_shared": forms.CheckboxInput(attrs={"class": "form-check-input"}),
            "query": forms.HiddenInput(),
        }

    def clean_query(self) -> str:
        """The shortest query that says the same: never empty, so that a pinned view leads to itself only once, and
        without what no history knows."""
        asked = HistoryForm(QueryDict(self.cleaned_data["query"]))
        if not asked.is_valid():
            raise forms.ValidationError("This filter cannot be used; it is not saved.")
        return Narrowed.of(asked, datetime.now(UTC).date()).query

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        others = SavedView.objects.filter(owner=self.instance.owner, name=name).exclude(pk=self.instance.pk)
        if others.exists():
            raise forms.ValidationError(NAME_TAKEN)
        return name


class Listed(NamedTuple):
    """A view as the list of one person shows it."""

    row: SavedView
    is_own: bool
    address: str


def visible(user: Any) -> QuerySet[SavedView]:
    """The views that somebody may open: their own, and those that are shared."""
    return SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")


def views_of(user: Any) -> list[Listed]:
    return [Listed(row, row.owner_id == user.pk, f"{ADDRESS}?{row.query}") for row in visible(user)]


def pinned_query(request: HttpRequest) -> str:
    """The query of the view that this browser opens first; "" for none, or one that is gone or no longer shared."""
    number = request.COOKIES.get(PIN, "")
    if not (number.isdecimal() and number.isascii() and len(number) < 10):
        return ""
    row = visible(request.user).filter(pk=int(number)).first()
    return row.query if row else ""


def view_list(request: HttpRequest) -> HttpResponse:
    """Every view one may open, to open, pin, rename or delete."""
    return _listed(request)


@require_POST
def view_new(request: HttpRequest) -> HttpResponse:
    """Saves the history that the form names."""
    form = ViewForm(request.POST, instance=SavedView(owner=request.user))
    if SavedView.objects.filter(owner=request.user).count() >= VIEWS_MAX:
        form.add_error(None, f"You have {VIEWS_MAX} views: delete one first.")
    row = _kept(form)
    if row is None:
        return _listed(request, form, status=422)
    messages.success(request, f"The view “{row.name}” is saved.")
    return redirect(f"{ADDRESS}?{row.query}")


def _kept(form: ViewForm) -> SavedView | None:
    """The view as the form says it; None where it cannot be kept, also for a name that was taken just now."""
    if not form.is_valid():
        return None
    try:
        with transaction.atomic():
            return form.save()
    except IntegrityError:
        form.add_error("name", NAME_TAKEN)
        return None


@require_POST
def view_edit(request: HttpRequest, row_id: int) -> HttpResponse:
    """Renames one's own view, or shares it, or no longer."""
    row = get_object_or_404(SavedView, pk=row_id, owner=request.user)
    form = ViewForm({"query": row.query, **request.POST.dict()}, instance=row)
    if _kept(form) is None:
        row.refresh_from_db()
        return _listed(request, form, row, status=422)
    messages.success(request, f"The view “{row.name}” is saved.")
    return redirect("view-list")


@require_POST
def view_delete(request: HttpRequest, row_id: int) -> HttpResponse:
    """Deletes one's own view."""
    row = get_object_or_404(SavedView, pk=row_id, owner=request.user)
    row.delete()
    messages.success(request, f"The view “{row.name}” is deleted. Its sessions are untouched.")
    return redirect("view-list")


@require_POST
def view_pin(request: HttpRequest, row_id: int) -> HttpResponse:
    """Makes a view the one that the history opens with in this browser; 0 for none."""
    answer = redirect("view-list")
    if row_id == 0:
        answer.delete_cookie(PIN, path=ADDRESS, samesite="Lax")
        return answer
    row = get_object_or_404(visible(request.user), pk=row_id)
    answer.set_cookie(
        PIN,
        str(row.pk),
        max_age=_YEAR_SEC,
        path=ADDRESS,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    messages.success(request, f"The history opens with “{row.name}” in this browser from now on.")
    return answer


def _listed(
    request: HttpRequest, form: ViewForm | None = None, edited: SavedView | None = None, status: int = 200
) -> HttpResponse:
    pinned = request.COOKIES.get(PIN, "")
    context = {"views": views_of(request.user), "form": form, "edited": edited, "pinned": pinned}
    return render(request, "playback/view_list.html", context, status=status)
