"""What the list of builds can be narrowed to."""

from datetime import UTC, date, datetime, time, timedelta

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from pipeline.engine import RECEIVERS
from pipeline.models import Build
from vastdash.models import User

_SELECT = forms.Select(attrs={"class": "form-select form-select-sm"})
_DATE = forms.DateInput(attrs={"class": "form-control form-control-sm", "type": "date"}, format="%Y-%m-%d")
_TEXT = forms.TextInput(attrs={"class": "form-control form-control-sm", "autocomplete": "off"})
_SOME = (("yes", "some"), ("no", "none"))


def _makers() -> list[tuple[str, str]]:
    made_some = Exists(Build.objects.filter(created_by=OuterRef("pk")))
    names = User.objects.filter(made_some).order_by("username").values_list("username", flat=True)
    return [(name, name) for name in names]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


class BuildFilter(django_filters.FilterSet):
    """Days are those of UTC, the last one included."""

    title = django_filters.CharFilter(label="Source", lookup_expr="icontains", widget=_TEXT)
    outcome = django_filters.ChoiceFilter(
        label="Outcome",
        empty_label="any",
        choices=(("ad", "ad"), ("no_ad", "no ad")),
        method="by_outcome",
        widget=_SELECT,
    )
    receiver = django_filters.ChoiceFilter(
        label="Receiver", empty_label="any", choices=[(name, name) for name in RECEIVERS], widget=_SELECT
    )
    created_by = django_filters.ChoiceFilter(
        field_name="created_by__username",
        label="By",
        empty_label="anybody",
        choices=_makers,
        widget=_SELECT,
    )
    warnings = django_filters.ChoiceFilter(
        label="Warnings", empty_label="any", choices=_SOME, method="by_warnings", widget=_SELECT
    )
    lint_errors = django_filters.ChoiceFilter(
        label="Lint errors", empty_label="any", choices=_SOME, method="by_lint_errors", widget=_SELECT
    )
    since = django_filters.DateFilter(label="From", method="by_first_day", widget=_DATE)
    until = django_filters.DateFilter(label="To", method="by_last_day", widget=_DATE)

    class Meta:
        model = Build
        fields = ("title", "outcome", "receiver", "created_by", "warnings", "lint_errors", "since", "until")

    def by_outcome(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(no_ad=value == "no_ad")

    def by_warnings(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(warning_count__gt=0) if value == "yes" else rows.filter(warning_count=0)

    def by_lint_errors(self, rows: QuerySet, _name: str, value: str) -> QuerySet:
        return rows.filter(lint_error_count__gt=0) if value == "yes" else rows.filter(lint_error_count=0)

    def by_first_day(self, rows: QuerySet, _name: str, day: date) -> QuerySet:
        return rows.filter(created_at__gte=_midnight(day))

    def by_last_day(self, rows: QuerySet, _name: str, day: date) -> QuerySet:
        if day == date.max:
            return rows
        return rows.filter(created_at__lt=_midnight(day + timedelta(days=1)))
