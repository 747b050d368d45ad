"""Pages of the publishers: whose screens, and what they override."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from playback.forms import Profile, PublisherForm, in_words
from vastdash.models import Publisher
from vastdash.version import FIELD, differences, version_of


def publisher_list(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "playback/publisher_list.html",
        {"publishers": Publisher.objects.select_related("updated_by")},
    )


def publisher_new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _save(request, None)
    return _page(request, Publisher(), PublisherForm(), Profile({}, "publisher"))


def publisher_detail(request: HttpRequest, name: str) -> HttpResponse:
    if request.method == "POST":
        return _save(request, name)
    publisher = get_object_or_404(Publisher.objects.select_related("updated_by"), name=name)
    form = PublisherForm(instance=copy(publisher))
    return _page(request, publisher, form, Profile(publisher.playback, "publisher"))


@transaction.atomic
def _save(request: HttpRequest, name: str | None) -> HttpResponse:
    """A name is found free and taken in one go."""
    stored = Publisher.objects.select_for_update().filter(name=name).first() if name else None
    publisher = stored or Publisher()
    # A form writes into its instance before it is found valid; the page goes on naming what is stored.
    form = PublisherForm(request.POST, instance=copy(publisher))
    profile = Profile(publisher.playback, "publisher", request.POST)
    valid = form.is_valid() & profile.is_valid()
    if name and not stored:
        return _page(request, publisher, form, profile, gone=reverse("publisher-new"), status=410)
    if request.POST.get(FIELD, "") != _version(publisher):
        clash = differences(form, _names(publisher)) + profile.differences(publisher.playback)
        return _page(request, publisher, form, profile, clash=clash, status=409)
    if not valid:
        return _page(request, publisher, form, profile, status=422)
    saved = form.save(commit=False)
    saved.playback, saved.updated_by = profile.row, request.user
    saved.save()
    messages.success(request, f"Saved. New sessions on {saved.title} follow these settings from now on.")
    return redirect("publisher", saved.name)


def _names(publisher: Publisher) -> dict[str, str]:
    return {"name": publisher.name, "title": publisher.title}


def _version(publisher: Publisher) -> str:
    """The receiver settings have a page, and so a version, of their own."""
    return version_of({**_names(publisher), "playback": publisher.playback}) if publisher.pk else ""


def _page(
    request: HttpRequest,
    publisher: Publisher,
    form: PublisherForm,
    profile: Profile,
    *,
    clash: Any = None,
    gone: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "publisher": publisher,
        "form": form,
        "profile": profile,
        "settings": in_words(publisher.playback),
        "version": _version(publisher),
        "clash": clash,
        "gone": gone,
    }
    return render(request, "playback/publisher.html", context, status=status)


def publisher_delete(request: HttpRequest, name: str) -> HttpResponse:
    """Asks first; sessions keep the publisher's name in their record. One that endpoints follow stays."""
    publisher = get_object_or_404(Publisher, name=name)
    if request.method == "POST":
        try:
            publisher.delete()
        except ProtectedError:
            return _ask_to_delete(request, publisher, status=409)
        messages.success(request, f"{publisher.title} is deleted. Its past sessions are kept.")
        return redirect("publisher-list")
    return _ask_to_delete(request, publisher)


def _ask_to_delete(request: HttpRequest, publisher: Publisher, status: int = 200) -> HttpResponse:
    context = {"publisher": publisher, "endpoints": publisher.endpoints.all()}
    return render(request, "playback/publisher_delete.html", context, status=status)
