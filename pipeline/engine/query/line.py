"""Cuts the query of a tag into names and raw values, in the dialects "&" and ";", and decodes a value once.

Pipeline.md §2.1 (3, 4, 12). What the player or ad server before us failed to fill in counts as absent.
"""

import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from pipeline.engine.query.json_text import cleaned

_FREEWHEEL = re.compile(r"(?:^|[&;])(?:_fw_\w+|csid|prof|slid|slau|tpcl|ptgt)=")
# A ";" parts groups only before the next name: user agents and addresses hold others. Of a run of them only the first
# begins a match: to try again from each would be quadratic.
_GROUP = re.compile(r"(?<!;);+(?=&*[\w.%-]+=|$)")
_SLOT = re.compile(r"(?:^|&)(?:slid|slau|tpcl|ptgt)=")
_NOT_TEMPORAL = re.compile(r"(?:^|&)(?:ptgt=[sp](?:&|$)|tpcl=display(?:&|$))", re.IGNORECASE)
_AD_POD = "imp.vid.ext.adpod."


class Group(NamedTuple):
    """A run of `name=value&name=value`. `within` is "", "slot", "adpod" or "key_values"."""

    text: str
    within: str


def groups(query: str) -> tuple[list[Group], int]:
    """The groups that count, and how many slots there were: of several the first that has a time is taken."""
    query = query.removeprefix("?")
    if ";" not in query or not _FREEWHEEL.search(query):
        return [Group(query, _surrounding(query))], 0
    first, *rest = [text for text in _GROUP.split(query) if text] or [""]
    found, slots = [Group(first, "")], [first] if _SLOT.search(first) else []
    for text in rest:
        if _SLOT.search(text):
            slots.append(text)
        else:
            found.append(Group(text, "key_values"))
    if slots:
        timed = next((text for text in slots if not _NOT_TEMPORAL.search(text)), slots[0])
        found = [group for group in found if group.text is not timed]
        found.append(Group(timed, "slot"))
    return found, len(slots)


def _surrounding(query: str) -> str:
    if _AD_POD in query:
        return "adpod"
    return "slot" if ("slid=" in query or "tpcl=" in query) and _SLOT.search(query) else ""


def decoded(raw: str) -> str:
    """The value, percent-decoded once and trimmed. What is no UTF-8 becomes U+FFFD, control characters go."""
    if "+" in raw:
        raw = raw.replace("+", " ")
    if "%" in raw or not raw.isascii():
        raw = _unquoted(raw)
    return raw.strip() if raw.isprintable() else cleaned(raw).strip()


def _unquoted(raw: str) -> str:
    """As `urllib.parse.unquote`; well-formed text takes the codec's way, at a third of the cost."""
    if raw.isascii() and "\\" not in raw:
        try:
            text = raw.replace("%", "\\x").encode("ascii").decode("unicode_escape")
        except UnicodeDecodeError:
            pass
        else:
            return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")
    return unquote_to_bytes(_encoded(raw)).decode("utf-8", "replace")


def _encoded(text: str) -> bytes:
    """UTF-8; bytes that came in as surrogates (PEP 383) go out as bytes, other lone surrogates as bytes of no UTF-8."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


# Macros as players, ad servers and stitchers write them, standing for the whole value.
_MACRO = re.compile(
    r"""\{{2,3}[^{}]*\}{2,3}                    # {{X}}
      | [$#!]?\{[^{}":,]*\}                     # ${X}, {X}
      | \[(?![0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\])[^\[\]",]*\]  # [X], [REPLACE_X], but not [2001:db8::1]
      | %%.*%%                                  # %%X%%
      | __\w+__                                 # __X__
      | <[^<>]*>                                # <X>
    """,
    re.VERBOSE | re.DOTALL,
)
_NOTHING = frozenset({"null", "undefined", "(null)"})
UNKNOWN = frozenset({"-1", "-2"})
"""What a player writes that does not know, or may not tell (VAST 4.2 §6.2): absent where they are no numbers."""
SUSPECT = frozenset("]}%_>lLdD)12")
"""The last characters of all that counts as absent: a value that ends otherwise needs no closer look."""


def is_unexpanded(text: str, raw: str) -> bool:
    """True for a value that somebody should have replaced, or that a script wrote for "no value".

    `raw` is the text before decoding, in which %%CACHEBUSTER%% holds what looks like an encoded byte.
    """
    if raw[:2] == "%%" and raw[-2:] == "%%":
        return True
    if text[-1] in "]}%_>":
        return _MACRO.fullmatch(text) is not None
    return len(text) < 10 and text.lower() in _NOTHING
