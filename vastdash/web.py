"""Manners every page shares: who may come in, how a refusal looks, how a list is cut into pages."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DataError, OperationalError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure
from django_htmx.http import HttpResponseClientRedirect

from vastdash import roles

log = structlog.get_logger(__name__)

PAGE_SIZE = 50
# What a successful answer of the API holds, for its description; docstrings and the answer tell its fields.
Answer = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AccessMiddleware:
    """Asks the tables in ``roles.py`` before any view runs; what they do not name is refused."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.method
        if asked == "HEAD" and is_api(request):
            request.method = "GET"  # ninja knows no HEAD; the server leaves the body out of its answer
        response = self.get_response(request)
        request.method = asked
        if is_api(request) and isinstance(response, HttpResponseNotAllowed):
            response = _not_taken(request, response["Allow"])
        # Static files never come here: what does is somebody's own page, and no cache on the way may keep it.
        response.setdefault("Cache-Control", "private, no-store")
        return response

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        match = request.resolver_match
        if "\0" in request.path:
            raise Http404  # nothing has such an id, and PostgreSQL refuses to look for one
        route = match.view_name if match else ""
        action = roles.rule(route, request.method or "")
        if roles.may(request.user, action):
            return None
        if action is None and roles.is_public(route):
            return HttpResponseNotAllowed(roles.ROUTES[route])
        if not request.user.is_authenticated:
            return _ask_to_sign_in(request)
        if action is None and is_api(request) and route in roles.ROUTES:
            return HttpResponseNotAllowed(roles.ROUTES[route])
        return refuse(request, action)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A database that is busy or away is told as such: whoever asked may ask again. A value that it cannot take,
        such as a NUL on PostgreSQL, is the fault of who asked."""
        if isinstance(exception, DataError):
            log.warning("value not taken by the database", exc_info=exception)
            return unusable(request, "It holds a value that nothing here can have.")
        if not isinstance(exception, OperationalError):
            return None
        log.warning("database not available", exc_info=exception)
        return busy(request)


def peer_of(request: HttpRequest) -> str:
    """The address at the other end of the socket: a proxy's, where ``REMOTE_ADDR`` is its caller's."""
    peer = getattr(request, "scope", {}).get("peer")
    return peer[0] if peer else request.META.get("REMOTE_ADDR", "")


def unusable(request: HttpRequest, detail: str = "The request cannot be read.") -> HttpResponse:
    """400 that looks at nothing of the request again."""
    if is_api(request):
        return problem(400, "Not usable", detail)
    return HttpResponse(render_to_string("400.html"), status=400)


def busy(request: HttpRequest) -> HttpResponse:
    """503 that needs no database itself; what was asked has been rolled back."""
    detail = "The database is busy. Nothing was changed; try again in a moment."
    if is_api(request):
        answer: HttpResponse = problem(503, "Busy", detail)
    else:
        answer = HttpResponse(render_to_string("503.html", {"detail": detail}), status=503)
    answer["Retry-After"] = "5"
    return answer


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return problem(401, "Sign in first", "This address is closed to the signed-out.")
    answer = redirect_to_login(_page_of(request))
    return HttpResponseClientRedirect(answer.url) if request.htmx else answer


def _page_of(request: HttpRequest) -> str:
    """Where signing in leads back to: the page asked for, or the one that a form or a fragment stands on."""
    if request.method in {"GET", "HEAD"} and not request.htmx:
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return reverse(settings.LOGIN_REDIRECT_URL)
    parts = urlsplit(page)
    return urlunsplit(parts._replace(scheme="", netloc="", fragment=""))


def refuse(request: HttpRequest, action: roles.Action | None) -> HttpResponse:
    """403 that names what is missing. A page that no rule opens to this method is refused here too."""
    wanted = f"Your role does not include: {action}." if action else "No rule opens this address."
    if is_api(request):
        return problem(403, "Not allowed", wanted)
    return render(request, "403.html", {"wanted": wanted}, status=403)


def _not_taken(request: HttpRequest, methods: str) -> HttpResponse:
    """405 with the methods that this address of the API takes (RFC 9110 §15.5.6)."""
    if "GET" in methods.split(", "):
        methods += ", HEAD"
    answer = problem(405, "Method not allowed", f"{request.method} is not taken here; what is: {methods}.")
    answer["Allow"] = methods
    return answer


def strange_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form without the mark that it comes from a page of ours (``CSRF_FAILURE_VIEW``)."""
    if is_api(request):
        return problem(403, "Not allowed", "The CSRF token is missing or wrong.")
    return csrf_failure(request, reason)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def problem(status: int, title: str, detail: str, **extra: Any) -> JsonResponse:
    """An error as RFC 9457 asks: ``type``, ``title``, ``status``, ``detail``, and what else helps."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **extra}
    return JsonResponse(body, status=status, content_type="application/problem+json")


def may_context(request: HttpRequest) -> dict[str, Any]:
    """``may.build``, ``may.edit_configuration`` …: controls a role lacks are absent, not disabled."""
    user = getattr(request, "user", None)
    return {"may": {action.name.lower(): roles.may(user, action) for action in roles.Action}}


class Page:
    """One page of a list by time, newest first unless told otherwise, found by position, not by counting (keyset
    paging).

    ``rows`` must have ``at`` (the name of a timestamp column) and ``id``; ``before`` is ``"<epoch µs>-<id>"`` of the
    last row already shown, as ``next`` gives it, and ``after`` of the first one, as ``previous`` gives it, for the page
    in front of it. ``previous`` and ``next`` are None where no row lies beyond.
    """

    def __init__(
        self,
        rows: QuerySet,
        before: str | None,
        at: str = "created_at",
        size: int = PAGE_SIZE,
        *,
        after: str | None = None,
        oldest_first: bool = False,
    ) -> None:
        position = read_position(before) or read_position(after)
        backwards = position is not None and read_position(before) is None
        rising = oldest_first != backwards
        rows = rows.order_by(at, "id") if rising else rows.order_by(f"-{at}", "-id")
        if position:
            rows = rows.filter(_beyond(position, at, "gt" if rising else "lt"))
        found = list(rows[: size + 1])
        self._lay(found[:size], at, begins=position is None, backwards=backwards, is_more=len(found) > size)

    @classmethod
    def of(
        cls, found: list[Any], at: str = "created_at", *, begins: bool, backwards: bool, is_more: bool
    ) -> "Page":
        """The page of rows that were found otherwise, in the order they were looked for in. It `begins` the list where
        there was no position; `backwards` is from a position towards its front."""
        page = cls.__new__(cls)
        page._lay(found, at, begins=begins, backwards=backwards, is_more=is_more)  # noqa: SLF001  (its own)
        return page

    def _lay(self, shown: list[Any], at: str, *, begins: bool, backwards: bool, is_more: bool) -> None:
        self.rows = shown[::-1] if backwards else shown
        self.first = begins or (backwards and not is_more)
        more_behind = self.rows and (backwards or is_more)
        self.next = _position(self.rows[-1], at) if more_behind else None
        self.previous = _position(self.rows[0], at) if self.rows and not self.first else None


def _beyond(position: tuple[Any, int], at: str, side: str) -> Q:
    """Rows on one side of a position; the first condition alone is what an index can begin with."""
    moment, row_id = position
    within = Q(**{f"{at}__{side}e": moment})
    return within & (Q(**{f"{at}__{side}": moment}) | Q(**{at: moment, f"id__{side}": row_id}))


def no_position(before: str | None) -> HttpResponse | None:
    """422 for a ``before`` that no page gave: to start anew without a word would keep a caller reading for ever."""
    if not before or read_position(before):
        return None
    text = "This is no position in the list; take it from next."
    return problem(422, "Not valid", f"before: {text}", fields=[{"field": "before", "text": text}])


def _position(row: Any, at: str) -> str:
    return f"{(getattr(row, at) - _EPOCH) // timedelta(microseconds=1)}-{row.pk}"


def read_position(text: str | None) -> tuple[Any, int] | None:
    """The moment and number of a row that a position names; None where it is none."""
    try:
        micros, row_id = (int(part) for part in (text or "").split("-"))
        return _EPOCH + timedelta(microseconds=micros), row_id
    except (ValueError, OverflowError):
        return None
