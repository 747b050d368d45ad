"""The page of a search, and what drops down below the search field while one types."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from vastdash.search import SHORTEST, exact, search

_LONGEST = 100


def results(request: HttpRequest) -> HttpResponse:
    """An id or name that only one thing has leads there at once."""
    text = request.GET.get("q", "").replace("\0", " ").strip()[:_LONGEST]
    found = search(text)
    if not request.htmx and (address := exact(found, text)):
        return redirect(address)
    context = {
        "searching": True,
        "searched": text,
        "found": found,
        "number": sum(len(kind.hits) for kind in found),
        "too_short": len(text) < SHORTEST,
        "shortest": SHORTEST,
    }
    return render(request, "vastdash/search.html#found" if request.htmx else "vastdash/search.html", context)
