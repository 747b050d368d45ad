"""What companions, icons and overlays show: a file, an HTML fragment or an iframe (IAB VAST 4.3 §3.15)."""

from typing import Literal

from vast.document import Kids, text_of
from vast.facts import Resource
from vast.values import attribute, make

_KINDS: dict[str, Literal["static", "html", "iframe"]] = {
    "StaticResource": "static",
    "HTMLResource": "html",
    "IFrameResource": "iframe",
}


def resources_of(kids: Kids) -> tuple[Resource, ...]:
    """The resources among some children: files first, iframes last."""
    return tuple(
        [
            make(Resource, (kind, value, attribute(element, "creativeType")))
            for name, kind in _KINDS.items()
            if name in kids
            for element in kids[name]
            if (value := text_of(element))
        ]
    )
