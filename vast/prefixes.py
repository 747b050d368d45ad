"""Prefixes that are used and declared nowhere (`xsi:` most of all), which a namespace-aware parser refuses."""

import re

from vast.notice import Notice

MOST_PREFIXES = 8

_UNDECLARED = re.compile(r"Namespace prefix ([A-Za-z_][A-Za-z0-9_.-]{0,39}) .*is not defined")
_PROLOGUE = re.compile(rb"(?:\s++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_ROOT = re.compile(rb"<[^\s/>]{1,200}")
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


def start_of_root(data: bytes) -> re.Match[bytes] | None:
    """The `<` and name of the root element of UTF-8 text."""
    prologue = _PROLOGUE.match(data)
    return _ROOT.match(data, prologue.end() if prologue else 0)


def declared(data: bytes, fault: str) -> tuple[bytes, Notice] | None:
    """The text with the prefix that libxml2's message is about declared on its root; None for another message.

    No build reads a document so: its markup is served, and players may refuse it.
    """
    named, start = _UNDECLARED.match(fault), start_of_root(data)
    if named is None or start is None:
        return None
    prefix = named.group(1)
    space = _XSI if prefix == "xsi" else f"urn:undeclared:{prefix}"
    declaration = f' xmlns:{prefix}="{space}"'.encode()
    notice = Notice("PREFIX_UNDECLARED", "", f"the prefix {prefix!r} is declared nowhere; it was ignored")
    return data[: start.end()] + declaration + data[start.end() :], notice
