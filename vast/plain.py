"""The facts of a document as JSON-native data: named tuples become dicts, tuples lists, decimals their text."""

from decimal import Decimal
from typing import Any

from vast.durations import Offset


def plain(fact: Any) -> Any:
    """What `vast.facts` hold, made of dicts, lists and JSON scalars only; an offset is {"ms", "percent"}."""
    if fact is None or isinstance(fact, str | bool | int | float):
        return fact
    if isinstance(fact, Decimal):
        return str(fact)
    if isinstance(fact, Offset):
        return {"ms": fact.ms, "percent": plain(fact.percent)}
    if isinstance(fact, tuple):
        names = getattr(fact, "_fields", None)
        values = [plain(value) for value in fact]
        return dict(zip(names, values, strict=True)) if names else values
    raise TypeError(f"{type(fact).__name__} is no fact of a VAST document")
