"""What a receiver configuration comes to, field by field: the value, the layer that said it, and what others say."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from django.conf import settings

from pipeline.configuration import layers
from pipeline.configuration.layers import Layer
from pipeline.configuration.stated import PLACEMENTS, flat, read
from pipeline.engine import RECEIVERS, MergedConfig, Notice, ReceiverConfig
from pipeline.engine.config import PLACEMENT_KEYS
from pipeline.forms.receiver import ReceiverFields
from vast.document import VERSIONS

_NOBODY = frozenset({"default", "receiver"})


class Said(NamedTuple):
    """What one layer says of a setting."""

    layer: str
    value: str


class Row(NamedTuple):
    """One setting: what applies, who said it, what the layers below would say, and what applied before."""

    key: str
    label: str
    value: str
    layer: str
    below: tuple[Said, ...]
    was: str

    @property
    def changed(self) -> bool:
        return self.value != self.was


class Effective(NamedTuple):
    """A configuration as it would apply; ``notices`` tell what is wrong with its layers."""

    merged: MergedConfig
    rows: tuple[Row, ...]

    @property
    def config(self) -> ReceiverConfig:
        return self.merged.config

    @property
    def notices(self) -> tuple[Notice, ...]:
        return self.merged.notices

    @property
    def changed(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.changed)


def effective(
    account: Layer | None = None, profile: Layer | None = None, *, saved: "Effective | None" = None
) -> Effective:
    """The layers of the installation, a publisher and a profile as one; ``saved`` is what it is compared with."""
    merged = layers.merged(account, profile)
    values = _values(merged.config.to_dict())
    lowest = _values(ReceiverConfig(receiver=merged.config.receiver).to_dict())
    lowest["receiver"] = ReceiverConfig().receiver
    stated = {
        "profile": flat(read(profile or {}).config),
        "account": flat(read(account or {}).config),
        "host": flat(read(settings.RECEIVER_CONFIG).config),
    }
    before = {row.key: row.value for row in saved.rows} if saved else values
    rows = []
    for key, field in ReceiverFields.base_fields.items():
        layer = merged.provenance[_provenance_key(key)]
        below = _below(key, layer, stated, lowest[key])
        rows.append(Row(key, str(field.label), values[key], layer, below, before[key]))
    return Effective(merged, tuple(rows))


def unset(account: Layer | None = None) -> dict[str, str]:
    """Of each setting what applies where a profile (or, without ``account``, a publisher) does not set it."""
    return {
        row.key: "receiver decides" if row.layer == "receiver" else f"{row.value} ({row.layer})"
        for row in effective(account).rows
    }


def host_notices() -> tuple[Notice, ...]:
    """What is wrong with the installation's own layer."""
    return layers.merged().notices


def said_by(layer: Layer) -> list[tuple[str, str]]:
    """What a layer states, as the form calls it, in the form's order."""
    said = flat(read(layer).config)
    fields = ReceiverFields.base_fields
    return [(str(fields[key].label), spoken(said[key])) for key in fields if key in said]


def spoken(value: Any) -> str:
    """A setting's value in words."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) if value != "" else "none"


def _provenance_key(key: str) -> str:
    return f"{PLACEMENTS}.{key}" if key in PLACEMENT_KEYS else key


def _values(config: Mapping[str, Any]) -> dict[str, str]:
    """Each setting in words, from a configuration as ``ReceiverConfig.to_dict()`` writes it."""
    written = flat(config)
    left = {
        rule: _receivers_choice(config["receiver"], rule) for rule in PLACEMENT_KEYS if rule not in written
    }
    return {key: spoken(value) for key, value in written.items()} | left


def _receivers_choice(receiver: str, rule: str) -> str:
    """Where the receiver puts something: by version where that makes a difference."""
    if receiver not in RECEIVERS:
        return "left to the receiver"
    choices = [(version, RECEIVERS[receiver].placement(rule, version)) for version in VERSIONS]
    told = [str(choices[0][1])]
    for (_, before), (version, choice) in pairwise(choices):
        if choice != before:
            told.append(f"{choice} from VAST {version}")
    return ", ".join(told)


def _below(key: str, layer: str, stated: Mapping[str, Layer], lowest: str) -> tuple[Said, ...]:
    """What the layers under the one that decided say, nearest first."""
    if layer in _NOBODY:
        return ()
    names = list(stated)
    said = [
        Said(name, spoken(stated[name][key]))
        for name in names[names.index(layer) + 1 :]
        if key in stated[name]
    ]
    return (*said, Said("receiver" if key in PLACEMENT_KEYS else "default", lowest))
