"""The JSON API of the endpoints, by the same form as their page."""

import json
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from pipeline.api.fields import Document, field_errors, outdated, refused, unstorable
from pipeline.configuration.effective import effective
from pipeline.configuration.layers import account_of
from pipeline.endpoint.counts import last_day
from pipeline.endpoint.rotation import address, rotate
from pipeline.forms.endpoint import EndpointForm, content_of
from pipeline.forms.version import endpoint_version
from pipeline.models import Endpoint, Source
from vastdash.web import Answer

router = Router(tags=["endpoints"])

_SOURCES = f"One of {', '.join(Source.values)}."


class EndpointRequest(BaseModel):
    """An endpoint as a whole. A ``canned`` source needs ``build`` (an id) or ``response`` (a bid response)."""

    model_config = ConfigDict(extra="forbid")

    title: str
    receiver: str = Field(description="Name of a receiver profile.")
    publisher: str | None = None
    source: str = Field("canned", description=_SOURCES)
    build: str | None = None
    response: Document | None = None
    auction_url: str = ""
    tmax_ms: int = 1000
    is_open: bool = True
    allows_credentials: bool = False
    records_requests: bool = False


class EndpointChange(BaseModel):
    """What is to change. With ``version`` an edit that came between is a 409. ``publisher`` "" takes it away."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = None
    receiver: str | None = None
    publisher: str | None = None
    source: str | None = Field(None, description=_SOURCES)
    build: str | None = None
    response: Document | None = None
    auction_url: str | None = None
    tmax_ms: int | None = None
    is_open: bool | None = None
    allows_credentials: bool | None = None
    records_requests: bool | None = None
    version: str | None = None


@router.get("", url_name="endpoints", summary="Endpoints by title", response=Answer)
def list_endpoints(request: HttpRequest) -> dict[str, Any]:
    rows = Endpoint.objects.select_related("receiver", "publisher", "canned")
    return {"items": [_summary(request, row) for row in rows.defer("canned__body_gz")]}


@router.post("", url_name="endpoints", summary="Make an endpoint", response={201: Answer})
def create_endpoint(request: HttpRequest, payload: EndpointRequest) -> HttpResponse:
    """201 with the endpoint and its address; 422 naming every field that cannot be kept."""
    return _save(request, Endpoint(created_by=request.user), payload.model_dump(), status=201)


@router.get(
    "/{public_id}",
    url_name="endpoint",
    summary="One endpoint with its traffic and effective settings",
    response=Answer,
)
def read_endpoint(request: HttpRequest, public_id: str) -> HttpResponse:
    return _answer(request, _endpoint(public_id))


@router.patch("/{public_id}", url_name="endpoint", summary="Change an endpoint", response=Answer)
def change_endpoint(request: HttpRequest, public_id: str, payload: EndpointChange) -> HttpResponse:
    """200 with the endpoint as it is now; its address stays."""
    with transaction.atomic():
        endpoint = get_object_or_404(Endpoint.objects.select_for_update(), public_id=public_id)
        if payload.version not in {None, endpoint_version(endpoint)}:
            return outdated(endpoint_version(endpoint))
        changes = payload.model_dump(exclude_none=True, exclude={"version"})
        return _save(request, endpoint, content_of(endpoint) | changes, status=200)


@router.delete("/{public_id}", url_name="endpoint", summary="Delete an endpoint", response={204: None})
def delete_endpoint(request: HttpRequest, public_id: str) -> HttpResponse:
    """204; the address stops at once, counters and recorded requests are lost."""
    get_object_or_404(Endpoint, public_id=public_id).delete()
    return HttpResponse(status=204)


@router.post(
    "/{public_id}/rotate",
    url_name="endpoint-rotate",
    summary="Give an endpoint a new address",
    response=Answer,
)
def rotate_endpoint(request: HttpRequest, public_id: str) -> HttpResponse:
    """200 with the new address; the old one stops at once."""
    endpoint = _endpoint(public_id)
    rotate(endpoint, request.user)
    return _answer(request, endpoint)


def _endpoint(public_id: str) -> Endpoint:
    rows = Endpoint.objects.select_related("receiver", "publisher", "canned")
    return get_object_or_404(rows, public_id=public_id)


def _save(request: HttpRequest, endpoint: Endpoint, content: dict[str, Any], status: int) -> HttpResponse:
    stored = {name: value for name, value in content.items() if name != "response"}
    if wrong := unstorable(stored):
        return refused(wrong)
    form = EndpointForm({name: _as_posted(value) for name, value in content.items()}, instance=endpoint)
    if not form.is_valid():
        return refused(field_errors(form))
    form.instance.updated_by = request.user
    with transaction.atomic():
        saved = form.save()
    return _answer(request, saved, status=status)


def _as_posted(value: Any) -> Any:
    """As a browser would send it."""
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, dict) else value


def _summary(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.public_id,
        "address": address(request, endpoint),
        **content_of(endpoint),
        "version": endpoint_version(endpoint),
        "created_at": endpoint.created_at.isoformat(),
        "updated_at": endpoint.updated_at.isoformat(),
    }


def _answer(request: HttpRequest, endpoint: Endpoint, status: int = 200) -> JsonResponse:
    publisher = endpoint.publisher
    whole = effective(account_of(publisher), endpoint.receiver.config)
    traffic = last_day(endpoint, timezone.now())
    body = {
        **_summary(request, endpoint),
        "last_24_hours": {
            row.outcome: {"requests": row.requests, "ads": row.ads} for row in traffic.outcomes
        },
        "fill_rate": traffic.fill_rate,
        "effective": [{"field": row.key, "value": row.value, "layer": row.layer} for row in whole.rows],
        "notices": [notice._asdict() for notice in whole.notices],
    }
    return JsonResponse(body, status=status)
