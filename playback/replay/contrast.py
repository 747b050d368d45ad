"""Two sessions beside each other: where they differ first, in each respect, then where they are equal."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from playback.engine import PlaybackSession
from playback.replay.lanes import Lanes, happened, lanes
from playback.session_page.fates import fate_of
from playback.session_page.ledger_filter import keyed

Entry = Mapping[str, Any]

SHOWN: Final = 50
MACROS_OF: Final = 500
"""How many trackers have their macros compared."""
PASSING: Final = frozenset({"CACHEBUSTING", "TIMESTAMP"})
"""Macros that are another value every time, by what they are for."""


class Change(NamedTuple):
    """Something that is one way here and another there; "" for not at all."""

    what: str
    was: str
    now: str


class Section(NamedTuple):
    """One respect: what differs, and what is equal with its value."""

    name: str
    changes: tuple[Change, ...]
    equal: tuple[tuple[str, str], ...]

    @property
    def shown(self) -> tuple[Change, ...]:
        return self.changes[:SHOWN]


@dataclass(frozen=True)
class Side:
    """A session and what is known of it. ``macros`` gives the macros of a tracker that became due, as macro -> what
    stands in the address; ``facts`` how it came to be; ``levels`` where each field of its configuration came from."""

    label: str
    session: PlaybackSession
    ledger: Sequence[Entry]
    macros: Callable[[Entry], Mapping[str, str]] | None = None
    chain: Mapping[str, Any] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contrast:
    """All differences of two sides. ``macros_left_out`` counts the trackers whose macros were not compared."""

    a: Side
    b: Side
    sections: tuple[Section, ...]
    lanes: Lanes
    macros_left_out: int = 0

    @property
    def differing(self) -> list[Section]:
        return [section for section in self.sections if section.changes]

    @property
    def equal(self) -> list[Section]:
        return [section for section in self.sections if section.equal]

    @property
    def total(self) -> int:
        return sum(len(section.changes) for section in self.sections)

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values; what is equal is counted."""
        return {
            "a": self.a.label,
            "b": self.b.label,
            "differences": {
                section.name: [change._asdict() for change in section.changes] for section in self.differing
            },
            "equal": {section.name: len(section.equal) for section in self.equal},
        }


def contrast(a: Side, b: Side) -> Contrast:
    """Two sessions beside each other."""
    events, kinds = _events(a.session, b.session)
    macros, left_out = _macros(a, b)
    sections = (
        _section("Outcome", _outcome(a.session), _outcome(b.session)),
        _section("How it was played", a.facts, b.facts),
        _section("Configuration", _config(a), _config(b)),
        _section("Rules drawn", _draws(a.session), _draws(b.session)),
        events,
        _section("Pixels", *_fates(a.ledger, b.ledger)),
        macros,
        _section("Chain", _hops(a.chain), _hops(b.chain)),
    )
    shown = lanes([(a.label, a.session), (b.label, b.session)], kinds)
    return Contrast(a, b, sections, shown, left_out)


def _section(name: str, was: Mapping[str, str], now: Mapping[str, str]) -> Section:
    names = dict.fromkeys([*was, *now])
    pairs = [(what, was.get(what, ""), now.get(what, "")) for what in names]
    changes = tuple(Change(*pair) for pair in pairs if pair[1] != pair[2])
    return Section(name, changes, tuple((what, one) for what, one, other in pairs if one == other))


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + " s"


def _outcome(session: PlaybackSession) -> dict[str, str]:
    code = session.error_code
    return {
        "status": session.status.value,
        "end": session.end_reason or "",
        "ended by the rule": session.interrupted_by or "",
        "error": "" if code is None else str(code),
        "what went wrong": str(session.metadata.get("error", "")),
        "blame": str(session.metadata.get("blame", "")),
        "played to": _seconds(session.current_offset_sec * 1000),
        "session clock": _seconds(session.clock_ms),
        "length": _seconds(session.duration_sec * 1000),
        "quartiles of the last ad": ", ".join(map(str, sorted(session.quartiles_tracked))),
        "instants with something due": str(len(session.tracked)),
    }


def _config(side: Side) -> dict[str, str]:
    told = {name: _value(value) for name, value in _flat(side.session.config.to_dict())}
    levels = side.levels
    return {name: f"{value} ({levels[name]})" if name in levels else value for name, value in told.items()}


def _flat(value: Mapping[str, Any], before: str = "") -> Iterable[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}", inner


