"""Writes what the bid knows into the ad's own tree, in place, each datum once (pipeline.md §1.9).

Every placement and every collision policy is a row or a short function; enriching twice equals enriching once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from pipeline.engine.config import ReceiverConfig
from pipeline.engine.meta import CanonicalMeta
from pipeline.engine.receivers import Receiver
from pipeline.engine.rules import CollisionPolicy, Edit, Placement
from vast.document import VERSIONS, Element, local_name, text_of
from vast.durations import format_duration, read_duration
from vast.edit import append, children, fill, first_child, insert, linears, remove
from vast.notice import Notice

# AdCOM 1.0, list "Category Taxonomies": the list a bid's cattax names, as the address of its publisher.
_CONTENT = "https://iabtechlab.com/standards/content-taxonomy/"
_AD_PRODUCT = "https://iabtechlab.com/standards/ad-product-taxonomy/"
_AUDIENCE = "https://iabtechlab.com/standards/audience-taxonomy/"
AUTHORITIES = {3: _AD_PRODUCT, 4: _AUDIENCE, 8: _AD_PRODUCT}


class Collision(Exception):
    """The markup contradicts the bid and the policy is ERROR; `notice` says how."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice.text)
        self.notice = notice


@dataclass(frozen=True, slots=True)
class Leaf:
    """One element to write: its name inside an Extension, its text, its attributes."""

    name: str
    text: str
    attributes: Mapping[str, str] = field(default_factory=dict)


Values = tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class Datum:
    """One kind of metadata: its two forms, since when each parent may hold the element, and how values compare.

    `element` is "" for a datum that has no VAST element of its own.
    """

    name: str
    rule: str
    element: str
    inline_since: Mapping[str, str]
    extension: str
    many: bool
    wanted: Callable[[CanonicalMeta], Values]
    comparable: Callable[[Sequence[Leaf]], object]


def _pricing(meta: CanonicalMeta) -> Values:
    if meta.price <= 0:
        return ()
    return (Leaf("Price", meta.price_text, {"model": "CPM", "currency": meta.currency}),)


def _advertiser(meta: CanonicalMeta) -> Values:
    return (Leaf("Advertiser", meta.adomain),) if meta.adomain else ()


def _categories(meta: CanonicalMeta) -> Values:
    authority = {"authority": AUTHORITIES.get(meta.cattax or 1, _CONTENT)}
    return tuple(Leaf("Category", code, authority) for code in meta.cats)


def _debug(meta: CanonicalMeta) -> Values:
    facts = (
        *(("BidID", meta.bid_id), ("ImpID", meta.imp_id), ("DealID", meta.deal_id), ("Seat", meta.seat)),
        *(("Price", meta.price_text), ("Currency", meta.currency)),
    )
    return tuple(Leaf(name, text) for name, text in facts if text)


def _amount(leaves: Sequence[Leaf]) -> object:
    leaf = leaves[0]
    try:
        value: object = Decimal(leaf.text)
    except InvalidOperation:
        value = leaf.text.casefold()
    return value, leaf.attributes.get("currency", "").strip().casefold()


def _first_text(leaves: Sequence[Leaf]) -> object:
    return leaves[0].text.casefold()


def _set_of_texts(leaves: Sequence[Leaf]) -> object:
    return frozenset(leaf.text.casefold() for leaf in leaves)


def _named_texts(leaves: Sequence[Leaf]) -> object:
    return frozenset((leaf.name, leaf.text) for leaf in leaves)


DATA = (
    Datum(
        *("pricing", "pricing_placement", "Pricing", {"InLine": "3.0", "Wrapper": "4.0"}, "pricing"),
        *(False, _pricing, _amount),
    ),
    Datum(
        *("advertiser", "advertiser_placement", "Advertiser", {"InLine": "3.0"}, "advertiser"),
        *(False, _advertiser, _first_text),
    ),
    Datum(
        *("categories", "categories_placement", "Category", {"InLine": "4.0"}, "iab_category"),
        *(True, _categories, _set_of_texts),
    ),
    Datum("debug", "debug_placement", "", {}, "openrtb", False, _debug, _named_texts),
)


