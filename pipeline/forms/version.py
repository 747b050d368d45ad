"""An edit names the version of the row it was made on: of two edits of one version, the second is refused.

A version is a digest of what the form edits, so that a change elsewhere in the row disturbs nobody.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms

from pipeline.forms.endpoint import content_of
from pipeline.models import Endpoint, ReceiverProfile

FIELD = "version"


def profile_version(profile: ReceiverProfile) -> str:
    """The version that an edit of a profile must name; "" for one that is not saved yet."""
    content = {"name": profile.name, "title": profile.title, "config": profile.config}
    return version_of(content) if profile.pk else ""


def endpoint_version(endpoint: Endpoint) -> str:
    """The version that an edit of an endpoint must name; "" for one that is not saved yet."""
    return version_of(content_of(endpoint)) if endpoint.pk else ""


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
        here, there = _shown(form, name, form[name].value()), _shown(form, name, stored)
        if here != there:
            found.append(Difference(str(form.fields[name].label), there, here))
    return found


def _shown(form: forms.Form, name: str, value: Any) -> str:
    """As the page shows it: a choice by its label."""
    if isinstance(value, bool):
        return "on" if value else "off"
    text = "" if value is None else str(value)
    widget = form.fields[name].widget
    if isinstance(widget, forms.Select):
        text = next((str(label) for choice, label in widget.choices if str(choice) == text), text)
    return text
