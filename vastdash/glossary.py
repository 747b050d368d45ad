"""Every word of the trade that pages use, in plain words, with the section of the standard that it comes from.

``{% term "survival curve" %}`` in a template makes a word explain itself; ``/glossary/`` lists them all. A word is one
line of ``glossary.tsv``: the word, what it means, and the section, if a standard has it.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple


class Term(NamedTuple):
    """A word, what it means, and where the standard says so; "" where the word is ours or the trade's."""

    name: str
    meaning: str
    cite: str = ""

    @property
    def slug(self) -> str:
        """Its name in addresses and ids."""
        return "".join(letter if letter.isalnum() else "-" for letter in self.name.lower()).strip("-")


def _read(text: str) -> Mapping[str, Term]:
    terms = (Term(*line.split("\t")) for line in text.splitlines())
    return MappingProxyType({term.name: term for term in terms})


TERMS: Final = _read(Path(__file__).with_suffix(".tsv").read_text(encoding="utf-8"))
"""Every term by its name, in the order of the alphabet."""
