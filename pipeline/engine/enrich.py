"""Writes what the bid knows into its ad, each datum once and where its placement says (pipeline.md §1.9).

What the markup says already is compared, kept or changed in its tree; what it does not say is added by a Splice.
Enriching twice equals enriching once.
"""

from collections.abc import Iterable, Sequence

from pipeline.engine.config import ReceiverConfig
from pipeline.engine.datum import CATEGORIES, DEBUG, PRICING, Datum, Leaf, Values, foreign_taxonomy
from pipeline.engine.markup import Markup
from pipeline.engine.meta import CanonicalMeta
from pipeline.engine.receivers.receiver import Receiver, row_rule
from pipeline.engine.route import Route, routes_of
from pipeline.engine.rules import CollisionPolicy, Edit, Placement
from vast.document import Element, local_name, text_of
from vast.durations import format_duration, read_duration
from vast.edit import children, complete, fill, first_child, insert, insert_all, linears, remove
from vast.notice import Notice
from vast.splice import Splice, element_xml, leaves_xml


class Collision(Exception):
    """The markup contradicts the bid and the policy is ERROR; `notice` says how."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice.text)
        self.notice = notice


class Enricher:
    """Enriches the ads of one build; where each datum goes is decided once for a kind and version."""

    def __init__(self, config: ReceiverConfig, receiver: Receiver) -> None:
        self._config = config
        self._receiver = receiver
        self._routes: dict[tuple[str, str], tuple[Route, ...]] = {}
        self._duration_rule = row_rule(receiver.name, "duration")
        self._times = not config.placement_rules.hands_off

    def enrich(self, markup: Markup, meta: CanonicalMeta) -> "EnrichedAd":
        """Writes price, advertiser, duration, categories and debug facts into an InLine or Wrapper, in that order.

        Raises Collision under the policy ERROR.
        """
        ad = EnrichedAd(markup, meta, self._config.collision_policy)
        pricing, advertiser, categories, debug = self._routes_of(markup.kind, markup.version)
        ad.place(pricing)
        ad.place(advertiser)
        if self._times and meta.dur_sec > 0 and markup.kind == "InLine":
            found = linears(markup.side)
            for number, linear in enumerate(found, 1):
                ad.time(linear, self._duration_rule, number if len(found) > 1 else None)
        ad.place(categories)
        if meta.cattax and categories.target and (remark := foreign_taxonomy(meta)):
            ad.remark("CATEGORY_TAXONOMY_UNKNOWN", remark)
        if self._config.enable_debug:
            ad.place(debug)
        ad.write_extensions()
        return ad

    def _routes_of(self, kind: str, version: str) -> tuple[Route, ...]:
        routes = self._routes.get((kind, version))
        if routes is None:
            routes = self._routes[kind, version] = routes_of(kind, version, self._config, self._receiver)
        return routes


def _content(extension: Element, datum: Datum) -> list[Element]:
    """What an Extension says of a datum; elements of other names are somebody else's."""
    return [
        child for child in extension.iterchildren("*") if local_name(child) in datum.parts and text_of(child)
    ]


def _leaves(group: Iterable[Element]) -> list[Leaf]:
    return [
        Leaf(local_name(node), text_of(node), tuple(node.attrib.items()))  # type: ignore[arg-type]
        for node in group
    ]


def _spoken(leaves: Sequence[Leaf]) -> str:
    return ", ".join(f"{leaf.text[:60]} {leaf.currency[:20]}".strip() for leaf in leaves[:6])


def _texts(leaves: Sequence[Leaf]) -> str:
    return leaves[0].text if len(leaves) == 1 else ", ".join([leaf.text for leaf in leaves])


def _extension(prefix: str | None, datum: Datum, wanted: Values, name: str) -> str:
    if datum is CATEGORIES:
        wanted = [Leaf(leaf.name, leaf.text) for leaf in wanted]
    return element_xml(prefix, "Extension", leaves_xml(prefix, wanted, name), datum.marking)


