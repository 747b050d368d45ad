"""Numbers said in words: what changed, by how much, and where most of it lies."""

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

from playback.history.outcome import INTERRUPTIONS
from playback.history.tally import SIGMAS, Share
from playback.history.usual import Usual, Verdict

Interruptions = Mapping[tuple[str, str], int]
"""Sessions by provider and reason."""


class Rise(NamedTuple):
    """One provider's interruptions for one reason, as a share of all viewings, then and now."""

    provider: str
    reason: str
    before: float
    now: float


def in_percent(share: float | None) -> str:
    """0.8342 -> "83.4 %", None -> "–"."""
    return "–" if share is None else f"{share * 100:.1f} %"


def in_words(reason: str) -> str:
    """`network_error` -> "network error"."""
    return reason.replace("_", " ")


def thousands(number: float) -> str:
    """1234567 -> "1,234,567"."""
    return f"{round(number):,}"


def span(usual: Usual) -> str:
    return f"{in_percent(usual.low)} to {in_percent(usual.high)}"


def largest_rise(
    before: Interruptions, viewings_before: int, now: Interruptions, viewings: int
) -> Rise | None:
    """The provider and reason whose interruptions grew most as a share of all viewings; None where none grew by more
    than chance, or one of the sides has no viewings."""
    if not viewings or not viewings_before:
        return None
    grown = [
        Rise(*key, before.get(key, 0) / viewings_before, number / viewings)
        for key, number in now.items()
        if key[1] in INTERRUPTIONS
        and moved(Share(number, viewings), Share(before.get(key, 0), viewings_before)) == "rose"
    ]
    return max(grown, key=lambda rise: rise.now - rise.before, default=None)


def moved(now: Share, before: Share) -> str:
    """How a share moved between two periods: `rose`, `fell`, or `held` where the difference is within 3 sigma of what
    chance makes of two samples of one share. Both need a whole."""
    whole = now.whole + before.whole
    common = (now.part + before.part) / whole
    sigma = sqrt(common * (1 - common) * (1 / now.whole + 1 / before.whole))
    difference = now.part / now.whole - before.part / before.whole
    if abs(difference) <= SIGMAS * sigma:
        return "held"
    return "rose" if difference > 0 else "fell"


def completion_sentence(now: Share, before: Share, usual: Usual | None, period: str, former: str) -> str:
    """What became of the completion rate; `period` and `former` are how the two are called."""
    if now.value is None:
        return f"Nothing was viewed to its end or interrupted {period}."
    here, there = f"{in_percent(now.value)} {period}", f"{in_percent(before.value)} {former}"
    if before.value is None:
        said = f"Completion is {here}; {former} has none to compare with"
    elif (how := moved(now, before)) == "held":
        said = f"Completion held at {here}, within chance of {there}"
    else:
        said = f"Completion {how} to {here}, from {there}"
    if usual is None:
        return said + "."
    return f"{said}; usual is {span(usual)}."


def rise_sentence(rise: Rise | None) -> str:
    """Where more was interrupted than before; "" where nothing was."""
    if rise is None:
        return ""
    return (
        f"What grew most: {rise.provider or 'no provider'}, {in_words(rise.reason)}: "
        f"{in_percent(rise.now)} of all viewings, {in_percent(rise.before)} before."
    )


def sessions_sentence(sessions: int, verdict: Verdict, usual: Usual | None) -> str:
    """How many, beside how many are usual."""
    said = f"{thousands(sessions)} session{'' if sessions == 1 else 's'}"
    if usual is None:
        return f"{said}, {verdict}"
    return f"{said}, {verdict} ({thousands(usual.low)} to {thousands(usual.high)})"
