"""The forms that start a session: of a build, or of a document or tag."""

from typing import Any

from django import forms

from playback.engine.splitmix import SEED_LIMIT
from playback.forms import MODES, choice_field
from playback.models import Provider, Session
from playback.sources import StartRefused
from vastdash.models import Publisher

WHOLE_POD = "the whole pod"
SEED_MAX = SEED_LIMIT - 1
SPEEDS = (("1", "1×"), ("2", "2×"), ("10", "10×"), ("0", "as fast as possible"))
DELIVERIES = (
    (Session.Delivery.DRY_RUN, "dry run: nothing is sent"),
    (Session.Delivery.SANDBOX, "sandbox: to a collector of our own"),
    (Session.Delivery.LIVE, "live: to the addresses in the ad, once confirmed"),
)


class PlayForm(forms.Form):
    """How to play an ad: the choices that do not depend on where it comes from."""

    mode = choice_field(
        MODES,
        label="Mode",
        help_text="real: wall clock; headless: virtual time.",
        error_messages={"invalid_choice": "There is no mode named “%(value)s”."},
        initial="headless",
    )
    speed = choice_field(
        SPEEDS, label="Speed", initial="1", help_text="Headless only: real time has one speed."
    )
    provider = choice_field(
        [],
        "none",
        label="Provider",
        help_text="Without one nothing interrupts.",
        error_messages={"invalid_choice": "There is no provider named “%(value)s”."},
    )
    publisher = choice_field(
        [],
        "none",
        label="Publisher",
        error_messages={"invalid_choice": "There is no publisher named “%(value)s”."},
    )
    seed = forms.IntegerField(
        label="Seed",
        required=False,
        min_value=0,
        max_value=SEED_MAX,
        help_text="Empty: a random one, kept with the session.",
        widget=forms.NumberInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    delivery = forms.ChoiceField(
        label="Pixels",
        choices=DELIVERIES,
        required=False,
        initial=Session.Delivery.DRY_RUN,
        error_messages={"invalid_choice": "“%(value)s” is no delivery that you may choose."},
        widget=forms.Select(attrs={"class": "form-select"}),
    )

    def __init__(self, *args: Any, may_deliver: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["provider"].choices += [(row.name, row.title) for row in Provider.objects.all()]
        self.fields["publisher"].choices += [(row.name, row.title) for row in Publisher.objects.all()]
        delivery = self.fields["delivery"]
        if may_deliver:
            delivery.help_text = "Live sends nothing yet: the next page names the pixels and waits for you."
        else:
            delivery.choices = [row for row in DELIVERIES if row[0] != Session.Delivery.LIVE]

    def told(self, refusal: StartRefused) -> tuple[str, str]:
        """The form's own name of the field that is at fault, and what is said there."""
        return refusal.field, refusal.text

    def how(self) -> dict[str, Any]:
        """What ``playback.starting.start`` takes of it."""
        data = self.cleaned_data
        return {
            "ad_index": data["ad_index"],
            "mode": data["mode"],
            "speed": float(data["speed"]),
            "provider": data["provider"] or None,
            "publisher": data["publisher"] or None,
            "seed": data["seed"],
            "delivery": data["delivery"] or Session.Delivery.DRY_RUN,
        }


class PlayBuildForm(PlayForm):
    """How to play a build: all of its pod, or one ad of it."""

    ad_index = forms.TypedChoiceField(
        label="Ad",
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    field_order = ("ad_index",)

    def __init__(self, *args: Any, ads: list[str], **options: Any) -> None:
        super().__init__(*args, **options)
        whole = [("", WHOLE_POD)] if len(ads) > 1 else []
        self.fields["ad_index"].choices = whole + (list(enumerate(ads)) or [(0, "the ad")])


class PlayOtherForm(PlayForm):
    """How to play a document that is handed over, or what an ad server answers.

    ``clean`` leaves exactly one source, as ``playback.starting.start`` takes it, in ``cleaned_data["source"]``.
    """

    url = forms.CharField(
        label="Tag URL",
        required=False,
        help_text="http or https; its wrappers are followed.",
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"}),
    )
    vast_file = forms.FileField(
        label="VAST file",
        required=False,
        help_text="Plain or gzipped.",
        widget=forms.FileInput(
            attrs={"class": "form-control", "accept": ".xml,.gz,application/xml,text/xml,application/gzip"}
        ),
    )
    vast = forms.CharField(
        label="VAST document",
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "form-control", "rows": 8, "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    ad_index = forms.IntegerField(
        label="Ad",
        required=False,
        min_value=1,
        max_value=32767,
        help_text="Its place in the pod, from 1; empty: the whole pod.",
        widget=forms.NumberInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    field_order = ("url", "vast_file", "vast", "ad_index")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        upload, pasted = data["vast_file"], data["vast"] if data["vast"].strip() else ""
        given = [
            name for name, value in (("url", data["url"]), ("vast_file", upload), ("vast", pasted)) if value
        ]
        if not given:
            raise forms.ValidationError({"url": "Give an address, a file or a pasted document."})
        if len(given) > 1:
            raise forms.ValidationError({given[-1]: "Give one of address, file and pasted text."})
        data["field"] = given[0]
        if upload:
            data["source"] = {"vast": upload.read(), "title": upload.name[:200]}
        elif pasted:
            data["source"] = {"vast": pasted, "title": "Pasted document"}
        else:
            data["source"] = {"url": data["url"]}
        return data

    def clean_ad_index(self) -> int | None:
        """People count ads from 1, as every page does."""
        place = self.cleaned_data["ad_index"]
        return None if place is None else place - 1

    def told(self, refusal: StartRefused) -> tuple[str, str]:
        if refusal.field == "vast":
            return self.cleaned_data["field"], refusal.text
        if refusal.field == "ad_index":
            place = self.cleaned_data["ad_index"] + 1
            return refusal.field, f"There is no ad {place}: {refusal.text.partition(': ')[2]}."
        return refusal.field, refusal.text
