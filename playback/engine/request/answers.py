"""What an answer says: a VAST document, or why it leads to no ad, with the VAST error code (playback.md 3.3, 3.4)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from playback.engine.request.chain import Hop, Outcome
from playback.engine.request.client_config import VastClientConfig
from playback.engine.request.parser import VastParser
from playback.engine.request.transport import Fetched
from vast.ad import Ad, Category, Vast, read
from vast.encodings import from_charset
from vast.errors import VastError, VastErrorCode
from vast.notice import Notice
from vast.recall import recall


class Lost(NamedTuple):
    """Why a branch leads to no ad. `silent`: nobody is told. `root_errors` are those of an empty answer."""

    code: VastErrorCode
    reason: str
    text: str
    silent: bool = False
    root_errors: tuple[str, ...] = ()
    wrapper_uri: str | None = None
    notices: tuple[Notice, ...] = ()
    version: str = ""


# An answer that never came in one piece; what is not here is an address that is unavailable (301).
_CODES: Final[Mapping[Outcome, VastErrorCode]] = {
    Outcome.TOO_LARGE: VastErrorCode.XML_PARSING,
    Outcome.UNREADABLE: VastErrorCode.XML_PARSING,
    Outcome.URL: VastErrorCode.WRAPPER_GENERAL,
}
_BY_NUMBER: Final = {int(code): code for code in VastErrorCode}
_OF_INTEREST: Final = frozenset(
    {
        "content-type",
        "content-length",
        "content-encoding",
        "cache-control",
        "server",
        "date",
        "via",
        "access-control-allow-origin",
        "access-control-allow-credentials",
    }
)
_LONGEST_HEADER = 500
_CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)


def headers_of_interest(headers: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The headers a reader of a chain asks about; of cookies only their names."""
    kept = [
        (name.lower(), value[:_LONGEST_HEADER]) for name, value in headers if name.lower() in _OF_INTEREST
    ]
    cookies = [
        (name.lower(), value.partition("=")[0].strip()[:_LONGEST_HEADER])
        for name, value in headers
        if name.lower() == "set-cookie"
    ]
    return (*kept, *cookies)


def refused_hop(hop: Hop, outcome: Outcome, lost: Lost) -> Hop:
    """A hop that was not made; one nobody is told of has no code."""
    return replace(hop, outcome=outcome, code=None if lost.silent else int(lost.code), text=lost.text)


def document_of(
    got: Fetched, config: VastClientConfig, *, given: bool = False
) -> tuple[Outcome, Vast | Lost]:
    """What came of a hop and the document it brought, or why it brought none; `given`: it was handed over."""
    if not given and (lost := _unanswered(got)):
        return lost
    if not config.enable_parsing:
        text = "the document was kept and not read: enable_parsing is off"
        return Outcome.UNREAD, Lost(VastErrorCode.UNDEFINED, Outcome.UNREAD.value, text, silent=True)
    try:
        vast = _facts(_in_its_charset(got), config)
    except VastError as refused:
        code = VastErrorCode.XML_PARSING if _is_page(got, refused) else _BY_NUMBER[refused.code]
        return Outcome.UNREADABLE, Lost(code, refused.reason, refused.text)
    if not vast.ads:
        lost_ad = Lost(
            VastErrorCode.NO_AD,
            "EMPTY",
            "the document holds no ad",
            root_errors=vast.errors,
            notices=vast.notices,
            version=vast.version,
        )
        return Outcome.EMPTY, lost_ad
    has_inline = any(ad.kind == "inline" for ad in vast.ads)
    return (Outcome.ADS if has_inline else Outcome.WRAPPER), vast


def _facts(body: bytes, config: VastClientConfig) -> Vast:
    if config.parser is None:
        return recall(read, body, lenient=config.lenient)
    return VastParser(config.parser, config.publisher).read(body, lenient=config.lenient)


def _unanswered(got: Fetched) -> tuple[Outcome, Lost] | None:
    if got.failure:
        outcome = Outcome(got.failure)
        code = _CODES.get(outcome, VastErrorCode.WRAPPER_TIMEOUT)
        return outcome, Lost(code, outcome.value, got.text)
    found = got.status is not None and 200 <= got.status < 300
    if got.status == 204 or (found and not got.body.strip()):
        text = "the answer is 204, no content" if got.status == 204 else "the answer is empty"
        return Outcome.EMPTY, Lost(VastErrorCode.NO_AD, "EMPTY", text)
    if not found:
        outcome = Outcome.HTTP_STATUS
        return outcome, Lost(VastErrorCode.WRAPPER_TIMEOUT, outcome.value, f"the answer is HTTP {got.status}")
    return None


def _in_its_charset(got: Fetched) -> bytes:
    """The body, in UTF-8 where only its Content-Type tells that it is not (RFC 7303 §3)."""
    charset = _CHARSET.search(_content_type(got))
    return from_charset(got.body, charset[1]) if charset else got.body


def _content_type(got: Fetched) -> str:
    return next((value for name, value in got.headers if name.lower() == "content-type"), "")


def _is_page(got: Fetched, refused: VastError) -> bool:
    """A web page is no document of another kind (101) to anybody: it is not XML that was meant (100)."""
    beginning = got.body.lstrip()[:15].lower()
    says_page = _content_type(got).strip().lower().startswith("text/html") or beginning.startswith(
        (b"<html", b"<!doctype html")
    )
    return refused.reason == "NOT_VAST" and says_page


def category_codes(categories: Sequence[Category]) -> list[str]:
    """The codes of some Category elements; BlockedAdCategories may hold several in one, between commas."""
    return [
        code.strip().lower() for category in categories for code in category.code.split(",") if code.strip()
    ]


def category_fault(ad: Ad, blocked: frozenset[str], required: bool) -> Lost | None:
    """Why the wrappers above an ad, which block these codes, do not let it play; None when they do."""
    if not blocked:
        return None
    own = category_codes(ad.categories)
    if not own and required:
        text = "a wrapper blocks categories, and the ad names none"
        return Lost(VastErrorCode.CATEGORY_MISSING, Outcome.BLOCKED.value, text)
    found = [code for code in own if code in blocked]
    if not found:
        return None
    text = f"a wrapper blocks the ad's category {found[0][:60]!r}"
    return Lost(VastErrorCode.CATEGORY_BLOCKED, Outcome.BLOCKED.value, text)
