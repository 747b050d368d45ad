"""The page that compares two builds: what differs first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pipeline.build_page.pair import build_pair
from pipeline.models import Build
from vastdash.pair import beginning, pair_of

CHOICES = 20


def compare_builds(request: HttpRequest) -> HttpResponse:
    """Two builds beside each other, ``?a`` and ``?b`` their ids; without both, a choice of the latest."""
    rows = Build.objects.select_related("response", "created_by")
    pair = pair_of(
        request,
        lambda text: rows.filter(public_id=text),
        lambda text: beginning(rows.order_by(), "public_id", text),
        "build",
    )
    if pair.is_whole:
        context = {"a": pair.a, "b": pair.b, "rows": (pair.a, pair.b), "told": build_pair(pair.a, pair.b)}
        return render(request, "pipeline/compare.html", context)
    latest = Build.objects.select_related("created_by").defer(*Build.large(), "config")
    context = {"pair": pair, "builds": latest.order_by("-created_at", "-id")[:CHOICES]}
    return render(request, "pipeline/compare_choice.html", context, status=422 if pair.errors else 200)
