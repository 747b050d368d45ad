"""The IAB macros, where each may be used, and their expansion in one pass (playback.md §3.2).

A value is percent-encoded as by encodeURIComponent; a value that itself looks like a macro is not expanded again.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

Context = Literal["request", "tracking", "error", "verification", "click"]
Value = str | Sequence[str]
"""A text, or a list whose items are encoded one by one and joined by plain commas."""

UNKNOWN: Final = "-1"
"""What a macro of the list becomes when nobody knows its value."""

WITHHELD: Final = "-2"
"""The value to give for a macro whose value is known but not told."""

DEFAULT_FORMATS: Final = ("[NAME]", "%5BNAME%5D", "%%NAME%%")
"""The brackets of the standard, the same percent-encoded, and what many ad servers write."""


class Macro(NamedTuple):
    """A macro of the list: since which version, the contexts that may use it, and what it means."""

    since: str
    contexts: frozenset[Context]
    meaning: str


# Clicks, errors and verification trackers are trackers too: what "tracking" may use, they may use.
_T: frozenset[Context] = frozenset({"tracking", "error", "verification", "click"})
_R: frozenset[Context] = frozenset({"request"})
_TR = _T | _R
_E: frozenset[Context] = frozenset({"error"})
_V: frozenset[Context] = frozenset({"verification"})
_C: frozenset[Context] = frozenset({"click"})

MACROS: Mapping[str, Macro] = {
    "TIMESTAMP": Macro("4.0", _TR, "the moment, ISO 8601 with milliseconds and zone"),
    "CACHEBUSTING": Macro("3.0", _TR, "a random integer of 8 digits"),
    "CONTENTPLAYHEAD": Macro("3.0", _TR, "position in the content, HH:MM:SS.mmm (deprecated)"),
    "MEDIAPLAYHEAD": Macro("4.1", _TR, "position in the content, HH:MM:SS.mmm"),
    "BREAKPOSITION": Macro("4.1", _TR, "1 pre-roll, 2 mid-roll, 3 post-roll, 4 stand-alone, 0 other"),
    "BLOCKEDADCATEGORIES": Macro("4.1", _R, "blocked categories"),
    "ADCATEGORIES": Macro("4.1", _R, "wanted categories"),
    "ADCOUNT": Macro("4.1", _TR, "ads expected, or ads played including this one"),
    "TRANSACTIONID": Macro("4.1", _TR, "one UUID along the whole chain"),
    "PLACEMENTTYPE": Macro("4.1", _TR, "AdCOM placement subtype"),
    "ADTYPE": Macro("4.1", _TR, "video, audio or hybrid"),
    "UNIVERSALADID": Macro("4.1", _T, "registry and id of the creative"),
    "BREAKMAXDURATION": Macro("4.2", _TR, "longest break in seconds"),
    "BREAKMINADLENGTH": Macro("4.2", _TR, "shortest ad in seconds"),
    "BREAKMAXADLENGTH": Macro("4.2", _TR, "longest ad in seconds"),
    "BREAKMAXADS": Macro("4.2", _TR, "most ads in the break"),
    "IFA": Macro("4.1", _TR, "advertising id of the device"),
    "IFATYPE": Macro("4.1", _TR, "kind of the advertising id"),
    "CLIENTUA": Macro("4.1", _TR, "player and plugin with versions"),
    "SERVERUA": Macro("4.1", _TR, "user agent of the calling server"),
    "DEVICEUA": Macro("4.1", _TR, "user agent of the device"),
    "DEVICEIP": Macro("4.1", _TR, "address of the device"),
    "SERVERSIDE": Macro("4.1", _TR, "0 client, 1 server for the client, 2 server by itself"),
    "LATLONG": Macro("4.1", _TR, "latitude and longitude"),
    "DOMAIN": Macro("4.1", _TR, "domain of the page"),
    "PAGEURL": Macro("4.1", _TR, "address of the page"),
    "APPBUNDLE": Macro("4.1", _TR, "bundle id of the app"),
    "VASTVERSIONS": Macro("4.1", _R, "VAST versions the player supports, AdCOM numbers"),
    "APIFRAMEWORKS": Macro("4.1", _R, "API frameworks the player supports, AdCOM numbers"),
    "EXTENSIONS": Macro("4.1", _R, "extensions the player supports"),
    "VERIFICATIONVENDORS": Macro("4.1", _R, "verification vendors the player supports"),
    "OMIDPARTNER": Macro("4.1", _TR, "OMID partner name and version"),
    "MEDIAMIME": Macro("4.1", _R, "MIME types the player supports"),
    "PLAYERCAPABILITIES": Macro("4.1", _TR, "what the player can do"),
    "CLICKTYPE": Macro("4.1", _TR, "0 none, 1 whole area, 2 button, 3 with confirmation"),
    "PLAYERSTATE": Macro("4.1", _T, "muted, fullscreen"),
    "INVENTORYSTATE": Macro("4.1", _TR, "skippable, autoplayed, mautoplayed, optin"),
    "PLAYERSIZE": Macro("4.1", _TR, "width and height of the player"),
    "ADPLAYHEAD": Macro("4.1", _T, "position in the ad, HH:MM:SS.mmm"),
    "ASSETURI": Macro("3.0", _T, "address of the media file played"),
    "CONTENTID": Macro("4.1", _TR, "registry and id of the content"),
    "CONTENTURI": Macro("4.1", _TR, "address of the content"),
    "PODSEQUENCE": Macro("4.1", _T, "the ad's sequence"),
    "ADSERVINGID": Macro("4.1", _T, "the ad's AdServingId"),
    "CLICKPOS": Macro("4.1", _C, "place of the click"),
    "ERRORCODE": Macro("3.0", _E, "the VAST error code"),
    "REASON": Macro("4.1", _V, "1 rejected, 2 not supported, 3 load error"),
    "LIMITADTRACKING": Macro("4.1", _TR, "1 when tracking is limited"),
    "REGULATIONS": Macro("4.1", _TR, "coppa, gdpr"),
    "GDPRCONSENT": Macro("4.1", _TR, "TCF consent string"),
    "STOREID": Macro("4.3", _TR, "id of the app in its store"),
    "STOREURL": Macro("4.3", _TR, "address of the app in its store"),
    "PLAYBACKMETHODS": Macro("4.3", _TR, "how playback begins, AdCOM numbers"),
    "GPPSTRING": Macro("4.3", _TR, "Global Privacy Platform string"),
    "GPPSECTIONID": Macro("4.3", _TR, "its sections"),
    "CONTENTCAT": Macro("4.3", _R, "categories of the content"),
    "DSAREQUIRED": Macro("4.3", _R, "0 to 3, EU Digital Services Act"),
    "DSAPARAMS": Macro("4.3", _R, "DSA transparency parameters"),
    "DSAPUBRENDER": Macro("4.3", _R, "who renders the DSA notice"),
}
_ALIASES: Mapping[str, str] = {"RANDOM": "CACHEBUSTING", "random": "CACHEBUSTING"}

_NAME = "([A-Za-z0-9_]{1,60})"
_LIKE_ENCODE_URI_COMPONENT = "!'()*~"
_ERROR_CODE = re.compile("[1-9][0-9]{2}")
_UNDEFINED_ERROR = "900"


class MacroRow(NamedTuple):
    """One placeholder of a URL: its name, how it is written there, the value it stands for (None where it stays),
    what replaces it, and where the value comes from or why there is none."""

    name: str
    token: str
    value: str | None
    encoded: str
    source: str


def encode(value: Value) -> str:
    """A value as it stands in a URL: percent-encoded; the items of a list are joined by plain commas."""
    items = [value] if isinstance(value, str) else value
    return ",".join(quote(item, safe=_LIKE_ENCODE_URI_COMPONENT, errors="replace") for item in items)


def expand(
    url: str,
    values: Mapping[str, Value],
    context: Context = "tracking",
    formats: tuple[str, ...] = DEFAULT_FORMATS,
) -> str:
    """The URL with its macros replaced, delimiters included.

    A listed macro without a value becomes -1; one that has no business in the context, and names nobody gave a value
    for, stay as they are. `formats` says which delimiters make a placeholder, each written round the word NAME;
    ValueError for a format without delimiters on both sides.
    """

    def replaced(match: re.Match[str]) -> str:
        found = _lookup(match[match.lastindex or 0], values, context)
        return match[0] if found is None else encode(found)

    return _pattern(formats).sub(replaced, url)


def explain(
    url: str,
    values: Mapping[str, Value],
    context: Context = "tracking",
    formats: tuple[str, ...] = DEFAULT_FORMATS,
    sources: Mapping[str, str] = MappingProxyType({}),
) -> list[MacroRow]:
    """The placeholders of a URL in their order, each once, with what `expand` makes of them and why.

    `sources` says of each name where its value comes from.
    """
    tokens = {match[0]: match[match.lastindex or 0] for match in _pattern(formats).finditer(url)}
    return [_explained(token, name, values, context, sources) for token, name in tokens.items()]


def _explained(
    token: str, name: str, values: Mapping[str, Value], context: Context, sources: Mapping[str, str]
) -> MacroRow:
    found = _lookup(name, values, context)
    listed = _ALIASES.get(name, name) in MACROS
    if found is None:
        why = "not of this context: left alone" if listed else "no macro of the list: left alone"
        return MacroRow(name, token, None, token, why)
    given = next((key for key in (name, _ALIASES.get(name, name)) if key in values), None)
    source = "unknown (-1)" if given is None else sources.get(given, "given")
    if found == WITHHELD:
        source = f"{source}, withheld (-2)"
    return MacroRow(name, token, found if isinstance(found, str) else ",".join(found), encode(found), source)


def _lookup(name: str, values: Mapping[str, Value], context: Context) -> Value | None:
    """What a placeholder stands for, or None where it stays."""
    canonical = _ALIASES.get(name, name)
    macro = MACROS.get(canonical)
    if macro is not None and context not in macro.contexts:
        return None
    value = values.get(name, values.get(canonical))
    if value is None:
        return None if macro is None else UNKNOWN
    checked = _CHECKED.get(canonical)
    return checked(value) if checked else value


def _error_code(value: Value) -> Value:
    """The code itself, or 900 (undefined error) for what is none."""
    return value if isinstance(value, str) and _ERROR_CODE.fullmatch(value) else _UNDEFINED_ERROR


_CHECKED: Mapping[str, Callable[[Value], Value]] = {"ERRORCODE": _error_code}


@lru_cache(maxsize=64)
def _pattern(formats: tuple[str, ...]) -> re.Pattern[str]:
    # The longest opening first, or {NAME} would be found inside ${NAME}.
    by_opening = sorted(_delimiters(formats), key=lambda pair: -len(pair[0]))
    return re.compile("|".join(f"{_opening(before)}{_NAME}{_literal(after)}" for before, after in by_opening))


def _delimiters(formats: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for written in formats:
        before, name, after = written.partition("NAME")
        if not (before and name and after):
            raise ValueError(f"a macro format has delimiters on both sides of NAME, unlike {written!r}")
        yield before, after


def _opening(text: str) -> str:
    # A brace of the form ${NAME} that is not among the formats opens nothing.
    return rf"(?<!\$){_literal(text)}" if text.startswith("{") else _literal(text)


def _literal(text: str) -> str:
    # Percent-encoding may be written in either case.
    return f"(?i:{re.escape(text)})" if text.startswith("%") else re.escape(text)
