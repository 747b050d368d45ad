"""Pages of the API tokens: one's own, and for who may revoke them everybody's."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from vastdash import roles, tokens
from vastdash.models import ApiToken
from vastdash.web import Page

LIFETIMES = {"": "never", "7": "in 7 days", "30": "in 30 days", "90": "in 90 days", "365": "in a year"}


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=60,
        label="Name",
        help_text="What will use it.",
        widget=forms.TextInput({"class": "form-control", "autocomplete": "off"}),
    )
    expires = forms.ChoiceField(
        required=False,
        initial="90",
        label="Expires",
        choices=LIFETIMES.items(),
        widget=forms.Select({"class": "form-select"}),
    )


def token_list(request: HttpRequest) -> HttpResponse:
    return _page(request, TokenForm())


def token_new(request: HttpRequest) -> HttpResponse:
    """Shows the secret in this very answer: it is stored nowhere, so no later page could."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    days = form.cleaned_data["expires"]
    expires_at = timezone.now() + timedelta(days=int(days)) if days else None
    token, secret = tokens.issue(request.user, form.cleaned_data["name"], expires_at)
    return _page(request, TokenForm(), made=token, secret=secret)


def token_revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks first. Own tokens always; others' by who may delete. To everybody else they do not exist."""
    token = get_object_or_404(ApiToken.objects.select_related("user"), public_id=public_id)
    if token.user != request.user and not roles.may(request.user, roles.Action.DELETE):
        raise Http404
    if request.method != "POST":
        return render(request, "vastdash/token_revoke.html", {"token": token})
    tokens.revoke(token, timezone.now())
    messages.success(request, f"“{token.name}” is revoked: what uses it is refused from now on.")
    return redirect("token-list")


def _page(request: HttpRequest, form: TokenForm, *, status: int = 200, **made: Any) -> HttpResponse:
    now = timezone.now()
    everybody = roles.may(request.user, roles.Action.DELETE)
    rows = ApiToken.objects.select_related("user")
    page = Page(rows if everybody else rows.filter(user=request.user), request.GET.get("before"))
    context = {
        "form": form,
        "page": page,
        "rows": [(token, _state(token, now)) for token in page.rows],
        "everybody": everybody,
        **made,
    }
    return render(request, "vastdash/token_list.html", context, status=status)


def _state(token: ApiToken, now: Any) -> str:
    if token.revoked_at:
        return "revoked"
    if token.expires_at and token.expires_at <= now:
        return "expired"
    return "usable" if token.user.is_active else "owner deactivated"
