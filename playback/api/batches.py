"""The JSON API of the batches."""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from pipeline.models import Build
from playback.batches.asked import ADS_MAX, Asked, AskedAd, estimate
from playback.batches.cells import Chosen
from playback.batches.deleting import delete_batch
from playback.batches.making import cancel, make
from playback.batches.page import BatchPage, cell_told, results_told
from playback.batches.progress import progress_of, usual_rate
from playback.batches.runner import batch_runner
from playback.models import Batch
from playback.play_forms import SEED_MAX
from playback.sources import StartRefused, source_of
from vastdash.models import PUBLIC_ID_LENGTH
from vastdash.web import Answer, Page, no_position, problem

router = Router(tags=["batches"])


class BatchAdRequest(BaseModel):
    """An ad: exactly one of ``build`` (an id), ``vast`` (a document) and ``url`` (a tag)."""

    model_config = ConfigDict(extra="forbid")

    build: str | None = Field(None, max_length=PUBLIC_ID_LENGTH)
    vast: str | None = None
    url: str | None = None
    title: str = Field("", max_length=200)


class BatchRequest(BaseModel):
    """Which combinations of ads, lengths, providers and publishers to play, and how many sessions."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field("", max_length=200)
    ads: list[BatchAdRequest] = Field(min_length=1)
    lengths_sec: list[float | None] = Field([None], description="null is the ad's own length")
    providers: list[str | None] = Field([None], description="Names of providers; null is none")
    publishers: list[str | None] = Field([None], description="Names of publishers; null is none")
    sessions: int = Field(ge=1)
    each: bool = Field(False, description="That many of each combination, instead of in all")
    seed: int | None = Field(None, ge=0, le=SEED_MAX)


@router.post("", url_name="batches", summary="Start a batch", response={201: Answer})
def create_batch(request: HttpRequest, payload: BatchRequest) -> HttpResponse:
    """201 with the batch, which runs when those before it are done. 422 naming the field that cannot be used."""
    try:
        asked = _asked(payload)
        batch = make(asked, user=request.user, host=request.get_host())
    except StartRefused as refusal:
        field = _NAMES.get(refusal.field, refusal.field)
        return problem(422, "Nothing was started", f"{field}: {refusal.text}", field=field)
    estimated = estimate(asked, usual_rate())
    return JsonResponse({**_summary(batch), "estimate": estimated._asdict()}, status=201)


# The field of a form -> that of the API.
_NAMES = {"lengths": "lengths_sec"}


def _asked(payload: BatchRequest) -> Asked:
    if len(payload.ads) > ADS_MAX:
        raise StartRefused("ads", f"These are {len(payload.ads)} ads: a batch has {ADS_MAX} at most.")
    return Asked(
        ads=[_ad(place, ad) for place, ad in enumerate(payload.ads)],
        lengths=[
            None if length is None else _milliseconds(length) for length in dict.fromkeys(payload.lengths_sec)
        ],
        providers=list(dict.fromkeys(name or "" for name in payload.providers)),
        publishers=list(dict.fromkeys(name or "" for name in payload.publishers)),
        sessions=payload.sessions,
        each=payload.each,
        title=payload.title,
        seed=payload.seed,
    )


def _milliseconds(seconds: float) -> int:
    """0, which is refused at its field, for what is no number."""
    return round(seconds * 1000) if abs(seconds) < 1e6 else 0


def _ad(place: int, ad: BatchAdRequest) -> AskedAd:
    field = f"ads.{place}"
    build = Build.objects.filter(public_id=ad.build).first() if ad.build else None
    if ad.build and build is None:
        raise StartRefused(f"{field}.build", "There is no build with this id.")
    try:
        source = source_of(build, ad.vast, ad.url, ad.title)
    except StartRefused as refusal:
        raise StartRefused(f"{field}.{refusal.field}", refusal.text) from None
    return AskedAd(f"{field}.{source.field}", source)


@router.get("", url_name="batches", summary="Batches, newest first", response=Answer)
def list_batches(request: HttpRequest, before: str | None = None) -> HttpResponse:
    """50 at a time; `next` is the position of those behind them."""
    if lost := no_position(before):
        return lost
    page = Page(Batch.objects.select_related("created_by"), before)
    return JsonResponse({"items": [_summary(batch) for batch in page.rows], "next": page.next})


@router.get("/{public_id}", url_name="batch", summary="One batch with its results", response=Answer)
def read_batch(
    request: HttpRequest,
    public_id: str,
    cell: str = "",
    ad: str = "",
    length: str = "",
    provider: str = "",
    publisher: str = "",
) -> HttpResponse:
    """How far it is, the results of the cells that the parameters choose, and those cells one by one."""
    batch = _batch(public_id)
    chosen = Chosen(cell, ad, length, provider, publisher)
    page = BatchPage(batch, chosen, progress_of(batch, datetime.now(UTC)))
    return JsonResponse(
        {
            **_summary(batch),
            "chosen": chosen.given,
            "results": results_told(page.results),
            "cells": [cell_told(row) for row in page.rows],
        }
    )


@router.post(
    "/{public_id}/cancel", url_name="batch-cancel", summary="Play no more of it", response={202: Answer}
)
def cancel_batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """202 when it was passed on: what is done is kept. 409 when the batch had ended."""
    batch = _batch(public_id)
    if batch.has_ended:
        return problem(409, "Not running", "This batch has ended.")
    cancel(batch)
    return JsonResponse({"id": public_id, "cancel_asked": True}, status=202)


@router.delete(
    "/{public_id}", url_name="batch", summary="Delete a batch with its sessions", response={204: None}
)
def remove_batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """204; a large one goes bit by bit, and is gone from the list when its sessions are."""
    # Whoever runs it would come to the deletion only behind its last session.
    cancel(_batch(public_id))
    if not batch_runner.delete(public_id):
        delete_batch(public_id)
    return HttpResponse(status=204)


def _batch(public_id: str) -> Batch:
    return get_object_or_404(Batch.objects.select_related("created_by"), public_id=public_id)


def _summary(batch: Batch) -> dict[str, Any]:
    progress = progress_of(batch, datetime.now(UTC))
    return {
        "id": batch.public_id,
        "title": batch.title,
        "created_at": batch.created_at.isoformat(),
        "created_by": batch.created_by.username if batch.created_by else None,
        "seed": batch.seed,
        "status": batch.status,
        "error": batch.error or None,
        "sessions": batch.sessions,
        "done": batch.done,
        "cancel_asked": batch.cancel_asked,
        "rate": progress.rate,
        "left_sec": progress.left_sec,
        "started_at": batch.started_at.isoformat() if batch.started_at else None,
        "ended_at": batch.ended_at.isoformat() if batch.ended_at else None,
    }
