"""The page of all words of the trade."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from vastdash.glossary import TERMS


def terms(request: HttpRequest) -> HttpResponse:
    return render(request, "vastdash/glossary.html", {"terms": TERMS.values()})
