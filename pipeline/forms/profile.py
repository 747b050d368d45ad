"""The forms of a receiver profile: its name and title, and through what a draft of it is looked at."""

from typing import Any

from django import forms

from pipeline.models import Build, ReceiverProfile
from vastdash.models import Publisher

# Addresses beside those of the profiles.
RESERVED = frozenset({"new", "draft"})
_TEXT = {"class": "form-control", "autocomplete": "off"}
_SELECT = {"class": "form-select", "autocomplete": "off"}
_BUILDS = 20


class ProfileForm(forms.ModelForm):
    class Meta:
        model = ReceiverProfile
        fields = ("title", "name")
        widgets = {"title": forms.TextInput(_TEXT), "name": forms.TextInput(_TEXT)}
        help_texts = {"name": "Letters, digits, hyphens: how endpoints, builds and the API name it."}

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name in RESERVED:
            raise forms.ValidationError(f"“{name}” is an address of this site: choose another name.")
        return name


class LensForm(forms.Form):
    """Through which other layer and which stored build a draft is looked at; nothing of it is saved."""

    publisher = forms.ModelChoiceField(
        Publisher.objects.all(),
        required=False,
        to_field_name="name",
        empty_label="no publisher",
        label="For a publisher",
        widget=forms.Select(_SELECT),
    )
    profile = forms.ModelChoiceField(
        ReceiverProfile.objects.all(),
        required=False,
        to_field_name="name",
        empty_label="no receiver profile",
        label="With a receiver profile",
        widget=forms.Select(_SELECT),
    )
    build = forms.ModelChoiceField(
        Build.objects.none(),
        required=False,
        to_field_name="public_id",
        empty_label=None,
        label="Tried on",
        widget=forms.Select(_SELECT),
    )

    def __init__(self, data: Any = None, *, without: str) -> None:
        """``without`` names the layer that is being edited: its own choice makes no sense."""
        super().__init__(data, prefix="lens")
        del self.fields[without]
        newest = Build.objects.order_by("-created_at", "-id").values_list("pk", flat=True)[:_BUILDS]
        self.fields["build"].queryset = Build.objects.filter(pk__in=list(newest)).defer(*Build.large())
        self.full_clean()

    def chosen(self, name: str) -> Any:
        """The row chosen, or None; for the build, the newest where none is chosen."""
        row = getattr(self, "cleaned_data", {}).get(name)
        if row is None and name == "build":
            row = self.fields["build"].queryset.order_by("-created_at", "-id").first()
        return row
