"""What the pages of the batches say of times that are left, of sizes, and of a count beside its expectation."""

from math import isinf

from django import template

from playback.batches.cells import SIGMA
from playback.engine.simulation.results import Figure

register = template.Library()

_STEPS = ((86_400, "d"), (3600, "h"), (60, "min"))


@register.filter
def lasting(seconds: float | None) -> str:
    """Seconds in the two largest units they need: 3725 -> ``1 h 2 min``."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return "under 1 s"
    left = round(seconds)
    for size, unit in _STEPS:
        if left >= size:
            smaller, word = {"d": (3600, "h"), "h": (60, "min"), "min": (1, "s")}[unit]
            rest = left % size // smaller
            return f"{left // size} {unit}" + (f" {rest} {word}" if rest else "")
    return f"{left} s"


@register.filter
def size(number: float) -> str:
    """Bytes as a person says them."""
    for unit in ("bytes", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}"
        number /= 1000
    return f"{number:.1f} GB"


@register.filter
def share(value: float | None) -> str:
    """A share as percent, with two decimals."""
    return "–" if value is None else f"{100 * value:.2f} %"


@register.filter
def band(figure: Figure) -> str:
    """The band round what was expected, as percent."""
    if figure.low is None or figure.high is None or not figure.sessions:
        return "–"
    low, high = 100 * figure.low / figure.sessions, 100 * figure.high / figure.sessions
    return f"{low:.2f} to {high:.2f} %"


@register.filter
def sigmas(figure: Figure) -> str:
    """How many standard deviations a count is off, with its sign."""
    off = figure.sigmas
    if off is None or not figure.sessions:
        return "–"
    return "beyond all" if isinf(off) else f"{off:+.1f} {SIGMA}"
