"""The build form: a bid response by file or by paste, and for whom the VAST is meant."""

from typing import Any

from django import forms

from pipeline.engine import RECEIVERS, CollisionPolicy, SelectionStrategy

RECEIVER_LABELS = {
    "GENERIC": "GENERIC: any player",
    "GAM_SSU": "GAM_SSU: Google Ad Manager, server-side unwrapping",
    "FREEWHEEL": "FREEWHEEL",
}
STRATEGY_LABELS = {
    "SINGLE": "SINGLE: the best bid only",
    "TOP_N": "TOP_N: a pod of the best",
    "ALL": "ALL: every valid bid",
}
POLICY_LABELS = {
    "VAST_WINS": "VAST_WINS: keep what the bidder wrote",
    "OPENRTB_WINS": "OPENRTB_WINS: replace by the bid's value",
    "MERGE": "MERGE: keep, and add the bid's value as an extension",
    "ERROR": "ERROR: drop the ad",
}


class BuildForm(forms.Form):
    """``clean`` leaves exactly one of file and pasted text as ``cleaned_data["body"]`` (bytes)."""

    response_file = forms.FileField(
        required=False,
        label="Bid response file",
        help_text="OpenRTB 2.x bid response as JSON, plain or gzipped.",
        widget=forms.FileInput(
            attrs={"class": "form-control", "accept": ".json,.gz,application/json,application/gzip"}
        ),
    )
    response = forms.CharField(
        required=False,
        label="or paste it here",
        widget=forms.Textarea(
            attrs={"class": "form-control", "rows": 10, "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    receiver = forms.ChoiceField(
        label="Receiver",
        choices=[(name, RECEIVER_LABELS.get(name, name)) for name in RECEIVERS],
        error_messages={"invalid_choice": "There is no receiver named “%(value)s”."},
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    selection_strategy = forms.ChoiceField(
        label="Selection",
        initial="TOP_N",
        choices=[(item.value, STRATEGY_LABELS[item.value]) for item in SelectionStrategy],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    max_ads_in_pod = forms.IntegerField(
        label="Most ads in the pod",
        initial=10,
        min_value=0,
        max_value=100,
        help_text="0 = no limit but 100.",
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    collision_policy = forms.ChoiceField(
        label="When the ad already says it",
        initial="VAST_WINS",
        choices=[
            (item.value, POLICY_LABELS.get(item.value, item.value))
            for item in CollisionPolicy
            if item.value in POLICY_LABELS
        ],
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    request = forms.CharField(
        required=False,
        label="Bid request",
        help_text="Optional: bids for impressions it does not hold are rejected.",
        widget=forms.Textarea(
            attrs={"class": "form-control", "rows": 4, "spellcheck": "false", "autocomplete": "off"}
        ),
    )
    enable_debug = forms.BooleanField(
        required=False,
        label="Write a debug extension into each ad",
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
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

    def config(self) -> dict[str, Any]:
        """What the form says of the receiver configuration, in the engine's own keys."""
        keys = ("receiver", "selection_strategy", "max_ads_in_pod", "collision_policy", "enable_debug")
        return {key: self.cleaned_data[key] for key in keys}