def _value(value: Any) -> str:
    if value is None:
        return "none"
    return (
        {True: "on", False: "off"}[value]
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _draws(session: PlaybackSession) -> dict[str, str]:
    told = {"seed": str(session.seed)}
    several = any(outcome.part for outcome in session.interruption_plan)
    for outcome in session.interruption_plan:
        name = f"{outcome.event}, ad {outcome.part + 1}" if several else outcome.event
        if not outcome.applicable:
            told[name] = "not applicable"
        elif outcome.hit:
            told[name] = f"{outcome.reason} at {_seconds(outcome.offset_ms or 0)}"
        else:
            told[name] = "does not strike"
    return told


_Named = tuple[str, int, int]


def _events(a: PlaybackSession, b: PlaybackSession) -> tuple[Section, list[dict[int, str]]]:
    """What happened in either, the n-th of a name with the n-th; and how each compares, by its place."""
    sides = [_numbered(happened(session), lambda row: (row.event, row.ad)) for session in (a, b)]
    several = any(row.ad > 1 for side in sides for row in side.values())
    kinds: list[dict[int, str]] = [{}, {}]
    changes, equal = [], []
    for name in _in_time(*sides):
        rows = [side.get(name) for side in sides]
        places = [_where(row.playhead_ms, row.clock_ms) if row else "" for row in rows]
        what = _name_of(name, several)
        shift = [None if row is None else round(row.playhead_ms, 3) for row in rows]
        if shift[0] == shift[1]:
            equal.append((what, places[0]))
            continue
        changes.append(Change(what, *places))
        kind = "moved" if all(rows) else "only"
        for side, found in zip(kinds, sides, strict=True):
            if name in found:
                side[list(found).index(name)] = kind
    return Section("Events", tuple(changes), tuple(equal)), kinds


def _in_time(*sides: Mapping[_Named, Any]) -> list[_Named]:
    at: dict[_Named, float] = {}
    for side in sides:
        for name, row in side.items():
            at.setdefault(name, row.clock_ms)
    return sorted(at, key=lambda name: at[name])


def _where(playhead_ms: float, clock_ms: float) -> str:
    clock = f", clock {_seconds(clock_ms)}" if abs(clock_ms - playhead_ms) >= 1 else ""
    return f"{_seconds(playhead_ms)}{clock}"


def _name_of(name: _Named, several: bool) -> str:
    event, ad, number = name
    return f"{event}{f' of ad {ad}' if several else ''}{f', time {number}' if number > 1 else ''}"


def _numbered(rows: Iterable[Any], named: Callable[[Any], tuple[Hashable, ...]]) -> dict[Any, Any]:
    """Each row under its name and how many of that name there were, itself counted."""
    seen: Counter[tuple[Hashable, ...]] = Counter()
    found = {}
    for row in rows:
        name = named(row)
        seen[name] += 1
        found[*name, seen[name]] = row
    return found


def _fates(a: Sequence[Entry], b: Sequence[Entry]) -> tuple[dict[str, str], dict[str, str]]:
    """What became of each tracker, by its event, level and address as written."""
    was, now = ({entry["key"]: entry for entry in keyed(side)} for side in (a, b))
    names = {key: _tracker(now.get(key) or was[key]) for key in dict.fromkeys([*was, *now])}
    twice = Counter(names.values())
    numbered: Counter[str] = Counter()
    told: tuple[dict[str, str], dict[str, str]] = ({}, {})
    for key, name in names.items():
        numbered[name] += 1
        shown = name if twice[name] == 1 else f"{name} ({numbered[name]})"
        for side, entries in zip(told, (was, now), strict=True):
            side[shown] = fate_of(entries[key]).word if key in entries else ""
    return told


def _tracker(entry: Entry) -> str:
    ad = f" of ad {entry['part'] + 1}" if entry.get("part") else ""
    return f"{entry['event']}{ad}, {entry['origin']}: {entry['url']}"


def _macros(a: Side, b: Side) -> tuple[Section, int]:
    """Macros with another value in the same tracker, told once for all trackers they differ alike in."""
    name = "Macros"
    if a.macros is None or b.macros is None:
        return Section(name, (), ()), 0
    was, now = (
        {row["key"]: row for row in keyed(side.ledger) if row.get("instant") is not None} for side in (a, b)
    )
    both = [key for key in was if key in now]
    changed: dict[Change, int] = defaultdict(int)
    equal: dict[tuple[str, str], None] = {}
    for key in both[:MACROS_OF]:
        one, other = a.macros(was[key]), b.macros(now[key])
        for macro in dict.fromkeys([*one, *other]):
            values = one.get(macro, ""), other.get(macro, "")
            if macro in PASSING:
                continue
            if values[0] == values[1]:
                equal[macro, values[0]] = None
            else:
                changed[Change(macro, *values)] += 1
    told = [change._replace(what=f"{change.what}{_in_pixels(count)}") for change, count in changed.items()]
    return Section(name, tuple(told), tuple(equal)), max(len(both) - MACROS_OF, 0)


def _in_pixels(count: int) -> str:
    return f", in {count} pixels" if count > 1 else ""


def _hops(chain: Mapping[str, Any] | None) -> dict[str, str]:
    told = {}
    for hop in chain["hops"] if chain else ():
        code = "" if hop["code"] is None else f", code {hop['code']}"
        status = f", HTTP {hop['status']}" if hop["status"] else ""
        told[f"hop {hop['number']}"] = (
            f"{hop['outcome']}{status}{code}: {hop['asked_url'] or hop['url'] or 'the document given'}"
        )
        told[f"hop {hop['number']}, size"] = f"{hop['size']} bytes"
    return told
