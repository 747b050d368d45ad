"""The page of the configuration in force: every field and rule part with the level it comes from."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from playback.effective import EffectiveForm, counts, groups


def effective(request: HttpRequest) -> HttpResponse:
    """Its address says what was asked; a form sent by the browser itself is led to the address without empty fields."""
    form = EffectiveForm(request.GET)
    address = reverse("configuration")
    if asked := form.named():
        address += f"?{urlencode(asked)}"
    if not request.htmx and any(not value for value in request.GET.values()):
        return redirect(address)
    traced = form.traced()
    data = form.cleaned_data
    context = {
        "form": form,
        "groups": groups(traced),
        "counts": counts(traced),
        "provider": data.get("provider"),
        "publisher": data.get("publisher"),
        "overridden": bool(set(asked) - {"provider", "publisher"}),
    }
    template = "playback/configuration.html#answer" if request.htmx else "playback/configuration.html"
    # What cannot be resolved is still a page that was asked for and found: a link to it has to work.
    answer = render(request, template, context)
    answer["HX-Replace-Url"] = address
    return answer
