"""How the figures are taken: the variants in turn within one round, so that a busy machine slows both alike."""

import gc
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter

Work = Callable[[], object]
Clock = Callable[[], float]


def seconds(work: Work, times: int, clock: Clock = perf_counter) -> float:
    """Seconds one call of `work` takes, over `times` calls in a row."""
    start = clock()
    for _ in range(times):
        work()
    return (clock() - start) / times


def interleaved(
    variants: Mapping[str, tuple[Work, int]], rounds: int, clock: Clock = perf_counter
) -> dict[str, list[float]]:
    """Seconds a call for each variant and round. Each is warmed up once; garbage is collected between, not within."""
    for work, _ in variants.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, (work, times) in variants.items():
            gc.collect()
            taken[name].append(seconds(work, times, clock))
    return taken


def ratio(over: Sequence[float], under: Sequence[float]) -> float:
    """The median of the rounds' own ratios."""
    return median(a / b for a, b in zip(over, under, strict=True))
