"""All lots of a plan, drawn together for one session after another."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from playback.engine.configuration.interruptions import Blank, Lot, RuleOutcome, UniformLot
from playback.engine.splitmix import Hand, draws, uniform

_outcome: Final = partial(tuple.__new__, RuleOutcome)
"""A RuleOutcome of all its fields in a row, at half the price of calling the class."""


class Urn:
    """What `lot.draw` gives for each lot in turn. It `is_plain` where every rule has the usual shape and the session
    is of a single ad: the words of all rules are then drawn in one piece."""

    __slots__ = ("_hand", "_lots", "_plain", "is_plain")

    def __init__(self, lots: Sequence[Lot]) -> None:
        self._lots = lots
        self._plain = [lot for lot in lots if isinstance(lot, UniformLot | Blank)]
        self.is_plain = len(self._plain) == len(lots)
        # A rule that cannot apply has a word all the same, which nobody looks at.
        self._hand = Hand([0 if isinstance(lot, Blank) else lot.key for lot in self._plain])

    def draw(self, seed: int) -> tuple[RuleOutcome, ...]:
        """One outcome for each lot, for the session with this seed."""
        if not self.is_plain:
            rng = draws(seed)
            return tuple([lot.draw(rng) for lot in self._lots])
        drawn: list[RuleOutcome] = []
        for lot, word in zip(self._plain, self._hand.words(seed), strict=True):
            if isinstance(lot, Blank):
                drawn.append(lot.outcome)
                continue
            event, probability, reason, window, key = lot
            u = (word >> 11) * 2.0**-53
            if u < probability:
                drawn.append(lot.strike(u, uniform(seed, key + 1)))
            else:
                drawn.append(_outcome((event, probability, reason, True, False, u, None, window, "", 0)))
        return tuple(drawn)
