"""Pages of the reports for those who are signed in: make a link, see who has one, revoke it, take a report along."""

from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from vastdash import roles
from vastdash.models import ReportLink
from vastdash.reports import links
from vastdash.reports.files import SHAPES
from vastdash.reports.kinds import KINDS, page_of, report_of, title_of, titles_of
from vastdash.reports.report import Kind
from vastdash.web import Page


class LinkForm(forms.Form):
    lifetime = forms.ChoiceField(
        label="The link works for", initial="week", widget=forms.Select({"class": "form-select"})
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        offered = links.lifetimes(settings.REPORT_DAYS_MAX)
        self.fields["lifetime"].choices = [(name, label) for name, (label, _) in offered.items()]
        if "week" not in offered:
            self.initial["lifetime"] = "day"

    def until(self, now: datetime) -> datetime:
        """When a link that begins now ends."""
        return now + links.LIFETIMES[self.cleaned_data["lifetime"]][1]


class LinkRow(NamedTuple):
    """One link of a list. ``title`` is "" where the subject is gone, ``address`` where the link is another's."""

    link: ReportLink
    state: links.State
    title: str
    page: str
    address: str
    revocable: bool


def report_list(request: HttpRequest) -> HttpResponse:
    """One's own links, and for who may delete everybody's."""
    everybody = roles.may(request.user, roles.Action.DELETE)
    rows = ReportLink.objects.select_related("created_by", "revoked_by")
    page = Page(rows if everybody else rows.filter(created_by=request.user), request.GET.get("before"))
    context = {"page": page, "rows": _rows(request, page.rows), "everybody": everybody}
    return render(request, "reports/list.html", context)


def report_links(request: HttpRequest, kind: str, subject: str) -> HttpResponse:
    """The links of one subject; a POST makes one, whose address this very answer shows."""
    found = KINDS.get(kind)
    title = title_of(found, subject) if found else None
    if found is None or title is None:
        raise Http404
    form = LinkForm(request.POST if request.method == "POST" else None)
    made = None
    if request.method == "POST" and form.is_valid():
        made = links.make(kind, subject, request.user, form.until(timezone.now()))
    rows = ReportLink.objects.filter(kind=kind, subject=subject).select_related("created_by", "revoked_by")
    page = Page(rows, request.GET.get("before"))
    context = {
        "kind": found,
        "subject": subject,
        "title": title,
        "up": page_of(found, subject),
        "form": form,
        "made": made,
        "address": _address(request, made) if made else "",
        "page": page,
        "rows": _rows(request, page.rows),
    }
    refused = request.method == "POST" and made is None
    return render(request, "reports/links.html", context, status=422 if refused else 200)


def report_revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks first. Own links always, others' by who may delete; to everybody else they do not exist."""
    link = get_object_or_404(ReportLink.objects.select_related("created_by"), public_id=public_id)
    if not links.may_revoke(request.user, link):
        raise Http404
    if request.method == "POST":
        links.revoke(link, request.user, timezone.now())
        messages.success(request, "The link is revoked: whoever opens it is told that it no longer works.")
        return redirect("report-list")
    (row,) = _rows(request, [link])
    return render(request, "reports/revoke.html", {"row": row, "link": link})


def report_file(request: HttpRequest, kind: str, public_id: str, shape: str) -> HttpResponse:
    """The report of a subject as a file, for who may read the subject."""
    found = KINDS[kind]
    report = report_of(found, public_id) if shape in SHAPES else None
    if report is None:
        raise Http404
    return SHAPES[shape](found, report)


def _rows(request: HttpRequest, found: list[ReportLink]) -> list[LinkRow]:
    titles, now = titles_of(found), timezone.now()
    return [_row(request, link, titles.get((link.kind, link.subject), ""), now) for link in found]


def _row(request: HttpRequest, link: ReportLink, title: str, now: datetime) -> LinkRow:
    state = links.state_of(link, now)
    is_open = state is links.State.OPEN
    own = link.created_by_id == request.user.pk
    return LinkRow(
        link,
        state,
        title,
        page_of(_kind(link), link.subject) if title else "",
        _address(request, link) if own and is_open and title else "",
        is_open and links.may_revoke(request.user, link),
    )


def _kind(link: ReportLink) -> Kind:
    return KINDS[link.kind]


def _address(request: HttpRequest, link: ReportLink) -> str:
    return request.build_absolute_uri(reverse("share", args=[links.token_of(link)]))
