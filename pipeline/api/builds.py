"""The JSON API of the builds."""

import json
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline import builds
from pipeline.api.fields import Config, Document
from pipeline.build_page.comparison import Comparison
from pipeline.build_page.differences import Differences
from pipeline.build_page.filters import BuildFilter
from pipeline.build_page.page import comparison_of, strip_of
from pipeline.build_page.pair import build_pair
from pipeline.build_page.side_by_side import side_by_side
from pipeline.build_page.verdict import rejected_by_code
from pipeline.engine import RECEIVERS
from pipeline.intake import Refused
from pipeline.models import Build
from vastdash.web import Answer, Page, no_position, problem

router = Router(tags=["builds"])

_RECEIVERS = f"One of {', '.join(RECEIVERS)}."
_SOME = "yes or no."


class Settings(BaseModel):
    """For whom and how: ``config`` takes the receiver configuration's JSON keys and stands above the other layers."""

    model_config = ConfigDict(extra="forbid")

    receiver: str | None = Field(None, description=_RECEIVERS)
    receiver_profile: str | None = Field(None, max_length=60, description="Name of a receiver profile.")
    publisher: str | None = Field(None, max_length=60, description="Name of a publisher.")
    config: Config | None = None

    @field_validator("config")
    @classmethod
    def _can_be_kept(cls, config: dict[str, Any] | None) -> dict[str, Any] | None:
        """The config is stored with the build; NaN and half a surrogate pair have no place in a JSON column."""
        try:
            json.dumps(config, allow_nan=False, ensure_ascii=False).encode()
        except ValueError:
            raise ValueError("holds a number or a text that JSON cannot carry") from None
        return config

    def how(self, source: Build | None = None) -> dict[str, Any]:
        """What ``pipeline.builds.build`` takes of it; what is not said is as in ``source``, where there is one.

        Raises ``Refused`` for a receiver there is none of.
        """
        receiver = self.receiver.upper() if self.receiver else None
        if receiver and receiver not in RECEIVERS:
            raise Refused("receiver", f"there is none named {self.receiver!r}", {"known": list(RECEIVERS)})
        config = self.config
        if config is None:
            config = source.config if source else {}
        profile, publisher = self.receiver_profile, self.publisher
        return {
            "config": {**config, "receiver": receiver} if receiver else config,
            "receiver_profile": (source.receiver_profile if source else "") if profile is None else profile,
            "publisher": (source.publisher if source else "") if publisher is None else publisher,
        }


class BuildRequest(Settings):
    """A bid response, and for whom its VAST is meant."""

    response: Document
    request: Document | None = None
    title: str = Field("API bid response", max_length=200)


class BuildFilters(BaseModel):
    """What the list can be narrowed to; ``since`` and ``until`` are days in UTC."""

    title: str | None = Field(None, description="A part of it, in any case.")
    outcome: str | None = Field(None, description="ad or no_ad.")
    receiver: str | None = Field(None, description=_RECEIVERS)
    created_by: str | None = Field(None, description="Name of who signed in.")
    warnings: str | None = Field(None, description=_SOME)
    lint_errors: str | None = Field(None, description=_SOME)
    since: str | None = None
    until: str | None = None


@router.post("", url_name="builds", summary="Build VAST from a bid response", response={201: Answer})
def create_build(request: HttpRequest, payload: BuildRequest) -> HttpResponse:
    """201 with the build; 422 naming the field, and every bid's fate, when nothing can come of it."""
    return _built(
        lambda: builds.build(
            response=_bytes(payload.response),
            request=_bytes(payload.request) if payload.request else None,
            title=payload.title,
            user=request.user,
            **payload.how(),
        )
    )


@router.post(
    "/{public_id}/again",
    url_name="build-again",
    summary="Build the same response again",
    response={201: Answer},
)
def build_again(request: HttpRequest, public_id: str, payload: Settings) -> HttpResponse:
    """201 with a new build of the same response; what the payload does not say is as it was."""
    source = get_object_or_404(Build.objects.select_related("response", "request"), public_id=public_id)
    return _built(lambda: builds.build_again(source, user=request.user, **payload.how(source)))


def _built(make: Callable[[], Build]) -> HttpResponse:
    try:
        build = make()
    except Refused as refusal:
        text = f"{refusal.field}: {refusal.text}"
        return problem(422, "Nothing was built", text, field=refusal.field, **refusal.details)
    return _answer(build, status=201)


