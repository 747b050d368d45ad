"""How one receiver wants its VAST: the settings, their spelling on input, and the layers they are merged from.

Pipeline.md §1.1 to §1.4. In every layer an absent key, null or "" means "not set here"; false, 0 and others override.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from pipeline.engine.reading import shown
from pipeline.engine.receivers import RECEIVERS
from pipeline.engine.rules import CollisionPolicy, Placement
from vast.document import VERSIONS
from vast.edit import writable
from vast.notice import Notice

HARD_CAP = 100
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_WHOLE = re.compile(r"-?[0-9]{1,8}")
# Without "<" and ">", so that it can stand in CDATA as it is.
_URL = re.compile(r"https?://[^\s<>\"]{1,2040}", re.IGNORECASE)


class SelectionStrategy(StrEnum):
    """How many of the ranked bids are served."""

    SINGLE = "SINGLE"
    TOP_N = "TOP_N"
    ALL = "ALL"


class VersionPolicy(StrEnum):
    """The root version: the highest of the default and the ads served, or always the default."""

    MAX = "MAX"
    FIXED = "FIXED"


@dataclass(frozen=True, slots=True)
class PlacementRules:
    """Where each kind of metadata goes; for the rules named in `left_to_receiver` the receiver decides."""

    pricing_placement: Placement = Placement.INLINE
    advertiser_placement: Placement = Placement.INLINE
    categories_placement: Placement = Placement.EXTENSIONS
    debug_placement: Placement = Placement.EXTENSIONS
    left_to_receiver: frozenset[str] = frozenset()

    def chosen(self, rule: str) -> Placement | None:
        """The placement somebody chose for the rule (a field name), or None."""
        if rule in self.left_to_receiver:
            return None
        placement: Placement = getattr(self, rule)
        return placement

    @property
    def hands_off(self) -> bool:
        """True when every rule says to leave the markup alone."""
        return not self.left_to_receiver and all(getattr(self, rule) in _NOWHERE for rule in PLACEMENT_KEYS)


PLACEMENT_KEYS = ("pricing_placement", "advertiser_placement", "categories_placement", "debug_placement")
_NOWHERE = frozenset({Placement.SKIP, Placement.OMIT})


def _nothing_chosen() -> PlacementRules:
    return PlacementRules(left_to_receiver=frozenset(PLACEMENT_KEYS))


@dataclass(frozen=True, slots=True)
class ReceiverConfig:
    """All settings of a build, complete and valid. `max_ads_in_pod` 0 means no limit but HARD_CAP."""

    receiver: str = "GENERIC"
    default_currency: str = "USD"
    vast_version_default: str = "3.0"
    max_ads_in_pod: int = 10
    selection_strategy: SelectionStrategy = SelectionStrategy.SINGLE
    collision_policy: CollisionPolicy = CollisionPolicy.VAST_WINS
    enable_debug: bool = False
    allow_skeleton_vast: bool = False
    placement_rules: PlacementRules = field(default_factory=_nothing_chosen)
    deals_first: bool = False
    allow_zero_price_deals: bool = False
    version_policy: VersionPolicy = VersionPolicy.MAX
    enforce_pod: bool = False
    wrap_nurl: bool = True
    lenient_markup: bool = False
    repair_markup: bool = False
    no_ad_error_url: str = ""

    @classmethod
    def from_dict(cls, mapping: Mapping[str, Any]) -> tuple["ReceiverConfig", tuple[Notice, ...]]:
        """A config from JSON keys, with a notice for every key or value that cannot be used."""
        merged = _merge([("config", mapping)])
        return merged.config, merged.notices

    def to_dict(self) -> dict[str, Any]:
        """JSON-native; placements left to the receiver are absent, so that from_dict gives the same config."""
        written: dict[str, Any] = {
            item.name: _plain(getattr(self, item.name))
            for item in fields(self)
            if item.name != "placement_rules"
        }
        rules = self.placement_rules
        written["placement_rules"] = {
            key: _plain(getattr(rules, key)) for key in PLACEMENT_KEYS if rules.chosen(key) is not None
        }
        return written


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, StrEnum) else value


class MergedConfig(NamedTuple):
    """A config, what was wrong with its layers, and for each key the layer it came from.

    Layers: "default", "receiver", "host", "account", "profile". Placements are keyed "placement_rules.<rule>".
    """

    config: ReceiverConfig
    notices: tuple[Notice, ...]
    provenance: Mapping[str, str]


class _Alias(NamedTuple):
    value: StrEnum
    remark: str = ""


_STRATEGY_ALIASES = {
    name: _Alias(SelectionStrategy.TOP_N, f"{name} is reserved and means TOP_N")
    for name in ("MAX_REVENUE", "MIN_DURATION", "BALANCED")
}
_POLICY_ALIASES = {
    "REJECT": _Alias(CollisionPolicy.VAST_WINS),
    "WARN": _Alias(CollisionPolicy.OPENRTB_WINS),
    "IGNORE": _Alias(CollisionPolicy.OPENRTB_WINS_SILENTLY),
}
_PLACEMENT_ALIASES = {
    "VAST_PRICING": _Alias(Placement.INLINE),
    "ADVERTISER_TAG": _Alias(Placement.INLINE),
    "EXTENSION": _Alias(Placement.EXTENSIONS),
}

ALIASES: Mapping[str, Mapping[str, _Alias]] = {
    "selection_strategy": _STRATEGY_ALIASES,
    "collision_policy": _POLICY_ALIASES,
    "placement": _PLACEMENT_ALIASES,
}
"""Other spellings of values, in capitals as all of them are compared; "placement" is each of the placement rules."""

_Parsed = tuple[Any, str]
_Parser = Callable[[Any], _Parsed]


def _enumeration(kind: type[StrEnum], aliases: Mapping[str, _Alias]) -> _Parser:
    def parse(value: Any) -> _Parsed:
        if not isinstance(value, str):
            raise ValueError(f"must be one of {', '.join(kind)}")
        name = value.strip().upper()
        if name in aliases:
            return aliases[name]
        if name not in kind.__members__:
            raise ValueError(f"must be one of {', '.join(kind)}")
        return kind[name], ""

    return parse


def _switch(value: Any) -> _Parsed:
    known = {"true": True, "false": False}
    if isinstance(value, bool):
        return value, ""
    if isinstance(value, str) and value.strip().lower() in known:
        return known[value.strip().lower()], ""
    raise ValueError("must be true or false")


def _count(value: Any) -> _Parsed:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    if value < 0:
        raise ValueError("must be 0 (no limit) or more")
    if value > HARD_CAP:
        return HARD_CAP, f"no pod holds more than {HARD_CAP} ads; {HARD_CAP} is used"
    return value, ""


def _currency(value: Any) -> _Parsed:
    if isinstance(value, str) and _CURRENCY.fullmatch(value.strip()):
        return value.strip().upper(), ""
    raise ValueError("must be a currency code of three letters")


def _version(value: Any) -> _Parsed:
    text = value.strip() if isinstance(value, str) else shown(value)
    text = f"{text}.0" if text.isdigit() else text
    if text in VERSIONS:
        return text, ""
    raise ValueError(f"must be one of {', '.join(VERSIONS)}")


def _receiver(value: Any) -> _Parsed:
    name = value.strip().upper() if isinstance(value, str) else ""
    if name in RECEIVERS:
        return name, ""
    raise ValueError(f"must be one of {', '.join(RECEIVERS)}")


def _url(value: Any) -> _Parsed:
    url = value.strip() if isinstance(value, str) else ""
    # What XML cannot carry would make every no-ad document unreadable.
    if _URL.fullmatch(url) and writable(url) == url:
        return url, ""
    raise ValueError("must be an http or https address")


_PARSERS: Mapping[str, _Parser] = {
    "receiver": _receiver,
    "default_currency": _currency,
    "vast_version_default": _version,
    "max_ads_in_pod": _count,
    "selection_strategy": _enumeration(SelectionStrategy, _STRATEGY_ALIASES),
    "collision_policy": _enumeration(CollisionPolicy, _POLICY_ALIASES),
    "enable_debug": _switch,
    "allow_skeleton_vast": _switch,
    "deals_first": _switch,
    "allow_zero_price_deals": _switch,
    "version_policy": _enumeration(VersionPolicy, {}),
    "enforce_pod": _switch,
    "wrap_nurl": _switch,
    "lenient_markup": _switch,
    "repair_markup": _switch,
    "no_ad_error_url": _url,
}
_PLACEMENT: _Parser = _enumeration(Placement, _PLACEMENT_ALIASES)
KEY_ALIASES = {"debug": "enable_debug", "placement": "placement_rules"}
IGNORED_KEYS = {
    "enabled": "whether a build happens is decided by who asks for it",
    "placement_rules.pricing": "floor and ceiling prices are not part of a receiver's placement",
    "placement_rules.advertiser": "allowed and blocked domains are not part of a receiver's placement",
    "placement_rules.categories": "allowed and blocked categories are not part of a receiver's placement",
}
_PLACEMENT_DEBUG_REMARK = "placement.debug is read as enable_debug"


class _Layer(NamedTuple):
    values: dict[str, Any]
    placements: dict[str, Placement]


def _unset(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _read_layer(name: str, layer: object, notices: list[Notice]) -> _Layer:
    read = _Layer({}, {})
    if layer is None:
        return read
    if isinstance(layer, ReceiverConfig):
        layer = layer.to_dict()
    if not isinstance(layer, Mapping):
        notices.append(Notice("CONFIG_INVALID", "", f"the {name} layer is not an object; it was left out"))
        return read
    for raw_key, value in layer.items():
        key = KEY_ALIASES.get(str(raw_key), str(raw_key))
        if _unset(value):
            continue
        if key == "placement_rules":
            _read_placements(name, value, read, notices)
        else:
            _read_value(name, key, _PARSERS.get(key), value, read.values, notices)
    return read


def _read_value(
    layer: str, key: str, parser: _Parser | None, value: Any, into: dict[str, Any], notices: list[Notice]
) -> None:
    if parser is None:
        reason = IGNORED_KEYS.get(key)
        code = "CONFIG_KEY_IGNORED" if reason else "CONFIG_KEY_UNKNOWN"
        said = "is ignored: " + reason if reason else "is no setting"
        notices.append(Notice(code, "", f"{layer}: {writable(key[:60])} {said}"))
        return
    short = key.rpartition(".")[2]
    try:
        into[short], remark = parser(value)
    except ValueError as wrong:
        seen = repr(value[:60]) if isinstance(value, str) else shown(value)
        notices.append(
            Notice("CONFIG_VALUE_INVALID", "", f"{layer}: {key} is {seen}, but {wrong}; it was left out")
        )
        return
    if remark:
        notices.append(Notice("CONFIG_VALUE_ADJUSTED", "", f"{layer}: {key}: {remark}"))


def _read_placements(layer: str, rules: Any, read: _Layer, notices: list[Notice]) -> None:
    if not isinstance(rules, Mapping):
        notices.append(
            Notice("CONFIG_INVALID", "", f"{layer}: placement_rules is not an object; it was left out")
        )
        return
    for raw_key, value in rules.items():
        key = f"placement_rules.{raw_key}"
        if _unset(value):
            continue
        if raw_key == "debug":
            notices.append(Notice("CONFIG_VALUE_ADJUSTED", "", f"{layer}: {_PLACEMENT_DEBUG_REMARK}"))
            _read_value(layer, "enable_debug", _switch, value, read.values, notices)
            continue
        parser = _PLACEMENT if raw_key in PLACEMENT_KEYS else None
        _read_value(layer, key, parser, value, read.placements, notices)


def merge_config(
    host: Mapping[str, Any] | ReceiverConfig | None = None,
    account: Mapping[str, Any] | ReceiverConfig | None = None,
    profile: Mapping[str, Any] | ReceiverConfig | None = None,
) -> MergedConfig:
    """Profile over account over host over the defaults, key by key; the layers are neither changed nor aliased."""
    return _merge((("host", host), ("account", account), ("profile", profile)))


def _merge(layers: Iterable[tuple[str, Mapping[str, Any] | ReceiverConfig | None]]) -> MergedConfig:
    notices: list[Notice] = []
    values: dict[str, Any] = {}
    placements: dict[str, Placement] = {}
    provenance = {item.name: "default" for item in fields(ReceiverConfig) if item.name != "placement_rules"}
    provenance |= {f"placement_rules.{key}": "receiver" for key in PLACEMENT_KEYS}
    for name, layer in layers:
        read = _read_layer(name, layer, notices)
        values |= read.values
        placements |= read.placements
        provenance |= dict.fromkeys(read.values, name)
        provenance |= {f"placement_rules.{key}": name for key in read.placements}
    left = frozenset(PLACEMENT_KEYS).difference(placements)
    rules = replace(PlacementRules(), **placements, left_to_receiver=left)
    return MergedConfig(ReceiverConfig(**values, placement_rules=rules), tuple(notices), provenance)


def as_config(config: ReceiverConfig | Mapping[str, Any] | None) -> tuple[ReceiverConfig, tuple[Notice, ...]]:
    """A config from what callers hand over; a ReceiverConfig built by hand is checked like any other."""
    if config is None:
        return ReceiverConfig(), ()
    if isinstance(config, ReceiverConfig):
        return _checked(config)
    return ReceiverConfig.from_dict(config)


@lru_cache(maxsize=256)
def _checked(config: ReceiverConfig) -> tuple[ReceiverConfig, tuple[Notice, ...]]:
    merged = _merge([("config", config)])
    return merged.config, merged.notices
