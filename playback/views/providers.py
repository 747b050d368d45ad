"""Pages of the providers: their rules as they stand, what these mean for an ad, and a form for who may change them."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from playback.engine import PROFILE_SETS
from playback.expectation import expectation
from playback.forms import Profile, in_words
from playback.models import Provider
from playback.rows import shipped, to_partial
from playback.rules.publishing import Origin
from playback.views.rules import edited, editor, propose
from vastdash.version import FIELD, version_of

EXAMPLE_DURATION_MS = 30_000
LEVEL = "provider"


def provider_list(request: HttpRequest) -> HttpResponse:
    rows = [(provider, _expected(provider)) for provider in Provider.objects.select_related("updated_by")]
    return render(request, "playback/provider_list.html", {"rows": rows, "duration_ms": EXAMPLE_DURATION_MS})


def provider_detail(request: HttpRequest, name: str) -> HttpResponse:
    if request.method == "POST":
        return _publish(request, name)
    provider = get_object_or_404(Provider.objects.select_related("updated_by"), name=name)
    return _page(request, provider, Profile(provider.playback, LEVEL))


@transaction.atomic
def _publish(request: HttpRequest, name: str) -> HttpResponse:
    provider = get_object_or_404(Provider.objects.select_for_update(), name=name)
    page = partial(_page, request, provider)
    done = edited(request, LEVEL, provider, page, read=request.POST.get(FIELD, ""))
    if isinstance(done, HttpResponse):
        return done
    told = f"New sessions of {provider.title} follow these rules from now on."
    messages.success(
        request, f"Published as version {done.number}. {told}" if done else "Nothing was changed."
    )
    return redirect(LEVEL, name)


def _page(
    request: HttpRequest,
    provider: Provider,
    profile: Profile,
    *,
    version: str | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    context = {
        **editor(LEVEL, provider, profile, request.POST or request.GET),
        "version": version_of(provider.playback) if version is None else version,
        "settings": in_words(provider.playback),
        "profile_sets": [name for name, profiles in PROFILE_SETS.items() if provider.name in profiles],
        **more,
    }
    return render(request, "playback/provider.html", context, status=status)


def provider_reset(request: HttpRequest, name: str) -> HttpResponse:
    """Asks first; then back to the numbers this product ships, of the profile set that was asked for."""
    provider = get_object_or_404(Provider, name=name)
    profile_set = (request.POST if request.method == "POST" else request.GET).get("profile_set", "")
    if profile_set not in PROFILE_SETS or provider.name not in PROFILE_SETS[profile_set]:
        messages.error(
            request, f"There is no shipped profile set named “{profile_set}” for {provider.title}."
        )
        return redirect(LEVEL, provider.name)
    return propose(
        request,
        LEVEL,
        provider,
        shipped(provider.name, profile_set),
        origin=Origin.RESET,
        title=f"Reset to the shipped set “{profile_set}”",
        note=f"Back to the shipped set “{profile_set}”.",
    )


def _expected(provider: Provider) -> Any:
    return expectation(to_partial(provider.playback), EXAMPLE_DURATION_MS)
