"""An edit names the version of the row it was made on: of two edits of one version, the second is refused.

A version is a digest of what the form edits, so that a change elsewhere in the row disturbs nobody.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms

FIELD = "version"


class Difference(NamedTuple):
    """A field that holds something else by now than in the refused edit."""

    label: str
    theirs: str
    yours: str


def version_of(content: Mapping[str, Any]) -> str:
    """The version of a row whose editable content is this, JSON-native."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def differences(form: forms.Form, theirs: Mapping[str, Any]) -> list[Difference]:
    """Where a bound form differs from what is stored now, by field name in ``theirs``."""
    found = []
    for name, stored in theirs.items():
        if name not in form.fields:
            continue
        here, there = shown(form, name, form[name].value()), shown(form, name, stored)
        if here != there:
            found.append(Difference(str(form.fields[name].label), there, here))
    return found


def shown(form: forms.Form, name: str, value: Any) -> str:
    """A field's value as the page shows it: a choice by its label, a number however it was written."""
    field = form.fields[name]
    if isinstance(value, bool):
        return "on" if value else "off"
    text = "" if value is None else str(value)
    if isinstance(field, forms.FloatField):
        return _plain(text)
    if isinstance(field.widget, forms.Select):
        text = next((str(label) for choice, label in field.widget.choices if str(choice) == text), text)
    return text


def _plain(text: str) -> str:
    try:
        return str(float(text)).removesuffix(".0")
    except ValueError:
        return text
