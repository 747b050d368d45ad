"""Rows as CSV, piece by piece, for spreadsheets that would take a text for a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

# What a spreadsheet may run (OWASP, CSV injection), the last four in full width; a quote before it makes it a text.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class _Line:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """The lines of a CSV (RFC 4180), one for each row."""
    writer = csv.writer(_Line())
    for row in rows:
        yield str(writer.writerow([cell(value) for value in row]))


def cell(value: Any) -> Any:
    """A value as it may stand in a spreadsheet: numbers as they are, nothing for None, texts never as formulas."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value).replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
