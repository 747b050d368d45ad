"""What the pages of the sessions say of a hop and of a macro."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django import template

from playback.session_page.chain import masked
from playback.session_page.fates import received
from playback.session_page.view import meaning_of

register = template.Library()

register.filter(received)
register.filter("meaning", meaning_of)
register.filter(masked)


class Shown(NamedTuple):
    """A kind that colours it, a shape and a word."""

    kind: str
    icon: str
    word: str


_BAD = "bad"
_OUTCOMES: dict[str, Shown] = {
    "ads": Shown("good", "circle-check", "ad"),
    "wrapper": Shown("plain", "corner-down-right", "wrapper"),
    "empty": Shown(_BAD, "circle-slash", "no ad"),
    "http_status": Shown(_BAD, "octagon-x", "HTTP error"),
    "timeout": Shown(_BAD, "clock-alert", "timed out"),
    "unreachable": Shown(_BAD, "unplug", "unreachable"),
    "tls": Shown(_BAD, "unplug", "no secure connection"),
    "address_refused": Shown(_BAD, "shield-x", "address refused"),
    "too_large": Shown(_BAD, "octagon-x", "too large"),
    "redirects": Shown(_BAD, "octagon-x", "too many redirects"),
    "unreadable": Shown(_BAD, "file-x", "unreadable"),
    "url": Shown(_BAD, "octagon-x", "no usable address"),
    "limit": Shown(_BAD, "ban", "wrapper limit"),
    "loop": Shown(_BAD, "ban", "loop"),
    "wrapper_refused": Shown(_BAD, "ban", "wrapper refused"),
    "blocked": Shown(_BAD, "ban", "not asked"),
    "unread": Shown("quiet", "circle-dashed", "not read"),
}
_DEEPEST = 6


@register.filter
def outcome(name: str) -> Shown:
    """How the outcome of a hop is shown."""
    return _OUTCOMES.get(name, Shown(_BAD, "octagon-x", name))


@register.filter
def indent(depth: int) -> int:
    """The step to which a hop is moved in: a chain of a hundred wrappers must not leave the screen."""
    return min(depth, _DEEPEST)


@register.filter
def stays(row: dict[str, Any]) -> bool:
    """Whether a macro was left in the address as it is."""
    return row["value"] is None


@register.filter
def named(row: Sequence[str]) -> dict[str, str]:
    """A macro of a request, which a chain keeps as three values."""
    return dict(zip(("name", "value", "source"), row, strict=False))
