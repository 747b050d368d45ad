"""What somebody with a link sees, signed in or not: the report, as a page or a file, or that the link opens nothing."""

from typing import NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from vastdash.models import ReportLink
from vastdash.reports import links
from vastdash.reports.files import SHAPES
from vastdash.reports.kinds import KINDS, report_of
from vastdash.reports.rate import Rate
from vastdash.reports.report import Kind, Report

_HEADERS = {
    "Referrer-Policy": "no-referrer",  # the address is the key
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cache-Control": "private, no-store",
}
_UNKNOWN, _OVER, _TOO_OFTEN = 404, 410, 429

rate = Rate(settings.REPORT_RATE)


class _Found(NamedTuple):
    link: ReportLink
    kind: Kind
    report: Report


# No form of ours leads here, so a POST is refused for what it is, and not for its missing token.
@csrf_exempt
@require_safe
def share(request: HttpRequest, token: str) -> HttpResponse:
    """The report as a page."""
    found = _find(request, token)
    if not isinstance(found, _Found):
        return found
    context = {
        "report": found.report.data,
        "title": found.report.title,
        "link": found.link,
        "token": token,
        **found.report.pictures,
    }
    return _private(render(request, found.kind.template, context))


@csrf_exempt
@require_safe
def share_file(request: HttpRequest, token: str, shape: str) -> HttpResponse:
    """The report to take along, as JSON or CSV."""
    if shape not in SHAPES:
        raise Http404
    found = _find(request, token)
    return _private(SHAPES[shape](found.kind, found.report)) if isinstance(found, _Found) else found


def _find(request: HttpRequest, token: str) -> _Found | HttpResponse:
    """What the token opens now; a refusal says the same whatever is behind it."""
    if not rate.admits(request.META.get("REMOTE_ADDR", "")):
        return _refuse(request, _TOO_OFTEN)
    now = timezone.now()
    link = links.find(token)
    if link is None:
        return _refuse(request, _UNKNOWN)
    if links.state_of(link, now) is not links.State.OPEN:
        return _refuse(request, _OVER)
    kind = KINDS[link.kind]
    report = report_of(kind, link.subject)
    if report is None:
        return _refuse(request, _OVER)
    if request.method == "GET":
        links.note_opened(link, now)
    return _Found(link, kind, report)


def _refuse(request: HttpRequest, status: int) -> HttpResponse:
    answer = render(request, "reports/closed.html", {"too_often": status == _TOO_OFTEN}, status=status)
    if status == _TOO_OFTEN:
        answer["Retry-After"] = "60"
    return _private(answer)


def _private(answer: HttpResponse) -> HttpResponse:
    for name, value in _HEADERS.items():
        answer[name] = value
    return answer
