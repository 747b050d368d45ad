"""The JSON API of the sessions."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from pipeline.models import Build
from playback.batches.again import complete
from playback.commanding import CLICK, COMMANDS, NOT_RUNNING, click, obey
from playback.confirming import NotWaiting, asked_to_confirm, confirm
from playback.filters import SessionAndEndFilter
from playback.history import listing
from playback.history.trend import midnight
from playback.live.fates import fates_of
from playback.live.runner import runner
from playback.models import UNREADABLE, Session
from playback.play_forms import SEED_MAX
from playback.replay.sides import contrast_of
from playback.replay.source import played
from playback.replay.walk import told_of
from playback.session_page.chain import masked, told
from playback.session_page.ledger_filter import LedgerFilter, keyed
from playback.session_page.macros import macros_of
from playback.sources import StartRefused, refuse_unless_one
from playback.starting import NotAllowed, start
from vastdash.models import PUBLIC_ID_LENGTH
from vastdash.roles import Action, may
from vastdash.web import Answer, no_position, problem

router = Router(tags=["sessions"])

_AD_INDEX_MAX = 32767
_NOT_WAITING = "This session does not wait to be confirmed."


class SessionRequest(BaseModel):
    """Which ad to play and how; exactly one of ``build`` (an id), ``vast`` (a document) and ``url`` (a tag)."""

    model_config = ConfigDict(extra="forbid")

    build: str | None = Field(None, max_length=PUBLIC_ID_LENGTH)
    vast: str | None = None
    url: str | None = Field(None, description="Address of an ad server; its wrappers are followed")
    title: str = Field("", max_length=200)
    ad_index: int | None = Field(
        None, ge=0, le=_AD_INDEX_MAX, description="One ad, in playing order; null is the whole pod"
    )
    mode: str | None = Field(None, description="real, headless or auto")
    speed: float | None = Field(
        None, ge=0, description="Pace of a headless session; 0 is as fast as possible"
    )
    provider: str | None = Field(None, description="Name of a provider")
    publisher: str | None = Field(None, description="Name of a publisher")
    seed: int | None = Field(None, ge=0, le=SEED_MAX)
    delivery: str = Field(
        Session.Delivery.DRY_RUN.value,
        description="dry_run (nothing is sent), sandbox (a collector of our own) or live (has to be confirmed)",
    )


class Confirmation(BaseModel):
    """The number of pixels that a live session may call, as its own ``confirmation`` told it."""

    model_config = ConfigDict(extra="forbid")

    pixels: StrictInt


class Place(BaseModel):
    """A place on the playhead of the session, whose ads lie one after the other."""

    model_config = ConfigDict(extra="forbid")

    to_sec: float = Field(ge=0, allow_inf_nan=False)


class SessionFilters(BaseModel):
    """What the list can be narrowed to."""

    provider: str | None = None
    status: str | None = Field(None, description=f"One of {', '.join(Session.Status.values)}")
    mode: str | None = Field(None, description="real or headless")
    source: str | None = Field(None, description=f"One of {', '.join(Session.Source.values)}")
    delivery: str | None = Field(None, description=f"One of {', '.join(Session.Delivery.values)}")
    reason: str | None = Field(None, description="How it ended: the end_reason of a session")
    publisher: str = Field("", description="A publisher's name, or - for none")
    since: date | None = Field(None, description="The first day, YYYY-MM-DD, UTC")
    until: date | None = Field(None, lt=date.max, description="The last day, included")
    text: str = Field("", description="The beginning of an id, or words of a title")
    batch: str = Field("", description="The id of a batch")

    def beside(self) -> dict[str, Any]:
        """What a choice holds beside what a form has to judge."""
        return {
            "publisher": self.publisher,
            "text": self.text,
            "batch": self.batch,
            "since": midnight(self.since) if self.since else None,
            "until": midnight(self.until + timedelta(days=1)) if self.until else None,
        }


class LedgerFilters(BaseModel):
    """What a ledger can be narrowed to; what no row has gives no rows."""

    event: str = ""
    level: str = Field("", description="root, wrapper 1, wrapper 2, ... or InLine")
    fate: str = Field(
        "", description="The status of a row, or what the sandbox found: missing, doubled, late"
    )
    q: str = Field("", description="A part of the address, in any case")


@router.post("", url_name="sessions", summary="Start a session", response={201: Answer})
def create_session(request: HttpRequest, payload: SessionRequest) -> HttpResponse:
    """201 with the session, which plays from now on, or waits to be confirmed where it is live. A request that gave no
    ad is a session in error, with its code and blame. 422 naming the field that cannot be used."""
    try:
        refuse_unless_one(payload.build, payload.vast, payload.url)
        build = get_object_or_404(Build, public_id=payload.build) if payload.build else None
        session = start(
            user=request.user,
            host=request.get_host(),
            build=build,
            **{**payload.model_dump(exclude={"build"}), "title": payload.title or _title(payload)},
        )
    except StartRefused as refusal:
        return _refused(refusal, "Nothing was started")
    return JsonResponse(_detail(session), status=201)


def _title(payload: SessionRequest) -> str:
    return "API document" if payload.vast else ""


@router.get("", url_name="sessions", summary="Sessions, newest first", response=Answer)
def list_sessions(
    request: HttpRequest, filters: Query[SessionFilters], before: str | None = None
) -> HttpResponse:
    """An unknown value of a filter is refused at its name."""
    filtered = SessionAndEndFilter(filters.model_dump(exclude_none=True))
    if not filtered.is_valid():
        fields = [{"field": name, "text": " ".join(texts)} for name, texts in filtered.form.errors.items()]
        return problem(
            422, "Not valid", "; ".join(f"{row['field']}: {row['text']}" for row in fields), fields=fields
        )
    if lost := no_position(before):
        return lost
    page = listing.page(replace(filtered.choice, **filters.beside()), before)
    prefetch_related_objects(page.rows, "confirmed_by")
    return JsonResponse({"items": [_summary(row) for row in page.rows], "next": page.next})


@router.get(
    "/{public_id}", url_name="session", summary="One session with its record and ledger", response=Answer
)
def read_session(request: HttpRequest, public_id: str) -> HttpResponse:
    """With its chain in short, and what is to be confirmed of a live session that waits."""
    return JsonResponse(_detail(_row(public_id)))


@router.get(
    "/{public_id}/chain",
    url_name="session-chain",
    summary="Every hop that led to the ad, or to none",
    response=Answer,
)
def read_chain(request: HttpRequest, public_id: str, bodies: bool = False) -> HttpResponse:
    """Bodies are for those who may see debug. 404 for a session that is older than the chains."""
    if bodies and not may(request.user, Action.SEE_DEBUG):
        return problem(403, "Not allowed", f"bodies: your role does not include: {Action.SEE_DEBUG}.")
    chain = told(_row(public_id), with_bodies=bodies)
    if chain is None:
        return problem(404, "Not found", "No chain was kept of this session.")
    return JsonResponse({"id": public_id, **chain})


@router.get(
    "/{public_id}/ledger",
    url_name="session-ledger",
    summary="Every tracker of the ad and its fate",
    response=Answer,
)
def read_ledger(request: HttpRequest, public_id: str, filters: Query[LedgerFilters]) -> HttpResponse:
    """The rows that fit all filters, each with the key of its pixel; ``of`` counts the unfiltered ones."""
    rows = keyed(fates_of(_row(public_id))[0])
    wanted = LedgerFilter(**filters.model_dump())
    return JsonResponse({"items": [row for row in rows if wanted.fits(row)], "of": len(rows)})


@router.get(
    "/{public_id}/pixels/{key}", url_name="session-pixel", summary="One tracker in full", response=Answer
)
def read_pixel(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """Its row of the ledger with every attempt, and the macros of its address; these are null when the ad of the
    session cannot be read again."""
    row = _row(public_id)
    found = next((entry for entry in keyed(fates_of(row)[0]) if entry["key"] == key), None)
    if found is None:
        return problem(404, "Not found", "No tracker of this session has this key.")
    return JsonResponse({**found, "macros": macros_of(row, found)})


@router.get(
    "/{public_id}/replay", url_name="session-replay", summary="Every step of a session", response=Answer
)
def read_replay(request: HttpRequest, public_id: str) -> HttpResponse:
    """The stored record gone through again by the engine: each step with the state of the session after it, at most
    ``STEPS`` of them, and ``differences``, where the record says otherwise. 409 where there is nothing to play."""
    try:
        found = played(_row(public_id))
        done = found.again()
    except UNREADABLE as error:
        return problem(409, "Nothing to replay", str(error))
    return JsonResponse({"id": public_id, **told_of(found, done)})


@router.get(
    "/{public_id}/compare/{other}", url_name="session-compare", summary="Two sessions", response=Answer
)
def compare_with(request: HttpRequest, public_id: str, other: str) -> HttpResponse:
    """What differs between two sessions, respect by respect, and how much is equal. 409 for a record that cannot be
    read."""
    try:
        told = contrast_of(*(played(_row(named)) for named in (public_id, other)))
    except UNREADABLE as error:
        return problem(409, "Not readable", str(error))
    return JsonResponse(told.to_dict())


@router.post(
    "/{public_id}/confirm",
    url_name="session-confirm",
    summary="Let a live session send its pixels",
    response=Answer,
)
def confirm_session(request: HttpRequest, public_id: str, payload: Confirmation) -> HttpResponse:
    """200 with the session, which plays from now on; 409 when nothing waits; 422 for another number of pixels."""
    _row(public_id)
    try:
        row = confirm(public_id, request.user, payload.pixels)
    except NotWaiting:
        return problem(409, "Not waiting", _NOT_WAITING)
    except StartRefused as refusal:
        return _refused(refusal, "Nothing was sent")
    return JsonResponse(_detail(row))


@router.post(
    "/{public_id}/seek", url_name="session-seek", summary="Move the playhead", response={202: Answer}
)
def seek_session(request: HttpRequest, public_id: str, payload: Place) -> HttpResponse:
    """202 when it was passed on: a place beyond the ads changes nothing. 409 when the session is not running."""
    get_object_or_404(Session.objects.named(public_id))
    if not runner.seek(public_id, payload.to_sec):
        return problem(409, "Not running", NOT_RUNNING)
    return JsonResponse({"id": public_id, "to_sec": payload.to_sec}, status=202)


@router.post(
    "/{public_id}/{name}",
    url_name="session-command",
    summary="Pause, resume, stop, skip, click or discard",
    response={202: Answer},
)
def command_session(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """202 when it was passed on; 409 when the session is not running, or does not wait to be discarded. A click tells
    the page that it opens (``click_through``, null where the ad has none), which is not fetched."""
    if name not in COMMANDS:
        return problem(404, "Not found", f"No command is named {name!r}; known: {', '.join(COMMANDS)}.")
    get_object_or_404(Session.objects.named(public_id))
    if name == CLICK:
        opened = click(public_id)
        if opened is None:
            return problem(409, "Not running", NOT_RUNNING)
        return JsonResponse({"id": public_id, "command": name, "click_through": opened or None}, status=202)
    if refused := obey(public_id, name):
        return problem(409, "Not running", refused)
    return JsonResponse({"id": public_id, "command": name}, status=202)


def _refused(refusal: StartRefused, title: str) -> HttpResponse:
    status = 403 if isinstance(refusal, NotAllowed) else 422
    return problem(status, title, f"{refusal.field}: {refusal.text}", field=refusal.field)


def _row(public_id: str) -> Session:
    related = ("build", "document", "ledger", "chain", "confirmed_by", "titled", "batch")
    return complete(get_object_or_404(Session.objects.select_related(*related).named(public_id)))


def _summary(row: Session) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "created_at": row.created_at.isoformat(),
        "title": row.title,
        "source": row.source,
        "build": row.build.public_id if row.build else None,
        "url": masked(row.tag_url) or None,
        "ad_index": row.ad_index,
        "mode": row.mode,
        "speed": row.speed,
        "provider": row.provider or None,
        "publisher": row.publisher or None,
        "seed": row.seed,
        "status": row.status,
        "end_reason": row.end_reason or None,
        "error_code": row.error_code,
        "blame": row.blame or None,
        "delivery": row.delivery,
        "confirmed_by": row.confirmed_by.username if row.confirmed_by else None,
        "confirmed_at": row.confirmed_at.isoformat() if row.confirmed_at else None,
        "offset_sec": row.offset_ms / 1000,
        "duration_sec": row.duration_ms / 1000,
    }


def _detail(row: Session) -> dict[str, Any]:
    chain = told(row)
    entries, parts = fates_of(row)
    return {
        **_summary(row),
        "confirmation": asked_to_confirm(row),
        "chain": chain and {name: value for name, value in chain.items() if name != "hops"},
        "pod": parts,
        "record": row.record,
        "ledger": entries,
    }