class _Said:
    """What the markup says of a datum: elements with content, such of each Extension, and elements without any."""

    __slots__ = ("blank", "datum", "extensions", "inline")

    def __init__(self, datum: Datum, nodes: Sequence[Element], extensions: Sequence[Element]) -> None:
        self.datum = datum
        self.inline = [node for node in nodes if text_of(node)]
        self.blank = [
            node for node in nodes if next(node.iterchildren("*"), None) is None and not text_of(node)
        ]
        self.extensions = [found for extension in extensions if (found := _content(extension, datum))]

    def groups(self) -> list[list[Element]]:
        """Each place that says something, the inline form first."""
        found = [self.inline] if self.inline else []
        return found + self.extensions

    def same(self, group: Sequence[Element], wanted: Values) -> bool:
        return self.datum.agrees(_leaves(group), wanted)

    def extension_says(self, wanted: Values) -> bool:
        return any(self.same(group, wanted) for group in self.extensions)


class EnrichedAd:
    """An ad with what was done to it, what was remarkable, and what is still to be written into it."""

    def __init__(self, markup: Markup, meta: CanonicalMeta, policy: CollisionPolicy) -> None:
        self.side = markup.side
        self.kind = markup.kind
        self.version = markup.version
        self.meta = meta
        self.policy = policy
        self.splice = Splice(markup.side, markup.version)
        self.edits: list[Edit] = []
        self.notices: list[Notice] = []
        self._extensions: list[str] = []
        self._blocks = self.splice.named("Extensions")
        self._prefix = markup.side.prefix

    def remark(self, code: str, text: str) -> None:
        self.notices.append(Notice(code, self.meta.bid_id, text))

    def write_extensions(self) -> None:
        """All new Extensions go into the block there is, or a new one."""
        if not self._extensions:
            return
        written = "".join(self._extensions)
        if self._blocks:
            self.splice.add("Extensions", written, self._blocks[0])
        else:
            self.splice.add("Extensions", element_xml(self._prefix, "Extensions", written))

    def place(self, route: Route) -> None:
        datum = route.datum
        wanted = datum.wanted(self.meta)
        if not wanted:
            return
        if route.remark:
            self.remark(*route.remark)
        if route.target is None:
            return
        nodes = self.splice.named(datum.element)
        extensions = self._typed(datum.extension) if self._blocks else ()
        if not nodes and not extensions:
            self._write(route, route.target, wanted, route.rule)
            if route.repeats and route.target is Placement.INLINE:
                self._write(route, Placement.EXTENSIONS, wanted, route.rule)
            return
        said = _Said(datum, nodes, extensions)
        groups = said.groups()
        other = next((group for group in groups if not said.same(group, wanted)), None)
        if other is None:
            self._complete(route, said, wanted)
        else:
            self._collide(route, said, wanted, groups, other)

    def _complete(self, route: Route, said: _Said, wanted: Values) -> None:
        """Writes the forms that are wanted and not there yet; the markup says the same or nothing."""
        if route.target is Placement.INLINE and not said.inline and not said.extensions:
            if said.blank:
                self._fill(route, said.blank, wanted)
            else:
                self._write(route, Placement.INLINE, wanted, route.rule)
        if (route.target is Placement.EXTENSIONS or route.repeats) and not said.extension_says(wanted):
            self._write(route, Placement.EXTENSIONS, wanted, route.rule)

    def _typed(self, extension: str) -> Sequence[Element]:
        """The Extensions of a type."""
        return [
            child
            for block in self._blocks
            for child in children(block, "Extension")
            if (child.get("type") or "").strip().lower() == extension
        ]

    def _write(
        self, route: Route, target: Placement, wanted: Values, rule: str, action: str = "added"
    ) -> None:
        """Adds the values in one form."""
        datum = route.datum
        if target is Placement.INLINE:
            where = route.inline_path
            self.splice.add(datum.element, leaves_xml(self._prefix, wanted, datum.element))
        else:
            name = route.price if datum is PRICING and rule == route.rule else ""
            # Receivers that name the price differently write different documents.
            where = f"{route.extension_path}/{name}" if name == "Pricing" else route.extension_path
            prefix = self._blocks[0].prefix if self._blocks else self._prefix
            self._extensions.append(_extension(prefix, datum, wanted, name))
        self.edits.append(Edit(datum.name, action, where, rule, _texts(wanted)))

    def _fill(self, route: Route, blank: Sequence[Element], wanted: Values) -> None:
        """Writes the values into blank elements of the markup, and adds what is left of them."""
        datum = route.datum
        for node, leaf in zip(blank, wanted, strict=False):
            complete(node, leaf.text, dict(leaf.attributes))
        if left := wanted[len(blank) :]:
            self.splice.add(datum.element, leaves_xml(self._prefix, left, datum.element))
        self.edits.append(Edit(datum.name, "filled", route.inline_path, route.rule, _texts(wanted)))

    def _collide(
        self, route: Route, said: _Said, wanted: Values, groups: list[list[Element]], other: list[Element]
    ) -> None:
        """Follows the policy where a group of the markup, first that `other`, says something else than the bid."""
        datum, policy = route.datum, self.policy
        stated = _spoken(_leaves(other))
        sentence = f"the markup says {datum.name} {stated!r}, the bid says {_spoken(wanted)!r}"
        self._refuse_under_error(sentence)
        if policy.overwrites and route.keeps:
            self._keep(route, said, wanted, other, sentence)
        elif policy.overwrites:
            for group in groups:
                if not said.same(group, wanted):
                    self._overwrite(datum, group, wanted)
                    for node in said.blank if group is said.inline else ():
                        remove(node)
                    where = self._where(route, said, group)
                    self.edits.append(Edit(datum.name, "replaced", where, policy, _spoken(wanted)))
            if route.target is Placement.EXTENSIONS and not said.extensions:
                self._write(route, route.target, wanted, policy)
            if policy is not CollisionPolicy.OPENRTB_WINS_SILENTLY:
                self.remark("FIELD_COLLISION", f"{sentence}; the bid's value was written ({policy})")
        elif policy is CollisionPolicy.MERGE:
            if other is groups[0]:
                self._merge(route, said, wanted, other)
            else:
                self._complete(route, said, wanted)
            self.remark("FIELD_COLLISION", f"{sentence}; both are in the document (MERGE)")
        else:
            where = self._where(route, said, other)
            self.edits.append(Edit(datum.name, "kept", where, policy, stated))
            self.remark("FIELD_COLLISION", f"{sentence}; the markup's value was kept ({policy})")

    def _keep(self, route: Route, said: _Said, wanted: Values, group: list[Element], sentence: str) -> None:
        """The receiver's own rule goes before a policy that would overwrite; the bid's value may go beside."""
        where = self._where(route, said, group)
        self.edits.append(Edit(route.datum.name, "kept", where, route.rule, _spoken(_leaves(group))))
        if route.repeats and not said.extensions:
            self._write(route, Placement.EXTENSIONS, wanted, route.rule)
        if self.policy is not CollisionPolicy.OPENRTB_WINS_SILENTLY:
            self.remark("FIELD_COLLISION", f"{sentence}; the markup's value was kept ({route.rule})")

    def _refuse_under_error(self, sentence: str) -> None:
        if self.policy is CollisionPolicy.ERROR:
            text = f"{sentence}; the policy ERROR drops the ad"
            raise Collision(Notice("FIELD_COLLISION", self.meta.bid_id, text))

    def _where(self, route: Route, said: _Said, group: list[Element]) -> str:
        return route.inline_path if group is said.inline else route.extension_path

    def _overwrite(self, datum: Datum, group: list[Element], wanted: Values) -> None:
        """The wanted values in place of a group: nodes are rewritten, surplus ones go, missing ones are added."""
        parent = group[0].getparent()
        assert parent is not None
        if datum is DEBUG:
            for element in group:
                remove(element)
            for leaf in wanted:
                insert(parent, leaf.name, self.version, leaf.text)
            return
        plain = datum is CATEGORIES and parent is not self.side
        for element, leaf in zip(group, wanted, strict=False):
            fill(element, leaf.text, {} if plain else dict(leaf.attributes))
        for element in group[len(wanted) :]:
            remove(element)
        self._extend(datum, parent, wanted[len(group) :])

    def _extend(self, datum: Datum, parent: Element, leaves: Sequence[Leaf]) -> None:
        """Adds the leaves, which all have one name, behind those of the parent."""
        if not leaves:
            return
        inline = parent is self.side
        values = [(leaf.text, dict(leaf.attributes) if inline else None) for leaf in leaves]
        insert_all(parent, datum.element if inline else leaves[0].name, self.version, values)

    def _merge(self, route: Route, said: _Said, wanted: Values, group: list[Element]) -> None:
        """Lists become their union in order; a single value keeps the markup's and gets the bid's as an Extension."""
        datum = route.datum
        if not datum.many:
            if not said.extension_says(wanted):
                self._write(route, Placement.EXTENSIONS, wanted, CollisionPolicy.MERGE, "merged")
            return
        present = {text_of(element).casefold() for element in group}
        missing = tuple(leaf for leaf in wanted if leaf.text.casefold() not in present)
        parent = group[0].getparent()
        if missing and parent is not None:
            self._extend(datum, parent, missing)
            where = self._where(route, said, group)
            self.edits.append(Edit(datum.name, "merged", where, CollisionPolicy.MERGE, _texts(missing)))
            # Elements that now say what the bid says want the Extension beside them as any that did from the start.
            if present <= {leaf.text.casefold() for leaf in wanted}:
                self._complete(route, said, wanted)

    def _time_first(self, linear: Element, nodes: list[Element], said: Element | None, text: str) -> str:
        """Writes the Duration of a Linear that has none, a blank one, or one of zero (`said`)."""
        if not nodes:
            insert(linear, "Duration", self.version, text)
            return "added"
        if said is None:
            complete(nodes[0], text)
        else:
            fill(said, text)
        return "filled"

    def time(self, linear: Element, rule: str, number: int | None = None) -> None:
        """Fills a missing or zero Duration; another one is a collision of a single value without an Extension form.

        `number` is the place of the Linear among several.
        """
        wanted_ms = self.meta.dur_sec * 1000
        text = format_duration(wanted_ms)
        if (first := first_child(linear, "Duration")) is not None and first.text == text:
            return
        nodes = list(children(linear, "Duration"))
        said = next((node for node in nodes if text_of(node)), None)
        stated = text_of(said)
        if stated == text:
            return
        stated_ms = read_duration(stated)[0] if said is not None else None
        which = f"Linear[{number}]" if number else "Linear"
        where, policy = f"{self.kind}/Creatives/{which}/Duration", self.policy
        if said is None or stated_ms == 0:
            action = self._time_first(linear, nodes, said, text)
            self.edits.append(Edit("duration", action, where, rule, text))
            return
        if stated_ms is not None and abs(stated_ms - wanted_ms) < 1000:
            return
        sentence = f"the markup says duration {stated[:40]!r}, the bid says {self.meta.dur_sec} seconds"
        self._refuse_under_error(sentence)
        if policy.overwrites:
            fill(said, text)
            for surplus in nodes:
                if surplus is not said:
                    remove(surplus)
            self.edits.append(Edit("duration", "replaced", where, policy, text))
            if policy is not CollisionPolicy.OPENRTB_WINS_SILENTLY:
                self.remark("FIELD_COLLISION", f"{sentence}; the bid's value was written ({policy})")
            return
        self.edits.append(Edit("duration", "kept", where, policy, stated[:60]))
        self.remark("FIELD_COLLISION", f"{sentence}; the markup's value was kept ({policy})")
