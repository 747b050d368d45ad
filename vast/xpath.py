"""XPaths that somebody configured: checked when they are written, compiled once, and matched by local names.

An author writes plain names (`InLine/AdSystem`, `.//Extension[@type='city']/Name`); the tree they are tried on has no
namespaces (`without_namespaces`), so they match whatever a document uses. Only XPath 1.0 and its core functions are
admitted, and what a path may cost is bounded: its length, one step over any distance inside predicates, and steps to
following or preceding elements inside predicates only.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from math import isfinite
from typing import Any, Final

from lxml import etree

from vast.document import Element, bare_name, local_name, text_of

MAX_LENGTH: Final = 500
_FUNCTIONS: Final = frozenset(
    (
        *("last", "position", "count", "id", "local-name", "namespace-uri", "name", "lang"),
        *("string", "concat", "starts-with", "contains", "substring-before", "substring-after", "substring"),
        *("string-length", "normalize-space", "translate"),
        *("boolean", "not", "true", "false", "number", "sum", "floor", "ceiling", "round"),
        *("text", "node", "comment", "processing-instruction"),
        *("and", "or", "div", "mod"),
    )
)
"""What may stand before a parenthesis: functions of the core library, kinds of node, and operators."""

_LITERAL = re.compile(r"\"[^\"]*\"|'[^']*'")
_CALL = re.compile(r"([\w.-]+)\s*\(")
_PREFIX = re.compile(r"([\w.-]+):(?!:)[\w*]")
_FAR = re.compile(r"//|(?:descendant|ancestor|following|preceding)[\w-]*\s*::")
# Of many elements at once libxml2 looks for these in quadratic time.
_SIDEWAYS = re.compile(r"(?:following|preceding)[\w-]*\s*::")


class XPathFault(ValueError):
    """An expression that is not admitted or cannot be evaluated; its text says why."""


def check_xpath(xpath: Any) -> str:
    """The expression itself; XPathFault for one that is not admitted."""
    if not isinstance(xpath, str) or not xpath.strip():
        raise XPathFault(f"{xpath!r} is not an XPath")
    if len(xpath) > MAX_LENGTH:
        raise XPathFault(f"an XPath has at most {MAX_LENGTH} characters, this one {len(xpath)}")
    for remark in _remarks(_LITERAL.sub("''", xpath)):
        raise XPathFault(remark)
    try:
        compiled(xpath)
    except etree.XPathError as error:
        raise XPathFault(f"{xpath!r} is not an XPath: {error}") from None
    return xpath


def _remarks(bare: str) -> Iterator[str]:
    """What is wrong with an expression without its literals."""
    if "$" in bare:
        yield "variables have no value here"
    if prefix := _PREFIX.search(bare):
        yield f"the prefix {prefix.group(1)!r} means nothing here: names are matched without namespaces"
    for call in _CALL.finditer(bare):
        if call.group(1) not in _FUNCTIONS:
            yield f"{call.group(1)}() is not a function of XPath 1.0"
    if _far(bare, _SIDEWAYS, inside=False):
        yield "following and preceding elements may be asked for inside predicates only"
    if _far(bare, _FAR, inside=True) > 1:
        yield "more than one step over any distance inside predicates may take very long"


def _far(bare: str, axis: re.Pattern[str], *, inside: bool) -> int:
    """How often an axis is used inside predicates, or outside of them."""
    found = depth = 0
    for position, character in enumerate(bare):
        depth += (character == "[") - (character == "]")
        found += (depth > 0) is inside and axis.match(bare, position) is not None
    return found


@lru_cache(maxsize=256)
def compiled(xpath: str) -> etree.XPath:
    """The expression compiled, without extension functions."""
    return etree.XPath(xpath, regexp=False, smart_strings=False)


def select(xpath: str, context: Element) -> list[Any]:
    """Elements, strings, numbers and booleans that the expression selects, in document order."""
    try:
        found: Any = compiled(xpath)(context)
    except etree.XPathError as error:
        raise XPathFault(f"{xpath!r} cannot be evaluated: {error}") from None
    return found if isinstance(found, list) else [found]


def without_namespaces(root: Element) -> Element:
    """The same tree with every name bare, changed in place; a root of another spelling is VAST."""
    for element in root.iter("*"):
        if str(element.tag).startswith("{"):
            element.tag = local_name(element)
        for name, value in element.attrib.items():
            if str(name).startswith("{") and bare_name(name) not in element.attrib:
                element.set(bare_name(name), value)
    root.tag = "VAST" if str(root.tag).upper() == "VAST" else root.tag
    return root


def element_to_dict(element: Element) -> dict[str, Any]:
    """An element as {"name", "attributes", "text", "children"}: names bare, texts trimmed, order kept."""
    return {
        "name": local_name(element),
        "attributes": {bare_name(name): str(value).strip() for name, value in element.attrib.items()},
        "text": text_of(element),
        "children": [element_to_dict(child) for child in element.iterchildren("*")],
    }


def value_of(found: Any) -> Any:
    """One selected thing as JSON-native data: a leaf is its text, another element its dict; NaN is None."""
    if isinstance(found, etree._Element):  # noqa: SLF001
        return element_to_dict(found) if len(found) else text_of(found)
    if isinstance(found, str):
        return found.strip()
    if isinstance(found, float):
        return found if isfinite(found) else None
    return found if isinstance(found, bool) else None
