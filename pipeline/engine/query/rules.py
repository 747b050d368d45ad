"""What the table cannot say row by row: how values that belong together meet (pipeline.md §2.1 and §2.2).

Every rule reads what the tag said and completes the draft; they run in the order of `_RULES`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.engine.query.address import Peer, Place, address_or_none
from pipeline.engine.query.headers import Headers, device_of, forwarded
from pipeline.engine.query.parameters import PARAMETERS
from pipeline.engine.query.values import CONSENT, PAGE, US_PRIVACY
from vast.notice import Notice

DEFAULT_MIMES = ("video/mp4",)
DEFAULT_AUDIO_MIMES = ("audio/mp4", "audio/mpeg")
# VAST 2.0 to 4.3 and their wrappers: what this pipeline can read.
DEFAULT_PROTOCOLS = (2, 3, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16)


# Every object the table puts something into, and the one it stands in.
_PARENTS: Mapping[str, tuple[str, str]] = {
    path: (path.rpartition(".")[0], path.rpartition(".")[2])
    for path in {row.target.rpartition(".")[0] for row in PARAMETERS}
}


class Draft:
    """A request in the making: its objects by path, values that wait for a rule, and the notices."""

    __slots__ = ("key_values", "nodes", "notices", "special", "tree")

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}
        self.special: dict[str, Any] = {}
        self.key_values: dict[str, str] = {}
        self.notices: list[Notice] = []
        self.nodes: dict[str, dict[str, Any]] = {"": self.tree}

    def node(self, path: str) -> dict[str, Any]:
        """The object at a dotted path, made with those above it where it is missing."""
        found = self.nodes.get(path)
        if found is None:
            parent, key = _PARENTS.get(path) or path.rpartition(".")[::2]
            found = self.nodes[path] = self.node(parent)[key] = {}
        return found

    def has(self, path: str) -> bool:
        """True when something stands at or below the path."""
        return path in self.nodes

    def notice(self, code: str, text: str) -> None:
        """Adds a notice; none concerns a bid."""
        self.notices.append(Notice(code, "", text))


def apply_rules(draft: Draft, headers: Headers, peer: Peer) -> None:
    """Completes the draft from what the tag said as a whole, the headers and the peer."""
    video = draft.node("imp.video")
    special = draft.special
    if special or draft.key_values:
        for name, rule in _RULES.items():
            if name in special:
                rule(draft, video, special[name])
        _first_party(draft)
    if "rqddurs" in video:
        _durations(draft, video)
    if "mimes" not in video:
        video["mimes"] = list(DEFAULT_MIMES)
    if "protocols" not in video:
        video["protocols"] = list(DEFAULT_PROTOCOLS)
    if special.get("media", 2) != 2:
        _media(draft)
    if "device.geo" in draft.nodes:
        _geo(draft)
    _device(draft, headers, peer)
    _inventory(draft, headers)


_Fields = dict[str, Any]


def _size(_: Draft, video: _Fields, size: tuple[int, int]) -> None:
    if "w" not in video and "h" not in video:
        video["w"], video["h"] = size


def _break(_: Draft, video: _Fields, second: int) -> None:
    """The second of a FreeWheel slot counts for a mid-roll, or where the tag gives no other place."""
    if "startdelay" not in video or (second and video["startdelay"] == -1):
        video["startdelay"] = second


# (starts by itself, without sound) -> AdCOM playback method; a click without sound has none
_PLAYBACK = {(1, 0): 1, (1, 1): 2, (0, 0): 3}


def _playback(draft: Draft, video: _Fields, started: int) -> None:
    """Ad Manager's vpa and vpmute, where no playbackmethod says it."""
    method = _PLAYBACK.get((started, draft.special.get("muted", 0)))
    if method and "playbackmethod" not in video:
        video["playbackmethod"] = [method]


def _point(draft: Draft, _: _Fields, point: tuple[float, float]) -> None:
    if not draft.has("device.geo") or not {"lat", "lon"} & draft.node("device.geo").keys():
        draft.node("device.geo").update(lat=point[0], lon=point[1])


def _durations(draft: Draft, video: _Fields) -> None:
    """OpenRTB 2.6 §3.2.7: rqddurs excludes minduration and maxduration."""
    if "minduration" in video or "maxduration" in video:
        video.pop("minduration", None)
        video.pop("maxduration", None)
        draft.notice("DURATIONS_EXCLUSIVE", "rqddurs excludes a shortest and longest ad; those were left out")


def _first_party(draft: Draft) -> None:
    """FreeWheel key-values, then cust_params, then targeting: the later wins key by key."""
    data = {**draft.key_values, **draft.special.get("key_values", {}), **draft.special.get("targeting", {})}
    if data:
        draft.node("imp.ext")["data"] = data


