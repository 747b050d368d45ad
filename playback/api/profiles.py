"""The JSON API of the profiles of providers and publishers, and of their versions.

``profile`` is in the row shape of ``playback.rows``: settings by name, ``rules`` as a list, whose order breaks ties.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from playback.engine.configuration.config import CHECKS
from playback.engine.configuration.interruptions import EVENT_POSITIONS
from playback.models import ProfileVersion
from playback.rules.checking import fault_of, note_fault
from playback.rules.comparing import changes
from playback.rules.publishing import MODELS, Conflict, Origin, Row, publish, versions
from vastdash.version import version_of
from vastdash.web import Answer, problem

LISTED = 100


class RuleRequest(BaseModel):
    """The interruption rule of one event. A publisher may state a part of it, or take it away by ``removed``."""

    model_config = ConfigDict(extra="forbid")

    event: str
    probability: float | None = None
    min_offset_sec: float | None = None
    max_offset_sec: float | None = None
    anchor: str | None = None
    reason: str | None = None
    removed: bool | None = None


class ProfileRequest(BaseModel):
    """Settings of a session by their names, and the rules in their order."""

    model_config = ConfigDict(extra="allow")

    rules: list[RuleRequest] = Field(default_factory=list, max_length=len(EVENT_POSITIONS))


class PublishRequest(BaseModel):
    """A profile as a whole, the version of the one it replaces, and why."""

    model_config = ConfigDict(extra="forbid")

    profile: ProfileRequest
    version: str = Field(description="As it was read: an edit that came between is a 409")
    note: str


def router_of(level: str) -> Router:
    """The addresses of one level; both have the same."""
    router = Router(tags=[f"{level}s"])

    @router.get(
        "", url_name=f"{level}s", summary=f"{level.capitalize()}s with their profiles", response=Answer
    )
    def list_rows(request: HttpRequest) -> dict[str, Any]:
        return {"items": [_told(row) for row in MODELS[level].objects.all()]}  # type: ignore[attr-defined]

    @router.get("/{name}", url_name=level, summary=f"One {level} with its profile", response=Answer)
    def read_row(request: HttpRequest, name: str) -> dict[str, Any]:
        return _told(_row(level, name))

    @router.put("/{name}", url_name=level, summary=f"Publish the profile of a {level}", response=Answer)
    def publish_profile(request: HttpRequest, name: str, payload: PublishRequest) -> HttpResponse:
        """200 with the profile as it is now; 409 with what is stored when another edit came between."""
        _row(level, name)
        row = _read(payload.profile)
        if wrong := _wrong(level, row, payload.note):
            return problem(422, "Not valid", f"{wrong['field']}: {wrong['text']}", fields=[wrong])
        why = {"user": request.user, "note": payload.note.strip(), "origin": Origin.PUBLISHED}
        try:
            made = publish(level, name, row, read=payload.version, **why)
        except Conflict as refused:
            detail = "Somebody published another profile since this version was read."
            stored = {"version": version_of(refused.row.playback), "profile": refused.row.playback}
            return problem(409, "Edited meanwhile", detail, field="version", **stored)
        return JsonResponse({**_told(_row(level, name)), "number": made.number})

    @router.get(
        "/{name}/versions",
        url_name=f"{level}-versions",
        summary=f"The newest versions of the profile of a {level}",
        response=Answer,
    )
    def list_versions(request: HttpRequest, name: str, before: int | None = None) -> dict[str, Any]:
        """Newest first; ``next`` is the ``before`` of those that follow, null at the end."""
        _row(level, name)
        every = versions(level, name)
        found = list((every if before is None else every.filter(number__lt=before))[: LISTED + 1])
        pairs = zip(found, [*found[1:], None], strict=False)
        items = [_version(version, older) for version, older in pairs][:LISTED]
        return {"items": items, "next": items[-1]["number"] if len(found) > LISTED else None}

    return router


def _row(level: str, name: str) -> Any:
    row = MODELS[level].objects.filter(name=name).first()  # type: ignore[attr-defined]
    if row is None:
        raise Http404
    return row


def _told(row: Row) -> dict[str, Any]:
    return {
        "name": row.name,
        "title": row.title,
        "profile": row.playback,
        "version": version_of(row.playback),
        "updated_at": row.updated_at.isoformat(),
    }


def _version(version: ProfileVersion, older: ProfileVersion | None) -> dict[str, Any]:
    return {
        "number": version.number,
        "made_at": version.made_at.isoformat(),
        "made_by": version.made_by.username if version.made_by else None,
        "origin": version.origin,
        "note": version.note,
        "profile": version.playback,
        "changes": [change._asdict() for change in changes(older.playback, version.playback)]
        if older
        else [],
    }


def _read(profile: ProfileRequest) -> dict[str, Any]:
    settings = {name: value for name, value in (profile.model_extra or {}).items() if value is not None}
    rules = [rule.model_dump(exclude_none=True) for rule in profile.rules]
    rules = [
        {"event": rule["event"], "removed": True} if rule.pop("removed", False) else rule for rule in rules
    ]
    return {**settings, **({"rules": rules} if rules else {})}


def _wrong(level: str, row: dict[str, Any], note: str) -> dict[str, str] | None:
    """The first field that cannot be published, and why."""
    if text := note_fault(note):
        return {"field": "note", "text": text}
    if unknown := next((name for name in row if name not in CHECKS and name != "rules"), None):
        return {
            "field": f"profile.{unknown[:60]}",
            "text": f"No such setting; known are {', '.join(CHECKS)}.",
        }
    events = [rule["event"] for rule in row.get("rules", [])]
    if twice := next((event for event in events if events.count(event) > 1), None):
        return {"field": "profile.rules", "text": f"There are two rules for {twice[:60]}."}
    if fault := fault_of(level, row):
        return {"field": f"profile.{fault.field}"[:120], "text": fault.text}
    return None
