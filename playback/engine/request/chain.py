"""What it took to get an ad: every hop from the tag to the InLine, kept so that it can be shown and replayed.

IAB VAST 4.3 §2.3.4, §3.19; playback.md §3.4 and 4.9.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit


class Outcome(StrEnum):
    """What came of a hop. `ads` is an InLine ad, `wrapper` only wrappers; everything else led to no ad.

    `unread` is a document that was kept and not read, because nobody wanted it read.
    """

    ADS = "ads"
    WRAPPER = "wrapper"
    EMPTY = "empty"
    HTTP_STATUS = "http_status"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    ADDRESS_REFUSED = "address_refused"
    TOO_LARGE = "too_large"
    REDIRECTS = "redirects"
    UNREADABLE = "unreadable"
    URL = "url"
    LIMIT = "limit"
    LOOP = "loop"
    WRAPPER_REFUSED = "wrapper_refused"
    BLOCKED = "blocked"
    UNREAD = "unread"


class Redirect(NamedTuple):
    """One answer that pointed elsewhere: the address asked, its status, and where it pointed."""

    url: str
    status: int
    location: str


@dataclass(frozen=True, slots=True)
class Hop:
    """One request for a document, or a document that was handed over (`url` is then empty).

    number counts from 1 in the order of asking; parent is the hop whose document named the address, wrapper the id of
    the Ad there. url is the address as written, asked_url with macros expanded and resolved against its document;
    requested is false where nothing was asked (a document handed over, a limit, a loop, a refused wrapper). ms is how
    long the answer took, size that of its body in bytes, unpacked; code the VAST error code where it led to no ad.
    """

    number: int
    url: str
    outcome: Outcome
    parent: int | None = None
    wrapper: str | None = None
    depth: int = 0
    asked_url: str = ""
    requested: bool = True
    macros: tuple[tuple[str, str, str], ...] = ()
    redirects: tuple[Redirect, ...] = ()
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    started_ms: float = 0.0
    ms: float = 0.0
    size: int = 0
    body: bytes = b""
    version: str = ""
    code: int | None = None
    text: str = ""
    notices: tuple[tuple[str, str], ...] = ()

    @property
    def host(self) -> str:
        """The host that was asked, or that would have been; "" for a document handed over."""
        try:
            return urlsplit(self.asked_url or self.url).hostname or ""
        except ValueError:
            return ""

    @property
    def failed(self) -> bool:
        return self.outcome not in (Outcome.ADS, Outcome.WRAPPER)

    def blame(self) -> str:
        """One line that says which hop it was: "hop 3, ads.example.com, code 303, 812 ms"."""
        code = f", code {self.code}" if self.code is not None else ""
        took = f", {self.ms:.0f} ms" if self.requested and self.url else ""
        nobody = "no host" if self.url or self.parent else "the document given"
        return f"hop {self.number}, {self.host or nobody}{code}{took}"

    def to_dict(self, *, with_body: bool = True) -> dict[str, Any]:
        """JSON-native values; a body that is no UTF-8 text is written in base64."""
        data = {item.name: getattr(self, item.name) for item in fields(self) if item.name != "body"}
        data["outcome"] = self.outcome.value
        data["redirects"] = [list(redirect) for redirect in self.redirects]
        for name in ("headers", "macros", "notices"):
            data[name] = [list(row) for row in data[name]]
        return {**data, **(_body_as_json(self.body) if with_body else {})}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The hop a record describes. ValueError for an unknown outcome; an unknown field is a TypeError."""
        values = dict(data)
        body, packed = values.pop("body", None), values.pop("body_base64", None)
        values["body"] = b64decode(packed) if packed else (body or "").encode()
        values["outcome"] = Outcome(values["outcome"])
        values["redirects"] = tuple(Redirect(*row) for row in values["redirects"])
        for name in ("headers", "macros", "notices"):
            values[name] = tuple(tuple(row) for row in values[name])
        return cls(**values)


def _body_as_json(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": b64encode(body).decode("ascii")}


@dataclass(frozen=True, slots=True)
class Chain:
    """All hops of one request for an ad. `seed` and `started_at` (seconds since 1970) made its macros, so that a
    replay asks for the same addresses."""

    hops: tuple[Hop, ...]
    seed: int = 0
    started_at: float = 0.0
    transaction_id: str = ""

    @property
    def failures(self) -> tuple[Hop, ...]:
        """The hops that led to no ad, in the order of asking."""
        return tuple(hop for hop in self.hops if hop.failed)

    @property
    def blame(self) -> str:
        """The blame line of the last failure; "" where nothing failed."""
        failures = self.failures
        return failures[-1].blame() if failures else ""

    def to_dict(self, *, with_bodies: bool = True) -> dict[str, Any]:
        return {
            "seed": self.seed,
            "started_at": self.started_at,
            "transaction_id": self.transaction_id,
            "hops": [hop.to_dict(with_body=with_bodies) for hop in self.hops],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "hops": tuple(Hop.from_dict(hop) for hop in data["hops"])})
