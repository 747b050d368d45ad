"""The first page after signing in: what runs now, what failed last, where to start; and the health check."""

from datetime import UTC, datetime

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from playback.live.runner import runner
from playback.models import Session
from vastdash import web
from vastdash.overview import Overview, last_builds, running
from vastdash.web import is_api, problem, refuse


def overview(request: HttpRequest) -> HttpResponse:
    """The page, or for htmx what runs now, which asks for itself every few seconds."""
    now = datetime.now(UTC)
    context = {"now": now, "running": running()}
    if request.htmx:
        return render(request, "home.html#running", context)
    builds = last_builds()
    is_new = not builds and not Session.objects.exists()
    return render(
        request, "home.html", {**context, "overview": Overview(now), "builds": builds, "is_new": is_new}
    )


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and the live runner is open; 503 says which is not."""
    checks = {"database": _database_answers(), "runner": runner.is_open}
    return JsonResponse(checks, status=200 if all(checks.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def unusable(request: HttpRequest, exception: Exception) -> HttpResponse:
    return web.unusable(request)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return refuse(request, None)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem(404, "Not found", "Nothing is at this address.")
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    if is_api(request):
        return problem(500, "Something broke on our side", "It has been logged. Nothing half-done was kept.")
    # No context: whatever broke may break a page that asks for more.
    return HttpResponse(render_to_string("500.html"), status=500)
