"""The query and headers of a tag become an OpenRTB 2.6 bid request: pipeline.md §2, by the table in `parameters`.

Precedence, low to high: transport headers, the query, X-Device-* headers. Nothing is fatal: what cannot be used is left
out with a notice that names the parameter. Notices never repeat a value: it may identify the viewer.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pipeline.engine.query.address import Address, Network, address_or_none, is_trusted
from pipeline.engine.query.headers import explicit, transport, wanted
from pipeline.engine.query.line import Group, decoded, groups, is_unexpanded
from pipeline.engine.query.parameters import PARAMETERS
from pipeline.engine.query.rules import Draft, apply_rules
from pipeline.engine.query.values import Remarked
from vast.notice import Notice

MAX_LINE = 8192
IMP_ID = "1"

_Row = tuple[int, int, str, Callable[[str], Any], bool]
_Candidate = tuple[int, int, str, Callable[[str], Any], str]
"""Rank among the aliases, position in the line, name, reader, text: they sort as they are tried."""


def _lookup(within: str) -> dict[str, _Row]:
    """name -> (parameter, rank among its aliases, name, reader, whether -1 is a value) for one surrounding."""
    return {
        alias.name: (index, rank, alias.name, alias.kind.read, alias.kind.signed)
        for index, row in enumerate(PARAMETERS)
        for rank, alias in enumerate(row.aliases)
        if alias.within == within
    }


_EVERYWHERE = _lookup("")
_LOOKUPS = {
    "": _EVERYWHERE,
    "key_values": _EVERYWHERE,
    "slot": _EVERYWHERE | _lookup("slot"),
    "adpod": _EVERYWHERE | _lookup("adpod"),
}
# By parameter: the object it goes into and its key there, or the rule that knows where.
_PLACES = tuple((*row.target.rpartition(".")[::2], row.rule) for row in PARAMETERS)
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
    new_id: Callable[[], str],
    trusted_proxies: Iterable[str | Address | Network] = (),
    max_line: int = MAX_LINE,
) -> tuple[dict[str, Any], tuple[Notice, ...]]:
    """The request a tag asks for, JSON-native and without empty objects, and what was left out of it.

    `query` is the part after "?", undecoded; bytes beyond ASCII as surrogates (`decode("utf-8", "surrogateescape")`).
    `remote_addr` only decides whether forwarding headers are believed; it counts as the viewer's own address where the
    tag says ssai=1, that everything happens in the player. `max_line` bounds the characters of the query, 0 does not;
    a longer one gives {} and REQUEST_LINE_TOO_LONG. `trusted_proxies` are addresses or networks. Never raises.
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
    _place(_candidates(parts, draft), draft)
    found = wanted(headers)
    trusted = is_trusted(remote_addr, trusted_proxies)
    direct = None if trusted else address_or_none(remote_addr)
    apply_rules(draft, explicit(found), transport(found, trusted=trusted), direct)
    return _assembled(draft, new_id()), tuple(draft.notices)


def _candidates(parts: Iterable[Group], draft: Draft) -> dict[int, list[_Candidate]]:
    """By parameter: what the line holds for it. Empty values and macros are not held."""
    found: dict[int, list[_Candidate]] = {}
    unexpanded: dict[str, None] = {}
    position = 0
    for text, within in parts:
        row_of = _LOOKUPS[within].get
        for part in text.split("&"):
            name, _, raw = part.partition("=")
            row = row_of(name) or (row_of(decoded(name)) if "%" in name else None)
            if row is None:
                if within == "key_values":
                    _keep(name, raw, draft)
                continue
            value = decoded(raw)
            if not value or (value in _UNKNOWN and not row[4]):
                continue
            if is_unexpanded(value, raw):
                unexpanded[row[2]] = None
                continue
            position += 1
            candidate = (row[1], position, row[2], row[3], value)
            if row[0] in found:
                found[row[0]].append(candidate)
            else:
                found[row[0]] = [candidate]
    if unexpanded:
        draft.notice("MACRO_UNEXPANDED", f"{', '.join(unexpanded)}: never filled in; counts as absent")
    return found


_UNKNOWN = frozenset({"-1", "-2"})


def _keep(name: str, raw: str, draft: Draft) -> None:
    """A FreeWheel key-value that is no parameter is first-party data."""
    key, value = decoded(name), decoded(raw)
    if (
        key
        and value
        and not key.startswith("_fw_")
        and key not in _NOT_DATA
        and not is_unexpanded(value, raw)
    ):
        draft.key_values.setdefault(key, value)


def _place(found: dict[int, list[_Candidate]], draft: Draft) -> None:
    """Of each parameter the first value that can be used goes to its place, in the order of the table."""
    for index in sorted(found):
        given = found[index]
        if len(given) > 1:
            given.sort()
        value = _first_usable(given, draft)
        if value is None:
            continue
        container, key, rule = _PLACES[index]
        if rule:
            draft.special[rule] = value
        else:
            draft.node(container)[key] = value


def _first_usable(given: list[_Candidate], draft: Draft) -> Any:
    refused = ""
    for _, _, name, read, text in given:
        try:
            value = read(text)
        except ValueError as wrong:
            # A name that is repeated stands in one run: one notice does for it.
            if name != refused:
                refused = name
                draft.notice("PARAMETER_INVALID", f"{name}: {wrong}; it was left out")
            continue
        if type(value) is Remarked:
            draft.notice("PARAMETER_INVALID", f"{name}: {value.remark}")
            return value.value
        if value is not None:
            return value
    return None


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
