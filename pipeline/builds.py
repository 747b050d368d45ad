"""Builds VAST from a handed-over bid response and keeps it whole, or refuses it and keeps nothing."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.db import transaction

from pipeline.build_page.verdict import remarks
from pipeline.configuration.effective import Effective, Row, Said, effective, spoken
from pipeline.configuration.layers import account_of
from pipeline.configuration.stated import flat, read
from pipeline.engine import VastResult, build_vast_from_bid_response, merge_config
from pipeline.intake import Refused, unpack
from pipeline.models import Build, ReceiverProfile, Upload
from vast.lint import Finding, lint
from vastdash.models import Publisher


def build(
    *,
    response: bytes,
    request: bytes | None,
    config: Mapping[str, Any],
    title: str,
    user: Any,
    receiver_profile: str = "",
    publisher: str = "",
    otherwise: Mapping[str, Any] = MappingProxyType({}),
    made_from: Build | None = None,
) -> Build:
    """A stored ``Build``. Raises ``Refused`` naming the field when nothing can come of it.

    ``config`` stands above the named receiver profile, that above the publisher's settings, those above the host's.
    ``otherwise`` fills in where no layer says anything.
    A response without bids is a legal answer and is kept; one whose every bid is unusable is refused,
    with the fate of each bid in the refusal's details.
    """
    response = unpack("response", response, settings.UPLOAD_MAX_BYTES)
    request = unpack("request", request, settings.UPLOAD_MAX_BYTES) if request else None
    layers = layered(config, receiver_profile, publisher, otherwise)
    result = build_vast_from_bid_response(request, response, layers.config)
    # What a layer says wrong was told when it was merged; the engine sees only what came of it.
    result = replace(result, warnings=tuple(dict.fromkeys((*layers.notices, *result.warnings))))
    _refuse_the_unusable(result)
    decided = decisions(result)
    findings = [] if result.no_ad else lint(result.xml, ad_versions(result))
    with transaction.atomic():
        return Build.objects.create(
            created_by=user,
            title=title,
            response=Upload.keep(response),
            request=Upload.keep(request) if request else None,
            config=dict(config),
            receiver_profile=receiver_profile,
            publisher=publisher,
            made_from=made_from,
            receiver=result.receiver,
            vast=result.xml.decode(),
            no_ad=result.no_ad,
            selected_count=len(result.selected),
            rejected_count=len(result.rejected),
            warning_count=len(remarks(decided)),
            lint_error_count=sum(finding.severity == "error" for finding in findings),
            result=decided | {"effective": _rows(layers)},
            findings=[finding_row(finding) for finding in findings],
        )


def build_again(source: Build, **how: Any) -> Build:
    """A new build of the response and request of another; ``how`` as ``build`` takes it."""
    return build(
        response=source.response.body,
        request=source.request.body if source.request else None,
        title=source.title,
        made_from=source,
        **how,
    )


def layered(
    config: Mapping[str, Any],
    receiver_profile: str = "",
    publisher: str = "",
    otherwise: Mapping[str, Any] = MappingProxyType({}),
) -> Effective:
    """The layers of a build by the names of its rows. Raises ``Refused`` for a name nobody has.

    Above the account stand ``profile``, ``build`` (chosen for it alone) and ``otherwise`` (said by no layer).
    """
    profile = ReceiverProfile.objects.filter(name=receiver_profile).first() if receiver_profile else None
    account = Publisher.objects.filter(name=publisher).first() if publisher else None
    if receiver_profile and profile is None:
        raise Refused("receiver_profile", f"There is no receiver profile named “{receiver_profile[:60]}”.")
    if publisher and account is None:
        raise Refused("publisher", f"There is no publisher named “{publisher[:60]}”.")
    below, own, kept = account_of(account), read(config).config, profile.config if profile else {}
    layer = over(kept, own)
    layers = effective(below, layer)
    unsaid = {key: value for key, value in otherwise.items() if layers.merged.provenance[key] == "default"}
    layers = effective(below, over(unsaid, layer)) if unsaid else layers
    # What the build's own settings say wrong is left out before it could hide what its profile says.
    notices = (*layers.notices, *merge_config(profile=config).notices)
    merged = layers.merged._replace(notices=notices)
    chosen, beneath = flat(own), flat(read(kept).config)
    rows = [
        row._replace(layer="otherwise") if row.key in unsaid else _told(row, chosen, beneath)
        for row in layers.rows
    ]
    return Effective(merged, tuple(rows))


def _told(row: Row, own: Mapping[str, Any], profile: Mapping[str, Any]) -> Row:
    """The row of a setting; what was chosen for this build alone has the layer ``build``."""
    if row.layer != "profile" or row.key not in own:
        return row
    said = (Said("profile", spoken(profile[row.key])),) if row.key in profile else ()
    return row._replace(layer="build", below=(*said, *row.below))


def _rows(layers: Effective) -> list[dict[str, Any]]:
    """What the build was made by, as ``pipeline.configuration.effective`` tells it, to be kept as JSON."""
    return [
        {
            "key": row.key,
            "label": row.label,
            "value": row.value,
            "layer": row.layer,
            "below": [said._asdict() for said in row.below],
        }
        for row in layers.rows
    ]


def over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """One layer of two: what the upper states wins, key by key, and placement by placement."""
    stated = {key: value for key, value in upper.items() if value not in (None, "")}
    both = {**lower, **stated}
    rules = [layer.get("placement_rules") for layer in (lower, upper)]
    if all(isinstance(rule, Mapping) for rule in rules):
        both["placement_rules"] = over(*rules)
    return both


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
