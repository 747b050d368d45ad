"""Where the open corpus of other people's documents lies, and the mark for tests that need it."""

import os
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parents[1]
_PLACE = Path(os.environ.get("VASTDASH_CORPUS", _HERE.parent / "shared" / "corpus"))

CORPUS: Path | None = _PLACE if _PLACE.is_dir() else None

needs_corpus = pytest.mark.skipif(
    CORPUS is None, reason="the open corpus is not here (set VASTDASH_CORPUS to its folder)"
)
