"""Many headless sessions of one ad: whole, lean or in number, in one process or several (playback.md 2.4, 2.8).

A session's seed is `session_seed(seed, index)` and everything else follows from it, so that any session can be made
again alone, and nothing depends on how the work was shared out.
"""

import asyncio
from array import array
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from functools import cached_property
from importlib import import_module
from itertools import repeat
from multiprocessing import get_context
from types import ModuleType
from typing import Any, Final, NamedTuple, Protocol, TypeVar, overload

from playback.engine.configuration.config import PlaybackSessionConfig
from playback.engine.playing.session import PlaybackSession
from playback.engine.request.ad_data import AdData, NoAd
from playback.engine.request.client import VastClient
from playback.engine.simulation.screening import Ending, LeanSession, Screening
from playback.engine.simulation.summary import BUCKETS, Tally, marks_ms, reached_by, summary_of
from playback.engine.splitmix import check_seed, session_seed
from playback.engine.time_provider import fresh_seed

WHOLE: Final = 1_024
LEAN: Final = 65_536
COUNTED: Final = 1 << 20
"""Sessions in one piece of work: whole ones, lean ones, and counted ones."""

AHEAD: Final = 2
"""Pieces of work a process has waiting, so that a slow reader does not fill the memory."""

Item = TypeVar("Item")


class AdSource(Protocol):
    """Whoever has an ad to give, such as a VastClient."""

    def request_ad(self) -> Coroutine[Any, Any, AdData | NoAd]: ...


def simulate(
    vast: str | bytes | AdData | AdSource,
    config: PlaybackSessionConfig | Mapping[str, Any] | None = None,
    sessions: int = 1000,
    seed: int | None = None,
    processes: int = 1,
) -> "Simulation":
    """`sessions` headless viewings of an ad under one configuration.

    vast: XML, ad data, or a client that is asked for its ad once. With a client that has to wait for a network, call
    this where no event loop runs, or request the ad yourself.
    config: as for HeadlessPlayer; its mode does not matter.
    seed: 0 to 2**53 - 1; without one a fresh seed is chosen, which the result tells.
    processes: how many share the work. More than one pays for summaries of many millions, or where rules have shapes
    of their own; each takes a moment to start.

    Raises ValueError that names the argument: no ad to play, numbers out of range; ConfigError for a configuration
    nobody can play by.
    """
    count, workers = _whole("sessions", sessions, 0), _whole("processes", processes, 1)
    batch_seed = fresh_seed() if seed is None else check_seed(seed)
    return Simulation(Screening(_ad_of(vast), config), count, batch_seed, workers)


