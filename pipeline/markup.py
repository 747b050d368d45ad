"""A VAST document as people read it: indented, coloured, with line numbers that findings can point to."""

from django.utils.safestring import SafeString, mark_safe
from lxml import etree
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, XmlLexer

from vast.document import parse
from vast.lint import Finding, lint

# Colouring costs about a second a megabyte; a document past this is shown plain.
_COLOUR_LIMIT = 500_000
_FORMATTER = HtmlFormatter(cssclass="xml-lines", linespans="L", classprefix="x-")


def readable(xml: str) -> str:
    """The same document with one element a line; only blank text between elements differs from what is served."""
    root = parse(xml, lenient=True).root
    etree.indent(root, space="  ")
    return etree.tostring(root, encoding="unicode")


def marked_up(xml: str) -> tuple[SafeString, tuple[Finding, ...]]:
    """HTML of the readable form (each line a span ``L-<n>``), and the findings with lines that refer to it."""
    text = readable(xml)
    lexer = XmlLexer() if len(text) <= _COLOUR_LIMIT else TextLexer()
    # Pygments escapes every character of the text; the spans are its own.
    return mark_safe(highlight(text, lexer, _FORMATTER)), lint(text.encode())  # noqa: S308
