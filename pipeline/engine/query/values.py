"""What the text of a parameter may be, one kind each: the text becomes a JSON-native value, or a sentence says why not.

A reader gets the decoded, trimmed, non-empty text. It returns the value, None where the text says nothing, or Remarked;
it raises ValueError with the rest of a sentence that begins with the parameter's name.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pipeline.engine.query.address import public_address
from pipeline.engine.query.json_text import json_object
from pipeline.engine.query.line import is_unexpanded
from pipeline.engine.query.schain import read_schain


class Kind(NamedTuple):
    """A kind of value: its name and what a person may write, its reader, and whether -1 and -2 are values of it.

    Where they are not, -1 (unknown) and -2 (withheld, VAST 4.2 §6.2) count as absent. An `undecoded` value has parts
    that are encoded each by itself: its reader gets it as it stands in the line.
    """

    name: str
    says: str
    read: Callable[[str], Any]
    signed: bool = False
    undecoded: bool = False


class Remarked(NamedTuple):
    """A value of which something was left out or changed, and what."""

    value: Any
    remark: str


_NEGATIVE = re.compile(r"-[0-9]{1,10}")
_DECIMAL = re.compile(r"-?(?:[0-9]{1,12}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})")


def whole(low: int, high: int, *, signed: bool = False) -> Kind:
    """A whole number between two bounds, both legal."""
    says = f"whole number, {low} to {high}"

    def read(text: str) -> int:
        if (text.isdigit() and text.isascii() and len(text) < 11) or _NEGATIVE.fullmatch(text):
            number = int(text)
            if low <= number <= high:
                return number
        raise ValueError(f"must be a {says}")

    return Kind("whole number", says, read, signed)


def _length(text: str, divisor: int, low: int, *, up: bool) -> int:
    if (
        divisor == 1
        and text.isdecimal()
        and text.isascii()
        and len(text) < 6
        and (seconds := int(text)) >= low
    ):
        if seconds <= LONGEST:
            return seconds
    elif _DECIMAL.fullmatch(text):
        exact = Decimal(text) / divisor
        seconds = int(exact) + (1 if up and exact != int(exact) else 0)
        if low <= seconds <= LONGEST:
            return seconds
    unit = "milliseconds" if divisor == 1000 else "seconds"
    raise ValueError(f"must be a number of {unit} that gives {low} to {LONGEST} seconds")


LONGEST = 86_400
"""No ad, pod or programme is longer than a day."""


def _lengths(name: str, divisor: int, low: int, *, up: bool) -> Kind:
    says = f"{name}; a fraction is rounded {'up' if up else 'down'}, so that no limit is widened"
    return Kind(name, says, lambda text: _length(text, divisor, low, up=up))


AT_LEAST = _lengths("seconds", 1, 0, up=True)
AT_LEAST_MS = _lengths("milliseconds", 1000, 0, up=True)
AT_MOST = _lengths("seconds", 1, 1, up=False)
AT_MOST_MS = _lengths("milliseconds", 1000, 1, up=False)


def decimal(low: float, high: float, *, signed: bool = False) -> Kind:
    """A number between two bounds, without exponent."""
    says = f"number, {low} to {high}"

    def read(text: str) -> float:
        if _DECIMAL.fullmatch(text) and low <= (number := float(text)) <= high:
            return number
        raise ValueError(f"must be a {says}")

    return Kind("number", says, read, signed)


_FLAGS = {"1": 1, "true": 1, "yes": 1, "0": 0, "false": 0, "no": 0}


def _flag(text: str) -> int:
    found = _FLAGS.get(text.lower())
    if found is None:
        raise ValueError("must be 1 or 0 (true or false)")
    return found


FLAG = Kind("flag", "1 or 0; true and false, yes and no are understood", _flag)
SWITCH = Kind("flag", FLAG.says, lambda text: bool(_flag(text)))
FLAG_TEXT = Kind("flag", FLAG.says, lambda text: str(_flag(text)))

TEXT = Kind("text", "text", lambda text: text)


def matching(name: str, pattern: str, says: str, change: Callable[[str], str] = str) -> Kind:
    """Text of a certain shape; `change` brings it into its usual spelling."""
    shape = re.compile(pattern)

    def read(text: str) -> str:
        if shape.fullmatch(text):
            return change(text)
        raise ValueError(f"must be {says}")

    return Kind(name, says, read)


_HTTP = r"(?i:https?)://[^\s/?#]+[^\s]*"
ADDRESS = matching("address", r"[A-Za-z][A-Za-z0-9+.-]*://\S+", "an address with its scheme")
TOKEN = matching("token", r"[A-Za-z0-9._~-]{1,64}", "up to 64 letters, digits, dots and dashes")
DOMAIN = matching("domain", r"[^\s/:]+\.[^\s/:]+", "a domain name", str.lower)
LANGUAGE = matching("language", r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", "a language code such as en")
CURRENCY = matching("currency", r"[A-Za-z]{3}", "a currency code of three letters", str.upper)
CONSENT = matching("consent string", r"[A-Za-z0-9._~=-]+", "a consent string without blanks")
US_PRIVACY = matching(
    "US privacy", "1[YNyn-]{3}", "four characters: 1, then Y, N or - three times", str.upper
)
COUNTRY = matching("country", "[A-Za-z]{3}", "a country code of three letters", str.upper)

_PAGE = re.compile(_HTTP)
PAGE = Kind(
    "page", "address of a page; anything else says nothing", lambda t: t if _PAGE.fullmatch(t) else None
)

_NO_IDENTITY = frozenset("0-")
# Brackets are of a placeholder that was filled in by half, as in "{{ID}}.1"; no id has them.
_IDENTITY = re.compile(r"[^\s{}\[\]<>]{1,256}")


def _identity(text: str) -> str | None:
    if not _IDENTITY.fullmatch(text):
        raise ValueError("must be an identifier without blanks or brackets")
    return None if _NO_IDENTITY.issuperset(text) else text


IDENTITY = Kind("identifier", "identifier; one of zeros only says nothing", _identity)

_IFA_TYPES = {"adid": "aaid"}
IFA_TYPE = matching(
    "kind of identifier",
    r"[A-Za-z][A-Za-z0-9_]{0,31}",
    "a word such as rida, tifa, afai, vida, lgudid, msai, idfa, aaid, ppid, sspid, sessionid",
    lambda text: _IFA_TYPES.get(text.lower(), text.lower()),
)


def choice(name: str, values: Mapping[str, Any]) -> Kind:
    """One of a few words, in any case; a word may stand for a value or, with None, say nothing."""
    says = f"one of {', '.join(values)}"

    def read(text: str) -> Any:
        word = text.lower()
        if word not in values:
            raise ValueError(f"must be {says}")
        return values[word]

    return Kind(name, says, read)


def _listed(entries: Sequence[str], read: Callable[[str], Any]) -> Any:
    found: list[Any] = []
    wrong = ""
    for entry in entries:
        text = entry.strip()
        if not text:
            continue
        try:
            value = read(text)
        except ValueError as problem:
            wrong = str(problem)
            continue
        if value not in found:
            found.append(value)
    if wrong and not found:
        raise ValueError(f"holds no usable entry; each {wrong}")
    if not found:
        return None
    return Remarked(found, f"an entry was left out; each {wrong}") if wrong else found


def listed(kind: Kind, separators: str = ",") -> Kind:
    """A list of values of one kind; entries that cannot be used are left out, repeated ones count once."""
    split = re.compile(f"[{re.escape(separators)}]").split
    read = kind.read
    return Kind(
        f"list: {kind.name}", f"list of {kind.says}", lambda text: _listed(split(text), read), kind.signed
    )


MIME = matching("MIME type", r"[\w.+-]+/[\w.+-]+", "a MIME type such as video/mp4", str.lower)
CATEGORY = matching("category", r"[A-Za-z0-9][\w-]{0,31}", "a category code")

_SIZE = re.compile(r"([0-9]{1,5})[xX]([0-9]{1,5})v?")
LEAST_PIXELS = 64
"""A side shorter than this is no player's: GAM writes ratios such as 16x9 among the sizes."""


