"""What makes one receiver different from another (pipeline.md §1.12): its own placements and its finishing touches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pipeline.engine.rules import Edit, Placement
from vast.document import VERSIONS, Element


def _no_touch(ad: Element, side: Element, version: str, ad_id: str) -> tuple[Edit, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Receiver:
    """`placements` hold where nobody chose. `inline_on_wrapper` names what is written on wrappers as on InLine ads.

    `downgraded_price` is the element of a price that had to move into an Extension; `finish(ad, side, version, ad_id)`
    completes an ad in place and tells what it did.
    """

    name: str
    summary: str
    placements: Mapping[str, Placement]
    categories_inline_from: str = ""
    inline_on_wrapper: frozenset[str] = frozenset()
    downgraded_price: str = "Price"
    finish: Callable[[Element, Element, str, str], tuple[Edit, ...]] = field(default=_no_touch)

    def placement(self, rule: str, version: str) -> Placement:
        """The receiver's own choice for a placement rule in an ad of that version."""
        since = self.categories_inline_from
        if rule == "categories_placement" and since and VERSIONS.index(version) >= VERSIONS.index(since):
            return Placement.INLINE
        return self.placements[rule]
