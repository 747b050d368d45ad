"""A VAST document as people read it: indented, coloured, its lines numbered, with the linter's findings at them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe
from lxml import etree
from pygments import highlight
from pygments.filter import simplefilter
from pygments.formatters import HtmlFormatter
from pygments.lexers import XmlLexer
from pygments.token import Text, Whitespace

from pipeline.build_page.findings import Remark, counts, remarks
from vast.document import KEEPING, parse
from vast.errors import VastError
from vast.lint import lint

# Colouring costs about a second a megabyte, and so does laying the page out: a part at a time is shown.
LINES = 300
_CHARACTERS = 150_000
_LONGEST_LINE = 20_000
# A line found by its number is shown with some lines before it.
_LEAD = 20


@dataclass(frozen=True, slots=True)
class MarkedUp:
    """A part of the document: ``html`` has a span ``L-<n>`` for each line from ``first`` to ``last`` of ``lines``.

    ``remarks`` are the linter's on the whole document, ``findings`` how many there are of each severity; a line that
    a remark is about leads to ``F-<number of the remark>``.
    """

    html: SafeString
    remarks: tuple[Remark, ...]
    findings: Mapping[str, int]
    first: int
    last: int
    lines: int

    @property
    def found(self) -> int:
        """How many findings there are."""
        return sum(self.findings.values())

    @property
    def next(self) -> int | None:
        return self.last + 1 if self.last < self.lines else None

    @property
    def previous(self) -> int | None:
        return max(self.first - LINES, 1) if self.first > 1 else None


class _Lines(HtmlFormatter):
    """Numbers lines from ``first``, and writes at a line what was found there."""

    def __init__(self, first: int, remarks: Mapping[int, Sequence[Remark]]) -> None:
        super().__init__(cssclass="xml-lines", classprefix="x-")
        self._first = first
        self._remarks = remarks

    def wrap(self, source: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
        yield 0, "<pre>"
        number = self._first
        for is_line, html in source:
            if is_line:
                yield 1, self._line(number, html)
                number += 1
            else:
                yield 0, html
        yield 0, "</pre>"

    def _line(self, number: int, html: str) -> str:
        there = self._remarks.get(number, ())
        span = f'<span id="L-{number}" data-line="{number}"'
        if not there:
            return f"{span}>{html}</span>"
        said = "".join(
            f'<a class="line-remark line-{escape(remark.severity)}" href="#F-{remark.number}" '
            f'title="{escape(remark.text)}"><b>{escape(remark.severity)}</b><span>: {escape(remark.text)}</span></a>'
            for remark in there
        )
        return f'<span class="remarked">{span} tabindex="-1">{html}</span>{said}</span>'


@simplefilter
def _plain_blanks(
    _self: object, _lexer: object, stream: Iterator[tuple[object, str]], _options: object
) -> Iterator[tuple[object, str]]:
    """Blanks need no colour: a third of the page's elements less."""
    for kind, text in stream:
        yield (Text if kind is Whitespace else kind), text


def readable(xml: str, *, ours: bool = False) -> str:
    """The same document with one element a line; only blank text between elements differs from what is served.

    A document past the reader's limits comes back as it is. One of `ours` holds many ads, each within the limits.
    """
    try:
        root = etree.fromstring(xml.encode(), KEEPING) if ours else parse(xml, lenient=True).root
    except (VastError, etree.XMLSyntaxError):
        return xml
    etree.indent(root, space="  ")
    return etree.tostring(root, encoding="unicode")


def marked_up(
    xml: str, ad_versions: Sequence[str] = (), first: int = 1, around: int | None = None
) -> MarkedUp:
    """The readable form as HTML from a line on, or round one; ``ad_versions`` as ``vast.lint.lint`` takes them."""
    text = readable(xml, ours=True)
    lines = text.split("\n")
    start = min(max(first if around is None else around - _LEAD, 1), len(lines))
    shown = list(_part(lines[start - 1 : start - 1 + LINES]))
    findings = lint(text.encode(), ad_versions)
    said = remarks(findings)
    at_line = defaultdict(list)
    for remark in said:
        for line in dict.fromkeys(place.line for place in remark.places):
            at_line[line].append(remark)
    # Pygments escapes every character of the text; the spans round it are its own and ours.
    lexer = XmlLexer(stripnl=False, ensurenl=True)
    lexer.add_filter(_plain_blanks())
    html = mark_safe(highlight("\n".join(shown), lexer, _Lines(start, at_line)))  # noqa: S308
    return MarkedUp(html, said, counts(findings), start, start + len(shown) - 1, len(lines))


def _part(lines: Sequence[str]) -> Iterator[str]:
    """As many lines as may be shown at once; a very long one is cut."""
    room = _CHARACTERS
    for line in lines:
        left_out = len(line) - _LONGEST_LINE
        yield f"{line[:_LONGEST_LINE]} … ({left_out} characters more)" if left_out > 0 else line
        room -= min(len(line), _LONGEST_LINE)
        if room < 0:
            return