def _size(text: str) -> tuple[int, int] | None:
    readable = False
    for entry in re.split(r"[|,]", text):
        found = _SIZE.fullmatch(entry.strip())
        if found:
            readable = True
            width, height = int(found[1]), int(found[2])
            if width >= LEAST_PIXELS and height >= LEAST_PIXELS:
                return width, height
    if readable:
        return None
    raise ValueError("must be sizes such as 640x480, separated by | or ,")


SIZE = Kind("sizes", "640x480|400x300; the first that is no ratio counts", _size)


def _point(text: str) -> tuple[float, float]:
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError("must be a latitude, a comma and a longitude")
    return LATITUDE.read(parts[0].strip()), LONGITUDE.read(parts[1].strip())


LATITUDE = decimal(-90, 90, signed=True)
LONGITUDE = decimal(-180, 180, signed=True)
POINT = Kind("point", "latitude,longitude", _point, signed=True)

IP = Kind("IP address", "public IPv4 or IPv6 address; a list gives its first public one", public_address)
OBJECT = Kind("JSON", "JSON object", json_object)
SCHAIN = Kind(
    "supply chain", "JSON object, or 1.0,1!asi,sid,hp,rid,name,domain!…", read_schain, undecoded=True
)


def _pairs(text: str) -> dict[str, Any] | None:
    pairs: dict[str, Any] = {}
    for key, value in parse_qsl(text, separator="&"):
        if is_unexpanded(value, value):
            continue
        values = [part for part in value.split(",") if part]
        pairs.setdefault(key, values if len(values) > 1 else value)
    return pairs or None


PAIRS = Kind("key-values", "key=value&key=value,value, percent-encoded as a whole", _pairs)
