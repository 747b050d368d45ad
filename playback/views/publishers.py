"""Pages of the publishers: whose screens, and what they override."""

from copy import copy
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from playback.forms import Profile, PublisherForm, in_words
from vastdash.models import Publisher


def publisher_list(request: HttpRequest) -> HttpResponse:
    return render(
        request,
        "playback/publisher_list.html",
        {"publishers": Publisher.objects.select_related("updated_by")},
    )


def publisher_new(request: HttpRequest) -> HttpResponse:
    return _edit(request, Publisher())


def publisher_detail(request: HttpRequest, name: str) -> HttpResponse:
    return _edit(request, get_object_or_404(Publisher.objects.select_related("updated_by"), name=name))


def _edit(request: HttpRequest, publisher: Publisher) -> HttpResponse:
    # A form writes into its instance before it is found valid; the page goes on naming what is stored.
    form = PublisherForm(request.POST or None, instance=copy(publisher))
    profile = Profile(publisher.playback, "publisher", request.POST or None)
    if request.method == "POST" and (saved := _saved(form, profile, request.user)):
        messages.success(request, f"Saved. New sessions on {saved.title} follow these settings from now on.")
        return redirect("publisher", saved.name)
    context = {
        "publisher": publisher,
        "form": form,
        "profile": profile,
        "settings": in_words(publisher.playback),
    }
    return render(
        request, "playback/publisher.html", context, status=422 if request.method == "POST" else 200
    )


@transaction.atomic
def _saved(form: PublisherForm, profile: Profile, user: Any) -> Publisher | None:
    """The row as it is kept; None when something is wrong. A name is found free and taken in one go."""
    if not (form.is_valid() & profile.is_valid()):
        return None
    saved = form.save(commit=False)
    saved.playback = profile.row
    saved.updated_by = user
    saved.save()
    return saved


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
