"""The build forms: a bid response by file or by paste, for whom the VAST is meant, and under which settings."""

from collections.abc import Mapping
from typing import Any

from django import forms

from pipeline.configuration.layers import merged
from pipeline.engine import RECEIVERS
from pipeline.forms.receiver import RECEIVER_LABELS, ReceiverFields
from pipeline.models import Build, ReceiverProfile
from vastdash.models import Publisher

PROFILE = "profile:"
# What a build takes where no layer says anything: a response of several bids is mostly meant as a pod.
OTHERWISE: Mapping[str, Any] = {"selection_strategy": "TOP_N"}
FIRST = ("receiver", "publisher", "selection_strategy", "max_ads_in_pod", "collision_policy")


class Choices(ReceiverFields):
    """For whom and how: a kind of receiver or a receiver profile, a publisher, and any setting on top of theirs.

    ``how()`` is what ``pipeline.builds.build`` takes of it.
    """

    publisher = forms.ModelChoiceField(
        queryset=Publisher.objects.all(),
        to_field_name="name",
        required=False,
        empty_label="none",
        help_text="Its receiver settings lie under those chosen here.",
        error_messages={"invalid_choice": "There is no publisher of this name."},
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.receiver_profile = ""
        below = merged()
        silent = {key: value for key, value in OTHERWISE.items() if below.provenance[key] == "default"}
        unset = {**below.config.to_dict(), **silent}
        self.fields["receiver"].widget.choices = [
            ("", f"not set here ({unset['receiver']})"),
            *[(name, RECEIVER_LABELS.get(name, name)) for name in RECEIVERS],
            (
                "Receiver profiles",
                [(f"{PROFILE}{row.name}", row.title) for row in ReceiverProfile.objects.all()],
            ),
        ]
        for name in ("selection_strategy", "collision_policy"):
            widget = self.fields[name].widget
            widget.choices = [
                ("", f"not set here ({unset[name]})"),
                *widget.choices[1:],
            ]
        self.fields["max_ads_in_pod"].widget.attrs["placeholder"] = str(unset["max_ads_in_pod"])
        self._offer_what_is_gone()

    def _offer_what_is_gone(self) -> None:
        """A profile or publisher that was renamed or deleted since must be seen, not pass as nothing chosen."""
        profile, publisher = str(self["receiver"].value() or ""), str(self["publisher"].value() or "")
        name = profile.removeprefix(PROFILE)
        if name != profile and not ReceiverProfile.objects.filter(name=name).exists():
            _offer(self.fields["receiver"].widget, profile, f"{name[:60]}: no such profile any more")
        if publisher and not Publisher.objects.filter(name=publisher).exists():
            _offer(
                self.fields["publisher"].widget, publisher, f"{publisher[:60]}: no such publisher any more"
            )

    @property
    def first(self) -> list[forms.BoundField]:
        """What everybody chooses."""
        return [self[name] for name in FIRST]

    @property
    def others(self) -> list[forms.BoundField]:
        """All other settings."""
        return [self[name] for name in self.settings() if name not in FIRST]

    @property
    def others_told(self) -> bool:
        """True when one of the other settings is chosen or refused, so that it must be seen."""
        return any(field.value() or field.errors for field in self.others)

    def clean_receiver(self) -> str:
        """The kind of receiver; of a profile only the name is kept, the kind is among its settings."""
        chosen: str = self.cleaned_data["receiver"]
        if chosen.startswith(PROFILE):
            self.receiver_profile = chosen.removeprefix(PROFILE)
            if not ReceiverProfile.objects.filter(name=self.receiver_profile).exists():
                raise forms.ValidationError("There is no receiver profile of this name.")
            return ""
        if chosen and chosen.upper() not in RECEIVERS:
            raise forms.ValidationError(f"There is no receiver named “{chosen[:60]}”.")
        return chosen

    @property
    def remarks(self) -> list[str]:
        """What is used otherwise than it was written."""
        return [notice.text.partition(": ")[2] for notice in self.stated.remarks]

    def how(self) -> dict[str, Any]:
        publisher = self.cleaned_data["publisher"]
        return {
            "config": self.config(),
            "receiver_profile": self.receiver_profile,
            "publisher": publisher.name if publisher else "",
            "otherwise": OTHERWISE,
        }

    @classmethod
    def choices_of(cls, build: Build) -> dict[str, str]:
        """The fields as they were chosen for a build."""
        chosen = cls.initial_of(build.config) | {"publisher": build.publisher}
        return chosen | ({"receiver": f"{PROFILE}{build.receiver_profile}"} if build.receiver_profile else {})


def _offer(widget: Any, value: str, label: str) -> None:
    widget.choices = [*widget.choices, (value, label)]


def _textarea(rows: int) -> forms.Textarea:
    return forms.Textarea(
        attrs={"class": "form-control", "rows": rows, "spellcheck": "false", "autocomplete": "off"}
    )


class BuildForm(Choices):
    """``clean`` leaves exactly one of file and pasted text as ``cleaned_data["body"]`` (bytes)."""

    response_file = forms.FileField(
        required=False,
        label="Bid response file",
        help_text="OpenRTB 2.x bid response as JSON, plain or gzipped.",
        widget=forms.FileInput(
            attrs={"class": "form-control", "accept": ".json,.gz,application/json,application/gzip"}
        ),
    )
    response = forms.CharField(required=False, label="or paste it here", widget=_textarea(10))
    request = forms.CharField(
        required=False,
        label="Bid request",
        help_text="Optional: bids for impressions it does not hold are rejected.",
        widget=_textarea(4),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if self.errors:
            return data
        upload, pasted = data.get("response_file"), data.get("response", "").strip()
        if upload and pasted:
            raise forms.ValidationError({"response_file": "Give a file or a pasted text, not both."})
        if not upload and not pasted:
            raise forms.ValidationError({"response_file": "Choose a file, or paste a bid response below."})
        data["body"] = upload.read() if upload else pasted.encode()
        data["title"] = upload.name[:200] if upload else "Pasted bid response"
        data["body_field"] = "response_file" if upload else "response"
        return data


class BuildAgainForm(Choices):
    """The settings alone, starting from those of the build whose response is used again."""

    def __init__(self, data: Any, source: Build) -> None:
        super().__init__(data, initial=self.choices_of(source), auto_id="again_%s")
