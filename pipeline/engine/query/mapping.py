"""The query and headers of a tag become an OpenRTB 2.6 bid request: pipeline.md §2, by the table in `parameters`.

Precedence, low to high: transport headers, the query, X-Device-* headers. Nothing is fatal: what cannot be used is left
out with a notice that names the parameter. Notices never repeat a value: it may identify the viewer.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b
from typing import Any

from pipeline.engine.query.address import Address, Network, Peer, is_trusted
from pipeline.engine.query.headers import read_headers
from pipeline.engine.query.line import Group, decoded, groups, is_unexpanded
from pipeline.engine.query.rules import Draft, apply_rules
from pipeline.engine.query.words import KNOWN_NAMES, WORDS, Word, unshared
from vast.notice import Notice

MAX_LINE = 8192
IMP_ID = "1"


# FreeWheel's own parameters, which are no first-party data where they stand among the key-values.
_NOT_DATA = frozenset(
    (
        "nw",
        "prof",
        "asid",
        "asnw",
        "ssnw",
        "flag",
        "metr",
        "afid",
        "sfid",
        "vclr",
        "mode",
        "crtp",
        "vdty",
        "vrdu",
    )
)


def request_from_query(
    query: str,
    headers: Mapping[str, str],
    remote_addr: str,
    *,
    new_id: Callable[[], str] | None = None,
    trusted_proxies: Iterable[str | Address | Network] = (),
    max_line: int = MAX_LINE,
) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    """The request a tag asks for, JSON-native and without empty objects, and what was left out of it.

    `query` is the part after "?", undecoded; bytes beyond ASCII as surrogates (`decode("utf-8", "surrogateescape")`).
    `remote_addr` only decides whether forwarding headers are believed; it counts as the viewer's own address where the
    tag says ssai=1, that everything happens in the player. `max_line` bounds the characters of the query, 0 does not;
    a longer one gives {} and REQUEST_LINE_TOO_LONG. `trusted_proxies` are addresses or networks. `new_id` gives the
    request's id; without it the id is a digest of query and headers, the same for the same tag. Never raises.
    """
    if max_line and len(query) > max_line:
        text = f"the query has {len(query)} characters; {max_line} are the most"
        return {}, (Notice("REQUEST_LINE_TOO_LONG", "", text),)
    draft = Draft()
    parts, slots = groups(query)
    if slots > 1:
        draft.notice(
            "SLOTS_DISCARDED", f"the tag asks for {slots} slots; the first with a time of its own is served"
        )
    first, several = _heard(parts, draft)
    _place(first, several, draft)
    apply_rules(draft, read_headers(headers), Peer(remote_addr, is_trusted(remote_addr, trusted_proxies)))
    return _assembled(draft, new_id() if new_id else _digest(query, headers)), tuple(draft.notices)


def _digest(query: str, headers: Mapping[str, str]) -> str:
    """32 hexadecimal digits: an engine draws nothing at random."""
    told = repr((query, sorted(headers.items())))
    return blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _heard(parts: Iterable[Group], draft: Draft) -> tuple[dict[int, Word], dict[int, list[Word]]]:
    """By parameter the first word of the line, and all of them where there are several."""
    first: dict[int, Word] = {}
    several: dict[int, list[Word]] = {}
    unexpanded: dict[str, None] = {}
    for text, within in parts:
        words = WORDS[within]
        for pair in text.split("&"):
            word = words[pair]
            if word is None:
                if within == "key_values":
                    _keep(pair, draft)
            elif word[0] < 0:
                unexpanded[word.name] = None
            elif word[0] not in first:
                first[word[0]] = word
            else:
                several.setdefault(word[0], [first[word[0]]]).append(word)
    if unexpanded:
        draft.notice("MACRO_UNEXPANDED", f"{', '.join(unexpanded)}: never filled in; counts as absent")
    return first, several


def _place(first: dict[int, Word], several: dict[int, list[Word]], draft: Draft) -> None:
    """Of each parameter the first value that can be used goes to its place, in the order of the table."""
    for index, words in several.items():
        first[index] = _best(words, draft)
    nodes = draft.nodes
    for index in sorted(first):
        _, _, name, container, key, rule, value, wrong, remark = first[index]
        if wrong or remark:
            draft.notice("PARAMETER_INVALID", f"{name}: {remark or wrong + '; it was left out'}")
        if value is None:
            continue
        if name[:4] == "app.":  # also where it says something that a site has as well
            draft.node("app")
        if rule:
            draft.special[rule] = value
            continue
        node = nodes[container] if container in nodes else draft.node(container)
        node[key] = unshared(value) if type(value) in _CHANGEABLE else value


_CHANGEABLE = frozenset({list, dict})


def _keep(pair: str, draft: Draft) -> None:
    """A FreeWheel key-value that is no parameter is first-party data."""
    name, _, raw = pair.partition("=")
    key, value = decoded(name), decoded(raw)
    if not key or not value or key.startswith("_fw_") or key in _NOT_DATA or key in KNOWN_NAMES:
        return
    if not is_unexpanded(value, raw):
        draft.key_values.setdefault(key, value)


def _best(words: list[Word], draft: Draft) -> Word:
    """The first that can be used, by rank and within a rank by position; otherwise one that is wrong or silent.

    A value that says nothing ends the run of its name. A name that is wrong again and again is told of once.
    """
    words.sort(key=_rank)
    silent: set[str] = set()
    wrong: dict[str, Word] = {}
    for word in words:
        if word.name in silent:
            continue
        if word.value is not None:
            break
        if word.wrong:
            wrong.setdefault(word.name, word)
        else:
            silent.add(word.name)
    else:
        word = wrong.popitem()[1] if wrong else words[0]
    for refused in wrong.values():
        draft.notice("PARAMETER_INVALID", f"{refused.name}: {refused.wrong}; it was left out")
    return word


def _rank(word: Word) -> int:
    return word.rank


_ROOT = ("device", "user", "regs", "source", "tmax", "bcat", "badv", "ext")


def _assembled(draft: Draft, request_id: str) -> dict[str, Any]:
    tree = draft.tree
    request: dict[str, Any] = {"id": request_id, "imp": [{"id": IMP_ID, **draft.node("imp")}]}
    for name in ("app", "site"):
        if name in tree:
            request[name] = tree[name]
    for name in _ROOT:
        if name in tree:
            request[name] = tree[name]
    return request