class Simulation(Sequence[PlaybackSession]):
    """A batch of sessions. None is kept: each is played when it is read.

    `iter` and `[index]` give whole sessions, equal to what HeadlessPlayer plays from the same seed; `lean()` gives
    how each ended; `summary` counts them.
    """

    def __init__(self, screening: Screening, sessions: int, seed: int, processes: int = 1) -> None:
        self.screening = screening
        self.sessions = sessions
        self.seed = seed
        self.processes = processes

    @property
    def ad_data(self) -> AdData:
        return self.screening.ad_data

    @property
    def config(self) -> PlaybackSessionConfig:
        """The configuration the sessions carry: the one given, made headless."""
        return self.screening.config

    def __len__(self) -> int:
        return self.sessions

    @overload
    def __getitem__(self, index: int) -> PlaybackSession: ...
    @overload
    def __getitem__(self, index: slice) -> list[PlaybackSession]: ...
    def __getitem__(self, index: int | slice) -> PlaybackSession | list[PlaybackSession]:
        chosen = range(self.sessions)[index]
        if isinstance(chosen, range):
            return [self.screening.session(session_seed(self.seed, at)) for at in chosen]
        return self.screening.session(session_seed(self.seed, chosen))

    def __iter__(self) -> Iterator[PlaybackSession]:
        for played in self._shared_out(_play, WHOLE):
            yield from played

    def lean(self) -> Iterator[LeanSession]:
        """Every session as it ended, in order."""
        for cuts in self._shared_out(_cut, LEAN):
            yield from cuts.sessions(self.screening)

    @cached_property
    def summary(self) -> dict[str, Any]:
        """What became of the sessions, as JSON-native values.

        `sessions`, `seed`, `completed`; `interrupted` by one of the rules, `interrupted_by` {event of an applicable
        rule: n}, `reasons` {InterruptionReason: n}; `end_reasons` {end_reason: n} of all sessions; `funnel` {event: n
        that got to it}; `offsets` of the interruptions after the first frame {`edges_sec`, `counts`}; `expected`, the
        same in closed form, each count as {`share`, `count`, `low`, `high`} (three standard deviations), `offsets` as
        a list, and `survival` [[seconds, S], ...]; these two are empty for a pod. In a pod `funnel` counts an event
        once for each ad. `expected` is None where there is no closed form: a rule of another shape, a session limit
        within a pod.
        """
        tally = sum(self._shared_out(_count, COUNTED), Tally.of(self.screening.plan, ()))
        return summary_of(self.screening, self.seed, tally)

    def stretch(self, start: int, stop: int) -> "Stretch":
        """The sessions from `start` to `stop` as they ended, in order, and the tally of them. Tallies add up:
        `summary_of` makes a summary of any sum of them."""
        piece = Piece(self.seed, start, min(stop, self.sessions))
        if self.screening.is_plain:
            ended = list(_cut(self.screening, piece).sessions(self.screening))
            return Stretch(ended, _count(self.screening, piece))
        played = list(map(self.screening.session, piece.seeds()))
        if not self.screening.plan.alone:
            self.screening.passages.learn(played)
        ended = list(map(self.screening.lean_of, played))
        return Stretch(ended, Tally.of(self.screening.plan, played))

    def tally(self, start: int, stop: int) -> Tally:
        """What `stretch` counts, without its sessions."""
        pieces = (Piece(self.seed, at, min(at + COUNTED, stop)) for at in range(start, stop, COUNTED))
        nothing = Tally.of(self.screening.plan, ())
        return sum((_count(self.screening, piece) for piece in pieces), nothing)

    def _shared_out(self, work: "Work[Item]", size: int) -> Iterator[Item]:
        """The work on stretches of sessions, in order, done here or by several processes."""
        pieces = [Piece(self.seed, at, min(at + size, self.sessions)) for at in range(0, self.sessions, size)]
        if self.processes == 1 or not pieces:
            return (work(self.screening, piece) for piece in pieces)
        return self._by_processes(work, pieces)

    def _by_processes(self, work: "Work[Item]", pieces: Sequence["Piece"]) -> Iterator[Item]:
        workers = min(self.processes, len(pieces))
        start = (replace(self.ad_data), self.config)
        waiting: deque[Future[Item]] = deque()
        with ProcessPoolExecutor(workers, get_context("spawn"), _enter, start) as pool:
            try:
                for piece in pieces:
                    waiting.append(pool.submit(_work, work, piece))
                    if len(waiting) > AHEAD * workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)


class Piece(NamedTuple):
    """The sessions from `start` to `stop` of the batch with this seed."""

    batch_seed: int
    start: int
    stop: int

    def seeds(self) -> Iterator[int]:
        return (session_seed(self.batch_seed, index) for index in range(self.start, self.stop))


class Stretch(NamedTuple):
    """Some consecutive sessions of a batch as they ended, and their tally."""

    sessions: list[LeanSession]
    tally: Tally


Work = Callable[[Screening, Piece], Item]


class Column(Protocol):
    """Whole numbers in a row, as an array or numpy holds them."""

    def tolist(self) -> list[int]: ...


class Cuts(NamedTuple):
    """How the sessions of a piece ended: for each the place of its ending among `endings` (-1: the last), and where
    the interruption lies."""

    seeds: Column
    endings: Sequence[Ending]
    places: Column
    offsets: Column

    def sessions(self, screening: Screening) -> Iterator[LeanSession]:
        endings = map(self.endings.__getitem__, self.places.tolist())
        return map(LeanSession, repeat(screening), self.seeds.tolist(), endings, self.offsets.tolist())