@router.get("", url_name="builds", summary="Builds, newest first", response=Answer)
def list_builds(
    request: HttpRequest, filters: Query[BuildFilters], before: str | None = None
) -> HttpResponse:
    """The filters are those of the page; an unknown value is refused at its name."""
    rows = Build.objects.select_related("made_from").defer(*Build.large(), *Build.large("made_from"))
    filtered = BuildFilter(filters.model_dump(exclude_none=True), queryset=rows)
    if not filtered.is_valid():
        faults = [{"field": field, "text": " ".join(texts)} for field, texts in filtered.errors.items()]
        told = "; ".join(f"{fault['field']}: {fault['text']}" for fault in faults)
        return problem(422, "Not valid", told, fields=faults)
    if lost := no_position(before):
        return lost
    page = Page(filtered.qs, before)
    return JsonResponse({"items": [_summary(build) for build in page.rows], "next": page.next})


@router.get(
    "/{public_id}", url_name="build", summary="One build with its VAST and every decision", response=Answer
)
def read_build(request: HttpRequest, public_id: str) -> HttpResponse:
    return _answer(
        get_object_or_404(Build.objects.select_related("made_from", "request"), public_id=public_id)
    )


@router.get(
    "/{public_id}/ads/{number}",
    url_name="build-ad",
    summary="One ad beside its bid's markup",
    response=Answer,
)
def read_ad(request: HttpRequest, public_id: str, number: int) -> HttpResponse:
    """The differing lines with their reasons, and both texts; ``differences`` is null where they are too long."""
    build = get_object_or_404(Build.objects.select_related("response"), public_id=public_id)
    try:
        ad = side_by_side(build, number)
    except IndexError:
        raise Http404 from None
    body = {
        "number": number,
        "bid": ad.bid,
        "markup": ad.markup.encode(errors="replace").decode(),
        "served": ad.served,
        "differences": ad.differences and _differences(ad.differences),
    }
    return JsonResponse(body)


@router.get("/{public_id}/compare/{other}", url_name="build-compare", summary="Two builds", response=Answer)
def compare_with(request: HttpRequest, public_id: str, other: str) -> HttpResponse:
    """How they came to be, bids, settings and edits that differ, and the differing lines of their documents, which are
    null where those are too long."""
    rows = Build.objects.select_related("response")
    told = build_pair(*(get_object_or_404(rows, public_id=named) for named in (public_id, other)))
    body = {
        "a": public_id,
        "b": other,
        "facts": [change._asdict() for change in told.facts],
        **_compared(told.comparison),
        "differences": told.lines and _differences(told.lines),
    }
    return JsonResponse(body)


def _differences(found: Differences) -> dict[str, Any]:
    rows = [row for stretch in found.stretches for row in stretch.rows if row.kind != "same" or row.reasons]
    return {
        "changed": found.changed,
        "added": found.added,
        "removed": found.removed,
        "left_out": found.cut,
        "lines": [
            {
                "kind": row.kind,
                "was": row.left and {"line": row.left.number, "text": row.left.text},
                "now": row.right and {"line": row.right.number, "text": row.right.text},
                "reasons": [reason._asdict() for reason in row.reasons],
            }
            for row in rows
        ],
    }


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
        "receiver_profile": build.receiver_profile or None,
        "publisher": build.publisher or None,
        "made_from": build.made_from.public_id if build.made_from else None,
        "no_ad": build.no_ad,
        "selected": build.selected_count,
        "rejected": build.rejected_count,
        "warnings": build.warning_count,
        "lint_errors": build.lint_error_count,
    }


def _answer(build: Build, status: int = 200) -> JsonResponse:
    before = comparison_of(build)
    body = {
        **_summary(build),
        "config": build.config,
        "rejected_by_code": dict(rejected_by_code(build.result)),
        "pod": strip_of(build).to_dict(),
        "compared": before and _compared(before),
        "decisions": build.result,
        "lint": build.findings,
        "vast": build.vast,
    }
    return JsonResponse(body, status=status)


def _compared(found: Comparison) -> dict[str, Any]:
    return {
        "same_bytes": found.same_bytes,
        "fates": [change._asdict() for change in found.fates],
        "settings": [change._asdict() for change in found.settings],
        "rows": [
            {**row._asdict(), "changes": [change._asdict() for change in row.changes]} for row in found.rows
        ],
    }