@dataclass(slots=True)
class _Ad:
    """The ad being enriched: its InLine or Wrapper, what is known, what was decided so far."""

    side: Element
    version: str
    meta: CanonicalMeta
    config: ReceiverConfig
    receiver: Receiver
    edits: list[Edit] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return local_name(self.side)

    def remark(self, code: str, text: str) -> None:
        self.notices.append(Notice(code, self.meta.bid_id, text))


def _since(datum: Datum, ad: _Ad) -> str | None:
    borrowed = ad.kind == "Wrapper" and datum.name in ad.receiver.inline_on_wrapper
    return datum.inline_since.get("InLine" if borrowed else ad.kind)


def _legal(datum: Datum, ad: _Ad) -> bool:
    since = _since(datum, ad)
    return since is not None and VERSIONS.index(ad.version) >= VERSIONS.index(since)


def _target(datum: Datum, ad: _Ad) -> Placement | None:
    """INLINE, EXTENSIONS, or None for nowhere; says so where that is not what was asked."""
    chosen = ad.config.placement_rules.chosen(datum.rule)
    placement = ad.receiver.placement(datum.rule, ad.version) if chosen is None else chosen
    if placement in (Placement.SKIP, Placement.OMIT):
        return None
    if placement is Placement.EXTENSIONS:
        return Placement.EXTENSIONS
    if placement is Placement.WRAPPER:
        if ad.kind != "Wrapper":
            text = f"{datum.name} is placed on wrappers only and this ad is InLine; nothing was written"
            ad.remark("PLACEMENT_NOT_APPLICABLE", text)
            return None
        own = datum.name == "pricing" and _legal(datum, ad)
        return Placement.INLINE if own else Placement.EXTENSIONS
    if _legal(datum, ad):
        return Placement.INLINE
    element = datum.element or datum.name
    text = (
        f"a VAST {ad.version} {ad.kind} has no place for {element}; {datum.name} was written as an Extension"
    )
    ad.remark("PLACEMENT_DOWNGRADED", text)
    return Placement.EXTENSIONS


def _leaf(element: Element) -> Leaf:
    return Leaf(local_name(element), text_of(element), dict(element.attrib))  # type: ignore[arg-type]


def _spoken(leaves: Sequence[Leaf]) -> str:
    return ", ".join(f"{leaf.text[:60]} {leaf.attributes.get('currency', '')}".strip() for leaf in leaves[:6])


