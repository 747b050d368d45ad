"""Reports to take along."""

import json

from django.http import HttpResponse

from vastdash.reports.report import Kind, Report
from vastdash.reports.table import lines


def as_json(kind: Kind, report: Report) -> HttpResponse:
    """All of the report's data."""
    body = json.dumps(report.data, indent=2, ensure_ascii=False)
    return _file(body, "application/json; charset=utf-8", kind, report, "json")


def as_csv(kind: Kind, report: Report) -> HttpResponse:
    """The report's rows. The data is whole in memory by now, so there is nothing to gain from sending it in pieces."""
    return _file("".join(lines(kind.rows(report.data))), "text/csv; charset=utf-8", kind, report, "csv")


def _file(body: str, content_type: str, kind: Kind, report: Report, ending: str) -> HttpResponse:
    response = HttpResponse(body.encode(errors="replace"), content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{kind.name}-{report.data["id"]}.{ending}"'
    return response


SHAPES = {"json": as_json, "csv": as_csv}
