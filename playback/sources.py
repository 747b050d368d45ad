"""Where a session's ad comes from: exactly one of a build, a document handed over, and the address of an ad server."""

from typing import NamedTuple
from urllib.parse import urlsplit

from pipeline.intake import Refused, unpack
from pipeline.models import Build
from playback.models import Session
from vast.document import MAX_BYTES

URL_MAX = 2048


class StartRefused(Exception):
    """This cannot be played as asked; nothing was stored. ``field`` is the form's or API's field name."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


class Source(NamedTuple):
    """``field`` is what whoever starts a session calls it: a fault of all of it is told there."""

    kind: Session.Source
    field: str
    title: str
    document: str | bytes = ""
    url: str = ""
    build: Build | None = None

    @property
    def text(self) -> str | None:
        """The document where it is text that a column can hold; None for a tag."""
        if isinstance(self.document, str):
            return self.document or None
        try:
            text = self.document.decode()
        except UnicodeDecodeError:
            return None
        return None if "\0" in text else text


def source_of(build: Build | None, vast: str | bytes | None, url: str | None, title: str = "") -> Source:
    """The one source that was given. Raises ``StartRefused`` at the field."""
    refuse_unless_one(build, vast, url)
    if build:
        return Source(Session.Source.BUILD, "build", title or build.title, build.vast, build=build)
    if url:
        address = _address(url)
        return Source(Session.Source.TAG, "url", title or _short(address), url=address)
    return Source(Session.Source.DOCUMENT, "vast", title or "VAST document", _document(vast or ""))


def refuse_unless_one(build: object, vast: object, url: object) -> None:
    """Raises ``StartRefused`` for no source or several."""
    given = [name for name, value in (("build", build), ("vast", vast), ("url", url)) if value]
    if len(given) != 1:
        said = f"not {' and '.join(given)}" if given else "none was given"
        raise StartRefused(
            given[0] if given else "build", f"Give a build, a VAST document or a tag URL: {said}."
        )


def _document(vast: str | bytes) -> str | bytes:
    try:
        body = vast.encode() if isinstance(vast, str) else vast
    except UnicodeEncodeError:
        raise StartRefused("vast", "This holds half a surrogate pair, which is no character.") from None
    try:
        unpacked = unpack("vast", body, MAX_BYTES, "a VAST document")
    except Refused as refusal:
        raise StartRefused("vast", refusal.text) from None
    return vast if isinstance(vast, str) else unpacked


def _address(url: str) -> str:
    url = url.strip()
    if len(url) > URL_MAX:
        raise StartRefused("url", f"This is longer than the {URL_MAX} characters an address may have.")
    if not url.isprintable():
        raise StartRefused("url", "This holds a character that no address has.")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname
    except ValueError:
        usable = False
    if not usable:
        raise StartRefused("url", "This is no http or https address.")
    return url


def _short(url: str) -> str:
    """Host and path: what a tag is known by."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"
