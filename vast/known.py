"""Short texts that come again and again (element names, sizes, offsets), with what was made of each."""

from collections.abc import Callable
from typing import Any, TypeVar

Made = TypeVar("Made")

_KEPT = 2048
_LONGEST = 64


class Known(dict[Any, Made]):
    """What `make` makes of a text, by item access; bounded in number and length, so that nobody fills it up."""

    def __init__(self, make: Callable[[str], Made]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, text: str) -> Made:
        made = self.make(text)
        if len(text) <= _LONGEST:
            if len(self) >= _KEPT:
                self.clear()
            self[text] = made
        return made
