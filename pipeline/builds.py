"""Builds VAST from a handed-over bid response and keeps it whole, or refuses it and keeps nothing."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from pipeline.engine import VastResult, build_vast_from_bid_response
from pipeline.intake import Refused, unpack
from pipeline.models import Build, Upload
from vast.lint import Finding, lint


def build(
    *,
    response: bytes,
    request: bytes | None,
    config: Mapping[str, Any],
    title: str,
    user: Any,
) -> Build:
    """A stored ``Build``. Raises ``Refused`` naming ``response`` or ``request`` when nothing can come of it.

    A response without bids is a legal answer and is kept; one whose every bid is unusable is refused,
    with the fate of each bid in the refusal's details.
    """
    response = unpack("response", response, settings.UPLOAD_MAX_BYTES)
    request = unpack("request", request, settings.UPLOAD_MAX_BYTES) if request else None
    result = build_vast_from_bid_response(request, response, config)
    _refuse_the_unusable(result)
    xml = result.xml.decode()
    findings = (
        [] if result.no_ad else [finding_row(finding) for finding in lint(result.xml, ad_versions(result))]
    )
    with transaction.atomic():
        return Build.objects.create(
            created_by=user,
            title=title,
            response=Upload.keep(response),
            request=Upload.keep(request) if request else None,
            config=dict(config),
            receiver=result.receiver,
            vast=xml,
            no_ad=result.no_ad,
            selected_count=len(result.selected),
            rejected_count=len(result.rejected),
            warning_count=len(result.warnings),
            result=decisions(result),
            findings=findings,
        )


def refuse_the_unreadable(result: VastResult) -> None:
    """Raise ``Refused`` when the response or the request could not be read at all."""
    for notice in result.errors:
        for field in ("response", "request"):
            if notice.code.startswith(f"{field.upper()}_"):
                raise Refused(field, f"{notice.text[:1].upper()}{notice.text[1:]}.", {"code": notice.code})


def ad_versions(result: VastResult) -> tuple[str, ...]:
    """The version each served ad was written for: a finding that comes only of a higher root says so."""
    return tuple(bid.vast_version for bid in result.selected)


def decisions(result: VastResult) -> dict[str, Any]:
    """``VastResult.to_debug()`` without the document, which is kept beside it."""
    record = result.to_debug()
    del record["vast_xml"]
    return record


def _refuse_the_unusable(result: VastResult) -> None:
    refuse_the_unreadable(result)
    if result.no_ad and result.rejected:
        count = len(result.rejected)
        which = "The only bid cannot" if count == 1 else f"None of the {count} bids can"
        raise Refused("response", f"{which} be used, so no ad came of it.", decisions(result))


def finding_row(finding: Finding) -> dict[str, Any]:
    """A lint finding as JSON; its line is one of the document as served."""
    return {name: getattr(finding, name) for name in ("rule", "severity", "text", "line", "path", "spec")}
