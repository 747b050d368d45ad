"""The weekly report."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def weekly_report(request: HttpRequest) -> HttpResponse:
    return render(request, "playback/week.html")
