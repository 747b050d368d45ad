"""Text to one lxml tree, safely, and back without loss: limits, encodings, DOCTYPE, namespaces, versions.

Nothing is fetched, no entity is expanded, and what a hostile document may cost is bounded before libxml2 sees it.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from sys import intern
from typing import Any, NamedTuple, cast

from lxml import etree

from vast.encodings import encode, to_utf8
from vast.errors import VastError, VastErrorCode
from vast.known import Known
from vast.notice import Notice
from vast.prefixes import MOST_PREFIXES, declared, start_of_root

Element = etree._Element  # noqa: SLF001 (lxml gives its element type no public name)

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 127
MAX_NODES = 10_000
MAX_ATTRIBUTES = 100_000
MAX_REFERENCES = 100_000
MAX_NAMESPACES = 1_000
VERSIONS = ("2.0", "3.0", "4.0", "4.1", "4.2", "4.3")
# No document this short holds more of anything than it may.
_FREE_OF_COUNTS = MAX_NAMESPACES * len("xmlns=")
_KNOWN_VERSIONS = frozenset(VERSIONS)
ASSUMED_VERSION = "3.0"
DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def _parser(*, keep_everything: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        collect_ids=False,
        strip_cdata=False,
        remove_comments=not keep_everything,
        remove_pis=not keep_everything,
        remove_blank_text=not keep_everything,
    )


KEEPING = _parser(keep_everything=True)
READING = _parser(keep_everything=False)

# What may stand before a document without being seen: blanks, U+FEFF, U+00A0, U+200B.
_UNSEEN = re.compile(rb"(?:\s++|\xef\xbb\xbf|\xc2\xa0|\xe2\x80\x8b)*+")
# The beginning of most documents: UTF-8 without a mark, and an element before any DOCTYPE.
_PLAIN = re.compile(
    rb"""(?:<\?xml\s+version\s*=\s*["']1\.[01]["'](?:\s+encoding\s*=\s*["'][Uu][Tt][Ff]-?8["'])?\s*\?>\s*)?"""
    rb"""(?:<!--.*?-->\s*)*+<[A-Za-z]""",
    re.DOTALL,
)
_PROLOGUE = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE\s+VAST\s*>")
_VERSION = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?(?:\.[0-9]{1,3})?")


class Document(NamedTuple):
    """A parsed document. `version` is the one of VERSIONS by whose rules it is read; `notices` tell every leniency."""

    root: Element
    version: str
    notices: tuple[Notice, ...] = ()


def _without_namespace(tag: str) -> str:
    return intern(tag.rpartition("}")[2])


class _Names(Known[str]):
    def __missing__(self, tag: object) -> str:
        # Comments, processing instructions and entities have a function for a tag.
        return super().__missing__(tag) if isinstance(tag, str) else ""


LOCAL_NAMES = _Names(_without_namespace)
"""Tag -> name without its namespace; "" for a tag that is no text."""


def bare_name(tag: object) -> str:
    """A tag without its namespace; "" for that of comments, processing instructions and entities."""
    return LOCAL_NAMES[tag]


# Half the time of iterating an element.
children: Callable[[Element], list[Element]] = itemgetter(slice(None))


def names_of(elements: Sequence[Element]) -> list[str]:
    """The local names of some elements; "" for comments and processing instructions."""
    return [LOCAL_NAMES[element.tag] for element in elements]


def local_name(element: Element) -> str:
    """The element's name without its namespace; "" for comments and processing instructions."""
    return bare_name(element.tag)


Kids = dict[str, list[Element]]


def kids_of(element: Element | None) -> Kids:
    """The child elements by local name, each list in document order; {} for None."""
    kids: Kids = {}
    if element is None:
        return kids
    for child in children(element):
        name = LOCAL_NAMES[child.tag]
        if name in kids:
            kids[name].append(child)
        else:
            kids[name] = [child]
    kids.pop("", None)
    return kids


def text_of(element: Element | None) -> str:
    """The trimmed text of an element without that of its children; "" when the element is None."""
    if element is None:
        return ""
    text = element.text
    if len(element):
        text = "".join(part for part in (text, *(child.tail for child in element)) if part)
    return text.strip() if text else ""


@lru_cache(maxsize=8)
def _deeper_than(depth: int) -> etree.XPath:
    return etree.XPath("boolean(" + "/*" * (depth + 1) + ")")


def _refuse(code: VastErrorCode, reason: str, text: str) -> VastError:
    return VastError(code, reason, text)


def _too_large(max_bytes: int) -> VastError:
    return _refuse(
        VastErrorCode.XML_PARSING,
        "TOO_LARGE",
        f"the document is larger than {max_bytes // 1024} KiB, so it was not read",
    )


def _prepared(data: bytes | str, max_bytes: int, notices: list[Notice]) -> bytes:
    """The document as libxml2 may see it: UTF-8 without a mark or a DOCTYPE."""
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    encoded = encode(data) if isinstance(data, str) else data
    usual = _PLAIN.match(encoded)
    if not usual:
        encoded = encoded if isinstance(data, str) else to_utf8(encoded)
        encoded = encoded[_UNSEEN.match(encoded).end() :]  # type: ignore[union-attr]
    if len(encoded) > max_bytes:
        raise _too_large(max_bytes)
    if not encoded:
        raise _refuse(VastErrorCode.XML_PARSING, "NOT_XML", "the document is empty")
    return encoded if usual else _without_doctype(encoded, notices)


def _without_doctype(data: bytes, notices: list[Notice]) -> bytes:
    """The text with a bare `<!DOCTYPE VAST>` blanked out; any other DOCTYPE refuses the document."""
    start = _PROLOGUE.match(data).end()  # type: ignore[union-attr]
    if not data.startswith(b"<!DOCTYPE", start):
        return data
    bare = _DOCTYPE.match(data, start)
    if bare is None:
        raise _refuse(
            VastErrorCode.XML_PARSING,
            "DOCTYPE",
            "the document declares a DOCTYPE; only a bare <!DOCTYPE VAST> is tolerated, "
            "because a DOCTYPE can define entities that expand without bound",
        )
    notices.append(Notice("DOCTYPE_DROPPED", "", "a bare <!DOCTYPE VAST> was dropped"))
    blank = re.sub(rb"[^\n]", b" ", bare.group())
    return data[:start] + blank + data[bare.end() :]


# What stands for a node, or is written as more than it was read from ("&quot;" in an attribute); the lowest first.
_COUNTED = (
    (b"=", MAX_ATTRIBUTES, "attributes"),
    (b"&", MAX_REFERENCES, "references"),
    (b">", MAX_REFERENCES, "closing brackets"),
    (b'"', 4 * MAX_ATTRIBUTES, "quotation marks"),
)


def _check_size_of_tree(data: bytes, brackets: int, max_nodes: int, for_reading: bool) -> None:
    """Counts what costs memory; a text too short to hold that much is not counted."""
    # Namespaces cost more than attributes where parts are serialised: each repeats the ones declared above it.
    harmless = MAX_ATTRIBUTES if for_reading else _FREE_OF_COUNTS
    if len(data) > harmless and data.count(b"xmlns") > MAX_NAMESPACES:
        raise _too_many(f"{MAX_NAMESPACES} namespaces")
    for mark, most, what in _COUNTED:
        if len(data) <= most:
            break
        if data.count(mark) > most:
            raise _too_many(f"{most} {what}")
    if brackets > max_nodes and brackets - data.count(b"</") > max_nodes:
        raise _too_many(f"{max_nodes} elements, comments and instructions")


# After the first of them libxml2 reads on, and reports every further one.
_NO_CHARACTERS = bytes({*range(32)} - {*b"\t\n\r"})
_WORTH_LOOKING = 256 * 1024


def _check_characters(data: bytes) -> None:
    """Refuses a long text with control characters; in a short one libxml2 finds them at no cost."""
    if len(data) > _WORTH_LOOKING and len(data.translate(None, _NO_CHARACTERS)) < len(data):
        raise _refuse(
            VastErrorCode.XML_PARSING,
            "NOT_XML",
            "the XML is broken: it holds control characters, which XML cannot carry",
        )


def _too_many(what: str) -> VastError:
    return _refuse(
        VastErrorCode.XML_PARSING,
        "TOO_MANY_NODES",
        f"the document holds more than {what}, so it was not read",
    )


def _too_deep_error(max_depth: int) -> VastError:
    return _refuse(VastErrorCode.XML_PARSING, "TOO_DEEP", f"elements are nested more than {max_depth} deep")


def _broken(error: etree.XMLSyntaxError, max_depth: int) -> VastError:
    if "Excessive depth" in str(error):
        return _too_deep_error(max_depth)
    message = str(error.msg or "no document").splitlines()[0][:200]
    # libxml2 has no sentence for a document that ends in the middle.
    message = message.replace("Unregistered error message", "it is cut off or malformed")
    return _refuse(VastErrorCode.XML_PARSING, "NOT_XML", f"the XML is broken: {message}")


def _check_root(root: Element, lenient: bool, notices: list[Notice]) -> None:
    name = local_name(root)
    if name == "VideoAdServingTemplate":
        raise _refuse(VastErrorCode.VERSION_UNSUPPORTED, "VAST1", "this is VAST 1, which is not supported")
    if name.upper() != "VAST":
        raise _refuse(VastErrorCode.SCHEMA, "NOT_VAST", f"the root element is <{name[:60]}>, not <VAST>")
    prefix: str | None = cast("str | None", root.prefix)
    if name == "VAST" and prefix is None:
        return
    shown = f"{prefix}:{name}" if prefix else name
    if not lenient:
        raise _refuse(
            VastErrorCode.SCHEMA, "NOT_VAST", f"the root element is written <{shown[:60]}>, not <VAST>"
        )
    notices.append(
        Notice("ROOT_NAME", "", f"the root element is written <{shown[:60]}>; it was read as <VAST>")
    )


def _version(stated: str, notices: list[Notice]) -> str:
    """The version by whose rules the document is read: minor versions nobody knows fall to the nearest known."""
    declared = stated.strip()
    if declared in _KNOWN_VERSIONS:
        return declared
    if not declared:
        notices.append(
            Notice(
                "VERSION_MISSING", "", f"the document names no version; it was read as VAST {ASSUMED_VERSION}"
            )
        )
        return ASSUMED_VERSION
    match = _VERSION.fullmatch(declared)
    major, minor = (int(match.group(1)), int(match.group(2) or 0)) if match else (0, 0)
    if match and major == 1:
        raise _refuse(VastErrorCode.VERSION_UNSUPPORTED, "VAST1", "this is VAST 1, which is not supported")
    known = [version for version in VERSIONS if version.startswith(f"{major}.")]
    if not match or not known:
        raise _refuse(
            VastErrorCode.VERSION_UNSUPPORTED, "VERSION", f"VAST version {declared[:20]!r} is not known"
        )
    version = f"{major}.{minor}"
    if version in known:
        return version
    notices.append(
        Notice("VERSION_UNKNOWN", "", f"VAST {declared[:20]} is not known; it was read as VAST {known[-1]}")
    )
    return known[-1]


def _with_prefixes(
    data: bytes, parser: etree.XMLParser, error: etree.XMLSyntaxError, notices: list[Notice]
) -> Element | None:
    """The root of a text whose only fault is a few undeclared prefixes; None for any other text."""
    for _ in range(MOST_PREFIXES):
        mended = declared(data, str(error.msg or ""))
        if mended is None:
            return None
        data, notice = mended
        notices.append(notice)
        try:
            return etree.fromstring(data, parser)
        except etree.XMLSyntaxError as further:
            error = further
    return None


def read_tree(
    data: bytes | str,
    notices: list[Notice],
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_nodes: int = MAX_NODES,
    *,
    for_reading: bool = False,
    lenient: bool = False,
) -> Element:
    """The root of any XML within the limits of `parse`, which says what the arguments mean; VastError 100 else.

    `lenient` declares prefixes that nobody declared, each with a notice.
    """
    encoded = _prepared(data, max_bytes, notices)
    brackets = encoded.count(b"<")
    if len(encoded) > _FREE_OF_COUNTS:
        _check_size_of_tree(encoded, brackets, max_nodes, for_reading)
        _check_characters(encoded)
    parser = READING if for_reading else KEEPING
    try:
        root = etree.fromstring(encoded, parser)
    except etree.XMLSyntaxError as error:
        root = _with_prefixes(encoded, parser, error, notices) if lenient else None
        if root is None:
            raise _broken(error, max_depth) from None
    # One element more than the limit inside another takes two brackets each, the innermost one.
    if brackets > 2 * max_depth and _deeper_than(max_depth)(root):
        raise _too_deep_error(max_depth)
    return root


def parse(
    data: bytes | str,
    *,
    lenient: bool = False,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    max_nodes: int = MAX_NODES,
    for_reading: bool = False,
) -> Document:
    """A VAST document as one tree; CDATA, comments, prefixes and unknown nodes are kept.

    `lenient` admits a prefixed or case-variant root, `for_reading` drops comments and blanks for speed; with both,
    undeclared prefixes are admitted too.
    Raises VastError: 100 for text that is no XML or passes a limit, 101 for other XML, 102 for an unsupported version.
    """
    notices: list[Notice] = []
    declare = lenient and for_reading
    root = read_tree(data, notices, max_bytes, max_depth, max_nodes, for_reading=for_reading, lenient=declare)
    if root.tag != "VAST":
        _check_root(root, lenient, notices)
    version = root.get("version")
    if version not in _KNOWN_VERSIONS:
        version = _version(version or "", notices)
    return Document(root, version, tuple(notices))


def root_name(data: bytes | str) -> str:
    """The local name of the root element, by a look at the beginning; "" for what does not begin like a document."""
    try:
        prepared = _prepared(data, MAX_BYTES, [])
    except VastError:
        return ""
    start = start_of_root(prepared)
    return start.group()[1:].decode(errors="replace").rpartition(":")[2] if start else ""


def serialise(root: Element) -> bytes:
    """The whole tree as UTF-8 with an XML declaration."""
    return DECLARATION + serialise_element(root).encode()


def serialise_element(element: Element) -> str:
    """One element as text without a declaration; namespaces declared above it are written on it."""
    written: Any = etree.tostring(element, encoding="unicode", with_tail=False)
    return str(written)


def highest(versions: Sequence[str]) -> str:
    """The newest of some VERSIONS."""
    return max(versions, key=VERSIONS.index)
