"""One `name=value` of a line becomes one word: the parameter, its place, and the value or what is wrong with it.

Most of a tag is the same in every request, so words are remembered; those that are a viewer's own are not.
"""

from typing import Any, NamedTuple

from pipeline.engine.query.line import SUSPECT, UNKNOWN, decoded, is_unexpanded
from pipeline.engine.query.parameters import PARAMETERS, Alias
from pipeline.engine.query.values import Remarked

_KEPT = 4096
_LONGEST = 256


class Word(NamedTuple):
    """What one pair says. `value` is None where it says nothing, `wrong` says why it cannot be used.

    `parameter` is the position in the table, -1 for what was never filled in. `remark` tells what was left out.
    """

    parameter: int
    rank: int
    name: str
    container: str
    key: str
    rule: str
    value: Any = None
    wrong: str = ""
    remark: str = ""


class _Row(NamedTuple):
    alias: Alias
    place: tuple[int, int, str, str, str, str]
    personal: bool


def _rows(within: str) -> dict[str, _Row]:
    """The names of one surrounding."""
    return {
        alias.name: _Row(
            alias, (index, rank, alias.name, *row.target.rpartition(".")[::2], row.rule), row.personal
        )
        for index, row in enumerate(PARAMETERS)
        for rank, alias in enumerate(row.aliases)
        if alias.within == within
    }


def _word(row: _Row, raw: str) -> Word | None:
    """None for an empty value, and for -1 and -2 where they are no values."""
    text = decoded(raw)
    if not text:
        return None
    if text[-1] in SUSPECT:
        if is_unexpanded(text, raw):
            return Word(-1, *row.place[1:])
        if text in UNKNOWN and not row.alias.kind.signed:
            return None
    kind = row.alias.kind
    try:
        value = kind.read(raw if kind.undecoded else text)
    except ValueError as wrong:
        return Word(*row.place, None, str(wrong))
    if type(value) is Remarked:
        return Word(*row.place, value.value, "", value.remark)
    return Word(*row.place, value)


def unshared(value: Any) -> Any:
    """A copy of what a word holds, as far as anybody could change it."""
    if type(value) is list:
        return [unshared(item) for item in value]
    if type(value) is dict:
        return {key: unshared(item) for key, item in value.items()}
    return value


class Words(dict[str, Word | None]):
    """Words by the pair as it stands in the line, of one surrounding; None for a pair that says nothing here."""

    def __init__(self, rows: dict[str, _Row]) -> None:
        super().__init__()
        self.rows = rows

    def __missing__(self, pair: str) -> Word | None:
        name, _, raw = pair.partition("=")
        row = self.rows.get(name) or (self.rows.get(decoded(name)) if "%" in name else None)
        if row is None:
            # Not remembered: an unknown name may stand before anything.
            return None
        word = _word(row, raw)
        if not row.personal and len(pair) <= _LONGEST:
            if len(self) >= _KEPT:
                self.clear()
            self[pair] = word
        return word


_EVERYWHERE = _rows("")
KNOWN_NAMES = frozenset(_EVERYWHERE)
WORDS = {
    "": Words(_EVERYWHERE),
    "key_values": Words(_EVERYWHERE),
    "slot": Words(_EVERYWHERE | _rows("slot")),
    "adpod": Words(_EVERYWHERE | _rows("adpod")),
}
