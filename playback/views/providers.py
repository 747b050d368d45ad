"""Pages of the providers: their rules as they stand, what these mean for an ad, and a form for who may change them."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from playback.engine import PROFILE_SETS, get_provider_rules
from playback.expectation import expectation
from playback.forms import Profile, in_words
from playback.models import Provider
from playback.rows import from_partial, to_partial
from vastdash.version import FIELD, version_of

EXAMPLE_DURATION_MS = 30_000


def provider_list(request: HttpRequest) -> HttpResponse:
    rows = [(provider, _expected(provider)) for provider in Provider.objects.select_related("updated_by")]
    return render(request, "playback/provider_list.html", {"rows": rows, "duration_ms": EXAMPLE_DURATION_MS})


def provider_detail(request: HttpRequest, name: str) -> HttpResponse:
    if request.method == "POST":
        return _save_rules(request, name)
    provider = get_object_or_404(Provider.objects.select_related("updated_by"), name=name)
    return _page(request, provider, Profile(provider.playback, "provider"))


@transaction.atomic
def _save_rules(request: HttpRequest, name: str) -> HttpResponse:
    provider = get_object_or_404(Provider.objects.select_for_update(), name=name)
    profile = Profile(provider.playback, "provider", request.POST)
    valid = profile.is_valid()
    if request.POST.get(FIELD, "") != version_of(provider.playback):
        return _page(request, provider, profile, clash=profile.differences(provider.playback), status=409)
    if not valid:
        return _page(request, provider, profile, status=422)
    _save(provider, profile.row, request.user)
    messages.success(request, f"Saved. New sessions of {provider.title} follow these rules from now on.")
    return redirect("provider", provider.name)


def _page(
    request: HttpRequest, provider: Provider, profile: Profile, *, clash: Any = None, status: int = 200
) -> HttpResponse:
    context = {
        "provider": provider,
        "profile": profile,
        "version": version_of(provider.playback),
        "clash": clash,
        "settings": in_words(provider.playback),
        "expected": _expected(provider),
        "duration_ms": EXAMPLE_DURATION_MS,
        "profile_sets": [name for name, profiles in PROFILE_SETS.items() if provider.name in profiles],
    }
    return render(request, "playback/provider.html", context, status=status)


@transaction.atomic
def provider_reset(request: HttpRequest, name: str) -> HttpResponse:
    """Back to the numbers this product ships, of the profile set that was asked for."""
    provider = get_object_or_404(Provider.objects.select_for_update(), name=name)
    profile_set = request.POST.get("profile_set", "")
    if profile_set not in PROFILE_SETS or provider.name not in PROFILE_SETS[profile_set]:
        messages.error(
            request, f"There is no shipped profile set named “{profile_set}” for {provider.title}."
        )
        return redirect("provider", provider.name)
    if request.POST.get(FIELD, "") != version_of(provider.playback):
        messages.error(
            request, "Not reset: somebody saved another edit since you opened this page. It is below."
        )
        return redirect("provider", provider.name)
    _save(provider, shipped(provider.name, profile_set), request.user)
    messages.success(request, f"{provider.title} is back to the shipped set “{profile_set}”.")
    return redirect("provider", provider.name)


def shipped(name: str, profile_set: str) -> dict[str, Any]:
    """The row of a provider as this product ships it."""
    rules = get_provider_rules(name, profile_set)
    return from_partial({"interruption_rules": {event: rule.to_dict() for event, rule in rules.items()}})


def _save(provider: Provider, row: dict[str, Any], user: Any) -> None:
    provider.playback = row
    provider.updated_by = user
    provider.save(update_fields=["playback", "updated_by", "updated_at"])


def _expected(provider: Provider) -> Any:
    return expectation(to_partial(provider.playback), EXAMPLE_DURATION_MS)
