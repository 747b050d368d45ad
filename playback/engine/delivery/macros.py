"""The macro values of pixels, layer by layer, each with its source (playback.md 1.4, 3.2).

What belongs to a session is derived from its seed and clock: the same session expands to the same addresses. A later
layer wins: fixed values of the provider, the client's own, what follows from its request, the mapped parameters of
the request, the ids of the creative, the facts of the instant, and what a caller passes along.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from playback.engine.playing.plan import Part, Plan
from playback.engine.playing.session import PlaybackSession, Tracked
from playback.engine.request.ad_data import AdData, PlayableAd
from playback.engine.splitmix import mix, stable_key, uniform
from vast.macros import DEFAULT_FORMATS, Value

if TYPE_CHECKING:
    from playback.engine.delivery.tracker_config import VastTrackerConfig

_CACHEBUSTING = stable_key("macro:CACHEBUSTING")
_TRANSACTION = stable_key("macro:TRANSACTIONID")

VERIFICATION_NOT_SUPPORTED: Final = "2"
"""[REASON] of a player that runs no verification code (playback.md 3.6)."""


class Layer(NamedTuple):
    """Macro -> value (not encoded), and where these come from."""

    source: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class ClientMacros:
    """What a client brings to the macros of every pixel: the formats that count, and its layers, lowest first."""

    formats: tuple[str, ...] = DEFAULT_FORMATS
    layers: tuple[Layer, ...] = (Layer("default", MappingProxyType({"SERVERSIDE": "0"})),)
    values: Mapping[str, Value] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", MappingProxyType(values_of(self.layers)))


def values_of(layers: Iterable[Layer]) -> dict[str, Value]:
    """Macro -> value, a later layer above an earlier one."""
    values: dict[str, Value] = {}
    for layer in layers:
        values.update(layer.values)
    return values


def sources_of(layers: Iterable[Layer]) -> dict[str, str]:
    """Macro -> the source of the value that `values_of` gives."""
    return {name: layer.source for layer in layers for name in layer.values}


PLAIN: Final = ClientMacros()
"""The macros of nobody in particular."""


def client_macros(
    config: "VastTrackerConfig",
    own: Mapping[str, Any] = MappingProxyType({}),
    request: Mapping[str, Any] = MappingProxyType({}),
    headers: Mapping[str, str] = MappingProxyType({}),
) -> ClientMacros:
    """The layers of a client: `own` macros, its ad `request` (parameters, perhaps nested) and the request's headers.

    Every parameter is a macro under its own name and under its path in upper case, unless something named it before;
    the configuration's mapping overrides them. A value of None is no value.
    """
    device = {name.lower(): value for name, value in {**headers, **config.headers}.items()}
    lower = (
        Layer("default", {"SERVERSIDE": "1" if "x-device-ip" in device else "0"}),
        Layer("provider", config.static_macros),
        Layer("client", _texts(own)),
    )
    taken = values_of(lower)
    automatic = {**dict(_paths(request)), **dict(_of_headers(device))}
    mapped = {macro: _at(request, path) for path, macro in config.macro_mapping.items()}
    return ClientMacros(
        config.macro_formats,
        (
            *lower,
            Layer("request", _texts({name: value for name, value in automatic.items() if name not in taken})),
            Layer("provider mapping", _texts(mapped)),
        ),
    )


_HEADERS: Final = (
    ("USER_AGENT", "user-agent"),
    ("DEVICE_IP", "x-real-ip"),
    ("DEVICEIP", "x-device-ip"),
    ("DEVICEUA", "x-device-user-agent"),
)
"""Macros that follow from what is sent along anyway."""


def _of_headers(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((macro, headers[name]) for macro, name in _HEADERS if name in headers)


def _paths(request: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in request.items():
        if isinstance(value, Mapping):
            yield from _paths(value, f"{before}{name}_")
        else:
            if not before:
                yield name, value
            yield f"{before}{name}".upper(), value


def _at(request: Mapping[str, Any], path: str) -> Any:
    """The parameter of this name, or at this dotted path."""
    if path in request:
        return request[path]
    found: Any = request
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _texts(values: Mapping[str, Any]) -> dict[str, Value]:
    return {name: text_value(value) for name, value in values.items() if value is not None}


def text_value(value: Any) -> Value:
    """A value of any kind as text, or as a list of texts."""
    if isinstance(value, list | tuple):
        return [str(item) for item in value if item is not None]
    return str(value)


def macro_layers(
    ad_data: AdData,
    plan: Plan,
    session: PlaybackSession,
    tracked: Tracked,
    index: int,
    client: ClientMacros = PLAIN,
    moment: float | None = None,
) -> tuple[Layer, ...]:
    """The layers for the trackers due at `tracked`, the session's `index`-th such instant.

    `moment` is when they are called, in seconds since 1970, where that is not what the session was stamped with.
    Macros nobody has a value for are in none of them, which `vast.macros.expand` writes as -1.
    """
    part = plan.parts[tracked.part]
    return (
        *client.layers,
        Layer("ad", creative_macros(part.ad)),
        Layer("session", _instant(ad_data, plan, session, tracked, index, moment)),
        Layer("ad", ad_macros(part.ad, part.media.url if part.media else None)),
        Layer("session", _of_event(part, session, tracked)),
    )


def macro_values(
    ad_data: AdData,
    plan: Plan,
    session: PlaybackSession,
    tracked: Tracked,
    index: int,
    client: ClientMacros = PLAIN,
    moment: float | None = None,
) -> dict[str, Value]:
    """Macro -> value for the trackers due at `tracked`: what `macro_layers` comes to."""
    layers = macro_layers(ad_data, plan, session, tracked, index, client, moment)
    return {**client.values, **values_of(layers[len(client.layers) :])}


def moment_of(session: PlaybackSession, tracked: Tracked) -> float:
    """When an instant was, in seconds since 1970; of a session in virtual time, since its start."""
    return (session.start_time or 0.0) + tracked.clock_us / 1e6


def _instant(
    ad_data: AdData,
    plan: Plan,
    session: PlaybackSession,
    tracked: Tracked,
    index: int,
    moment: float | None,
) -> dict[str, Value]:
    return {
        "TIMESTAMP": timestamp(moment_of(session, tracked) if moment is None else moment),
        "CACHEBUSTING": cachebusting(session.seed, index),
        "TRANSACTIONID": ad_data.transaction_id or transaction_id(session.seed),
        "ADCOUNT": str(_ads_played(plan, session, index)),
    }


def _ads_played(plan: Plan, session: PlaybackSession, index: int) -> int:
    if len(plan.parts) == 1:
        return 1
    begun = {done.part for done in session.tracked[: index + 1] if done.event == "impression"}
    return max(len(begun), 1)


def _of_event(part: Part, session: PlaybackSession, tracked: Tracked) -> dict[str, Value]:
    facts: dict[str, Value] = {"ADPLAYHEAD": playhead(max(tracked.at_us - part.start_us, 0))}
    if tracked.event == "error":
        code = session.error_code if tracked.code is None else tracked.code
        if code is not None:
            facts["ERRORCODE"] = str(code)
    elif tracked.event == "verificationNotExecuted":
        facts["REASON"] = VERIFICATION_NOT_SUPPORTED
    return facts


def creative_macros(ad: PlayableAd) -> dict[str, Value]:
    """CREATIVE_ID and ADID: the id of the creative that is played, by the server that gave it, or its ad id."""
    creative = ad.creative
    found = (creative.id or creative.ad_id) if creative else None
    return {"CREATIVE_ID": found, "ADID": found} if found else {}


def ad_macros(ad: PlayableAd, asset: str | None) -> dict[str, Value]:
    """The macros that an ad's own elements fill; `asset` is the address of the file that is played."""
    universal_ad_ids = ad.creative.universal_ad_ids if ad.creative else ()
    facts: dict[str, Value | None] = {
        "ADTYPE": ad.ad.ad_type or "video",
        "ASSETURI": asset,
        "ADSERVINGID": ad.ad.ad_serving_id,
        "PODSEQUENCE": str(ad.ad.sequence) if ad.ad.sequence else None,
        "UNIVERSALADID": [f"{uid.registry or 'unknown'} {uid.value}" for uid in universal_ad_ids],
    }
    return {name: value for name, value in facts.items() if value}


def cachebusting(seed: int, index: int) -> str:
    """Eight digits that belong to the seed and the index."""
    return eight_digits(seed, _CACHEBUSTING + index)


def eight_digits(seed: int, key: int) -> str:
    """The seed's number of this key as the standard writes [CACHEBUSTING]."""
    return str(10_000_000 + int(uniform(seed, key) * 90_000_000))


def transaction_id(seed: int) -> str:
    """A version-4 UUID that belongs to the session's seed."""
    high, low = mix(seed ^ _TRANSACTION), mix(seed + _TRANSACTION)
    return str(UUID(int=(high << 64) | low, version=4))


def timestamp(seconds: float) -> str:
    """ISO 8601 with milliseconds and zone; virtual time counts from 1970."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def playhead(microseconds: int) -> str:
    """HH:MM:SS.mmm."""
    seconds, rest = divmod(microseconds // 1000, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{rest:03d}"
