"""GAM_SSU: Google Ad Manager with server-side unwrapping, which reads advertiser and category from wrappers too.

Ids and names that are missing are filled in (pipeline.md §1.12); no duration and no impression address is invented.
"""

from collections.abc import Iterator

from pipeline.engine.receivers.receiver import Receiver
from pipeline.engine.rules import Edit, Placement
from vast.document import Element, local_name, text_of
from vast.edit import children, fill, first_child, insert

_RULE = "GAM_SSU"


def _name(side: Element, version: str, name: str, text: str) -> Iterator[Edit]:
    """Fills a text element that is absent or blank."""
    existing = first_child(side, name)
    if existing is not None and text_of(existing):
        return
    if existing is None:
        insert(side, name, version, text)
    else:
        fill(existing, text)
    yield Edit(name, "added" if existing is None else "filled", f"{local_name(side)}/{name}", _RULE, text)


def _attribute(element: Element, name: str, value: str, where: str) -> Iterator[Edit]:
    if not (element.get(name) or "").strip():
        element.set(name, value)
        yield Edit(f"{local_name(element)}@{name}", "added", where, _RULE, value)


def _creatives(side: Element) -> Iterator[Element]:
    for block in children(side, "Creatives"):
        yield from children(block, "Creative")


def _media_files(creative: Element) -> Iterator[Element]:
    for linear in children(creative, "Linear"):
        for block in children(linear, "MediaFiles"):
            yield from children(block, "MediaFile")


def _touches(side: Element, version: str, ad_id: str) -> Iterator[Edit]:
    kind = local_name(side)
    yield from _name(side, version, "AdSystem", "Prebid Server")
    if kind == "InLine":
        yield from _name(side, version, "AdTitle", f"Ad {ad_id}")
    if first_child(side, "Impression") is None:
        insert(side, "Impression", version, "about:blank", {"id": f"{ad_id}-impression"})
        yield Edit("Impression", "added", f"{kind}/Impression", _RULE, "about:blank")
    for number, creative in enumerate(_creatives(side), 1):
        where = f"{kind}/Creatives/Creative[{number}]"
        yield from _attribute(creative, "id", f"{ad_id}-creative-{number}", where)
        for position, file in enumerate(_media_files(creative), 1):
            place = f"{where}/Linear/MediaFiles/MediaFile[{position}]"
            yield from _attribute(file, "id", f"{creative.get('id')}-media-{position}", place)
            yield from _attribute(file, "delivery", "progressive", place)
            yield from _attribute(file, "type", "video/mp4", place)


def _finish(ad: Element, side: Element, version: str, ad_id: str) -> tuple[Edit, ...]:
    return tuple(_touches(side, version, ad_id))


GAM_SSU = Receiver(
    name=_RULE,
    summary="Google Ad Manager, server-side unwrapping: advertiser and category on wrappers too, missing ids filled.",
    placements={
        "pricing_placement": Placement.INLINE,
        "advertiser_placement": Placement.INLINE,
        "categories_placement": Placement.EXTENSIONS,
        "debug_placement": Placement.EXTENSIONS,
    },
    categories_inline_from="4.0",
    inline_on_wrapper=frozenset({"advertiser", "categories"}),
    downgraded_price="Pricing",
    finish=_finish,
)
