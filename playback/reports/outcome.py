"""What happened in a session and whose fault it was, in two sentences."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from playback.session_page.fates import verdicts_of
from playback.session_page.view import SessionView
from vastdash.templatetags.vastdash import seconds

_HOSTS = 3
_BY_HAND = {
    "user_skip": "Somebody skipped the ad",
    "user_close": "Somebody closed the ad",
    "stopped": "Somebody stopped it",
    "timeout": "It reached its longest duration",
}


class Outcome(NamedTuple):
    """``kind`` (good, warn, bad, quiet) and ``icon`` say how it is shown; ``fault`` is "" where nobody is at fault."""

    kind: str
    icon: str
    happened: str
    fault: str


def outcome_of(view: SessionView) -> Outcome:
    """The outcome of a session as its page shows it."""
    if view.blame:
        return Outcome("bad", "octagon-x", "There was no ad to play.", view.blame)
    at = seconds(round(view.offset_sec * 1000))
    if rule := view.session.interrupted_by:
        drawn = f"The rule of {rule} struck at {at}: {view.end_reason}."
        return Outcome(
            "warn", "zap", drawn, _pixels(view) or "Nobody's: the interruption was drawn from the seed."
        )
    if view.status == "error":
        return Outcome("bad", "octagon-x", f"An error ended it at {at}{_code(view)}", _ad_at_fault(view))
    if view.status == "closed":
        ended = _BY_HAND.get(view.end_reason, f"It was closed ({view.end_reason})")
        return Outcome("warn", "circle-stop", f"{ended} at {at} of {_length(view)}.", _pixels(view))
    if view.status == "completed":
        return Outcome("good", "circle-check", f"It played to its end, {_length(view)}.", _pixels(view))
    waits = (
        "It waits to be confirmed." if view.waiting else f"It is still playing, at {at} of {_length(view)}."
    )
    return Outcome("quiet", "circle-dashed", waits, "")


def _length(view: SessionView) -> str:
    return seconds(round(view.duration_sec * 1000))


def _code(view: SessionView) -> str:
    code = view.session.error_code
    return f": {code}, {view.error_meaning}." if code and view.error_meaning else "."


def _ad_at_fault(view: SessionView) -> str:
    where = f"Ad {view.playing.place} of {len(view.pod)}" if view.playing else "The ad"
    return f"{where}: {view.error}" if view.error else ""


def _pixels(view: SessionView) -> str:
    """Pixels that went wrong, and who would have had to take them."""
    told = view.delivery
    if not told.problems:
        return ""
    counts = ", ".join(f"{problem.number} {problem.word}" for problem in told.problems)
    return f"Of {told.attempted} pixels {counts}: {_hosts(view.ledger, {p.fate for p in told.problems})}."


def _hosts(ledger: Sequence[Any], fates: set[str]) -> str:
    """The hosts of the pixels with such a fate, the first three by name."""
    wrong = (entry for entry in ledger if fates & {entry["status"], *verdicts_of(entry)})
    found = list(dict.fromkeys(_host(entry["resolved_url"] or entry["url"]) for entry in wrong))
    return ", ".join(found[:_HOSTS]) + (f" and {len(found) - _HOSTS} more" if len(found) > _HOSTS else "")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"
