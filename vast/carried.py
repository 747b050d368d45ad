"""What later versions of VAST gave elements of their own, where earlier documents carry it in extensions.

IAB VAST CTV Addendum 2024: UniversalAdId, InteractiveCreativeFile, Mezzanine and Icon may stand in an Extension of the
ad or a CreativeExtension of the creative; they count where the element itself is absent.
"""

from collections.abc import Iterable

from vast.document import LOCAL_NAMES, Element, Kids, text_of
from vast.facts import Creative, UniversalAdId
from vast.linear import files_and_icons
from vast.values import NOTHING, Remarks, attribute

_ANYWHERE = tuple(
    f"{{*}}{name}" for name in ("UniversalAdId", "InteractiveCreativeFile", "Mezzanine", "Icon")
)
# Their parents in a document that has a place for them.
_AROUND = frozenset({"MediaFiles", "Icons"})


def carried(blocks: Iterable[Element]) -> Kids:
    """The elements of these names in the extensions of some blocks (Extensions, CreativeExtensions)."""
    found: Kids = {}
    for block in blocks:
        # Most extensions hold nothing of the kind, which lxml finds out faster than a walk in Python.
        for element in block.iter(*_ANYWHERE):
            around = element.getparent()
            if around is not None and LOCAL_NAMES[around.tag] in _AROUND:
                around = around.getparent()
            if around is not None and around.getparent() is block:
                found.setdefault(LOCAL_NAMES[element.tag], []).append(element)
    return found


def universal_ad_id(element: Element) -> UniversalAdId:
    """A UniversalAdId; since VAST 4.0 its value may stand in an attribute."""
    value = attribute(element, "idValue") or text_of(element) or "unknown"
    return UniversalAdId(attribute(element, "idRegistry"), value)


def universal_ad_ids(kids: Kids) -> tuple[UniversalAdId, ...]:
    """The carried ones that say something."""
    found = [universal_ad_id(element) for element in kids.get("UniversalAdId", NOTHING)]
    return tuple([said for said in found if said.registry or said.value != "unknown"])


def completed(creative: Creative, kids: Kids, remarks: Remarks) -> Creative:
    """The creative with what is carried for it, where it says nothing of the kind itself."""
    linear = creative.linear
    if linear is not None and len(kids) > ("UniversalAdId" in kids):
        mezzanines, interactive, icons = files_and_icons(kids, remarks)
        linear = linear._replace(
            icons=linear.icons or icons,
            mezzanines=linear.mezzanines or mezzanines,
            interactive_files=linear.interactive_files or interactive,
        )
    return creative._replace(
        universal_ad_ids=creative.universal_ad_ids or universal_ad_ids(kids), linear=linear
    )


def complete_first_linear(creatives: list[Creative], blocks: list[Element], remarks: Remarks) -> None:
    """Gives the first creative with a linear what the ad's own extensions carry."""
    if not (kids := carried(blocks)):
        return
    for number, creative in enumerate(creatives):
        if creative.linear is not None:
            creatives[number] = completed(creative, kids, remarks)
            return
