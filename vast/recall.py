"""Documents that come again: what a reader made of the last 256, found by the document itself; trees are not kept."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar, cast

Facts = TypeVar("Facts")

_KEPT = 256
_LONGEST_KEPT = 64 * 1024


def recall(read: Callable[..., Facts], source: bytes | str, *, lenient: bool = True) -> Facts:
    """What `read` (`vast.ad.read`, `vast.playback.read_playback`) makes of a document, remembered up to 64 KiB.

    Raises what `read` does, each time anew.
    """
    if len(source) > _LONGEST_KEPT:
        return read(source, lenient=lenient)
    return cast("Facts", _kept(read, source, lenient))


@lru_cache(maxsize=_KEPT)
def _kept(read: Callable[..., object], source: bytes | str, lenient: bool) -> object:
    return read(source, lenient=lenient)
