"""All lots of a plan, drawn together for one session after another."""

from collections.abc import Sequence
from typing import Final

from playback.engine.configuration.interruptions import Blank, Lot, RuleOutcome, UniformLot
from playback.engine.splitmix import Hand, draws, uniform

_new: Final = tuple.__new__
"""`_new(RuleOutcome, fields)` makes one of all its fields in a row, at half the price of calling the class."""


class Urn:
    """What `lot.draw` gives for each lot in turn. It `is_plain` where every rule has the usual shape and the session
    is of a single ad. Where all of them can strike, the words of all rules are drawn in one piece."""

    __slots__ = ("_hand", "_lots", "_uniform", "is_plain")

    def __init__(self, lots: Sequence[Lot]) -> None:
        self._lots = lots
        self._uniform = [lot for lot in lots if isinstance(lot, UniformLot)]
        self._hand = Hand([lot.key for lot in self._uniform]) if len(self._uniform) == len(lots) else None
        self.is_plain = all(isinstance(lot, UniformLot | Blank) for lot in lots)

    def draw(self, seed: int) -> tuple[RuleOutcome, ...]:
        """One outcome for each lot, for the session with this seed."""
        if self._hand is None:
            rng = draws(seed)
            return tuple([lot.draw(rng) for lot in self._lots])
        drawn: list[RuleOutcome] = []
        for lot, word in zip(self._uniform, self._hand.words(seed), strict=True):
            event, probability, reason, window, key = lot
            u = (word >> 11) * 2.0**-53
            if u < probability:
                drawn.append(lot.strike(u, uniform(seed, key + 1)))
            else:
                drawn.append(
                    _new(RuleOutcome, (event, probability, reason, True, False, u, None, window, "", 0))
                )
        return tuple(drawn)
