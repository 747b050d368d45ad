"""The first page after signing in: what runs now, what failed last, where to start; and the health check."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from pipeline.models import Build
from playback.live.runner import runner
from playback.models import Session
from vastdash.web import is_api, problem, refuse

_ROWS = 8


def overview(request: HttpRequest) -> HttpResponse:
    sessions = Session.objects.listed()
    builds = Build.objects.select_related("created_by").defer(*Build.large())
    return render(
        request,
        "home.html",
        {
            "running": sessions.filter(status="running").order_by("-created_at", "-id")[:_ROWS],
            "sessions": sessions.exclude(status="running").order_by("-created_at", "-id")[:_ROWS],
            "builds": builds.order_by("-created_at", "-id")[:_ROWS],
        },
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
    if is_api(request):
        return problem(400, "Not usable", "The request cannot be read.")
    # No context: the body of this request must not be looked at again.
    return HttpResponse(render_to_string("400.html"), status=400)


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
