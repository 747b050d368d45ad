"""Pages of the endpoints: what players ask, made, watched, tried, rotated, closed and deleted."""

from copy import copy
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from pipeline.build_page.markup import readable
from pipeline.configuration.effective import effective
from pipeline.configuration.layers import account_of
from pipeline.endpoint.counts import last_day, with_today
from pipeline.endpoint.debug import debug
from pipeline.endpoint.rotation import address, rotate
from pipeline.endpoint.tags import tags
from pipeline.forms.endpoint import EndpointForm, content_of
from pipeline.forms.version import endpoint_version
from pipeline.models import Build, Endpoint, EndpointRequest, Outcome
from vastdash.version import FIELD, differences
from vastdash.web import peer_of

_FOLLOWED = ("receiver", "publisher", "canned")
# What a query holds as it is (RFC 3986 §3.4), and the signs of macros.
_OF_A_QUERY = "%&=/?:@!$'()*+,;~[]{}|"


def endpoint_list(request: HttpRequest) -> HttpResponse:
    endpoints = with_today(Endpoint.objects.select_related("receiver", "publisher"), timezone.now())
    rows = [
        (row, address(request, row), row.filled_today / row.asked_today if row.asked_today else None)
        for row in endpoints
    ]
    return render(request, "pipeline/endpoint_list.html", {"rows": rows})


def endpoint_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    endpoint = _endpoint(public_id)
    publisher = endpoint.publisher
    tag = address(request, endpoint)
    context = {
        "endpoint": endpoint,
        "address": tag,
        "tags": tags(tag),
        "canned_build": Build.objects.filter(response=endpoint.canned_id).order_by("-id").first(),
        "traffic": last_day(endpoint, timezone.now()),
        "effective": effective(account_of(publisher), endpoint.receiver.config),
        "recorded": endpoint.recorded.defer("notices", "request", "result", "vast")[
            : settings.ENDPOINT_RECORDED
        ],
    }
    return render(request, "pipeline/endpoint.html", context)


def endpoint_request(request: HttpRequest, public_id: str, row_id: int) -> HttpResponse:
    """One recorded request, opened in its row."""
    row = get_object_or_404(EndpointRequest, pk=row_id, endpoint__public_id=public_id)
    return render(
        request,
        "pipeline/_endpoint_request.html",
        {"row": row, "decisions": row.result, "vast": readable(row.vast)},
    )


