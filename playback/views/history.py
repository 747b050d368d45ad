"""The history: what sessions came to, narrowed down, as charts, as a list, and as a file."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render

from playback.history import charts, listing
from playback.history.expected import expected_completion
from playback.history.export import csv_lines, exported, json_lines
from playback.history.groups import Groups, Key, groups_of
from playback.history.narrowing import ADDRESS, HistoryForm, Narrowed
from playback.history.tally import Share, Tally
from playback.history.trend import DAYS_MAX, day_numbered, in_periods, periods
from playback.views.saved import pinned_query, views_of
from vastdash.charts import Chart

FORMATS = {
    "csv": (csv_lines, True, "text/csv; charset=utf-8"),
    "jsonl": (json_lines, False, "application/x-ndjson; charset=utf-8"),
}


def history(request: HttpRequest) -> HttpResponse:
    """The page, or for htmx what of it follows the filter. Without a query the pinned view opens."""
    if not request.GET and (pinned := pinned_query(request)):
        return redirect(f"{ADDRESS}?{pinned}")
    form, narrowed = narrowed_of(request.GET)
    context: dict[str, Any] = {"form": form, "views": views_of(request.user)}
    if narrowed:
        context |= {"narrowed": narrowed, **_found(narrowed, request.GET)}
    template = "playback/history.html#results" if request.htmx else "playback/history.html"
    answer = render(request, template, context, status=200 if narrowed else 422)
    if request.htmx and narrowed:
        answer["HX-Replace-Url"] = narrowed.address()
    return answer


def narrowed_of(query: QueryDict) -> tuple[HistoryForm, Narrowed | None]:
    """What a query narrows a history to; None where it cannot be used, as the form says."""
    form = HistoryForm(query)
    return form, Narrowed.of(form, datetime.now(UTC).date()) if form.is_valid() else None


def _found(narrowed: Narrowed, query: QueryDict) -> dict[str, Any]:
    groups = groups_of(narrowed.choice)
    alike = narrowed.otherwise_alike
    of = groups_of(alike, ("day",)) if alike else None
    kept = listing.count(narrowed.choice).number if narrowed.choice.is_counted_by_day else None
    return {
        "page": listing.page(
            narrowed.choice,
            query.get("before"),
            after=query.get("after"),
            oldest_first=narrowed.is_ascending,
        ),
        "whole": groups.whole,
        "share": Share(groups.whole.sessions, of.whole.sessions) if of and not of.is_part else None,
        # Retention takes rows away and leaves their counts.
        "gone": groups.whole.sessions - kept if kept is not None else 0,
        "is_part": groups.is_part,
        "counted_up_to": listing.COUNTED_UP_TO,
        "charts": charts_of(narrowed, groups, of),
    }


def charts_of(narrowed: Narrowed, groups: Groups, of: Groups | None = None) -> list[Chart]:
    """Every chart of a history, each of the same sessions; `of` are those otherwise alike where it names an end."""
    by_day, providers = groups.by["day"], groups.by["provider"]
    found = periods(*_span(narrowed, by_day), narrowed.today)
    tallies = in_periods(by_day, found)
    link, whole = narrowed.address, groups.whole
    ends = [
        charts.reasons(whole, link),
        charts.interruptions("provider", providers, link),
        charts.interruptions("publisher", groups.by["publisher"], link),
    ]
    ends = [chart for chart in ends if not chart.is_empty]
    if of:
        alike = [] if of.is_part else [charts.share(found, tallies, in_periods(of.by["day"], found), link)]
        return [charts.outcomes(found, tallies, link), *alike, *ends]
    expected = expected_completion(providers)
    only = expected.get(narrowed.alike.get("provider", ""))
    return [
        charts.outcomes(found, tallies, link),
        charts.completion(found, tallies, link, only),
        *ends,
        charts.beside_expected(providers, expected, link),
    ]


def _span(narrowed: Narrowed, by_day: Mapping[Key, Tally]) -> tuple[date, date]:
    """The days that charts run over: those asked for, but no year before there was anything."""
    last = min(narrowed.last_day, narrowed.today)
    oldest = day_numbered(int(min(by_day))) if by_day else last
    first = narrowed.first_day
    return (oldest if first is None or (last - first).days >= DAYS_MAX else first), last


def history_export(request: HttpRequest, shape: str) -> HttpResponse:
    """Every session of the history as a file, sent while it is read."""
    if shape not in FORMATS:
        raise Http404
    form, narrowed = narrowed_of(request.GET)
    if narrowed is None:
        text = "\n".join(f"{name}: {' '.join(errors)}" for name, errors in form.errors.items())
        return HttpResponse(text, status=422, content_type="text/plain; charset=utf-8")
    write, head, content_type = FORMATS[shape]
    lines = exported(narrowed.choice, write, head=head, oldest_first=narrowed.is_ascending)
    answer = StreamingHttpResponse(lines, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="sessions-{narrowed.today}.{shape}"'
    return answer
