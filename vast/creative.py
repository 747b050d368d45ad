"""Reads the creatives of an ad: linear, non-linear, companions (IAB VAST 4.3 §3.7, §3.14, §3.16)."""

from vast.carried import carried, completed, universal_ad_id
from vast.document import LOCAL_NAMES, Element, children, kids_of
from vast.facts import Companion, Creative, Linear, NonLinear, Tracker, UniversalAdId
from vast.linear import read_linear
from vast.resources import resources_of
from vast.values import (
    NOTHING,
    NUMBERS,
    Remarks,
    attribute,
    attributes,
    digits,
    duration,
    first_text,
    links,
    make,
    named,
    trackers_of,
)


def _non_linear(element: Element, remarks: Remarks) -> NonLinear:
    get, kids = attributes(element).get, kids_of(element)
    return NonLinear(
        get("id"),
        NUMBERS[get("width", "")],
        NUMBERS[get("height", "")],
        duration(get("minSuggestedDuration"), remarks),
        get("apiFramework"),
        resources_of(kids),
        first_text(kids, "NonLinearClickThrough"),
        links(kids.get("NonLinearClickTracking", NOTHING)),
        first_text(kids, "AdParameters"),
    )


def _companion(element: Element, remarks: Remarks) -> Companion:
    get, kids = attributes(element).get, kids_of(element)
    return make(
        Companion,
        (
            get("id"),
            NUMBERS[get("width", "")],
            NUMBERS[get("height", "")],
            get("adSlotId"),
            get("renderingMode"),
            get("apiFramework"),
            resources_of(kids),
            trackers_of(kids.get("TrackingEvents", NOTHING), remarks),
            first_text(kids, "CompanionClickThrough"),
            links(kids.get("CompanionClickTracking", NOTHING)),
            first_text(kids, "AltText"),
            first_text(kids, "AdParameters"),
        ),
    )


def _overlays(block: Element, remarks: Remarks) -> tuple[tuple[NonLinear, ...], tuple[Tracker, ...]]:
    kids = kids_of(block)
    overlays = [_non_linear(child, remarks) for child in kids.get("NonLinear", NOTHING)]
    return tuple(overlays), trackers_of(kids.get("TrackingEvents", NOTHING), remarks)


def _companions(block: Element, remarks: Remarks) -> tuple[tuple[Companion, ...], str | None]:
    companions = [_companion(child, remarks) for child in named(block, "Companion")]
    return tuple(companions), attribute(block, "required")


def read_creative(element: Element, remarks: Remarks) -> Creative:
    """One Creative element with whatever it holds."""
    linear: Linear | None = None
    non_linears = companions = None
    universal_ad_ids: list[UniversalAdId] = []
    extensions: list[Element] = []
    for child in children(element):
        name = LOCAL_NAMES[child.tag]
        if name == "Linear":
            linear = linear or read_linear(child, remarks)
        elif name == "UniversalAdId":
            universal_ad_ids.append(universal_ad_id(child))
        elif name == "CompanionAds":
            companions = child if companions is None else companions
        elif name == "NonLinearAds":
            non_linears = child if non_linears is None else non_linears
        elif name == "CreativeExtensions":
            extensions.append(child)
    get = attributes(element).get
    overlays, overlay_trackers = _overlays(non_linears, remarks) if non_linears is not None else ((), ())
    shown, required = _companions(companions, remarks) if companions is not None else ((), None)
    facts = (
        get("id"),
        get("adId") or get("AdID") or get("adID"),
        digits(get("sequence")),
        get("apiFramework"),
        tuple(universal_ad_ids),
        linear,
        overlays,
        overlay_trackers,
        shown,
        required,
    )
    creative = make(Creative, facts)
    if extensions and (kids := carried(extensions)):
        return completed(creative, kids, remarks)
    return creative
