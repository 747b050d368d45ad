"""Pages of the publishers: whose screens, and what they override."""

from copy import copy
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from playback.forms import Profile, PublisherForm, in_words
from playback.models import ProfileVersion
from playback.rules.publishing import begun, renamed
from playback.views.rules import edited, editor
from vastdash.models import Publisher
from vastdash.version import FIELD, differences, version_of

LEVEL = "publisher"


def publisher_list(request: HttpRequest) -> HttpResponse:
    rows = [(row, in_words(row.playback)) for row in Publisher.objects.select_related("updated_by")]
    return render(request, "playback/publisher_list.html", {"rows": rows})


def publisher_new(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _save(request, None)
    return _page(request, Publisher(), PublisherForm(), Profile({}, LEVEL))


def publisher_detail(request: HttpRequest, name: str) -> HttpResponse:
    if request.method == "POST":
        return _save(request, name)
    publisher = get_object_or_404(Publisher.objects.select_related("updated_by"), name=name)
    form = PublisherForm(instance=copy(publisher))
    return _page(request, publisher, form, Profile(publisher.playback, LEVEL))


@transaction.atomic
def _save(request: HttpRequest, name: str | None) -> HttpResponse:
    """A name is found free and taken in one go."""
    stored = Publisher.objects.select_for_update().filter(name=name).first() if name else None
    publisher = stored or Publisher()
    # A form writes into its instance before it is found valid; the page goes on naming what is stored.
    form = PublisherForm(request.POST, instance=copy(publisher))
    page = partial(_page, request, publisher, form)
    if name and not stored:
        profile = Profile({}, LEVEL, request.POST)
        # Only so that the page shows what was typed, with what is wrong in it.
        profile.is_valid()
        form.is_valid()
        return page(profile, gone=reverse("publisher-new"), status=410)
    named, _, read = request.POST.get(FIELD, "").partition(".")
    if (
        publisher.pk
        and named
        and named != _names_version(publisher)
        and read == version_of(publisher.playback)
    ):
        return _renamed_meanwhile(publisher, form, page, request)
    done = edited(request, LEVEL, publisher, page, read=read, names=form)
    if isinstance(done, HttpResponse):
        return done
    return _saved(request, publisher, form, done)


def _saved(
    request: HttpRequest, publisher: Publisher, form: PublisherForm, done: ProfileVersion | None
) -> HttpResponse:
    saved = form.save(commit=False)
    saved.updated_by = request.user
    if publisher.pk:
        saved.save(update_fields=["name", "title", "updated_by", "updated_at"])
        if saved.name != publisher.name:
            renamed(LEVEL, publisher.name, saved.name)
    else:
        profile = Profile({}, LEVEL, request.POST)
        profile.is_valid()
        saved.playback = profile.row
        saved.save()
        begun(LEVEL, saved)
    told = f"New sessions on {saved.title} follow these settings from now on."
    messages.success(request, f"Published as version {done.number}. {told}" if done else f"Saved. {told}")
    return redirect(LEVEL, saved.name)


def _renamed_meanwhile(
    publisher: Publisher, form: PublisherForm, page: Any, request: HttpRequest
) -> HttpResponse:
    profile = Profile(publisher.playback, LEVEL, request.POST)
    profile.is_valid()
    form.is_valid()
    return page(profile, names_clash=differences(form, _names(publisher)), status=409)


def _names(publisher: Publisher) -> dict[str, str]:
    return {"name": publisher.name, "title": publisher.title}


def _names_version(publisher: Publisher) -> str:
    return version_of(_names(publisher))


def _version(publisher: Publisher) -> str:
    """Of the names and of the profile; the receiver settings have a page, and so a version, of their own."""
    return f"{_names_version(publisher)}.{version_of(publisher.playback)}" if publisher.pk else ""


def _page(
    request: HttpRequest,
    publisher: Publisher,
    form: PublisherForm,
    profile: Profile,
    *,
    version: str | None = None,
    clash: dict[str, Any] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    if clash:
        more["names_clash"] = differences(form, _names(publisher))
    context = {
        **editor(LEVEL, publisher, profile, request.POST or request.GET),
        "publisher": publisher,
        "form": form,
        "settings": in_words(publisher.playback),
        "version": _version(publisher) if version is None else version,
        "clash": clash,
        **more,
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
