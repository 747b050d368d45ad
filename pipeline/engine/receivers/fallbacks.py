"""Fills in the names, ids and media attributes that an ad lacks (pipeline.md §1.12, row "id fallbacks").

No duration is invented, and the only address is about:blank, which the VAST 4.2 schema names as a placeholder.
"""

from collections.abc import Callable, Iterator

from pipeline.engine.receivers.receiver import row_rule
from pipeline.engine.rules import Edit
from vast.document import Element, local_name, text_of
from vast.edit import children, complete, first_child, insert


def fallbacks(receiver: str) -> Callable[[Element, Element, str, str], tuple[Edit, ...]]:
    """The `finish` of a receiver that wants an ad complete."""
    rule = row_rule(receiver, "id_fallbacks")

    def finish(ad: Element, side: Element, version: str, ad_id: str) -> tuple[Edit, ...]:
        return tuple(_touches(side, version, ad_id, rule))

    return finish


def _name(side: Element, version: str, name: str, text: str, rule: str) -> Iterator[Edit]:
    """Fills a text element that is absent or blank."""
    existing = first_child(side, name)
    if existing is not None and text_of(existing):
        return
    if existing is None:
        insert(side, name, version, text)
    else:
        complete(existing, text)
    yield Edit(name, "added" if existing is None else "filled", f"{local_name(side)}/{name}", rule, text)


def _attribute(element: Element, name: str, value: str, where: str, rule: str) -> Iterator[Edit]:
    if not (element.get(name) or "").strip():
        element.set(name, value)
        yield Edit(f"{local_name(element)}@{name}", "added", where, rule, value)


def _creatives(side: Element) -> Iterator[Element]:
    for block in children(side, "Creatives"):
        yield from children(block, "Creative")


def _media_files(creative: Element) -> Iterator[Element]:
    for linear in children(creative, "Linear"):
        for block in children(linear, "MediaFiles"):
            yield from children(block, "MediaFile")


def _touches(side: Element, version: str, ad_id: str, rule: str) -> Iterator[Edit]:
    kind = local_name(side)
    yield from _name(side, version, "AdSystem", "Prebid Server", rule)
    if kind == "InLine":
        yield from _name(side, version, "AdTitle", f"Ad {ad_id}", rule)
    if first_child(side, "Impression") is None:
        insert(side, "Impression", version, "about:blank", {"id": f"{ad_id}-impression"})
        yield Edit("Impression", "added", f"{kind}/Impression", rule, "about:blank")
    for number, creative in enumerate(_creatives(side), 1):
        where = f"{kind}/Creatives/Creative[{number}]"
        yield from _attribute(creative, "id", f"{ad_id}-creative-{number}", where, rule)
        for position, file in enumerate(_media_files(creative), 1):
            place = f"{where}/Linear/MediaFiles/MediaFile[{position}]"
            yield from _attribute(file, "id", f"{creative.get('id')}-media-{position}", place, rule)
            yield from _attribute(file, "delivery", "progressive", place, rule)
            yield from _attribute(file, "type", "video/mp4", place, rule)
