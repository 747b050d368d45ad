"""The debug record of an endpoint as JSON, beside the address that players call."""

from django.http import HttpRequest, JsonResponse

from pipeline.endpoint.debug import debug
from pipeline.models import Endpoint
from vastdash.web import peer_of, problem


def endpoint_debug(request: HttpRequest, slug: str) -> JsonResponse:
    """The keys of pipeline.md §1.14 at the top, and how they came about beside them. No origin is named as welcome."""
    row = Endpoint.objects.select_related("receiver", "publisher", "canned").filter(slug=slug).first()
    if row is None:
        return problem(404, "Not found", "No endpoint has this slug.")
    if not row.is_open:
        return problem(404, "Closed", "This endpoint is closed; players are told that there is nothing.")
    headers = {name.lower(): value for name, value in request.headers.items()}
    record = debug(row, request.META["QUERY_STRING"], headers, peer_of(request))
    shown = {**record.pop("result"), **record}
    return JsonResponse(shown, json_dumps_params={"indent": 2})
