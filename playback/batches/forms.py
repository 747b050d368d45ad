"""The form that starts a batch."""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.conf import settings

from pipeline.models import Build
from playback.batches.asked import ADS_MAX, LENGTH_MAX_SEC, Asked, AskedAd
from playback.history.choice import NONE
from playback.models import Provider
from playback.play_forms import SEED_MAX
from playback.sources import StartRefused, source_of
from vastdash.models import Publisher

OWN_ADS = settings.BASE_DIR / "examples" / "vast"
BUILDS_SHOWN = 12
LENGTHS = (("own", "as the ad"), ("6", "6 s"), ("15", "15 s"), ("30", "30 s"), ("60", "60 s"))
SPREADS = (("all", "in all, shared out evenly"), ("each", "of each combination"))
_TEXT = {"class": "form-control", "autocomplete": "off", "spellcheck": "false"}


class _Files(forms.FileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """Any number of files; `clean` gives a list."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        given = data if isinstance(data, list | tuple) else [data] if data else []
        return [super(_FilesField, self).clean(one, initial) for one in given]


def _boxes(label: str, choices: Iterable[tuple[str, str]] = (), **options: Any) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label,
        choices=list(choices),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        **options,
    )


class BatchForm(forms.Form):
    """Which ads, lengths, providers and publishers, and how many sessions. `asked` is what a valid form asks for."""

    title = forms.CharField(
        label="Name",
        required=False,
        max_length=200,
        help_text="Empty: named after its ads.",
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    builds = _boxes("Builds", error_messages={"invalid_choice": "There is no build “%(value)s” with an ad."})
    samples = _boxes(
        "Ads of the demonstration", error_messages={"invalid_choice": "There is no such ad: “%(value)s”."}
    )
    urls = forms.CharField(
        label="Tag addresses",
        required=False,
        help_text="One a line; each is asked once, now.",
        widget=forms.Textarea(attrs={**_TEXT, "rows": 3}),
    )
    vast_files = _FilesField(
        label="VAST files",
        required=False,
        help_text="Plain or gzipped.",
        widget=_Files(
            attrs={"class": "form-control", "accept": ".xml,.gz,application/xml,text/xml,application/gzip"}
        ),
    )
    vast = forms.CharField(
        label="VAST document",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={**_TEXT, "rows": 3}),
    )
    lengths = _boxes("Length", LENGTHS, initial=["own"])
    other_lengths = forms.CharField(
        label="Other lengths",
        required=False,
        help_text="Seconds, parted by commas.",
        widget=forms.TextInput(attrs=_TEXT),
    )
    providers = _boxes(
        "Providers", error_messages={"invalid_choice": "There is no provider named “%(value)s”."}
    )
    publishers = _boxes(
        "Publishers",
        initial=[NONE],
        error_messages={"invalid_choice": "There is no publisher named “%(value)s”."},
    )
    sessions = forms.IntegerField(
        label="Sessions",
        min_value=1,
        initial=10_000,
        widget=forms.NumberInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    spread = forms.ChoiceField(
        label="That many",
        choices=SPREADS,
        initial="all",
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    seed = forms.IntegerField(
        label="Seed",
        required=False,
        min_value=0,
        max_value=SEED_MAX,
        help_text="Empty: a random one, kept with the batch.",
        widget=forms.NumberInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, search: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["samples"].choices = [
            (path.stem, _named(path.stem)) for path in sorted(OWN_ADS.glob("*.xml"))
        ]
        providers = [(row.name, row.title) for row in Provider.objects.all()]
        self.fields["providers"].choices = [*providers, (NONE, "none: nothing interrupts")]
        self.fields["providers"].initial = [name for name, _ in providers[:1]] or [NONE]
        self.fields["publishers"].choices = [
            (NONE, "none"),
            *((row.name, row.title) for row in Publisher.objects.all()),
        ]
        self.fields["builds"].choices = [
            (build.public_id, build.title) for build in builds_to_choose(search, self._chosen_builds())
        ]

    def _chosen_builds(self) -> list[str]:
        if self.is_bound and hasattr(self.data, "getlist"):
            return self.data.getlist("builds")
        return self.initial.get("builds", [])

    def clean_other_lengths(self) -> list[int]:
        texts = [text.strip() for text in self.cleaned_data["other_lengths"].split(",") if text.strip()]
        try:
            lengths = [round(float(text) * 1000) for text in texts]
        except (ValueError, OverflowError):
            lengths = [0]
        if not all(0 < length <= LENGTH_MAX_SEC * 1000 for length in lengths):
            raise forms.ValidationError(f"A length is more than 0 and up to {LENGTH_MAX_SEC} seconds.")
        return lengths

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            try:
                data["asked"] = self._asked(data)
                data["asked"].check(settings.BATCH_SESSIONS_MAX, *self._known())
            except StartRefused as refusal:
                self.refuse(refusal)
        return data

    def _known(self) -> Iterator[dict[str, str]]:
        """The names of the providers and publishers there are."""
        for name in ("providers", "publishers"):
            yield dict(self.fields[name].choices)

    def refuse(self, refusal: StartRefused) -> None:
        """Tell a refusal at its field, or above all where it is the fault of no field alone."""
        self.add_error(refusal.field if refusal.field in self.fields else None, refusal.text)

    def _asked(self, data: dict[str, Any]) -> Asked:
        lengths = [None if name == "own" else int(name) * 1000 for name in data["lengths"]]
        return Asked(
            ads=self._ads(data),
            lengths=list(dict.fromkeys([*lengths, *data["other_lengths"]])),
            providers=["" if name == NONE else name for name in data["providers"]],
            publishers=["" if name == NONE else name for name in data["publishers"]],
            sessions=data["sessions"],
            each=data["spread"] == "each",
            title=data["title"],
            seed=data["seed"],
        )

    def _ads(self, data: dict[str, Any]) -> list[AskedAd]:
        builds = Build.objects.in_bulk(data["builds"], field_name="public_id")
        given: list[tuple[str, dict[str, Any]]] = [
            *(("builds", {"build": builds[name]}) for name in data["builds"] if name in builds),
            *(("samples", {"vast": own_ad(name), "title": _named(name)}) for name in data["samples"]),
            *(("urls", {"url": line.strip()}) for line in data["urls"].splitlines() if line.strip()),
            *(("vast_files", {"vast": file.read(), "title": file.name[:200]}) for file in data["vast_files"]),
            *([("vast", {"vast": data["vast"], "title": "Pasted document"})] if data["vast"].strip() else []),
        ]
        if len(given) > ADS_MAX:
            raise StartRefused("", f"These are {len(given)} ads: a batch has {ADS_MAX} at most.")
        return [AskedAd(field, _source(field, source)) for field, source in given]


def _source(field: str, source: dict[str, Any]) -> Any:
    try:
        return source_of(source.get("build"), source.get("vast"), source.get("url"), source.get("title", ""))
    except StartRefused as refusal:
        raise StartRefused(field, refusal.text) from None


def builds_to_choose(search: str = "", chosen: Iterable[str] = ()) -> list[Build]:
    """Those that are chosen, and the newest that have an ad and whose title holds every word of the search."""
    rows = Build.objects.defer(*Build.large(), "config").filter(no_ad=False)
    kept = list(rows.filter(public_id__in=list(chosen)[:ADS_MAX]))
    found = rows
    for word in search.split()[:5]:
        found = found.filter(title__icontains=word)
    newest = found.exclude(pk__in=[build.pk for build in kept]).order_by("-created_at", "-id")
    return [*kept, *newest[:BUILDS_SHOWN]]


def own_ad(name: str) -> str:
    """One of the ads that ship, by name. KeyError for another."""
    paths = {path.stem: path for path in OWN_ADS.glob("*.xml")}
    return paths[name].read_text()


def _named(stem: str) -> str:
    return stem.replace("_", " ").capitalize()