_here: list[Screening] = []
"""In a process of several: what it plays."""


def _enter(ad_data: AdData, config: PlaybackSessionConfig) -> None:
    _here[:] = [Screening(ad_data, config)]


def _work(work: Work[Item], piece: Piece) -> Item:
    return work(_here[0], piece)


def _play(screening: Screening, piece: Piece) -> list[PlaybackSession]:
    if not screening.is_plain:
        return [screening.session(seed) for seed in piece.seeds()]
    statistics = _statistics()
    seeds = statistics.seeds_of(*piece)
    dice = statistics.Dice(screening.plan.lots, screening.last_ms)
    rules, _, scheduled = dice.cuts(seeds)
    drawn = zip(*dice.outcomes(seeds), strict=True) if screening.plan.lots else repeat((), len(seeds))
    rows = zip(seeds.tolist(), drawn, scheduled.tolist(), rules.tolist(), strict=True)
    return [
        screening.drawn(
            seed,
            outcomes,
            None if first < 0 else outcomes[first],
            None if cut < 0 else outcomes[cut],
        )
        for seed, outcomes, first, cut in rows
    ]


def _cut(screening: Screening, piece: Piece) -> Cuts:
    if not screening.is_plain:
        return _cut_one_by_one(screening, piece)
    statistics = _statistics()
    seeds = statistics.seeds_of(*piece)
    rules, offsets, _ = statistics.Dice(screening.plan.lots, screening.last_ms).cuts(seeds)
    return Cuts(seeds, screening.endings, rules, offsets)


def _cut_one_by_one(screening: Screening, piece: Piece) -> Cuts:
    sessions = [screening.lean(seed) for seed in piece.seeds()]
    places = {ending: place for place, ending in enumerate(dict.fromkeys(lean.ending for lean in sessions))}
    return Cuts(
        array("q", [lean.seed for lean in sessions]),
        tuple(places),
        array("q", [places[lean.ending] for lean in sessions]),
        array("q", [lean.cut_ms for lean in sessions]),
    )


def _count(screening: Screening, piece: Piece) -> Tally:
    if not screening.is_plain:
        return Tally.of(screening.plan, map(screening.session, piece.seeds()))
    statistics, plan = _statistics(), screening.plan
    dice = statistics.Dice(plan.lots, screening.last_ms)
    counts = statistics.Counter(dice, marks_ms(plan), plan.duration_us, BUCKETS).count(*piece)
    endings = Counter(dict(zip(screening.endings, counts.rules, strict=True)))
    reached = reached_by(screening, counts.behind, counts.rules[-1])
    return Tally(+endings, reached, tuple(counts.buckets))


def _statistics() -> ModuleType:
    """numpy takes longer to import than all of the engine: only who draws many sessions waits for it."""
    return import_module("playback.engine.simulation.statistics")


def _ad_of(vast: Any) -> AdData:
    if isinstance(vast, str | bytes):
        vast = VastClient.from_xml(vast)
    ad: AdData | NoAd = vast if isinstance(vast, AdData | NoAd) else _requested(vast)
    if isinstance(ad, NoAd):
        raise ValueError(f"vast: there is no ad to play: {ad.code}, {ad.text}")
    return ad


def _requested(client: Any) -> AdData | NoAd:
    if not hasattr(client, "request_ad"):
        raise ValueError(
            f"vast must be XML, ad data or a client with request_ad, not {type(client).__name__}"
        )
    asking: Coroutine[Any, Any, AdData | NoAd] = client.request_ad()
    if not _is_loop_running():
        return asyncio.run(asking)
    try:
        asking.send(None)
    except StopIteration as answered:
        ad: AdData | NoAd = answered.value
        return ad
    asking.close()
    raise ValueError(
        "vast: this client has to wait for its ad: await client.request_ad() and pass what it gives"
    )


def _is_loop_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be a whole number, at least {least}, not {value!r}")
    return value
