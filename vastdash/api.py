"""The JSON API: the rooms' routers under one roof, with errors as RFC 9457 problem documents.

A personal token carries it (``tokens.py``), or the browser's sign-in: cookies, and the CSRF token in ``X-CSRFToken``
for anything but GET.
Who may call what is decided before, by the route tables in ``roles.py``.
"""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.security import django_auth
from pydantic import BaseModel

from pipeline.api.builds import router as builds
from pipeline.api.endpoints import router as endpoints
from pipeline.api.receivers import router as receivers
from playback.api.batches import router as batches
from playback.api.configuration import router as configuration
from playback.api.history import router as history
from playback.api.profiles import router_of
from playback.api.sessions import router as sessions
from vastdash.reports.api import router as reports
from vastdash.tokens import TokenAuth
from vastdash.web import problem

# A payload may hold any number of wrong fields, with names of any length; an answer tells a reader's share of them.
_MOST_FAULTS = 50
_LONGEST_NAME = 120
# Where ninja looks for a field, before its name.
_CONTAINERS = frozenset({"body", "payload", "query", "path", "filters"})


class CarefulParser(Parser):
    """Reads a JSON body; nesting that would exhaust the stack is the caller's mistake, not ours."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            return super().parse_body(request)
        except RecursionError:
            raise HttpError(400, "The JSON is nested too deep to be read.") from None


class Fault(BaseModel):
    """A field that cannot be used, and why."""

    field: str
    text: str


class Problem(BaseModel):
    """What was refused and why (RFC 9457). ``field`` or ``fields`` name what the caller can mend."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
    fields: list[Fault] | None = None


class Api(NinjaAPI):
    """Ninja's API, whose description says of every operation that whatever it refuses is a problem document."""

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        described = super().get_openapi_schema(**where)
        problem_schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        described["components"]["schemas"] |= {**problem_schema.pop("$defs"), "Problem": problem_schema}
        refused = {"schema": {"$ref": "#/components/schemas/Problem"}}
        for operations in described["paths"].values():
            for operation in operations.values():
                operation["responses"]["default"] = {
                    "description": "Refused",
                    "content": {"application/problem+json": refused},
                }
        return described


api = Api(
    parser=CarefulParser(),
    title="vastdash",
    version="1",
    urls_namespace="api",
    auth=[TokenAuth(), django_auth],
    docs_url="/docs",
    openapi_url="/openapi.json",
)
api.add_router("/builds", builds)
api.add_router("/receivers", receivers)
api.add_router("/endpoints", endpoints)
api.add_router("/sessions", sessions)
api.add_router("/configuration", configuration)
api.add_router("/history", history)
api.add_router("/reports", reports)
api.add_router("/batches", batches)
api.add_router("/providers", router_of("provider"))
api.add_router("/publishers", router_of("publisher"))


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = [
        {"field": _field(row["loc"]), "text": row["msg"].removeprefix("Value error, ")}
        for row in error.errors[:_MOST_FAULTS]
    ]
    named = "; ".join(f"{row['field']}: {row['text']}" for row in fields)
    return problem(422, "Not valid", named, fields=fields)


@api.exception_handler(HttpError)
def _refused(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "Not usable", str(error))


@api.exception_handler(Http404)
def _missing(_request: HttpRequest, _error: Exception) -> HttpResponse:
    return problem(404, "Not found", "Nothing has this id.")


@api.exception_handler(RawPostDataException)
def _a_form(_request: HttpRequest, _error: Exception) -> HttpResponse:
    """The CSRF check has read a multipart body in search of a token; what is left is nothing for a JSON reader."""
    return problem(415, "Not usable", "The body must be JSON, not a form.")


def _field(location: Any) -> str:
    """``("body", "payload", "receiver")`` -> ``receiver``: callers know their own field names only."""
    told = ".".join(str(part) for part in location if part not in _CONTAINERS)
    return told[:_LONGEST_NAME] or "body"
