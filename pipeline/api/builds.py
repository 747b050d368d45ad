"""The JSON API of the builds."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline import builds
from pipeline.engine import RECEIVERS
from pipeline.intake import Refused
from pipeline.models import Build
from vastdash.web import Page, problem

router = Router(tags=["builds"])


class BuildRequest(BaseModel):
    """A bid response and for whom its VAST is meant. ``config`` takes the receiver configuration's JSON keys."""

    model_config = ConfigDict(extra="forbid")

    response: dict[str, Any] | str
    request: dict[str, Any] | str | None = None
    receiver: str | None = None
    config: dict[str, Any] = Field(default_factory=dict)
    title: str = Field("API bid response", max_length=200)

    @field_validator("config")
    @classmethod
    def _can_be_kept(cls, config: dict[str, Any]) -> dict[str, Any]:
        """The config is stored with the build; NaN and half a surrogate pair have no place in a JSON column."""
        try:
            json.dumps(config, allow_nan=False, ensure_ascii=False).encode()
        except ValueError:
            raise ValueError("holds a number or a text that JSON cannot carry") from None
        return config


@router.post("", url_name="builds", summary="Build VAST from a bid response")
def create_build(request: HttpRequest, payload: BuildRequest) -> HttpResponse:
    """201 with the build; 422 naming the field, and every bid's fate, when nothing can come of it."""
    if payload.receiver and payload.receiver.upper() not in RECEIVERS:
        return problem(
            422,
            "Not valid",
            f"receiver: there is none named {payload.receiver!r}",
            field="receiver",
            known=list(RECEIVERS),
        )
    config = payload.config | ({"receiver": payload.receiver.upper()} if payload.receiver else {})
    try:
        build = builds.build(
            response=_bytes(payload.response),
            request=_bytes(payload.request) if payload.request else None,
            config=config,
            title=payload.title,
            user=request.user,
        )
    except Refused as refusal:
        return problem(
            422,
            "Nothing was built",
            f"{refusal.field}: {refusal.text}",
            field=refusal.field,
            **refusal.details,
        )
    return _answer(build, status=201)


@router.get("", url_name="builds", summary="Builds, newest first")
def list_builds(request: HttpRequest, before: str | None = None) -> dict[str, Any]:
    page = Page(Build.objects.defer("vast", "result", "findings"), before)
    return {"items": [_summary(build) for build in page.rows], "next": page.next}


@router.get("/{public_id}", url_name="build", summary="One build with its VAST and every decision")
def read_build(request: HttpRequest, public_id: str) -> HttpResponse:
    return _answer(get_object_or_404(Build, public_id=public_id))


def _bytes(document: dict[str, Any] | str) -> bytes:
    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False)
    # Half a surrogate pair has no UTF-8: passed on as it is, the reader of the response refuses or isolates it.
    return text.encode(errors="surrogatepass")


def _summary(build: Build) -> dict[str, Any]:
    return {
        "id": build.public_id,
        "created_at": build.created_at.isoformat(),
        "title": build.title,
        "receiver": build.receiver,
        "no_ad": build.no_ad,
        "selected": build.selected_count,
        "rejected": build.rejected_count,
        "warnings": build.warning_count,
    }


def _answer(build: Build, status: int = 200) -> JsonResponse:
    body = {**_summary(build), "decisions": build.result, "lint": build.findings, "vast": build.vast}
    return JsonResponse(body, status=status)
