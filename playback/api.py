"""The JSON API of the sessions."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from pipeline.models import Build
from playback.filters import SessionFilter
from playback.forms import SEED_MAX
from playback.live.runner import COMMANDS, runner
from playback.models import Session
from playback.starting import StartRefused, start
from vastdash.models import PUBLIC_ID_LENGTH
from vastdash.web import Answer, Page, no_position, problem

router = Router(tags=["sessions"])


class SessionRequest(BaseModel):
    """Which ad to play and how. One of ``build`` (an id) and ``vast`` (a document) is needed."""

    model_config = ConfigDict(extra="forbid")

    build: str | None = Field(None, max_length=PUBLIC_ID_LENGTH)
    vast: str | None = None
    ad_index: int = Field(0, ge=0)
    mode: str | None = Field(None, description="real, headless or auto")
    speed: float | None = Field(
        None, ge=0, description="Pace of a headless session; 0 is as fast as possible"
    )
    provider: str | None = Field(None, description="Name of a provider")
    publisher: str | None = Field(None, description="Name of a publisher")
    seed: int | None = Field(None, ge=0, le=SEED_MAX)


class SessionFilters(BaseModel):
    """What the list can be narrowed to."""

    provider: str | None = None
    status: str | None = Field(None, description=f"One of {', '.join(Session.Status.values)}")
    mode: str | None = Field(None, description="real or headless")


@router.post("", url_name="sessions", summary="Start a session", response={201: Answer})
def create_session(request: HttpRequest, payload: SessionRequest) -> HttpResponse:
    """201 with the session, which plays from now on; 422 naming the field that cannot be used."""
    if bool(payload.build) == bool(payload.vast):
        return problem(422, "Not valid", "build: give either a build's id or a VAST document", field="build")
    build = get_object_or_404(Build, public_id=payload.build) if payload.build else None
    try:
        session = start(
            vast=build.vast if build else payload.vast or "",
            title=build.title if build else "API document",
            user=request.user,
            build=build,
            **payload.model_dump(exclude={"build", "vast"}),
        )
    except StartRefused as refusal:
        return problem(422, "Nothing was started", f"{refusal.field}: {refusal.text}", field=refusal.field)
    return JsonResponse(_detail(session), status=201)


@router.get("", url_name="sessions", summary="Sessions, newest first", response=Answer)
def list_sessions(
    request: HttpRequest, filters: Query[SessionFilters], before: str | None = None
) -> HttpResponse:
    """An unknown value of a filter is refused at its name."""
    rows = Session.objects.select_related("build").defer("record", *Build.large("build"))
    filtered = SessionFilter(filters.model_dump(exclude_none=True), queryset=rows)
    if not filtered.is_valid():
        fields = [{"field": name, "text": " ".join(texts)} for name, texts in filtered.form.errors.items()]
        return problem(
            422, "Not valid", "; ".join(f"{row['field']}: {row['text']}" for row in fields), fields=fields
        )
    if lost := no_position(before):
        return lost
    page = Page(filtered.qs, before)
    return JsonResponse({"items": [_summary(row) for row in page.rows], "next": page.next})


@router.get(
    "/{public_id}", url_name="session", summary="One session with its record and ledger", response=Answer
)
def read_session(request: HttpRequest, public_id: str) -> HttpResponse:
    rows = Session.objects.select_related("build", "ledger")
    return JsonResponse(_detail(get_object_or_404(rows, public_id=public_id)))


@router.post(
    "/{public_id}/{name}",
    url_name="session-command",
    summary="Pause, resume or stop",
    response={202: Answer},
)
def command_session(request: HttpRequest, public_id: str, name: str) -> HttpResponse:
    """202 when it was passed on; 409 when the session is not running."""
    if name not in COMMANDS:
        return problem(404, "Not found", f"No command is named {name!r}; known: {', '.join(COMMANDS)}.")
    get_object_or_404(Session, public_id=public_id)
    if not runner.command(public_id, name):
        return problem(409, "Not running", "This session is not running.")
    return JsonResponse({"id": public_id, "command": name}, status=202)


def _summary(row: Session) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "created_at": row.created_at.isoformat(),
        "title": row.title,
        "build": row.build.public_id if row.build else None,
        "mode": row.mode,
        "speed": row.speed,
        "provider": row.provider or None,
        "publisher": row.publisher or None,
        "seed": row.seed,
        "status": row.status,
        "end_reason": row.end_reason or None,
        "offset_sec": row.offset_ms / 1000,
        "duration_sec": row.duration_ms / 1000,
    }


def _detail(row: Session) -> dict[str, Any]:
    return {**_summary(row), "record": row.record, "ledger": _ledger(row)}


def _ledger(row: Session) -> Any:
    """From the player while it runs here, from the row afterwards."""
    running = runner.look(row.public_id, lambda _, player: [entry.to_dict() for entry in player.ledger])
    return row.ledger.entries if running is None else running
