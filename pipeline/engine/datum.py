"""The kinds of metadata a bid knows beside its markup, and their two forms in VAST (pipeline.md §1.9)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from pipeline.engine.meta import CanonicalMeta

# AdCOM 1.0, list "Category Taxonomies": the lists a bid's cattax may name, as the address of their publisher. 500 and
# above are a vendor's own: IAB is no authority for them, and what they mean to a receiver nobody can tell.
_CONTENT = "https://iabtechlab.com/standards/content-taxonomy/"
_AD_PRODUCT = "https://iabtechlab.com/standards/ad-product-taxonomy/"
_AUDIENCE = "https://iabtechlab.com/standards/audience-taxonomy/"
AUTHORITIES = {
    **dict.fromkeys((1, 2, 5, 6, 7, 9), _CONTENT),
    **dict.fromkeys((3, 8), _AD_PRODUCT),
    4: _AUDIENCE,
}


class Leaf(msgspec.Struct, frozen=True, gc=False):
    """One element to write: its name inside an Extension, its text, its attributes."""

    name: str
    text: str
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def currency(self) -> str:
        return dict(self.attributes).get("currency", "")


Values = Sequence[Leaf]


def _pricing(meta: CanonicalMeta) -> Values:
    if meta.price <= 0:
        return ()
    return (Leaf("Price", meta.price_text, (("model", "CPM"), ("currency", meta.currency))),)


def _advertiser(meta: CanonicalMeta) -> Values:
    return (Leaf("Advertiser", meta.adomain),) if meta.adomain else ()


def _categories(meta: CanonicalMeta) -> Values:
    """Codes of a list that is not AdCOM's are not written: both forms would call them IAB's."""
    address = AUTHORITIES.get(meta.cattax or 1)
    if not meta.cats or address is None:
        return ()
    authority = (("authority", address),)
    return tuple([Leaf("Category", code, authority) for code in meta.cats])


def foreign_taxonomy(meta: CanonicalMeta) -> str:
    """Why a bid's categories are not written; "" where they are."""
    if not meta.cattax or meta.cattax in AUTHORITIES or not meta.cats:
        return ""
    return f"the categories are of list {meta.cattax}, which is not one of IAB's; they were not written"


def _debug(meta: CanonicalMeta) -> Values:
    facts = (
        ("BidID", meta.bid_id),
        ("ImpID", meta.imp_id),
        ("DealID", meta.deal_id),
        ("Seat", meta.seat),
        ("Price", meta.price_text),
        ("Currency", meta.currency),
    )
    return tuple([Leaf(name, text) for name, text in facts if text])


def _amount(leaf: Leaf) -> object:
    """A number to compare, or the text of what is none; a signalling NaN cannot even be compared."""
    try:
        amount = Decimal(leaf.text)
    except InvalidOperation:
        return leaf.text.casefold()
    return amount if amount.is_finite() else leaf.text.casefold()


def _same_price(stated: Sequence[Leaf], wanted: Sequence[Leaf]) -> bool:
    """Equal amounts; model and currency contradict only where the markup states them."""
    said, meant = stated[0], wanted[0]
    terms = dict(meant.attributes)
    return _amount(said) == _amount(meant) and all(
        value.strip().casefold() == terms[name].casefold()
        for name, value in said.attributes
        if name in terms and value.strip()
    )


def _same_first_text(stated: Sequence[Leaf], wanted: Sequence[Leaf]) -> bool:
    return stated[0].text.casefold() == wanted[0].text.casefold()


def _same_texts(stated: Sequence[Leaf], wanted: Sequence[Leaf]) -> bool:
    return {leaf.text.casefold() for leaf in stated} == {leaf.text.casefold() for leaf in wanted}


def _same_named_texts(stated: Sequence[Leaf], wanted: Sequence[Leaf]) -> bool:
    return {(leaf.name, leaf.text) for leaf in stated} == {(leaf.name, leaf.text) for leaf in wanted}


class Datum(NamedTuple):
    """One kind of metadata: the rule that places it, its row among the receivers' differences ("" for none), its VAST
    element, the type of its Extension and the elements (`parts`) that speak of it there, how values compare.

    `element` is "" for a datum without a VAST element of its own; `inline_since` tells since which version an InLine
    or a Wrapper may hold it; `many` admits several elements. `agrees(stated, wanted)`
    tells whether the markup says the same as the bid.
    """

    name: str
    rule: str
    extension: str
    parts: frozenset[str]
    wanted: Callable[[CanonicalMeta], Values]
    agrees: Callable[[Sequence[Leaf], Sequence[Leaf]], bool]
    element: str = ""
    inline_since: Mapping[str, str] = MappingProxyType({})
    many: bool = False
    row: str = ""

    @property
    def marking(self) -> tuple[tuple[str, str], ...]:
        """The attributes of its Extension."""
        return (("type", self.extension),)


PRICING = Datum(
    name="pricing",
    rule="pricing_placement",
    extension="pricing",
    parts=frozenset({"Price", "Pricing"}),
    wanted=_pricing,
    agrees=_same_price,
    element="Pricing",
    inline_since={"InLine": "3.0", "Wrapper": "4.0"},
    row="price",
)
ADVERTISER = Datum(
    name="advertiser",
    rule="advertiser_placement",
    extension="advertiser",
    parts=frozenset({"Advertiser"}),
    wanted=_advertiser,
    agrees=_same_first_text,
    element="Advertiser",
    inline_since={"InLine": "3.0"},
    row="advertiser",
)
CATEGORIES = Datum(
    name="categories",
    rule="categories_placement",
    extension="iab_category",
    parts=frozenset({"Category"}),
    wanted=_categories,
    agrees=_same_texts,
    element="Category",
    inline_since={"InLine": "4.0"},
    many=True,
    row="category",
)
DEBUG = Datum(
    name="debug",
    rule="debug_placement",
    extension="openrtb",
    parts=frozenset({"BidID", "ImpID", "DealID", "Seat", "Price", "Currency"}),
    wanted=_debug,
    agrees=_same_named_texts,
)
