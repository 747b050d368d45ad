"""The JSON API of the receiver profiles. ``config`` takes the receiver configuration's JSON keys, aliases included."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from pipeline.api.fields import Config, field_errors, outdated, refused, unstorable
from pipeline.configuration.effective import effective
from pipeline.configuration.stated import Fault, Stated, read
from pipeline.forms.profile import ProfileForm
from pipeline.forms.version import profile_version
from pipeline.models import ReceiverProfile
from vastdash.web import Answer, problem

router = Router(tags=["receivers"])


class ReceiverRequest(BaseModel):
    """A profile as a whole: what ``config`` does not state is left to the layers below."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="Letters, digits, hyphens, underscores.")
    title: str
    config: Config = Field(default_factory=dict)


class ReceiverChange(BaseModel):
    """What is to change; ``config`` replaces the stored one. With ``version`` an edit that came between is a 409."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    title: str | None = None
    config: Config | None = None
    version: str | None = None


@router.get("", url_name="receivers", summary="Receiver profiles by name", response=Answer)
def list_receivers(request: HttpRequest) -> dict[str, Any]:
    return {"items": [_summary(profile) for profile in ReceiverProfile.objects.prefetch_related("endpoints")]}


@router.post("", url_name="receivers", summary="Make a receiver profile", response={201: Answer})
def create_receiver(request: HttpRequest, payload: ReceiverRequest) -> HttpResponse:
    """201 with the profile; 422 naming every field that cannot be kept."""
    with transaction.atomic():  # a name is found free and taken in one go
        return _save(request, ReceiverProfile(), payload.model_dump(), status=201)


@router.get(
    "/{name}",
    url_name="receiver",
    summary="One receiver profile with its effective settings",
    response=Answer,
)
def read_receiver(request: HttpRequest, name: str) -> HttpResponse:
    return _answer(get_object_or_404(ReceiverProfile, name=name))


@router.patch("/{name}", url_name="receiver", summary="Change a receiver profile", response=Answer)
def change_receiver(request: HttpRequest, name: str, payload: ReceiverChange) -> HttpResponse:
    """200 with the profile as it is now; endpoints follow it at once."""
    with transaction.atomic():
        profile = get_object_or_404(ReceiverProfile.objects.select_for_update(), name=name)
        if payload.version not in {None, profile_version(profile)}:
            return outdated(profile_version(profile))
        stored = {"name": profile.name, "title": profile.title, "config": profile.config}
        changes = payload.model_dump(exclude_none=True, exclude={"version"})
        return _save(request, profile, stored | changes, status=200)


@router.delete("/{name}", url_name="receiver", summary="Delete a receiver profile", response={204: None})
def delete_receiver(request: HttpRequest, name: str) -> HttpResponse:
    """204; 409 while endpoints follow it."""
    with transaction.atomic():
        profile = get_object_or_404(ReceiverProfile.objects.select_for_update(), name=name)
        followers = [endpoint.public_id for endpoint in profile.endpoints.all()]
        if followers:
            return problem(409, "Still in use", "Endpoints follow this profile.", endpoints=followers)
        profile.delete()
    return HttpResponse(status=204)


def _save(
    request: HttpRequest, profile: ReceiverProfile, content: dict[str, Any], status: int
) -> HttpResponse:
    if wrong := unstorable(content):
        return refused(wrong)
    form, stated = ProfileForm(content, instance=profile), read(content["config"])
    if wrong := field_errors(form) + [_row(fault) for fault in stated.faults]:
        return refused(wrong)
    saved = form.save(commit=False)
    saved.config, saved.updated_by = stated.config, request.user
    saved.save()
    return _answer(saved, stated, status=status)


def _row(fault: Fault) -> dict[str, str]:
    return {"field": f"config.{fault.key}"[:120], "text": fault.text}


def _summary(profile: ReceiverProfile) -> dict[str, Any]:
    return {
        "name": profile.name,
        "title": profile.title,
        "config": profile.config,
        "version": profile_version(profile),
        "updated_at": profile.updated_at.isoformat(),
        "endpoints": [endpoint.public_id for endpoint in profile.endpoints.all()],
    }


def _answer(profile: ReceiverProfile, stated: Stated | None = None, status: int = 200) -> JsonResponse:
    """The profile, what it comes to without a publisher, and what the engine remarked on it."""
    whole = effective(None, profile.config)
    remarks = [*(stated.remarks if stated else ()), *whole.notices]
    body = {
        **_summary(profile),
        "effective": [{"field": row.key, "value": row.value, "layer": row.layer} for row in whole.rows],
        "notices": [notice._asdict() for notice in dict.fromkeys(remarks)],
    }
    return JsonResponse(body, status=status)
