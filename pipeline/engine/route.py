"""Where each kind of metadata goes in the ads of one kind and version, and who decided it (pipeline.md §1.9, §1.12)."""

from functools import lru_cache
from typing import NamedTuple

from pipeline.engine.config import ReceiverConfig
from pipeline.engine.datum import ADVERTISER, CATEGORIES, DEBUG, PRICING, Datum
from pipeline.engine.receivers.receiver import Receiver, row_rule
from pipeline.engine.rules import Placement
from vast.document import VERSIONS


class Route(NamedTuple):
    """Where a datum goes in every ad of one kind and version; `target` is None for nowhere.

    `remark` (code, text) says where that is not what was asked; `price` is the element of a price in an Extension.
    `rule` names who decided; `repeats` asks for the Extension beside the element; `keeps` forbids changes.
    """

    datum: Datum
    target: Placement | None
    remark: tuple[str, str] | None
    inline_path: str
    extension_path: str
    price: str
    rule: str
    repeats: bool = False
    keeps: bool = False


def _is_legal(datum: Datum, kind: str, version: str, receiver: Receiver) -> bool:
    borrowed = kind == "Wrapper" and datum.name in receiver.inline_on_wrapper
    since = datum.inline_since.get("InLine" if borrowed else kind)
    return since is not None and VERSIONS.index(version) >= VERSIONS.index(since)


def _route(datum: Datum, kind: str, version: str, config: ReceiverConfig, receiver: Receiver) -> Route:
    chosen = config.placement_rules.chosen(datum.rule)
    placement = receiver.placement(datum.rule, version) if chosen is None else chosen
    legal = _is_legal(datum, kind, version, receiver)
    target: Placement | None = Placement.EXTENSIONS
    remark = None
    if placement in (Placement.SKIP, Placement.OMIT):
        target = None
    elif placement is Placement.WRAPPER and kind != "Wrapper":
        target = None
        text = f"{datum.name} would be written on wrappers only, and this ad is InLine; nothing was written"
        remark = ("PLACEMENT_NOT_APPLICABLE", text)
    elif placement is Placement.WRAPPER:
        if datum is PRICING and legal:
            target = Placement.INLINE
    elif placement is Placement.INLINE and legal:
        target = Placement.INLINE
    elif placement is Placement.INLINE:
        name = datum.element or datum.name
        text = f"a VAST {version} {kind} has no place for {name}; an Extension holds the {datum.name}"
        remark = ("PLACEMENT_DOWNGRADED", text)
    moved = target is Placement.EXTENSIONS and chosen is not Placement.EXTENSIONS
    own = chosen is None
    return Route(
        datum,
        target,
        remark,
        f"{kind}/{datum.element}",
        f"{kind}/Extensions/Extension[@type='{datum.extension}']",
        receiver.downgraded_price if moved else "Price",
        row_rule(receiver.name, datum.row) if own and datum.row else str(target),
        repeats=own and datum.name in receiver.also_extension,
        keeps=own and datum.name in receiver.never_changes,
    )


@lru_cache(maxsize=256)
def routes_of(kind: str, version: str, config: ReceiverConfig, receiver: Receiver) -> tuple[Route, ...]:
    """The routes of price, advertiser, categories and debug facts, in that order."""
    return tuple(
        [_route(datum, kind, version, config, receiver) for datum in (PRICING, ADVERTISER, CATEGORIES, DEBUG)]
    )
