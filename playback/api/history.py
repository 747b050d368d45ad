"""The JSON API of the history: what the sessions of a choice came to, by day, reason, provider and publisher."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Query, Router
from pydantic import BaseModel, ConfigDict, Field

from playback.history.groups import groups_of
from playback.history.outcome import Outcome
from playback.history.tally import Share, Tally
from playback.history.trend import day_numbered
from playback.views.history import narrowed_of
from vastdash.web import Answer, problem

router = Router(tags=["history"])


class HistoryFilters(BaseModel):
    """The filter of the history page; what is left out is left open."""

    model_config = ConfigDict(extra="forbid")

    days: str = Field("", description="1, 7, 30, 90 or all; 30 unless a date is named")
    since: str = Field("", description="The first day, YYYY-MM-DD, UTC")
    until: str = Field("", description="The last day, included")
    provider: str = Field("", description="A provider's name, or - for none")
    publisher: str = Field("", description="A publisher's name, or - for none")
    outcome: str = Field("", description="completed, interrupted, stopped, failed or unfinished")
    reason: str = Field("", description="An end_reason of a session")
    status: str = ""
    mode: str = ""
    source: str = ""
    text: str = Field("", description="The beginning of an id, or words of a title")


@router.get("", url_name="history", summary="Sessions counted by day, reason, provider", response=Answer)
def read_history(request: HttpRequest, filters: Query[HistoryFilters]) -> HttpResponse:
    """``is_part`` is true where a search by text found more than are counted. Days are whole days in UTC; a rate
    without sessions is null."""
    form, narrowed = narrowed_of(request.GET)
    if narrowed is None:
        fields = [{"field": name, "text": " ".join(errors)} for name, errors in form.errors.items()]
        detail = "; ".join(f"{fault['field']}: {fault['text']}" for fault in fields)
        return problem(422, "Not valid", detail, fields=fields)
    groups = groups_of(narrowed.choice)
    first = narrowed.first_day
    body = {
        "since": first.isoformat() if first else None,
        "until": narrowed.last_day.isoformat(),
        "is_part": groups.is_part,
        **_told(groups.whole),
        "days": [
            {"day": day_numbered(int(day)).isoformat(), **_told(tally)}
            for day, tally in sorted(groups.by["day"].items())
        ],
        "providers": _groups(groups.by["provider"]),
        "publishers": _groups(groups.by["publisher"]),
    }
    return JsonResponse(body)


def _groups(groups: Any) -> list[dict[str, Any]]:
    ranked = sorted(groups.items(), key=lambda row: (-row[1].sessions, row[0]))
    return [{"name": name or None, **_told(tally)} for name, tally in ranked]


def _told(tally: Tally) -> dict[str, Any]:
    return {
        "sessions": tally.sessions,
        "outcomes": {outcome.value: tally.number(outcome) for outcome in Outcome},
        "interruptions": tally.interruptions,
        "completion": _rate(tally.completion),
    }


def _rate(share: Share) -> dict[str, Any]:
    low, high = share.band or (None, None)
    return {"value": share.value, "low": low, "high": high, "of": share.whole}
