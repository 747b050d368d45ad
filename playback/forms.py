"""The forms of the configuration levels: the playback settings and rules of a provider or publisher."""

from typing import Any

from django import forms

from playback.engine import ConfigError, ConfigResolver, InterruptionReason
from playback.engine.configuration.interruptions import ANCHORS, EVENT_POSITIONS
from playback.rows import provider_levels, to_partial
from vastdash.models import Publisher
from vastdash.version import Difference, differences, shown

INHERIT = "inherit"
MODES = (("real", "real"), ("headless", "headless"), ("auto", "auto"))
ANCHOR_LABELS = {"ad_start": "start of the ad", "event": "the event"}


class NumberField(forms.FloatField):
    def __init__(self, **options: Any) -> None:
        attrs = {"class": "form-control", "step": "any", "inputmode": "decimal", "autocomplete": "off"}
        super().__init__(widget=forms.NumberInput(attrs=attrs), **{"required": False, **options})


def choice_field(choices: Any, blank: str | None = None, **options: Any) -> forms.ChoiceField:
    rows = ([("", blank)] if blank is not None else []) + list(choices)
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(choices=rows, required=blank is None, widget=widget, **options)


_SWITCH = (("true", "on"), ("false", "off"))


class SettingsForm(forms.Form):
    """The scalar playback settings of one level; an empty field leaves the value to the level below."""

    mode = choice_field(MODES, INHERIT, label="Mode")
    max_session_duration_sec = NumberField(
        min_value=0, label="Longest session, s", help_text="0 = no limit; pauses count."
    )
    quartile_offset_tolerance_sec = NumberField(
        min_value=0, label="Quartile tolerance, s", help_text="Seen later than this: flagged late."
    )
    headless_tick_interval_sec = NumberField(
        min_value=0, label="Position sample, s", help_text="Grain of position records only."
    )
    headless_playback_speed = NumberField(
        min_value=0,
        label="Pace of watched headless sessions",
        help_text="2 = twice real time, 0 = as fast as possible.",
    )
    enable_auto_quartiles = choice_field(_SWITCH, INHERIT, label="Quartiles")
    emit_playback_events = choice_field(_SWITCH, INHERIT, label="Event list")
    log_tracking_urls = choice_field(_SWITCH, INHERIT, label="Tracking URLs in the record")
    enable_session_persistence = choice_field(_SWITCH, INHERIT, label="Checkpoints")
    pause_pixels = choice_field(
        (("every", "every time"), ("once", "once a session")), INHERIT, label="Pause and resume pixels"
    )

    def row(self) -> dict[str, Any]:
        """What was filled in, in the types the engine expects."""
        stated = {name: value for name, value in self.cleaned_data.items() if value not in {None, ""}}
        switches = {"true": True, "false": False}
        return {
            name: switches.get(value, value) if isinstance(value, str) else value
            for name, value in stated.items()
        }

    @classmethod
    def initial_of(cls, row: dict[str, Any]) -> dict[str, Any]:
        texts = {True: "true", False: "false"}
        return {
            name: texts.get(value, value) if isinstance(value, bool) else value
            for name, value in row.items()
            if name != "rules"
        }


def in_words(row: dict[str, Any]) -> list[tuple[str, str]]:
    """The settings a level states, as the form calls them, for whoever may only read them."""
    fields = SettingsForm.base_fields
    return [(str(fields[name].label), _spoken(value)) for name, value in row.items() if name in fields]


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


