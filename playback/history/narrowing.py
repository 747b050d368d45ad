"""What an address narrows a history to: the form that reads it, the choice it means, and the address written back.

Days are whole days in UTC. Dates named win over a preset, so that an address with both means the dates.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from playback.history.choice import NONE, Choice
from playback.history.outcome import REASONS, Outcome
from playback.history.sentence import in_words
from playback.history.trend import midnight
from playback.models import Provider, Session, SessionCohort
from vastdash.models import Publisher

ADDRESS = "/history/"
PRESETS = {
    "1": "today",
    "7": "the last 7 days",
    "30": "the last 30 days",
    "90": "the last 90 days",
    "all": "all time",
}
USUAL_PRESET = "30"
ORDERS = {"newest": "newest first", "oldest": "oldest first"}
# What an address holds beside time and order, in the order of the form, by the name a choice has for it.
ALIKE = ("provider", "publisher", "outcome", "reason", "status", "mode", "source", "text")
# What says how a session ended: a rate among sessions that ended alike would say nothing.
ENDS = ("outcome", "reason", "status")
MODES = ("real", "headless")

_SELECT = {"class": "form-select form-select-sm"}
_DATE = forms.DateInput(attrs={"class": "form-control form-control-sm", "type": "date"}, format="%Y-%m-%d")
_TEXT = forms.TextInput(
    attrs={"class": "form-control form-control-sm", "type": "search", "autocomplete": "off"}
)


def _pick(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, widget=forms.Select(attrs=_SELECT))


class HistoryForm(forms.Form):
    """The filter of a history. A provider or publisher that only old sessions name is known as well."""

    days = _pick("Time")
    since = forms.DateField(label="From", required=False, widget=_DATE)
    until = forms.DateField(label="To", required=False, widget=_DATE)
    provider = _pick("Provider")
    publisher = _pick("Publisher")
    outcome = _pick("Outcome")
    reason = _pick("Reason")
    status = _pick("State")
    mode = _pick("Mode")
    source = _pick("Source")
    text = forms.CharField(label="Id or title", required=False, max_length=200, widget=_TEXT)
    order = _pick("Order")

    def __init__(self, query: QueryDict) -> None:
        asked = query.dict()
        # The form shows what holds: dates where any is named, else a preset.
        dates = asked.get("since") or asked.get("until")
        asked["days"] = "dates" if dates else asked.get("days") or USUAL_PRESET
        super().__init__(asked)
        providers, publishers = _names()
        any_: list[tuple[str, str]] = [("", "any")]
        rows = {
            "days": [*PRESETS.items(), ("dates", "from – to")],
            "provider": [*any_, (NONE, "none"), *providers.items()],
            "publisher": [*any_, (NONE, "none"), *publishers.items()],
            "outcome": [*any_, *((one.value, one.value) for one in Outcome)],
            "reason": [*any_, *((reason, in_words(reason)) for reason in REASONS)],
            "status": [*any_, *((one.value, one.value) for one in Session.Status)],
            "mode": [*any_, *((mode, mode) for mode in MODES)],
            "source": [*any_, *((one.value, one.value) for one in Session.Source)],
            "order": [*ORDERS.items()],
        }
        for name, choices in rows.items():
            self.fields[name].choices = choices
            self.fields[name].error_messages["invalid_choice"] = f"There is no {name} “%(value)s”."

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day lies before the first.")
        return found


def _names() -> tuple[dict[str, str], dict[str, str]]:
    """Providers and publishers, and what they are called; names that sessions alone still know come last."""
    told = (
        dict(Provider.objects.values_list("name", "title")),
        dict(Publisher.objects.values_list("name", "title")),
    )
    met = SessionCohort.objects.order_by().values_list("provider", "publisher").distinct()
    for row in sorted(met):
        for names, name in zip(told, row, strict=True):
            if name:
                names.setdefault(name, name)
    return told


class Chip(NamedTuple):
    """One thing a history is narrowed to, in words, and the address without it."""

    label: str
    value: str
    address: str


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A history as an address asks for it: a preset of `days` or dates, both within it, and what sessions are alike in.

    `shown` has the words for a value where they differ from it.
    """

    today: date
    days: str = USUAL_PRESET
    since: date | None = None
    until: date | None = None
    alike: Mapping[str, str] = field(default_factory=dict)
    order: str = "newest"
    shown: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: HistoryForm, today: date) -> "Narrowed":
        """What a valid form says."""
        given = form.cleaned_data
        alike = {name: given[name] for name in ALIKE if given[name]}
        shown = {name: _label(form, name, value) for name, value in alike.items()}
        since, until = given["since"], given["until"]
        preset = given["days"] if given["days"] in PRESETS else USUAL_PRESET
        days = "dates" if since or until else preset
        return cls(today, days, since, until, alike, given["order"] or "newest", shown)

    @property
    def first_day(self) -> date | None:
        """None is as long ago as there is anything."""
        if self.days in PRESETS:
            return None if self.days == "all" else self.today - timedelta(days=int(self.days) - 1)
        return self.since

    @property
    def last_day(self) -> date:
        return self.until or self.today

    @property
    def choice(self) -> Choice:
        first = self.first_day
        after = self.until + timedelta(days=1) if self.until and self.until < date.max else None
        return Choice(
            since=midnight(first) if first else None, until=midnight(after) if after else None, **self.alike
        )

    @property
    def otherwise_alike(self) -> Choice | None:
        """The same sessions however they ended; None where nothing is said of their end."""
        if not any(self.alike.get(name) for name in ENDS):
            return None
        return replace(self.choice, **dict.fromkeys(ENDS, ""))

    @property
    def is_ascending(self) -> bool:
        return self.order == "oldest"

    @property
    def query(self) -> str:
        """The shortest query that says the same; a preset is always named, so that it is never empty."""
        time: dict[str, Any] = {"days": self.days} if self.days in PRESETS else {}
        dates = {"since": self.since, "until": self.until}
        time |= {name: day for name, day in dates.items() if day and not time}
        order = {"order": self.order} if self.order != "newest" else {}
        return urlencode({**time, **self.alike, **order})

    def address(self, page: str = ADDRESS, **changes: Any) -> str:
        """Where the same history lies with some things changed; None or "" takes one away. Dates in place of a preset
        are `since` and `until`."""
        time = {"days": self.days, "since": self.since, "until": self.until}
        if changes.get("since") or changes.get("until"):
            time = {"days": "dates", "since": None, "until": None}
        time |= {name: changes[name] for name in time if name in changes}
        alike = {**self.alike, **{name: changes[name] for name in ALIKE if name in changes}}
        other = Narrowed(
            self.today,
            **time,
            alike={name: alike[name] for name in ALIKE if alike.get(name)},
            order=changes.get("order", self.order),
        )
        return f"{page}?{other.query}"

    @property
    def time_said(self) -> str:
        """The time in words, for a sentence."""
        if self.days in PRESETS:
            return PRESETS[self.days]
        if self.since == self.until:
            return f"{self.since:%A %Y-%m-%d}"
        return f"{self.since or 'the beginning'} to {self.until or 'today'}"

    @property
    def when_said(self) -> str:
        """The same as part of a sentence: "sessions … in the last 7 days"."""
        if self.days == "1":
            return self.time_said
        if self.days in PRESETS:
            return f"in {self.time_said}"
        return f"on {self.time_said}" if self.since == self.until else f"from {self.time_said}"

    @property
    def chips(self) -> list[Chip]:
        """What the history is narrowed to, time first unless it is the usual stretch."""
        found = []
        if self.days != USUAL_PRESET:
            found.append(
                Chip("Time", self.time_said, self.address(days=USUAL_PRESET, since=None, until=None))
            )
        for name, value in self.alike.items():
            label = str(HistoryForm.base_fields[name].label)
            found.append(Chip(label, self.shown.get(name, value), self.address(**{name: ""})))
        return found


def _label(form: HistoryForm, name: str, value: str) -> str:
    choices = dict(getattr(form.fields[name], "choices", ()))
    return str(choices.get(value, value))
