"""What the API says of fields: the errors of a form as a problem document's rows, and an edit of an old version."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from django import forms
from django.http import HttpResponse
from pydantic import AfterValidator, BeforeValidator

from vastdash.web import problem

# Several times what a receiver has; the engine looks at each and remarks on it.
MOST_SETTINGS = 200


def _bearable(config: dict[str, Any]) -> dict[str, Any]:
    rules = sum(len(value) for value in config.values() if isinstance(value, Mapping))
    if len(config) + rules > MOST_SETTINGS:
        raise ValueError(f"holds more than {MOST_SETTINGS} settings")
    return config


def _object_or_text(value: Any) -> Any:
    """A union of its own would name its branches as if they were fields."""
    if not isinstance(value, (Mapping, str)):
        raise ValueError("must be a JSON object, or a text that holds one")
    return value


# An OpenRTB document.
Document = Annotated[dict[str, Any] | str, BeforeValidator(_object_or_text)]

# A receiver configuration in its JSON keys.
Config = Annotated[dict[str, Any], AfterValidator(_bearable)]


def field_errors(form: forms.BaseForm) -> list[dict[str, str]]:
    """A row for each field of a validated form that is wrong; what belongs to none is the ``body``'s."""
    return [
        {"field": "body" if name == "__all__" else name, "text": " ".join(errors)}
        for name, errors in form.errors.items()
    ]


def outdated(version: str) -> HttpResponse:
    """409 for an edit of a version that another edit has replaced."""
    detail = "Somebody saved another edit since this version was read."
    return problem(409, "Edited meanwhile", detail, field="version", version=version)


def unstorable(content: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row for each field that holds what no column can: NaN, Infinity, half a surrogate pair."""
    text = "Holds a number or a text that cannot be stored."
    return [{"field": name, "text": text} for name, value in content.items() if not _is_storable(value)]


def refused(wrong: list[dict[str, str]]) -> HttpResponse:
    """422 that names every field and why."""
    named = "; ".join(f"{row['field']}: {row['text']}" for row in wrong)
    return problem(422, "Not valid", named, fields=wrong)


def _is_storable(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True
