"""The query and headers of a tag become an OpenRTB 2.6 bid request: pipeline.md §2, by the table in `parameters`.

Precedence, low to high: transport headers, the query, X-Device-* headers. Nothing is fatal: what cannot be used is left
out with a notice that names the parameter. Notices never repeat a value: it may identify the viewer.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pipeline.engine.query.address import Address, Network, address_or_none, is_trusted
from pipeline.engine.query.headers import explicit, transport, wanted
from pipeline.engine.query.line import SUSPECT, UNKNOWN, Group, decoded, groups, is_unexpanded
from pipeline.engine.query.parameters import PARAMETERS
from pipeline.engine.query.rules import Draft, apply_rules
from pipeline.engine.query.values import Remarked
from vast.notice import Notice

MAX_LINE = 8192
IMP_ID = "1"


class _Row(NamedTuple):
    """A name as the line is read: its parameter by position in the table, and its rank among the aliases."""

    parameter: int
    rank: int
    name: str
    read: Callable[[str], Any]
    signed: bool


_Candidate = tuple[_Row, str]


def _lookup(within: str) -> dict[str, _Row]:
    """The names of one surrounding."""
    return {
        alias.name: _Row(index, rank, alias.name, alias.kind.read, alias.kind.signed)
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
    first, others = _candidates(parts, draft)
    _place(first, others, draft)
    found = wanted(headers)
    trusted = is_trusted(remote_addr, trusted_proxies)
    direct = None if trusted else address_or_none(remote_addr)
    apply_rules(draft, explicit(found), transport(found, trusted=trusted), direct)
    return _assembled(draft, new_id()), tuple(draft.notices)


def _candidates(parts: Iterable[Group], draft: Draft) -> tuple[dict[int, _Candidate], list[_Candidate]]:
    """By parameter the first value in the line, and the others in their order. Empty values and macros are left out."""
    first: dict[int, _Candidate] = {}
    others: list[_Candidate] = []
    unexpanded: dict[str, None] = {}
    for text, within in parts:
        row_of = _LOOKUPS[within].get
        plain = text.isascii() and text.isprintable() and " " not in text
        for part in text.split("&"):
            name, _, raw = part.partition("=")
            row = row_of(name) or (row_of(decoded(name)) if "%" in name else None)
            if row is None:
                if within == "key_values":
                    _keep(name, raw, draft)
                continue
            value = raw if plain and "%" not in raw and "+" not in raw else decoded(raw)
            if not value or (value[-1] in SUSPECT and _says_nothing(row, value, raw, unexpanded)):
                continue
            if row.parameter in first:
                others.append((row, value))
            else:
                first[row.parameter] = row, value
    if unexpanded:
        draft.notice("MACRO_UNEXPANDED", f"{', '.join(unexpanded)}: never filled in; counts as absent")
    return first, others


def _says_nothing(row: _Row, value: str, raw: str, unexpanded: dict[str, None]) -> bool:
    """True for -1 and -2 where they are no values, and for what was never filled in, which is noted."""
    if is_unexpanded(value, raw):
        unexpanded[row.name] = None
        return True
    return value in UNKNOWN and not row.signed


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


def _place(first: dict[int, _Candidate], others: list[_Candidate], draft: Draft) -> None:
    """Of each parameter the first value that can be used goes to its place, in the order of the table."""
    several: dict[int, list[_Candidate]] = {}
    for candidate in others:
        index = candidate[0].parameter
        several.setdefault(index, [first[index]]).append(candidate)
    nodes = draft.nodes
    for index in sorted(first):
        best = first[index] if index not in several else _best(several[index], draft)
        if best is None:
            continue
        row, text = best
        try:
            value = row.read(text)
        except ValueError as wrong:
            _refuse(row, wrong, draft)
            continue
        if value is None:
            continue
        if type(value) is Remarked:
            draft.notice("PARAMETER_INVALID", f"{row.name}: {value.remark}")
            value = value.value
        container, key, rule = _PLACES[index]
        if rule:
            draft.special[rule] = value
        elif container in nodes:
            nodes[container][key] = value
        else:
            draft.node(container)[key] = value


def _best(given: list[_Candidate], draft: Draft) -> _Candidate | None:
    """The first that can be used, by rank and within a rank by position.

    A value that says nothing ends the run of its name. A name that is wrong again and again is told of once.
    """
    given.sort(key=_rank)
    silent: set[str] = set()
    told: set[str] = set()
    for row, text in given:
        if row.name in silent:
            continue
        try:
            if row.read(text) is not None:
                return row, text
            silent.add(row.name)
        except ValueError as wrong:
            if row.name not in told:
                told.add(row.name)
                _refuse(row, wrong, draft)
    return None


def _rank(candidate: _Candidate) -> int:
    return candidate[0].rank


def _refuse(row: _Row, wrong: ValueError, draft: Draft) -> None:
    draft.notice("PARAMETER_INVALID", f"{row.name}: {wrong}; it was left out")


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
