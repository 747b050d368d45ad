"""What the list of sessions can be narrowed to."""

import django_filters
from django import forms
from django.db.models import TextChoices

from playback.forms import MODES
from playback.history.choice import Choice
from playback.history.outcome import REASONS
from playback.models import Provider, Session

_SELECT = forms.Select(attrs={"class": "form-select form-select-sm"})


def _in_words(choices: type[TextChoices]) -> list[tuple[str, str]]:
    """As tables and sentences write them, without a capital."""
    return [(one.value, one.label.lower()) for one in choices]


def _providers() -> list[tuple[str, str]]:
    return [(row.name, row.title) for row in Provider.objects.all()]


class SessionFilter(django_filters.FilterSet):
    provider = django_filters.ChoiceFilter(
        label="Provider", empty_label="any", choices=_providers, widget=_SELECT
    )
    status = django_filters.ChoiceFilter(
        label="State", empty_label="any", choices=_in_words(Session.Status), widget=_SELECT
    )
    mode = django_filters.ChoiceFilter(label="Mode", empty_label="any", choices=MODES[:2], widget=_SELECT)
    source = django_filters.ChoiceFilter(
        label="Source", empty_label="any", choices=_in_words(Session.Source), widget=_SELECT
    )
    delivery = django_filters.ChoiceFilter(
        label="Pixels", empty_label="any", choices=_in_words(Session.Delivery), widget=_SELECT
    )

    class Meta:
        model = Session
        fields = ("provider", "status", "mode", "source", "delivery")

    @property
    def choice(self) -> Choice:
        """What the sessions are alike in; for a form that is valid."""
        return Choice(**{name: value or "" for name, value in self.form.cleaned_data.items()})


class SessionAndEndFilter(SessionFilter):
    """The same, and by how sessions ended."""

    reason = django_filters.ChoiceFilter(choices=[(reason, reason) for reason in REASONS])