class RuleForm(forms.Form):
    """One interruption rule of one level. A publisher may state a part of a rule, or take a rule away."""

    event = choice_field([(name, name) for name in EVENT_POSITIONS], "–", label="Event")
    probability = NumberField(label="Probability", min_value=0, max_value=1)
    min_offset_sec = NumberField(label="From, s")
    max_offset_sec = NumberField(label="To, s")
    anchor = choice_field([(name, ANCHOR_LABELS[name]) for name in ANCHORS], INHERIT, label="Counted from")
    reason = choice_field(
        [(reason.value, reason.value) for reason in InterruptionReason], INHERIT, label="Reason"
    )
    removed = forms.BooleanField(
        required=False,
        label="No such rule here",
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if _stated(data) and not data.get("event"):
            raise forms.ValidationError({"event": "Choose the event this rule belongs to."})
        return data

    def row(self) -> dict[str, Any] | None:
        data = _stated(self.cleaned_data)
        if data.pop("DELETE", False) or not data.get("event"):
            return None
        return {"event": data["event"], "removed": True} if data.get("removed") else data


def _stated(data: dict[str, Any]) -> dict[str, Any]:
    """What was filled in; 0 is a number somebody wrote, an unticked box is not."""
    return {key: value for key, value in data.items() if value not in (None, "") and value is not False}


# What is posted says how many forms it holds; past absolute_max they are not even made.
RuleFormSet = forms.formset_factory(
    RuleForm,
    extra=1,
    max_num=len(EVENT_POSITIONS),
    absolute_max=2 * len(EVENT_POSITIONS),
    can_delete=True,
)


class Profile:
    """The two parts of a level's form as one: bound, checked by the engine's own resolver, and read back as a row."""

    def __init__(self, row: dict[str, Any], level: str, data: Any = None) -> None:
        self.level = level
        self.settings = SettingsForm(data, initial=SettingsForm.initial_of(row))
        self.rules = RuleFormSet(data, initial=row.get("rules", []), prefix="rules")
        self.row: dict[str, Any] = {}

    def is_valid(self) -> bool:
        if not (self.settings.is_valid() & self.rules.is_valid()):
            return False
        rules = [
            row
            for form in self.rules.forms
            if (row := form.row() if form.has_changed() or form.initial else None)
        ]
        self.row = {**self.settings.row(), **({"rules": rules} if rules else {})}
        return self._no_event_twice() and self._accepted_by_engine()

    def _no_event_twice(self) -> bool:
        seen: set[str] = set()
        for form in self.rules.forms:
            event = form.cleaned_data.get("event")
            if not event or form.cleaned_data.get("DELETE"):
                continue
            if event in seen:
                form.add_error("event", f"There is already a rule for {event}.")
            seen.add(event)
        return not self.has_errors

    def _accepted_by_engine(self) -> bool:
        """A provider must hold whole rules; a publisher's parts are tried alone and on top of every provider."""
        partial = to_partial(self.row)
        if self.level == "provider":
            self._try(provider="draft", providers={"draft": partial})
            return not self.has_errors
        providers = provider_levels()
        for name in (None, *(name for name, level in providers.items() if _resolves(level))):
            if not self.has_errors:
                self._try(
                    provider=name, providers=providers, publisher="draft", publishers={"draft": partial}
                )
        return not self.has_errors

    def _try(self, **levels: Any) -> None:
        try:
            ConfigResolver.resolve(**levels)
        except ConfigError as error:
            provider = levels["provider"] if self.level == "publisher" else None
            self._blame(error, f"With {provider}: {error.text}" if provider else error.text)

    def _blame(self, error: ConfigError, text: str) -> None:
        """Put the engine's complaint beside the field it names: ``interruption_rules.<event>.<field>`` or a setting."""
        parts = error.field.split(".")
        if parts[0] == "interruption_rules" and len(parts) > 1:
            for form in self.rules.forms:
                if form.cleaned_data.get("event") == parts[1]:
                    form.add_error(parts[2] if len(parts) > 2 and parts[2] in form.fields else None, text)
                    return
        self.settings.add_error(parts[0] if parts[0] in self.settings.fields else None, text)

    @property
    def has_errors(self) -> bool:
        return bool(self.settings.errors) or any(form.errors for form in self.rules.forms)

    def differences(self, stored: dict[str, Any]) -> list[Difference]:
        """Where what was filled in differs from what is stored now: the settings by field, the rules by event."""
        there = Profile(stored, self.level)
        settings = {name: there.settings[name].value() for name in there.settings.fields}
        theirs, yours = _rules_shown(there.rules), _rules_shown(self.rules)
        return differences(self.settings, settings) + [
            Difference(f"Rule {event}", theirs.get(event, ""), yours.get(event, ""))
            for event in dict.fromkeys((*theirs, *yours))
            if theirs.get(event) != yours.get(event)
        ]


def _rules_shown(rules: forms.BaseFormSet) -> dict[str, str]:
    """Each rule by its event as the page shows it."""
    found = {}
    for form in rules.forms:
        event = form["event"].value()
        if event and not form["DELETE"].value():
            said = _stated(
                {field.name: field.value() for field in form if field.name not in {"event", "DELETE"}}
            )
            found[event] = "; ".join(
                f"{form.fields[name].label}: {shown(form, name, value)}" for name, value in said.items()
            )
    return found


def _resolves(level: dict[str, Any]) -> bool:
    try:
        ConfigResolver.resolve(provider="it", providers={"it": level})
    except ConfigError:
        return False
    return True


class PublisherForm(forms.ModelForm):
    class Meta:
        model = Publisher
        fields = ("name", "title")
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "title": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        }
        help_texts = {"name": "Letters, digits, hyphens: how sessions and the API name it."}

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if name == "new":
            raise forms.ValidationError("“new” is the address of this form: choose another name.")
        return name
