"""A session as somebody goes through it: the step they are at, what was due then, and the state of the session."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from playback.engine import LedgerEntry, Replay, Step, record_differences, redrawn
from playback.engine.configuration.interruptions import RuleOutcome
from playback.engine.playing.events import QUARTILES
from playback.engine.playing.replay import OPENED, Difference
from playback.replay.lanes import WIDTH, Lanes, lanes
from playback.replay.source import Played
from playback.session_page.ledger import LedgerRow, row_of
from playback.session_page.ledger_filter import keyed
from playback.session_page.pod_strip import PodAd, pod_strip

# A step may call thousands of addresses; the ledger has them all.
PIXELS = 100
NEAR = 12
# Of an answer of the API: each has the whole state after it.
STEPS = 1_000
_PLACE = ("ad", "ad_offset_sec", "urls")


class Due(NamedTuple):
    """One tracker that became due at a step, and the macros of its address."""

    row: LedgerRow
    macros: list[dict[str, Any]]


class Near(NamedTuple):
    """A step in the list of those round the one that is looked at; ``pixels`` became due."""

    number: int
    title: str
    clock_ms: float
    pixels: int


class Tick(NamedTuple):
    """A step in the picture: where it lies, by the session's clock."""

    number: int
    x: float
    label: str


@dataclass(frozen=True)
class Walk:
    """``at`` is the number of the step that is looked at; the 0th is the session before it began."""

    played: Played
    done: Replay
    entries: Sequence[Mapping[str, Any]]
    at: int

    @property
    def step(self) -> Step:
        return self.done.steps[self.at]

    @property
    def previous(self) -> int:
        return max(self.at - 1, 0)

    @property
    def next(self) -> int:
        return min(self.at + 1, self.last)

    @property
    def last(self) -> int:
        return len(self.done.steps) - 1

    @property
    def title(self) -> str:
        return title_of(self.step)

    @property
    def detail(self) -> list[tuple[str, Any]]:
        """What else was noted of it."""
        told = ((name, value) for name, value in self.step.metadata.items() if name not in _PLACE)
        return [(name, f"{value:.4g}" if isinstance(value, float) else value) for name, value in told]

    @cached_property
    def due(self) -> list[Due]:
        """What became due at this step, with the fate that was stored of it."""
        mine = [entry for entry in keyed(self._rows) if entry.get("instant") in self.step.due]
        return [Due(row_of(entry), self._macros(entry)) for entry in mine[:PIXELS]]

    @property
    def due_count(self) -> int:
        return self._pixels(self.step)

    def _pixels(self, step: Step) -> int:
        """How many trackers became due at a step."""
        return sum(self._of_instant[instant] for instant in step.due)

    @cached_property
    def _of_instant(self) -> Counter[int | None]:
        return Counter(entry.get("instant") for entry in self._rows)

    @cached_property
    def _rows(self) -> Sequence[Mapping[str, Any]]:
        """The stored ledger; where none was kept that knows its instants, what a dry run gives."""
        if any(entry.get("instant") is not None for entry in self.entries):
            return self.entries
        return [entry.to_dict() for entry in self.done.ledger]

    def _macros(self, entry: Mapping[str, Any]) -> list[dict[str, Any]]:
        named = LedgerEntry(
            entry["event"], entry["url"], None, entry["origin"], None, None, "", instant=entry["instant"]
        )
        return [macro._asdict() for macro in self.done.macros(named)]

    @property
    def near(self) -> list[Near]:
        """The steps round this one."""
        first = min(max(self.at - NEAR // 2, 0), max(self.last - NEAR, 0))
        shown = self.done.steps[first : first + NEAR + 1]
        return [
            Near(number, title_of(step), step.clock_us / 1000, self._pixels(step))
            for number, step in enumerate(shown, first)
        ]

    @cached_property
    def ticks(self) -> list[Tick]:
        """The steps in the picture; of those at one place the first."""
        places: dict[int, Tick] = {}
        for number, step in enumerate(self.done.steps):
            x = self._x(step)
            label = f"{title_of(step)} at {step.clock_us / 1e6:g} s"
            places.setdefault(round(x), Tick(number, x, label))
        return list(places.values())

    def _x(self, step: Step) -> float:
        return round(step.clock_us / 1000 / max(self.end_ms, 1) * WIDTH, 2)

    @property
    def x(self) -> float:
        """Where the step lies in the picture."""
        return self._x(self.step)

    @cached_property
    def lane(self) -> Lanes:
        """When it played and when it was paused."""
        return lanes([("", self.done.session)])

    @property
    def end_ms(self) -> float:
        """The clock at the right edge of the picture."""
        return max(self.done.steps[-1].clock_us / 1000, self.done.session.duration_sec * 1000)

    @property
    def pod(self) -> tuple[PodAd, ...]:
        return pod_strip([part._asdict() for part in self.step.state.parts])

    @property
    def ad(self) -> PodAd | None:
        """The ad of a pod that the playhead is in."""
        now = ("playing", "stopped", "error")
        return next((ad for ad in self.pod if ad.state in now and ad.duration_ms), None)

    @property
    def quartiles(self) -> list[tuple[str, bool]]:
        return [(event, number in self.step.state.quartiles) for event, number in QUARTILES.items()]

    @property
    def ahead(self) -> tuple[RuleOutcome, ...]:
        return self.done.ahead(self.step)

    @property
    def wait_ms(self) -> float | None:
        """How long until the next thing happens."""
        step = self.step
        return None if step.next_us is None else max(step.next_us - step.clock_us, 0) / 1000

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        """Where the stored record says otherwise than its replay."""
        return record_differences(self.played.session.to_dict(), self.done.session.to_dict())

    @cached_property
    def redrawn(self) -> tuple[Difference, ...]:
        """Where the record's draws are not those of its seed today."""
        return redrawn(self.done.ad_data, self.played.session)


def told_of(played: Played, done: Replay) -> dict[str, Any]:
    """A session's steps and where its record says otherwise, JSON-native."""
    found = record_differences(played.session.to_dict(), done.session.to_dict())
    return {
        "steps": [step.to_dict() for step in done.steps[:STEPS]],
        "of": len(done.steps),
        "differences": [difference._asdict() for difference in found],
    }


def title_of(step: Step) -> str:
    return "before it began" if step.event == OPENED else step.event


def walk(played: Played, entries: Sequence[Mapping[str, Any]], at: int) -> Walk:
    """``at`` beyond the last step is the last one. ``ValueError`` where it cannot be gone through again."""
    done = played.again()
    return Walk(played, done, entries, min(max(at, 0), len(done.steps) - 1))
