"""The configuration in force for a player, publisher and provider, and what each level said of every field and rule."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, NamedTuple

from django import forms

from playback.engine import Absent, ConfigError, Traced, trace
from playback.exchange.reading import Unreadable, read
from playback.forms import ANCHOR_LABELS, RuleForm, SettingsForm, choice_field
from playback.models import Provider
from playback.rows import global_level, provider_levels, publisher_levels
from vastdash.models import Publisher

_RULES_EXAMPLE = "start: {probability: 0.2, max_offset_sec: 3}\nmidpoint: null"


class EffectiveForm(SettingsForm):
    """Whom and what to ask about: a provider, a publisher, and what a player states itself; an empty field nothing."""

    provider = choice_field(
        [],
        "none",
        label="Provider",
        error_messages={"invalid_choice": "There is no provider named “%(value)s”."},
    )
    publisher = choice_field(
        [],
        "none",
        label="Publisher",
        error_messages={"invalid_choice": "There is no publisher named “%(value)s”."},
    )
    rules = forms.CharField(
        required=False,
        max_length=10_000,
        label="Rules of the player",
        help_text="Event: parts, as YAML or JSON; null takes a rule away.",
        widget=forms.Textarea(
            attrs={
                "class": "form-control",
                "rows": 3,
                "spellcheck": "false",
                "autocomplete": "off",
                "placeholder": _RULES_EXAMPLE,
            }
        ),
    )
    field_order = ("provider", "publisher")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["provider"].choices += [(row.name, row.title) for row in Provider.objects.all()]
        self.fields["publisher"].choices += [(row.name, row.title) for row in Publisher.objects.all()]

    def clean_rules(self) -> Any:
        text = self.cleaned_data["rules"]
        try:
            return read(text) if text.strip() else None
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from None

    def row(self) -> dict[str, Any]:
        asked = {**self.cleaned_data, "provider": None, "publisher": None, "rules": None}
        return _stated(asked)

    def override(self) -> dict[str, Any]:
        """What the player states, as the resolver takes it."""
        rules = self.cleaned_data["rules"]
        return {**self.row(), **({} if rules is None else {"interruption_rules": rules})}

    def traced(self) -> tuple[Traced, ...]:
        """Nothing when the form has errors; what the engine refuses becomes one, at the field it names."""
        if not self.is_valid():
            return ()
        try:
            return trace(
                publisher=self.cleaned_data["publisher"] or None,
                provider=self.cleaned_data["provider"] or None,
                global_config=global_level(),
                override=self.override(),
                providers=provider_levels(),
                publishers=publisher_levels(),
            )
        except ConfigError as error:
            self._blame(error)
            return ()

    def _blame(self, error: ConfigError) -> None:
        """At the field that states it, else at the form: then a stored profile is wrong."""
        name, _, rest = error.field.partition(".")
        rules = self.cleaned_data["rules"]
        event = rest.partition(".")[0]
        if (
            name == "interruption_rules"
            and rules is not None
            and (not isinstance(rules, Mapping) or event in rules)
        ):
            self.add_error(
                "rules", str(error).removeprefix("interruption_rules.").removeprefix("interruption_rules: ")
            )
        elif self.cleaned_data.get(name) not in {None, ""}:
            self.add_error(name, str(error).removeprefix(f"{name}: "))
        else:
            self.add_error(None, f"A stored profile does not resolve: {error}")

    def named(self) -> dict[str, Any]:
        """What was asked, without what was left empty: the query of this page's address."""
        return {name: self.data[name] for name in self.fields if self.data.get(name, "").strip()}


_SWITCHES = {"true": True, "false": False}


def _stated(data: Mapping[str, Any]) -> dict[str, Any]:
    stated = {name: value for name, value in data.items() if value is not None and value != ""}
    return {
        name: _SWITCHES.get(value, value) if isinstance(value, str) else value
        for name, value in stated.items()
    }


class Row(NamedTuple):
    """One field or rule part in words. ``said``: highest level first, its statement or "", and whether that counts."""

    label: str
    value: str
    level: str
    said: tuple[tuple[str, bool], ...]
    default: str


class Group(NamedTuple):
    """The settings, or one rule; ``gone`` names the level that took the rule away, else ""."""

    event: str
    gone: str
    rows: tuple[Row, ...]


LEVELS = ("override", "publisher", "provider", "global")


def groups(traced: Iterable[Traced]) -> list[Group]:
    found = []
    for event, together in groupby(traced, key=lambda row: row.event):
        rows = tuple(together)
        gone = rows[0].level if rows[0].value is Absent.NONE else ""
        found.append(Group(event, gone, tuple(_row(row) for row in rows)))
    return found


def counts(traced: Iterable[Traced]) -> list[tuple[str, int]]:
    """How many of the values in force each level gives, highest first; only those that give any."""
    number = Counter(row.level for row in traced if row.value is not Absent.NONE)
    return [(level, number[level]) for level in (*LEVELS, "default") if number[level]]


def _row(row: Traced) -> Row:
    said = tuple(
        (spoken(row.name, row.said[level]) if level in row.said else "", level == row.level)
        for level in LEVELS
    )
    return Row(label(row), spoken(row.name, row.value), row.level, said, spoken(row.name, row.default))


def label(row: Traced) -> str:
    """What the forms call it; the engine's name of what they do not have."""
    fields = (RuleForm if row.event else SettingsForm).base_fields
    return str(fields[row.name].label) if row.name in fields else row.name


def spoken(name: str, value: Any) -> str:
    """A value of a field or rule part in words."""
    if value is Absent.NONE:
        return "–"
    if value is Absent.REMOVED:
        return "no such rule"
    if name == "max_session_duration_sec" and not value:
        return "no limit"
    if isinstance(value, bool):
        return "on" if value else "off"
    if name == "anchor":
        return ANCHOR_LABELS.get(str(value), str(value))
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def told(traced: Iterable[Traced]) -> list[dict[str, Any]]:
    """The same for programs: JSON-native, a rule that a level takes away as ``{"removed": true}``."""
    return [
        {
            "field": row.place,
            "value": _plain(row.value),
            "level": row.level,
            "said": {level: _plain(value) for level, value in row.said.items()},
            "default": _plain(row.default),
        }
        for row in traced
    ]


def _plain(value: Any) -> Any:
    return {"removed": True} if value is Absent.REMOVED else None if value is Absent.NONE else value