class _Forms:
    """The two forms of a datum as they stand in the ad: inline elements, and Extensions of its type, with content."""

    def __init__(self, datum: Datum, ad: _Ad) -> None:
        self.datum = datum
        self.ad = ad
        nodes = list(children(ad.side, datum.element)) if datum.element else []
        self.inline = [node for node in nodes if text_of(node)]
        self.blank = [node for node in nodes if not text_of(node)]
        self.extensions = [
            extension
            for block in children(ad.side, "Extensions")
            for extension in children(block, "Extension")
            if (extension.get("type") or "").strip().lower() == datum.extension and self.content(extension)
        ]

    def content(self, extension: Element) -> list[Element]:
        return [child for child in extension.iterchildren("*") if text_of(child)]

    def groups(self) -> list[list[Element]]:
        """What the markup says, the inline form first."""
        found = [self.inline] if self.inline else []
        return found + [self.content(extension) for extension in self.extensions]

    def same(self, group: Sequence[Element], wanted: Values) -> bool:
        leaves = [_leaf(element) for element in group]
        return self.datum.comparable(leaves) == self.datum.comparable(wanted)

    def extension_says(self, wanted: Values) -> bool:
        return any(self.same(self.content(extension), wanted) for extension in self.extensions)

    def write_inline(self, wanted: Values) -> None:
        for number, leaf in enumerate(wanted):
            if number < len(self.blank):
                fill(self.blank[number], leaf.text, leaf.attributes)
            else:
                insert(self.ad.side, self.datum.element, self.ad.version, leaf.text, leaf.attributes)

    def write_extension(self, wanted: Values, price_element: str = "Price") -> None:
        side = self.ad.side
        block = first_child(side, "Extensions")
        if block is None:
            block = insert(side, "Extensions", self.ad.version)
        extension = append(block, "Extension", None, {"type": self.datum.extension})
        for leaf in wanted:
            name = price_element if self.datum.name == "pricing" else leaf.name
            attributes = {} if self.datum.name == "categories" else leaf.attributes
            append(extension, name, leaf.text, attributes)

    def overwrite(self, group: list[Element], wanted: Values) -> None:
        """The wanted values in place of a group: nodes are rewritten, surplus ones go, missing ones are added."""
        parent = group[0].getparent()
        assert parent is not None
        inline = parent is self.ad.side
        if self.datum.name == "debug":
            for element in group:
                remove(element)
            for leaf in wanted:
                insert(parent, leaf.name, self.ad.version, leaf.text)
            return
        for element, leaf in zip(group, wanted, strict=False):
            plain = self.datum.name == "categories" and not inline
            fill(element, leaf.text, {} if plain else leaf.attributes)
        for element in group[len(wanted) :]:
            remove(element)
        self.extend(parent, wanted[len(group) :])

    def extend(self, parent: Element, leaves: Sequence[Leaf]) -> None:
        inline = parent is self.ad.side
        for leaf in leaves:
            name = self.datum.element if inline else leaf.name
            insert(parent, name, self.ad.version, leaf.text, leaf.attributes if inline else None)

    def where(self, group: Sequence[Element]) -> str:
        if self.inline and group and group[0] in self.inline:
            return f"{self.ad.kind}/{self.datum.element}"
        return self.extension_path()

    def extension_path(self) -> str:
        return f"{self.ad.kind}/Extensions/Extension[@type='{self.datum.extension}']"


def _write(forms: _Forms, target: Placement, wanted: Values, rule: str, action: str = "added") -> None:
    ad, datum = forms.ad, forms.datum
    if target is Placement.INLINE:
        filled = bool(forms.blank)
        forms.write_inline(wanted)
        where, action = f"{ad.kind}/{datum.element}", "filled" if filled else action
    else:
        chosen = ad.config.placement_rules.chosen(datum.rule)
        moved = rule == Placement.EXTENSIONS and chosen is not Placement.EXTENSIONS
        forms.write_extension(wanted, ad.receiver.downgraded_price if moved else "Price")
        where = forms.extension_path()
    ad.edits.append(Edit(datum.name, action, where, rule, ", ".join(leaf.text for leaf in wanted)))


def _collide(forms: _Forms, target: Placement, wanted: Values, groups: list[list[Element]]) -> None:
    ad, datum, policy = forms.ad, forms.datum, forms.ad.config.collision_policy
    said = _spoken([_leaf(element) for element in groups[0]])
    sentence = f"the markup says {datum.name} {said!r}, the bid says {_spoken(wanted)!r}"
    if policy is CollisionPolicy.ERROR:
        raise Collision(
            Notice("FIELD_COLLISION", ad.meta.bid_id, f"{sentence}; the policy ERROR drops the ad")
        )
    if policy.overwrites:
        for group in groups:
            if not forms.same(group, wanted):
                forms.overwrite(group, wanted)
                ad.edits.append(Edit(datum.name, "replaced", forms.where(group), policy, _spoken(wanted)))
        if target is Placement.EXTENSIONS and not forms.extensions:
            _write(forms, target, wanted, policy)
        if policy is not CollisionPolicy.OPENRTB_WINS_SILENTLY:
            ad.remark("FIELD_COLLISION", f"{sentence}; the bid's value was written ({policy})")
    elif policy is CollisionPolicy.MERGE:
        _merge(forms, wanted, groups[0])
        ad.remark("FIELD_COLLISION", f"{sentence}; both are in the document (MERGE)")
    else:
        ad.edits.append(Edit(datum.name, "kept", forms.where(groups[0]), policy, said))
        ad.remark("FIELD_COLLISION", f"{sentence}; the markup's value was kept ({policy})")


