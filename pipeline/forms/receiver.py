"""The settings of a receiver as form fields: each may be left to the layers below, and the engine judges the rest."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from pipeline.configuration import stated
from pipeline.engine import RECEIVERS, CollisionPolicy, Placement, SelectionStrategy, VersionPolicy
from pipeline.engine.config import PLACEMENT_KEYS
from vast.document import VERSIONS

RECEIVER_LABELS = {
    "GENERIC": "GENERIC: any player",
    "GAM_SSU": "GAM_SSU: Google Ad Manager, server-side unwrapping",
    "FREEWHEEL": "FREEWHEEL",
}
STRATEGY_LABELS = {
    "SINGLE": "SINGLE: the best bid only",
    "TOP_N": "TOP_N: a pod of the best",
    "ALL": "ALL: every valid bid",
}
POLICY_LABELS = {
    "VAST_WINS": "VAST_WINS: keep what the bidder wrote",
    "OPENRTB_WINS": "OPENRTB_WINS: replace by the bid's value",
    "OPENRTB_WINS_SILENTLY": "OPENRTB_WINS_SILENTLY: the same, without a warning",
    "MERGE": "MERGE: keep, and add the bid's value as an extension",
    "ERROR": "ERROR: drop the ad",
}
VERSION_LABELS = {
    "MAX": "MAX: the highest of the default and the ads",
    "FIXED": "FIXED: always the default",
}
PLACEMENT_LABELS = {
    "INLINE": "INLINE: the VAST element",
    "WRAPPER": "WRAPPER: on wrappers only",
    "EXTENSIONS": "EXTENSIONS: an extension",
    "SKIP": "SKIP: nowhere",
}
SWITCH_LABELS = {"true": "on", "false": "off"}
NOT_SET = "not set"
# Longer labels need the whole width of a form to be read.
_SHORT_LABEL = 26


GROUPS = {
    "For whom": ("receiver",),
    "Which bids": (
        "selection_strategy",
        "max_ads_in_pod",
        "deals_first",
        "allow_zero_price_deals",
        "enforce_pod",
    ),
    "The document": ("default_currency", "vast_version_default", "version_policy", "no_ad_error_url"),
    "What is written into the ads": ("collision_policy", *PLACEMENT_KEYS, "enable_debug"),
    "Markup that is not as it should be": (
        "wrap_nurl",
        "allow_skeleton_vast",
        "lenient_markup",
        "repair_markup",
    ),
}


class Setting(forms.CharField):
    """One setting as text. It may be blank; whether the engine can use it, the form asks the engine."""

    def __init__(self, label: str, choices: Iterable[tuple[str, str]] = (), **options: Any) -> None:
        rows = list(choices)
        attrs = {"class": "form-select" if rows else "form-control", "autocomplete": "off"}
        widget = forms.Select(attrs, [("", ""), *rows]) if rows else forms.TextInput(attrs)
        self.is_wide = any(len(text) > _SHORT_LABEL for _, text in rows)
        super().__init__(label=label, required=False, max_length=2048, widget=widget, **options)


def _labelled(names: Iterable[str], labels: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, labels[name]) for name in names if name in labels]


def _switch(label: str, **options: Any) -> Setting:
    return Setting(label, SWITCH_LABELS.items(), **options)


def _placement(label: str) -> Setting:
    return Setting(label, _labelled(Placement.__members__, PLACEMENT_LABELS))


class ReceiverFields(forms.Form):
    """Every key of a receiver configuration, the placements beside the others; blank means "not set here".

    ``clean`` puts the engine's refusals at their fields; ``config()`` is what is stated, in the engine's keys.
    """

    receiver = Setting("Receiver", [(name, RECEIVER_LABELS.get(name, name)) for name in RECEIVERS])
    selection_strategy = Setting(
        "Selection",
        _labelled(SelectionStrategy.__members__, STRATEGY_LABELS),
        help_text="Which bids are served.",
    )
    max_ads_in_pod = Setting("Most ads in the pod", help_text="0 = no limit but 100.")
    deals_first = _switch("Deals first", help_text="Before a higher price without a deal.")
    allow_zero_price_deals = _switch("Deals at price 0")
    enforce_pod = _switch("Enforce the pod", help_text="Apply the request's durations, blocks and floors.")
    default_currency = Setting("Default currency", help_text="Where the response names none.")
    vast_version_default = Setting("Default VAST version", [(version, version) for version in VERSIONS])
    version_policy = Setting("Root version", _labelled(VersionPolicy.__members__, VERSION_LABELS))
    collision_policy = Setting(
        "When the ad already says it", _labelled(CollisionPolicy.__members__, POLICY_LABELS)
    )
    pricing_placement = _placement("Price goes to")
    advertiser_placement = _placement("Advertiser goes to")
    categories_placement = _placement("Categories go to")
    debug_placement = _placement("Debug goes to")
    enable_debug = _switch("Debug extension", help_text="Ids of the bid, written into each ad.")
    wrap_nurl = _switch("Wrap the nurl", help_text="A bid without markup becomes a Wrapper.")
    allow_skeleton_vast = _switch("Skeletons", help_text="An ad without media for unusable markup.")
    lenient_markup = _switch("Lenient markup", help_text="Prefixed or miswritten root elements.")
    repair_markup = _switch("Repair markup", help_text="Mend what can be mended for sure.")
    no_ad_error_url = Setting("Error address without an ad", help_text="Called by players that get no ad.")

    def __init__(self, *args: Any, unset: Mapping[str, str] | None = None, **options: Any) -> None:
        """``unset`` says of each setting what applies while it is not set here."""
        super().__init__(*args, **options)
        for name in self.settings():
            widget = self.fields[name].widget
            _say_unset(widget, f"{NOT_SET}: {unset[name]}" if unset else NOT_SET)
            _offer(widget, self[name].value())

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The settings as a page groups them."""
        return [(title, [self[name] for name in names]) for title, names in GROUPS.items()]

    @classmethod
    def settings(cls) -> tuple[str, ...]:
        """The names of the fields that are settings of a receiver, also in forms that add more."""
        return tuple(ReceiverFields.base_fields)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.stated = stated.read(self._layer(data))
        for fault in self.stated.faults:
            self.add_error(fault.key.rpartition(".")[2], fault.text)
        return data

    def config(self) -> dict[str, Any]:
        """What was stated, in the engine's keys and spelling; what was refused is left out."""
        return self.stated.config

    def _layer(self, data: Mapping[str, Any]) -> dict[str, Any]:
        said = {name: data[name] for name in self.settings() if data.get(name)}
        rules = {name: said.pop(name) for name in PLACEMENT_KEYS if name in said}
        return {**said, **({stated.PLACEMENTS: rules} if rules else {})}

    @classmethod
    def initial_of(cls, config: Mapping[str, Any]) -> dict[str, str]:
        """The fields that show a stored layer; the inverse of ``config()``."""
        return {
            key: spelled(value)
            for key, value in stated.flat(config).items()
            if key in ReceiverFields.base_fields
        }


def spelled(value: Any) -> str:
    """A setting's value as its field holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _say_unset(widget: forms.Widget, text: str) -> None:
    if isinstance(widget, forms.Select):
        widget.choices = [("", text), *widget.choices[1:]]
    else:
        widget.attrs["placeholder"] = text


def _offer(widget: forms.Widget, value: Any) -> None:
    """A value that stands in a list although the list does not offer it must be seen, and survive saving."""
    if isinstance(widget, forms.Select) and value and value not in {choice for choice, _ in widget.choices}:
        widget.choices = [*widget.choices, (value, str(value)[:60])]
