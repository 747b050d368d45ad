"""What makes one receiver different from another (pipeline.md §1.12): placements, requests, finishing touches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pipeline.engine.rules import Edit, Placement
from vast.document import VERSIONS, Element

ROWS: Mapping[str, str] = MappingProxyType(
    {
        "price": "price",
        "advertiser": "advertiser",
        "category": "category",
        "duration": "duration",
        "protocols": "protocols asked of bidders",
        "pod": "pod",
        "id_fallbacks": "id fallbacks",
    }
)
"""In what receivers may differ: key -> title. `Receiver.rows` says what each of them does."""


def _no_touch(ad: Element, side: Element, version: str, ad_id: str) -> tuple[Edit, ...]:
    return ()


def _as_requested(request: Mapping[str, Any]) -> dict[str, Any]:
    return dict(request)


def row_rule(receiver: str, row: str) -> str:
    """What `Edit.rule` says where a receiver's own choice decided: "GAM_SSU: id fallbacks"."""
    return f"{receiver}: {ROWS[row]}"


@dataclass(frozen=True, slots=True, eq=False)
class Receiver:
    """`placements` hold where nobody chose; `rows` tells people what happens, by the keys of ROWS.

    `inline_on_wrapper` names what is written on wrappers as on InLine ads. What `also_extension` names is repeated as
    an Extension, and what `never_changes` names stays as the markup has it under every policy; both hold only while the
    placement is left to the receiver. `downgraded_price` is the element of a price that had to move into an Extension.
    `needs_duration`: an ad of unknown duration is no part of a pod. `one_ad_per_slot`: a request for one slot of a pod
    is answered with one ad. `finish(ad, side, version, ad_id)` completes an ad in place and tells what it did.
    `asked(request)` is the bid request as this receiver wants it sent; the given one stays as it is.
    """

    name: str
    summary: str
    placements: Mapping[str, Placement]
    rows: Mapping[str, str]
    categories_inline_from: str = ""
    inline_on_wrapper: frozenset[str] = frozenset()
    also_extension: frozenset[str] = frozenset()
    never_changes: frozenset[str] = frozenset()
    downgraded_price: str = "Price"
    needs_duration: bool = False
    one_ad_per_slot: bool = False
    finish: Callable[[Element, Element, str, str], tuple[Edit, ...]] = field(default=_no_touch)
    asked: Callable[[Mapping[str, Any]], dict[str, Any]] = field(default=_as_requested)

    def placement(self, rule: str, version: str) -> Placement:
        """The receiver's own choice for a placement rule in an ad of that version."""
        since = self.categories_inline_from
        if rule == "categories_placement" and since and VERSIONS.index(version) >= VERSIONS.index(since):
            return Placement.INLINE
        return self.placements[rule]
