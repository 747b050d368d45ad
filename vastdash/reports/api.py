"""The JSON API of the links to reports."""

from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from vastdash import roles
from vastdash.models import ReportLink
from vastdash.reports import links
from vastdash.reports.kinds import KINDS, title_of
from vastdash.web import Answer, Page, no_position, problem

router = Router(tags=["reports"])


class LinkRequest(BaseModel):
    """What to share, and for how long."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["session", "build", "batch"]
    subject: str = Field(max_length=24, description="The id of the session, build or batch")
    lifetime: str = Field("week", description=f"One of {', '.join(links.LIFETIMES)}")


@router.post("", url_name="reports", summary="Make a link to a report", response={201: Answer})
def create_link(request: HttpRequest, payload: LinkRequest) -> HttpResponse:
    """201 with the link and its address; 422 naming the field that cannot be used."""
    offered = links.lifetimes(settings.REPORT_DAYS_MAX)
    if payload.lifetime not in offered:
        return _refused("lifetime", f"A link can be made for one of: {', '.join(offered)}.")
    if title_of(KINDS[payload.kind], payload.subject) is None:
        return _refused("subject", f"There is no {payload.kind} with this id.")
    until = timezone.now() + offered[payload.lifetime][1]
    link = links.make(payload.kind, payload.subject, request.user, until)
    return JsonResponse(_summary(request, link), status=201)


@router.get("", url_name="reports", summary="Links to reports, newest first", response=Answer)
def list_links(request: HttpRequest, before: str | None = None) -> HttpResponse:
    """One's own; everybody's for who may revoke them. Only one's own show their address."""
    if lost := no_position(before):
        return lost
    rows = ReportLink.objects.select_related("created_by")
    everybody = roles.may(request.user, roles.Action.DELETE)
    page = Page(rows if everybody else rows.filter(created_by=request.user), before)
    return JsonResponse({"items": [_summary(request, link) for link in page.rows], "next": page.next})


@router.delete("/{public_id}", url_name="report", summary="Revoke a link", response={204: None})
def revoke_link(request: HttpRequest, public_id: str) -> HttpResponse:
    """204, also for one that has ended. 404 for another person's, unless one may revoke it."""
    link = get_object_or_404(ReportLink, public_id=public_id)
    if not links.may_revoke(request.user, link):
        return problem(404, "Not found", "Nothing has this id.")
    links.revoke(link, request.user, timezone.now())
    return HttpResponse(status=204)


def _refused(field: str, text: str) -> HttpResponse:
    return problem(422, "Not valid", f"{field}: {text}", fields=[{"field": field, "text": text}])


def _summary(request: HttpRequest, link: ReportLink) -> dict[str, Any]:
    own = link.created_by_id == request.user.pk
    return {
        "id": link.public_id,
        "kind": link.kind,
        "subject": link.subject,
        "created_by": link.created_by.username if link.created_by else None,
        "created_at": link.created_at.isoformat(),
        "expires_at": link.expires_at.isoformat(),
        "revoked_at": link.revoked_at.isoformat() if link.revoked_at else None,
        "state": links.state_of(link, timezone.now()),
        "opened": link.opened,
        "last_opened_at": link.last_opened_at.isoformat() if link.last_opened_at else None,
        "url": request.build_absolute_uri(reverse("share", args=[links.token_of(link)])) if own else None,
    }
