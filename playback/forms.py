"""The forms of the configuration levels: the playback settings and rules of a provider or publisher."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from playback.engine import InterruptionReason
from playback.engine.configuration.interruptions import ANCHORS, EVENT_POSITIONS
from playback.rules.checking import Fault, fault_of
from vastdash.models import Publisher

INHERIT = "inherit"
DEFAULT = "default"
MODES = (("real", "real"), ("headless", "headless"), ("auto", "auto"))
ANCHOR_LABELS = {"ad_start": "ad start", "event": "the event"}


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

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        described(self)

    def row(self) -> dict[str, Any]:
        """What was filled in, in the types the engine expects."""
        stated = {name: value for name, value in self.cleaned_data.items() if value not in {None, ""}}
        switches = {"true": True, "false": False}
        return {
            name: switches.get(value, value) if isinstance(value, str) else value
            for name, value in stated.items()
        }

    @classmethod
    def initial_of(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        texts = {True: "true", False: "false"}
        return {
            name: texts[value] if isinstance(value, bool) else _short(value)
            for name, value in row.items()
            if name != "rules"
        }


def in_words(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The settings a level states, as the form calls them, for whoever may only read them."""
    fields = SettingsForm.base_fields
    return [(str(fields[name].label), _spoken(value)) for name, value in row.items() if name in fields]


def _spoken(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def described(form: forms.Form) -> None:
    """Each control names the place where its error will stand, so that it is read out with the field."""
    for name, field in form.fields.items():
        place = f"id_{form.add_prefix(name)}"
        hint = f" {place}_helptext" if field.help_text else ""
        field.widget.attrs["aria-describedby"] = f"{place}_error{hint}"


class RuleForm(forms.Form):
    """The interruption rule of one event at one level; nothing filled in is no rule. A publisher may state a part of a
    rule, or take a rule away."""

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

    def __init__(self, *args: Any, level: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["event"].widget = forms.HiddenInput()
        if level == "provider":
            del self.fields["removed"]
            for name in ("anchor", "reason"):
                choices = self.fields[name].choices  # type: ignore[attr-defined]
                self.fields[name].choices = [("", DEFAULT), *choices[1:]]  # type: ignore[attr-defined]
        described(self)

    @property
    def named(self) -> str:
        """The event as it stands in the row, which says nothing else of what it is."""
        return str(self["event"].value() or "")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if _stated(data) and not data.get("event"):
            raise forms.ValidationError({"event": "Choose the event this rule belongs to."})
        return data

    def row(self) -> dict[str, Any] | None:
        data = _stated(self.cleaned_data)
        if data.pop("DELETE", False) or not data.get("event") or len(data) == 1:
            return None
        return {"event": data["event"], "removed": True} if data.get("removed") else data


def _stated(data: dict[str, Any]) -> dict[str, Any]:
    """What was filled in; 0 is a number somebody wrote, an unticked box is not."""
    return {key: value for key, value in data.items() if value not in (None, "") and value is not False}


# What is posted says how many forms it holds; past absolute_max they are not even made.
RuleFormSet = forms.formset_factory(
    RuleForm,
    extra=0,
    max_num=len(EVENT_POSITIONS),
    absolute_max=2 * len(EVENT_POSITIONS),
    can_delete=True,
)


def every_event(rules: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules in their order, and behind them the events that have none."""
    found = [{name: _short(value) for name, value in rule.items()} for rule in rules]
    there = {rule["event"] for rule in found}
    return [*found, *({"event": event} for event in EVENT_POSITIONS if event not in there)]


def _short(value: Any) -> Any:
    """A number as people write it: 5, not 5.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Profile:
    """The two parts of a level's form as one: bound, checked by the engine's own resolver, and read back as a row."""

    def __init__(self, row: Mapping[str, Any], level: str, data: Any = None) -> None:
        self.level = level
        self.settings = SettingsForm(data, initial=SettingsForm.initial_of(row))
        self.rules = RuleFormSet(
            data, initial=every_event(row.get("rules", [])), prefix="rules", form_kwargs={"level": level}
        )
        self.row: dict[str, Any] = dict(row)

    def is_valid(self) -> bool:
        """Also leaves in ``row`` what was filled in, without the fields and rules that cannot be."""
        if self.settings.is_valid() & self.rules.is_valid():
            self.row = self._filled_in()
            if self._no_event_twice() and (fault := fault_of(self.level, self.row)):
                self._blame(fault)
        self.row = self._filled_in()
        return not self.has_errors

    def _filled_in(self) -> dict[str, Any]:
        rules = [row for form in self.rules.forms if form.is_valid() and (row := form.row())]
        return {**self.settings.row(), **({"rules": rules} if rules else {})}

    @property
    def left_out(self) -> list[str]:
        """Events whose rules have errors."""
        return [form.named for form in self.rules.forms if form.errors]

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

    def _blame(self, fault: Fault) -> None:
        """Puts the engine's complaint beside the field it names."""
        parts = fault.field.split(".")
        if parts[0] == "interruption_rules" and len(parts) > 1:
            for form in self.rules.forms:
                if form.cleaned_data.get("event") == parts[1]:
                    form.add_error(
                        parts[2] if len(parts) > 2 and parts[2] in form.fields else None, fault.text
                    )
                    return
        self.settings.add_error(parts[0] if parts[0] in self.settings.fields else None, fault.text)

    @property
    def has_errors(self) -> bool:
        if not self.settings.is_bound:
            return False
        return bool(self.settings.errors) or not self.rules.is_valid()


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
