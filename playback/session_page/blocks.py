"""Rows of a page in blocks of a few, each told by itself: one row more or another one costs its block, not the list."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

ROWS = 25

T = TypeVar("T")


class Block(NamedTuple, Generic[T]):
    """Some rows that follow each other; ``number`` counts blocks from 0. Equal blocks show the same."""

    number: int
    rows: tuple[T, ...]
    is_last: bool

    @property
    def first(self) -> int:
        """The place of its first row in the list, from 1."""
        return self.number * ROWS + 1


def blocks(rows: Sequence[T]) -> list[Block[T]]:
    """All rows, in order; one block without rows when there are none."""
    starts = range(0, len(rows) or 1, ROWS)
    return [
        Block(number, tuple(rows[start : start + ROWS]), start + ROWS >= len(rows))
        for number, start in enumerate(starts)
    ]
