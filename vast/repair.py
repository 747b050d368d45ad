"""A one-shot repair of the two commonest faults of hand-made XML: bare ampersands and HTML entities."""

import re
from html import escape
from html.entities import html5

# One that is not closed reaches to the end: else the rest would be searched again from each further opening.
_VERBATIM = re.compile(
    r"(<!\[CDATA\[[^\]]*+(?:\](?!\]>)[^\]]*+)*+(?:\]\]>|\Z)"
    r"|<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z))"
)
_AMPERSAND = re.compile(r"&(?:(#[0-9]{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});)?")
MAX_AMPERSANDS = 10_000
_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})


def _mended(match: re.Match[str]) -> str:
    name = match.group(1)
    if name is None:
        return "&amp;"
    if name.startswith("#") or name in _XML:
        return match.group()
    # Some stand for characters of XML's own: &LT;, &AMP;, &QUOT;.
    return escape(html5.get(name + ";", "&" + name + ";"))


def repair(markup: str) -> str:
    """The markup with stray ampersands escaped and HTML entities replaced; CDATA and comments stay as they are.

    Markup with more than MAX_AMPERSANDS is no oversight of an author's, and comes back as it is.
    """
    if not 0 < markup.count("&") <= MAX_AMPERSANDS:
        return markup
    parts = _VERBATIM.split(markup)
    return "".join(part if number % 2 else _AMPERSAND.sub(_mended, part) for number, part in enumerate(parts))
