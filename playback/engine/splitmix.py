"""Counter-based draws (splitmix64): a number depends only on the seed and a key, never on what was drawn before."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from struct import unpack
from typing import Any

GAMMA = 0x9E3779B97F4A7C15
MASK = 0xFFFFFFFFFFFFFFFF
SEED_LIMIT = 1 << 53
"""Seeds are integers from 0 to 2**53 - 1: exact in JSON and in a float."""


def mix(z: int) -> int:
    """splitmix64's finaliser over 64 bits."""
    z &= MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def session_seed(batch_seed: int, index: int) -> int:
    """The seed of session `index` of a batch; the session replays from it alone."""
    return mix(mix(batch_seed + GAMMA) + GAMMA * (index + 1)) >> 11


def draws(seed: int) -> Callable[[int], float]:
    """The numbers in [0, 1) of the session with this seed, by key."""
    start = mix(seed + GAMMA)
    return lambda key: (mix(start + GAMMA * (key + 1)) >> 11) * 2.0**-53


def uniform(seed: int, key: int) -> float:
    """One number in [0, 1) of the session with this seed."""
    return draws(seed)(key)


def stable_key(name: str) -> int:
    """A 64-bit key from a name: the first eight bytes of its BLAKE2b digest, big-endian."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big")


def check_seed(seed: Any) -> int:
    """The seed itself; ValueError unless it is an integer from 0 to 2**53 - 1."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"seed must be an integer from 0 to {SEED_LIMIT - 1}, not {seed!r}")
    return seed


class Hand:
    """The words of several keys for one session after another; a word's upper 53 bits are its number in [0, 1).

    `mix` for all of them at once: they stand side by side in one long integer, each in 128 bits, which the product
    with a factor of 64 bits cannot leave. What spills into a place's upper half is masked before it can matter.
    """

    __slots__ = ("_first", "_format", "_places", "_size", "_steps")

    def __init__(self, keys: Sequence[int]) -> None:
        self._size = 16 * len(keys)
        self._first = sum(1 << 128 * place for place in range(len(keys)))
        self._places = self._first * MASK
        self._steps = sum((GAMMA * (key + 1) & MASK) << 128 * place for place, key in enumerate(keys))
        self._format = "<" + "Q8x" * len(keys)

    def words(self, seed: int) -> tuple[int, ...]:
        """The word of each key, in their order: `words(seed)[n] >> 11` is `draws(seed)(keys[n]) * 2**53`."""
        places = self._places
        z = (mix(seed + GAMMA) * self._first + self._steps) & places
        z = ((z ^ (z >> 30)) & places) * 0xBF58476D1CE4E5B9 & places
        z = ((z ^ (z >> 27)) & places) * 0x94D049BB133111EB & places
        return unpack(self._format, (z ^ (z >> 31)).to_bytes(self._size, "little"))
