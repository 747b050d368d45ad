"""Pages of the receiver settings: the profiles, the layer of a publisher, and what a draft of either would do."""

from copy import copy
from typing import Any

from django.conf import settings as site
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, ProtectedError, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from pipeline.configuration.drafts import Draft, endpoints_of, stored_layer
from pipeline.configuration.effective import host_notices, said_by, unset
from pipeline.engine import RECEIVERS
from pipeline.forms.profile import ProfileForm
from pipeline.forms.receiver import ReceiverFields
from pipeline.forms.version import profile_version
from pipeline.models import ReceiverProfile
from vastdash.models import Publisher
from vastdash.version import FIELD, differences, version_of


def receiver_list(request: HttpRequest) -> HttpResponse:
    profiles = ReceiverProfile.objects.select_related("updated_by").annotate(
        endpoint_count=Count("endpoints"), open_count=Count("endpoints", filter=Q(endpoints__is_open=True))
    )
    rows = [(profile, profile.config.get("receiver"), said_by(profile.config)) for profile in profiles]
    return render(request, "pipeline/receiver_list.html", {"rows": rows, **_host()})


def receiver_new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _save_profile(request, None)
    return _profile_page(request, ReceiverProfile(), ProfileForm(), _settings_form(ReceiverProfile()))


def receiver_detail(request: HttpRequest, name: str) -> HttpResponse:
    if request.method == "POST":
        return _save_profile(request, name)
    profile = get_object_or_404(ReceiverProfile.objects.select_related("updated_by"), name=name)
    return _profile_page(request, profile, ProfileForm(instance=copy(profile)), _settings_form(profile))


@transaction.atomic
def _save_profile(request: HttpRequest, name: str | None) -> HttpResponse:
    stored = ReceiverProfile.objects.select_for_update().filter(name=name).first() if name else None
    profile = stored or ReceiverProfile()
    # A form writes into its instance before it is found valid; the page goes on naming what is stored.
    form, settings = ProfileForm(request.POST, instance=copy(profile)), _settings_form(profile, request.POST)
    valid = form.is_valid() & settings.is_valid()
    if name and not stored:
        return _profile_page(request, profile, form, settings, gone=reverse("receiver-new"), status=410)
    if request.POST.get(FIELD, "") != profile_version(profile):
        theirs = {**_names(profile), **ReceiverFields.initial_of(profile.config)}
        clash = differences(form, theirs) + differences(settings, _all_settings(theirs))
        return _profile_page(request, profile, form, settings, clash=clash, status=409)
    if not valid:
        return _profile_page(request, profile, form, settings, status=422)
    saved = form.save(commit=False)
    saved.config, saved.updated_by = settings.config(), request.user
    saved.save()
    messages.success(request, f"Saved. {_followed(saved)}")
    return redirect("receiver", saved.name)


def _followed(row: ReceiverProfile | Publisher) -> str:
    count = endpoints_of(row).count()
    if count == 0:
        return "No endpoint follows these settings yet."
    return f"{count} endpoint{' follows' if count == 1 else 's follow'} these settings from now on."


def receiver_delete(request: HttpRequest, name: str) -> HttpResponse:
    """Asks first; a profile that endpoints follow stays."""
    profile = get_object_or_404(ReceiverProfile, name=name)
    endpoints = list(profile.endpoints.all())
    if request.method == "POST" and not endpoints:
        try:
            profile.delete()
        except ProtectedError:  # an endpoint came to follow it just now
            endpoints = list(profile.endpoints.all())
        else:
            messages.success(request, f"{profile.title} is deleted. Builds made with it are kept.")
            return redirect("receiver-list")
    context = {"profile": profile, "endpoints": endpoints}
    return render(
        request, "pipeline/receiver_delete.html", context, status=409 if request.method == "POST" else 200
    )


def publisher_receiver(request: HttpRequest, name: str) -> HttpResponse:
    """The account layer: what a publisher states for all its endpoints and builds."""
    if request.method == "POST":
        return _save_account(request, name)
    publisher = get_object_or_404(Publisher.objects.select_related("updated_by"), name=name)
    return _account_page(request, publisher, _settings_form(publisher))


@transaction.atomic
def _save_account(request: HttpRequest, name: str) -> HttpResponse:
    publisher = get_object_or_404(Publisher.objects.select_for_update(), name=name)
    settings = _settings_form(publisher, request.POST)
    valid = settings.is_valid()
    if request.POST.get(FIELD, "") != version_of(publisher.receiver_config):
        theirs = _all_settings(ReceiverFields.initial_of(publisher.receiver_config))
        return _account_page(request, publisher, settings, clash=differences(settings, theirs), status=409)
    if not valid:
        return _account_page(request, publisher, settings, status=422)
    publisher.receiver_config, publisher.updated_by = settings.config(), request.user
    publisher.save()
    messages.success(request, f"Saved. {_followed(publisher)}")
    return redirect("publisher-receiver", publisher.name)


def receiver_draft(request: HttpRequest) -> HttpResponse:
    """The panel beside the form, for the form as it stands; nothing is saved."""
    name = request.POST.get("of", "")
    row: ReceiverProfile | Publisher
    if request.POST.get("layer") == "account":
        row = get_object_or_404(Publisher, name=name)
    else:
        row = get_object_or_404(ReceiverProfile, name=name) if name else ReceiverProfile()
    settings = _settings_form(row, request.POST)
    settings.is_valid()
    context = {"draft": Draft(row, settings.config(), request.POST), "settings": settings}
    return render(request, "pipeline/_draft.html", context)


def _names(profile: ReceiverProfile) -> dict[str, str]:
    return {"name": profile.name, "title": profile.title}


def _all_settings(theirs: dict[str, Any]) -> dict[str, Any]:
    return {key: theirs.get(key, "") for key in ReceiverFields.settings()}


def _settings_form(row: ReceiverProfile | Publisher, data: Any = None) -> ReceiverFields:
    return ReceiverFields(data, initial=ReceiverFields.initial_of(stored_layer(row)), unset=unset())


def _profile_page(
    request: HttpRequest,
    profile: ReceiverProfile,
    form: ProfileForm,
    settings: ReceiverFields,
    *,
    clash: Any = None,
    gone: str = "",
    status: int = 200,
) -> HttpResponse:
    """``gone`` is where a form is sent to that was to change a profile which is no longer there."""
    context = {
        "profile": profile,
        "gone": gone,
        "form": form,
        "version": profile_version(profile),
        **_page(request, profile, settings, clash),
    }
    return render(request, "pipeline/receiver.html", context, status=status)


def _account_page(
    request: HttpRequest,
    publisher: Publisher,
    settings: ReceiverFields,
    *,
    clash: Any = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "publisher": publisher,
        "version": version_of(publisher.receiver_config),
        **_page(request, publisher, settings, clash),
    }
    return render(request, "pipeline/publisher_receiver.html", context, status=status)


def _page(
    request: HttpRequest, row: ReceiverProfile | Publisher, settings: ReceiverFields, clash: Any
) -> dict[str, Any]:
    stated = settings.config() if settings.is_bound else stored_layer(row)
    return {
        "settings": settings,
        "draft": Draft(row, stated, request.POST or request.GET or None),
        "clash": clash,
        **_host(),
    }


def _host() -> dict[str, Any]:
    return {
        "host": said_by(site.RECEIVER_CONFIG),
        "host_notices": host_notices(),
        "receivers": RECEIVERS.values(),
    }