# OpenRTB 2.6 §3.2.8: what Audio has in common with Video.
_AUDIO_FIELDS = frozenset(
    {
        *("mimes", "protocols", "api", "delivery", "battr", "minbitrate", "maxbitrate", "maxextended"),
        *("minduration", "maxduration", "rqddurs", "startdelay", "mincpmpersec"),
        *("poddur", "maxseq", "podid", "podseq", "sequence", "slotinpod"),
    }
)


def _media(draft: Draft) -> None:
    wanted, imp = draft.special.get("media", 2), draft.node("imp")
    if wanted == 3:
        mimes = imp["video"].get("mimes")
        audio = {key: value for key, value in imp.pop("video").items() if key in _AUDIO_FIELDS}
        imp["audio"] = audio
        if mimes == list(DEFAULT_MIMES):
            audio["mimes"] = list(DEFAULT_AUDIO_MIMES)
    elif wanted != 2:
        draft.notice(
            "MEDIA_TYPE_UNSUPPORTED", "mtype: VAST holds video (2) or audio (3); video was asked for"
        )


# consent_type -> where the generic string goes, and what it must look like there
_TCF = ("user", "consent", CONSENT)
_CONSENT_TYPES = {
    "": _TCF,
    "1": _TCF,
    "2": _TCF,
    "3": ("regs", "us_privacy", US_PRIVACY),
    "4": ("regs", "gpp", CONSENT),
}


def _consent_type(draft: Draft, _: _Fields, kind: str) -> None:
    if kind not in _CONSENT_TYPES:
        draft.notice("CONSENT_TYPE_UNKNOWN", "consent_type: must be 1, 2, 3 or 4; its string was left out")


def _consent(draft: Draft, _: _Fields, text: str) -> None:
    """The generic consent string goes where its type says; a parameter of that law beats it."""
    place = _CONSENT_TYPES.get(draft.special.get("consent_type", ""))
    if place is None:
        return
    container, key, shape = place
    if draft.has(container) and key in draft.node(container):
        return
    try:
        draft.node(container)[key] = shape.read(text)
    except ValueError as wrong:
        draft.notice("PARAMETER_INVALID", f"consent_string, gdpr_consent: {wrong}; it was left out")
        _prune(draft.tree, container)


# What the tag said under a rule's name -> the rule
_RULES: Mapping[str, Callable[[Draft, _Fields, Any], None]] = {
    "size": _size,
    "break_second": _break,
    "autoplay": _playback,
    "point": _point,
    "consent_type": _consent_type,
    "consent": _consent,
}


def _geo(draft: Draft) -> None:
    geo = draft.node("device.geo")
    if ("lat" in geo) != ("lon" in geo):
        geo.pop("lat", None)
        geo.pop("lon", None)
        draft.notice("PARAMETER_INVALID", "lat, lon: one without the other is no place; it was left out")
        _prune(draft.node("device"), "geo")


def _prune(parent: dict[str, Any], key: str) -> None:
    """Removes an object that holds nothing."""
    if not parent.get(key):
        parent.pop(key, None)


def _device(draft: Draft, headers: Headers, peer: Peer) -> None:
    imp = draft.node("imp")
    below, above = device_of(headers)
    device = {**below, **draft.tree.pop("device", {}), **above}
    if address := _address(draft, headers, peer):
        device[address[0]] = address[1]
    if device:
        draft.tree["device"] = device
    if "x-device-player" in headers.explicit:
        imp["displaymanager"] = headers.explicit["x-device-player"]
    if headers.transport.get("sec-gpc") == "1":
        draft.node("regs.ext").setdefault("gpc", "1")


def _address(draft: Draft, headers: Headers, peer: Peer) -> Place | None:
    """The viewer's: X-Device-IP, the tag, a trusted proxy; the peer itself only where the tag says it is the player."""
    if "x-device-ip" in headers.explicit and (address := address_or_none(headers.explicit["x-device-ip"])):
        return address
    said: Place | None = draft.special.get("ip")
    if said is not None:
        return said
    if peer.is_trusted:
        return forwarded(headers)
    return address_or_none(peer.remote_addr) if draft.node("imp").get("ssai") == 1 else None


def _inventory(draft: Draft, headers: Headers) -> None:
    """Site and app exclude each other: anything of an app makes it an app, nothing of a site as well."""
    tree = draft.tree
    either: Mapping[str, Any] = tree.pop("app/site", {})
    page = headers.explicit.get("x-device-referer", "")
    if page and PAGE.read(page):
        draft.node("site")["page"] = page
    if "app" in tree or "site" not in tree:
        if tree.pop("site", None):
            draft.notice(
                "SITE_AND_APP", "the tag names an app and a page; the request is an app's, without the page"
            )
        inventory = {**tree.pop("app", {}), **either}
        if inventory:
            tree["app"] = inventory
        return
    site = tree["site"]
    weaker = (either.get("content", {}).get("url"), headers.transport.get("referer"))
    page = site.get("page") or next((text for text in weaker if text and PAGE.read(text)), "")
    tree["site"] = {**site, **({"page": page} if page else {}), **either}
