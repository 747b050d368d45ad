"""Pages of a session's pixels: the ledger narrowed down, and one pixel with the macros of its address."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from playback.batches.again import complete
from playback.live.fates import fates_of
from playback.live.runner import runner
from playback.models import Session
from playback.session_page.ledger import LedgerTable, pixel_of
from playback.session_page.ledger_filter import LedgerFilter
from playback.session_page.macros import macros_of

_LONGEST = 500


def wanted_of(request: HttpRequest) -> LedgerFilter:
    """The filter that an address names."""
    given = {name: request.GET.get(name, "")[:_LONGEST] for name in ("event", "level", "fate", "q")}
    return LedgerFilter(**{**given, "q": given["q"].strip()})


def session_ledger(request: HttpRequest, public_id: str) -> HttpResponse:
    """The rows that fit, as part of the session's page; a table that polls hears 204 while it shows what is true.

    Without htmx it leads to the page itself.
    """
    row = _row(public_id)
    wanted = wanted_of(request)
    entries, parts = fates_of(row)
    table = LedgerTable(entries, wanted, len(parts) > 1, not runs(row))
    page = reverse("session", args=[public_id]) + (f"?{table.query}" if table.query else "")
    if not request.htmx:
        return redirect(f"{page}#ledger")
    if request.GET.get("seen") == table.state:
        return HttpResponse(status=204)
    part = "ledger-rows" if "seen" in request.GET else "ledger-body"
    answer = render(request, f"playback/_ledger.html#{part}", {"row": row, "table": table})
    if part == "ledger-body":
        answer["HX-Replace-Url"] = page
    return answer


def session_pixel(request: HttpRequest, public_id: str, key: str) -> HttpResponse:
    """One tracker in full."""
    row = _row(public_id)
    entries, parts = fates_of(row)
    pixel = pixel_of(entries, key)
    if pixel is None:
        raise Http404
    context = {
        "row": row,
        "pixel": pixel,
        "macros": macros_of(row, pixel.entry),
        "ad": next((part for part in parts if part["place"] == pixel.row.ad), None),
        "several_ads": len(parts) > 1,
    }
    return render(request, "playback/pixel.html", context)


def runs(row: Session) -> bool:
    """Whether the fates of this session may still change here."""
    return not row.has_ended or runner.player(row.public_id) is not None


def _row(public_id: str) -> Session:
    rows = Session.objects.select_related("document", "ledger", "chain", "batch")
    return complete(get_object_or_404(rows.named(public_id)))
