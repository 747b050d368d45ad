"""The form of an endpoint, for its page and the API alike: what it follows, where its bids come from, its switches."""

from typing import Any
from urllib.parse import SplitResult, urlsplit

from asgiref.sync import async_to_sync
from django import forms
from django.conf import settings

from pipeline.builds import refuse_the_unreadable
from pipeline.engine import build_vast_from_bid_response
from pipeline.engine.auction import is_usable
from pipeline.intake import Refused, unpack
from pipeline.models import Build, Endpoint, ReceiverProfile, Source, Upload
from vast.address import AddressRefused, GuardedNetwork, parse_allowed
from vastdash.models import Publisher

TMAX_MS = (100, 10_000)
_TEXT = {"class": "form-control", "autocomplete": "off"}
_SELECT = {"class": "form-select"}
_SWITCH = {"class": "form-check-input"}
_PASTE = {"class": "form-control", "rows": 6, "spellcheck": "false", "autocomplete": "off"}
_FILE = {"class": "form-control", "accept": ".json,.gz,application/json,application/gzip"}
_BUILDS = 20
# Three ways to hand over the one response that a canned source answers from.
_WAYS = ("build", "response_file", "response")


class EndpointForm(forms.ModelForm):
    """``save()`` keeps the canned response too. Errors stand at their fields, which are the API's names as well."""

    receiver = forms.ModelChoiceField(
        ReceiverProfile.objects.all(),
        to_field_name="name",
        label="Receiver profile",
        empty_label="choose…",
        widget=forms.Select(_SELECT),
        error_messages={"invalid_choice": "There is no receiver profile of this name."},
    )
    publisher = forms.ModelChoiceField(
        Publisher.objects.all(),
        to_field_name="name",
        required=False,
        label="Publisher",
        empty_label="none",
        help_text="Its receiver settings are the account layer.",
        widget=forms.Select(_SELECT),
        error_messages={"invalid_choice": "There is no publisher of this name."},
    )
    source = forms.ChoiceField(
        choices=Source.choices,
        label="Bids come from",
        initial=Source.CANNED,
        widget=forms.RadioSelect(_SWITCH),
        error_messages={"invalid_choice": "There is no source named “%(value)s”."},
    )
    build = forms.CharField(
        required=False,
        label="The response of a build",
        widget=forms.Select(_SELECT),
    )
    response_file = forms.FileField(
        required=False,
        label="or a file",
        help_text="OpenRTB 2.x bid response as JSON, plain or gzipped.",
        widget=forms.FileInput(_FILE),
    )
    response = forms.CharField(required=False, label="or paste it here", widget=forms.Textarea(_PASTE))
    tmax_ms = forms.IntegerField(
        min_value=TMAX_MS[0],
        max_value=TMAX_MS[1],
        initial=1000,
        label="Time limit of the auction, ms",
        help_text="100 to 10000.",
        widget=forms.NumberInput(_TEXT),
    )
    auction_url = forms.CharField(
        required=False,
        max_length=500,
        label="Auction address",
        help_text="A Prebid Server's /openrtb2/auction.",
        widget=forms.URLInput(_TEXT),
    )

    class Meta:
        model = Endpoint
        fields = (
            "title",
            "receiver",
            "publisher",
            "source",
            "tmax_ms",
            "is_open",
            "allows_credentials",
            "records_requests",
        )
        labels = {
            "is_open": "Open to players",
            "allows_credentials": "Allow credentials",
            "records_requests": "Record requests",
        }
        help_texts = {
            "is_open": "Closed: the address answers 404.",
            "allows_credentials": "Browsers may send cookies along with the tag.",
            "records_requests": "Keeps the last requests, without what identifies a viewer.",
        }
        widgets = {
            "title": forms.TextInput(_TEXT),
            **dict.fromkeys(
                ("is_open", "allows_credentials", "records_requests"), forms.CheckboxInput(_SWITCH)
            ),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("receiver", "publisher"):  # rows are named, not numbered
            row = getattr(self.instance, name) if getattr(self.instance, f"{name}_id") else None
            if row:
                self.initial[name] = row.name
        # Not a field of the model's form: its validator refuses names without a dot, as a Prebid Server next door has.
        self.initial.setdefault("auction_url", self.instance.auction_url)
        self.fields["build"].widget.choices = self._builds()
        self._body: bytes | None = None

    def _builds(self) -> list[tuple[str, str]]:
        newest = Build.objects.order_by("-created_at", "-id").values_list("public_id", "title")[:_BUILDS]
        kept = "keep the stored response" if self.instance.canned_id else "choose…"
        rows = [("", kept), *((name, f"{title} ({name})") for name, title in newest)]
        chosen = self["build"].value()
        return rows if not chosen or chosen in dict(rows) else [*rows, (chosen, str(chosen)[:60])]

    def row_of(self, name: str) -> Any:
        """The profile or publisher that the form names as it stands; None for none or one that is not there."""
        try:
            return self.fields[name].clean(self[name].value())
        except forms.ValidationError:
            return None

    def clean_auction_url(self) -> str:
        url: str = self.cleaned_data["auction_url"]
        if url and (text := auction_url_fault(url)):
            raise forms.ValidationError(text)
        return url

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        ways = [name for name in _WAYS if data.get(name)]
        if len(ways) > 1:
            self.add_error(ways[1], "Give one response: a build, a file or a pasted text.")
        elif ways:
            self._read(ways[0], data)
        if "source" in data:
            self._need_source(data, given=bool(ways))
        return data

    def _need_source(self, data: dict[str, Any], *, given: bool) -> None:
        if data["source"] == Source.CANNED and not given and not self.instance.canned_id:
            self.add_error("build", "Choose a build, a file, or paste a bid response.")
        if (
            data["source"] == Source.PREBID_SERVER
            and not data.get("auction_url")
            and "auction_url" not in self.errors
        ):
            self.add_error("auction_url", "An auction needs the address of a Prebid Server.")

    def _read(self, way: str, data: dict[str, Any]) -> None:
        try:
            self._body = read_response(way, _given(way, data[way]))
        except Refused as refused:
            self.add_error(way, refused.text)

    def save(self, commit: bool = True) -> Endpoint:
        if self._body is not None:
            self.instance.canned = Upload.keep(self._body)
        self.instance.auction_url = self.cleaned_data["auction_url"]
        saved: Endpoint = super().save(commit)
        return saved


def content_of(endpoint: Endpoint) -> dict[str, Any]:
    """What an edit of an endpoint can change, JSON-native: what its version is made of."""
    return {
        "title": endpoint.title,
        "receiver": endpoint.receiver.name,
        "publisher": endpoint.publisher.name if endpoint.publisher else None,
        "source": endpoint.source,
        "canned": endpoint.canned_id and endpoint.canned.sha256,
        "auction_url": endpoint.auction_url,
        "tmax_ms": endpoint.tmax_ms,
        "is_open": endpoint.is_open,
        "allows_credentials": endpoint.allows_credentials,
        "records_requests": endpoint.records_requests,
    }


def _given(way: str, value: Any) -> bytes:
    if way == "build":
        build = Build.objects.filter(public_id=value).select_related("response").first()
        if build is None:
            raise Refused(way, "There is no build of this id.")
        return build.response.body
    if way == "response_file":
        return bytes(value.read())
    return str(value).encode(errors="surrogatepass")


def read_response(field: str, body: bytes) -> bytes:
    """A bid response the engine can read, unpacked. Raises ``Refused`` with the engine's own reason."""
    body = unpack(field, body, settings.UPLOAD_MAX_BYTES)
    refuse_the_unreadable(build_vast_from_bid_response(None, body, None))
    return body


def auction_url_fault(url: str) -> str:
    """Why this address cannot be asked for bids; "" when it may be tried. Names are checked when they are resolved."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "This is not an address."
    if any(character.isspace() or not character.isprintable() for character in url):
        return "An address holds no spaces or control characters."
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        return "This must be an http or https address with a host."
    if _has_credentials(parts):
        return "This holds a user name or password; they would be shown to everybody who may read endpoints."
    if not is_usable(url):
        return "This is not an address."
    return _literal_refusal(host)


def _has_credentials(parts: SplitResult) -> bool:
    return "@" in parts.netloc


def _literal_refusal(host: str) -> str:
    """What can be said of the host without resolving it, by the guard that will dial it."""
    guard = GuardedNetwork(_NobodyDials(), _nothing_known, parse_allowed(settings.FETCH_ALLOWED))
    try:
        async_to_sync(guard.connect_tcp)(host, 443)
    except AddressRefused as refused:
        return f"{refused.text[:1].upper()}{refused.text[1:]}."
    except OSError:  # a name: it is resolved and checked each time it is dialled
        return ""
    return ""


class _NobodyDials:
    """A network on which every dial succeeds without reaching anybody."""

    async def connect_tcp(self, *_where: Any) -> None:
        return None

    async def sleep(self, seconds: float) -> None:
        return None


async def _nothing_known(_host: str, _port: int) -> tuple[str, ...]:
    return ()
