"""In which encoding a document is written: byte order marks, declarations, and UTF-8 for the rest."""

import re

from vast.errors import VastError, VastErrorCode

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_UTF8 = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_OTHER_ENCODINGS = re.compile(
    r"(iso-?8859-[0-9]{1,2}|latin-?1|windows-125[0-8]|cp125[0-8]|koi8-[ru]|shift_jis|euc-(jp|kr)|gb2312|gbk|gb18030|big5)"
)


def to_utf8(data: bytes) -> bytes:
    """The same text as UTF-8 bytes without a byte order mark; VastError 100 for an encoding that is odd or untrue."""
    if data[:1] == b"<" and data[1:2] != b"\x00":
        encoding = None
    else:
        encoding = next((name for mark, name in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if encoding is None:
        declared = _DECLARED.match(data, 0, 400) if b"<?xml" in data[:400] else None
        name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
        if name in _UTF8 or name.startswith("utf-16"):
            # A declared UTF-16 that is not in the bytes is a left-over of a conversion.
            return data
        encoding = name
        if not _OTHER_ENCODINGS.fullmatch(name):
            raise VastError(
                VastErrorCode.XML_PARSING, "ENCODING", f"the declared encoding {name!r} is not known"
            )
    try:
        return data.decode(encoding).encode("utf-8")
    except (UnicodeError, LookupError):
        raise VastError(
            VastErrorCode.XML_PARSING, "ENCODING", f"the document is not text in the encoding {encoding!r}"
        ) from None


def from_charset(data: bytes, charset: str) -> bytes:
    """A document whose server names this charset, as UTF-8, where nothing else tells how to read it.

    A byte order mark, a declaration or bytes that are UTF-8 stand above the server: more of them name a wrong charset
    than write a wrong document.
    """
    name = charset.lower()
    told = any(data.startswith(mark) for mark, _ in _BYTE_ORDER_MARKS) or _DECLARED.match(data, 0, 400)
    if told or not _OTHER_ENCODINGS.fullmatch(name) or _is_utf8(data):
        return data
    try:
        return data.decode(name).encode()
    except (UnicodeError, LookupError):
        return data


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def encode(text: str) -> bytes:
    """The text as UTF-8; VastError 100 where it holds lone surrogates."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise VastError(
            VastErrorCode.XML_PARSING,
            "ENCODING",
            "the text holds lone surrogates, which XML cannot carry",
        ) from None