def _merge(forms: _Forms, wanted: Values, group: list[Element]) -> None:
    """Lists become their union in order; a single value keeps the markup's and gets the bid's as an Extension."""
    ad, datum = forms.ad, forms.datum
    if not datum.many:
        if not forms.extension_says(wanted):
            _write(forms, Placement.EXTENSIONS, wanted, CollisionPolicy.MERGE, "merged")
        return
    present = {text_of(element).casefold() for element in group}
    missing = tuple(leaf for leaf in wanted if leaf.text.casefold() not in present)
    parent = group[0].getparent()
    if missing and parent is not None:
        forms.extend(parent, missing)
        text = ", ".join(leaf.text for leaf in missing)
        ad.edits.append(Edit(datum.name, "merged", forms.where(group), CollisionPolicy.MERGE, text))


def _place(datum: Datum, ad: _Ad) -> None:
    wanted = datum.wanted(ad.meta)
    if not wanted:
        return
    target = _target(datum, ad)
    if target is None:
        return
    forms = _Forms(datum, ad)
    groups = forms.groups()
    if not groups:
        _write(forms, target, wanted, target)
    elif not forms.same(groups[0], wanted):
        _collide(forms, target, wanted, groups)
    elif target is Placement.EXTENSIONS and not forms.extension_says(wanted):
        _write(forms, target, wanted, target)


def _duration(linear: Element, ad: _Ad) -> None:
    """Fills a missing or zero Duration; a different one is a collision of a single value without an Extension form."""
    wanted_ms = ad.meta.dur_sec * 1000
    nodes = list(children(linear, "Duration"))
    said = next((node for node in nodes if text_of(node)), None)
    stated_ms = read_duration(text_of(said))[0] if said is not None else None
    text, where, policy = (
        format_duration(wanted_ms),
        f"{ad.kind}/Creatives/Linear/Duration",
        ad.config.collision_policy,
    )
    if said is None or stated_ms == 0:
        if nodes:
            fill(nodes[0] if said is None else said, text)
        else:
            insert(linear, "Duration", ad.version, text)
        ad.edits.append(Edit("duration", "filled" if nodes else "added", where, "bid.dur", text))
        return
    if stated_ms is not None and abs(stated_ms - wanted_ms) < 1000:
        return
    sentence = f"the markup says duration {text_of(said)[:40]!r}, the bid says {ad.meta.dur_sec} seconds"
    if policy is CollisionPolicy.ERROR:
        raise Collision(
            Notice("FIELD_COLLISION", ad.meta.bid_id, f"{sentence}; the policy ERROR drops the ad")
        )
    if policy.overwrites:
        fill(said, text)
        for surplus in nodes:
            if surplus is not said:
                remove(surplus)
        ad.edits.append(Edit("duration", "replaced", where, policy, text))
        if policy is not CollisionPolicy.OPENRTB_WINS_SILENTLY:
            ad.remark("FIELD_COLLISION", f"{sentence}; the bid's value was written ({policy})")
        return
    ad.edits.append(Edit("duration", "kept", where, policy, text_of(said)))
    ad.remark("FIELD_COLLISION", f"{sentence}; the markup's value was kept ({policy})")


def enrich(
    side: Element, version: str, meta: CanonicalMeta, config: ReceiverConfig, receiver: Receiver
) -> tuple[list[Edit], list[Notice]]:
    """Writes price, advertiser, duration, categories and debug facts into an InLine or Wrapper, in that order.

    `version` is the ad's own. Returns what was written and what was remarkable; raises Collision under ERROR.
    """
    ad = _Ad(side, version, meta, config, receiver)
    pricing, advertiser, categories, debug = DATA
    _place(pricing, ad)
    _place(advertiser, ad)
    if meta.dur_sec > 0 and ad.kind == "InLine" and not config.placement_rules.hands_off:
        for linear in linears(side):
            _duration(linear, ad)
    _place(categories, ad)
    if config.enable_debug:
        _place(debug, ad)
    return ad.edits, ad.notices