def endpoint_try(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a player would get now for a query typed here; it is neither counted nor recorded."""
    endpoint = _endpoint(public_id)
    query = request.GET.get("query", "").strip()
    if query.startswith(("http://", "https://")):  # a whole tag, as it stands in a player's log
        query = query.partition("?")[2]
    query = query.lstrip("?")
    headers = {name.lower(): value for name, value in request.headers.items() if name.lower() != "cookie"}
    answer = debug(endpoint, query, headers, peer_of(request))
    context = {
        "answer": answer,
        "label": Outcome(answer["outcome"]).label,
        "record": f"{reverse('endpoint-debug', args=[endpoint.slug])}?{quote(query, _OF_A_QUERY)}",
        "is_open": endpoint.is_open,
        "decisions": answer["result"],
        "vast": readable(answer["result"]["vast_xml"]),
    }
    return render(request, "pipeline/_endpoint_try.html", context)


def endpoint_new(request: HttpRequest) -> HttpResponse:
    initial = {"build": request.GET.get("build", ""), "receiver": request.GET.get("receiver", "")}
    form = EndpointForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        form.instance.created_by = form.instance.updated_by = request.user
        with transaction.atomic():
            saved = form.save()
        messages.success(request, "Saved. Players may ask for it at the tag below.")
        return redirect("endpoint", saved.public_id)
    return _form(request, form, Endpoint(), status=422 if request.method == "POST" else 200)


def endpoint_settings(request: HttpRequest) -> HttpResponse:
    """The panel beside the form: the settings players would get from what it follows as it stands; nothing is saved."""
    row = Endpoint.objects.select_related("receiver", "publisher").filter(public_id=request.GET.get("of", ""))
    context = _followed(EndpointForm(initial=request.GET.dict()), row.first() or Endpoint())
    return render(request, "pipeline/_followed.html", context)


def endpoint_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    if request.method != "POST":
        endpoint = _endpoint(public_id)
        return _form(request, EndpointForm(instance=copy(endpoint)), endpoint)
    with transaction.atomic():
        stored = Endpoint.objects.select_for_update().filter(public_id=public_id).first()
        if stored is None:
            form = EndpointForm(request.POST, request.FILES)
            return _form(request, form, Endpoint(), gone=reverse("endpoint-new"), status=410)
        return _save(request, stored)


def _save(request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
    # A form writes into its instance before it is found valid; the page goes on naming what is stored.
    form = EndpointForm(request.POST, request.FILES, instance=copy(endpoint))
    valid = form.is_valid()
    if request.POST.get(FIELD, "") != endpoint_version(endpoint):
        clash = differences(form, {**content_of(endpoint), "publisher": _publisher_name(endpoint)})
        return _form(request, form, endpoint, clash=clash, status=409)
    if not valid:
        return _form(request, form, endpoint, status=422)
    form.instance.updated_by = request.user
    saved = form.save()
    messages.success(request, "Saved. Players get it from now on.")
    return redirect("endpoint", saved.public_id)


def endpoint_rotate(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks first: from then on the old address answers nobody."""
    endpoint = _endpoint(public_id)
    if request.method == "POST":
        rotate(endpoint, request.user)
        messages.success(
            request, "The address is new. The old one has stopped; replace it wherever it is in use."
        )
        return redirect("endpoint", endpoint.public_id)
    context = {
        "endpoint": endpoint,
        "address": address(request, endpoint),
        "traffic": last_day(endpoint, timezone.now()),
    }
    return render(request, "pipeline/endpoint_rotate.html", context)


def endpoint_switch(request: HttpRequest, public_id: str) -> HttpResponse:
    """Opens or closes, as the form says, so that pressing twice does not undo."""
    with transaction.atomic():
        endpoint = get_object_or_404(Endpoint.objects.select_for_update(), public_id=public_id)
        endpoint.is_open = request.POST.get("open") == "true"
        endpoint.updated_by = request.user
        endpoint.save()
    messages.success(
        request,
        "Open: players are answered." if endpoint.is_open else "Closed: players are no longer answered.",
    )
    return redirect("endpoint", endpoint.public_id)


def endpoint_delete(request: HttpRequest, public_id: str) -> HttpResponse:
    """Asks first: address, counters and recorded requests go with it."""
    endpoint = _endpoint(public_id)
    if request.method == "POST":
        endpoint.delete()
        messages.success(request, f"{endpoint.title} is deleted. Its address has stopped.")
        return redirect("endpoint-list")
    context = {"endpoint": endpoint, "traffic": last_day(endpoint, timezone.now())}
    return render(request, "pipeline/endpoint_delete.html", context)


def _endpoint(public_id: str) -> Endpoint:
    rows = Endpoint.objects.select_related(*_FOLLOWED, "created_by", "updated_by")
    return get_object_or_404(rows, public_id=public_id)


def _publisher_name(endpoint: Endpoint) -> str:
    return endpoint.publisher.name if endpoint.publisher else ""


def _followed(form: EndpointForm, endpoint: Endpoint) -> dict[str, Any]:
    """The effective settings under the profile and publisher that a form names, compared with those of the stored row;
    None while it names no profile."""
    profile, publisher = (form.row_of(name) for name in ("receiver", "publisher"))
    saved = effective(account_of(endpoint.publisher), endpoint.receiver.config) if endpoint.pk else None
    chosen = effective(account_of(publisher), profile.config, saved=saved) if profile else None
    return {"followed": chosen, "endpoint": endpoint}


def _form(
    request: HttpRequest,
    form: EndpointForm,
    endpoint: Endpoint,
    *,
    clash: Any = None,
    gone: str = "",
    status: int = 200,
) -> HttpResponse:
    """``gone`` is where a form is sent to that was to change an endpoint which is no longer there."""
    context = {
        "form": form,
        **_followed(form, endpoint),
        "version": endpoint_version(endpoint),
        "clash": clash,
        "gone": gone,
        "cancel": reverse("endpoint", args=[endpoint.public_id]) if endpoint.pk else reverse("endpoint-list"),
    }
    return render(request, "pipeline/endpoint_edit.html", context, status=status)
