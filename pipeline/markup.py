"""A VAST document as people read it: indented, coloured, with line numbers that findings can point to."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe
from lxml import etree
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, XmlLexer

from vast.document import parse
from vast.errors import VastError
from vast.lint import Finding, lint

# Colouring costs about a second a megabyte, and so does laying the page out.
_COLOUR_LIMIT = 300_000
_SHOWN_LIMIT = 1_000_000
_FORMATTER = HtmlFormatter(cssclass="xml-lines", linespans="L", classprefix="x-")


@dataclass(frozen=True, slots=True)
class MarkedUp:
    """``html`` has a span ``L-<n>`` for each line; the findings' lines refer to it. ``whole``: nothing was cut off."""

    html: SafeString
    findings: tuple[Finding, ...]
    whole: bool


def readable(xml: str) -> str:
    """The same document with one element a line; only blank text between elements differs from what is served.

    A document past the reader's limits comes back as it is.
    """
    try:
        root = parse(xml, lenient=True).root
    except VastError:
        return xml
    etree.indent(root, space="  ")
    return etree.tostring(root, encoding="unicode")


def marked_up(xml: str, ad_versions: Sequence[str] = ()) -> MarkedUp:
    """The readable form as HTML; ``ad_versions`` as ``vast.lint.lint`` takes them."""
    text = readable(xml)
    shown = text[:_SHOWN_LIMIT]
    lexer = XmlLexer() if len(shown) <= _COLOUR_LIMIT else TextLexer()
    # Pygments escapes every character of the text; the spans are its own.
    html = mark_safe(highlight(shown, lexer, _FORMATTER))  # noqa: S308
    return MarkedUp(html, lint(text.encode(), ad_versions), len(shown) == len(text))
