"""What became of the pixels of a session in words: one word a row, the counts, and what is wrong with them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Entry = Mapping[str, Any]


class Fate(NamedTuple):
    """How a fate is shown: a shape (an icon) and a word, which the kind (good, bad, warn, quiet) colours."""

    kind: str
    icon: str
    word: str


# In the order in which their counts are told.
FATES: dict[str, Fate] = {
    "sent": Fate("good", "circle-check", "sent"),
    "dry_run": Fate("good", "circle-check", "due"),
    "failed": Fate("bad", "circle-x", "failed"),
    "timeout": Fate("bad", "clock-alert", "timed out"),
    "dropped": Fate("warn", "circle-slash", "dropped"),
    "in_flight": Fate("quiet", "send", "on its way"),
    "skipped": Fate("warn", "circle-slash", "skipped"),
    "unknown": Fate("quiet", "circle-question-mark", "unknown"),
    "pending": Fate("quiet", "circle-dashed", "ahead"),
    "not_reached": Fate("quiet", "circle-dashed", "not reached"),
}
# What the sandbox says of a pixel that was sent.
VERDICTS: dict[str, Fate] = {
    "missing": Fate("bad", "circle-minus", "missing"),
    "doubled": Fate("bad", "copy-x", "doubled"),
    "late": Fate("warn", "clock-alert", "late"),
}
_FAILURES = ("failed", "timeout", "dropped")
_TIMES = {0: "not received", 1: "received once"}


class Count(NamedTuple):
    """How many rows have a fate; ``fate`` is what the ledger can be filtered by."""

    fate: str
    number: int
    word: str


class Delivery(NamedTuple):
    """What is to be said of the pixels of a session: what is wrong, each with its fate, or that nothing is."""

    problems: tuple[Count, ...]
    attempted: int
    due: int
    sandbox: bool


def verdicts_of(entry: Entry) -> list[str]:
    """missing, doubled, late: what the sandbox found wrong with a row."""
    return [word for word in entry.get("verdict", "").split(", ") if word]


def fate_of(entry: Entry) -> Fate:
    """The shape and word of a row; a verdict of the sandbox is graver than that it was sent."""
    fate = FATES.get(entry["status"], FATES["unknown"])
    found = verdicts_of(entry)
    if not found:
        return fate
    worst = VERDICTS.get(found[0], FATES["unknown"])
    return worst._replace(word=", ".join(found))


def reason_of(entry: Entry) -> str:
    """Why, in a few words: "" where the word says all."""
    if entry["status"] == "dry_run":
        return "dry run: not sent"
    if entry.get("received") is not None:
        return received(entry["received"])
    if entry["status"] == "sent":
        return f"HTTP {entry['http_status']}" if entry.get("http_status") else ""
    return str(entry["reason"])


def received(times: int) -> str:
    return _TIMES.get(times, f"received {times} times")


def counts_of(ledger: Iterable[Entry]) -> list[Count]:
    """How many rows have each fate, and each verdict of the sandbox."""
    entries = list(ledger)
    by_status = Counter(entry["status"] for entry in entries)
    by_verdict = Counter(word for entry in entries for word in verdicts_of(entry))
    found = [Count(name, by_status[name], fate.word) for name, fate in FATES.items() if by_status[name]]
    return found + [Count(name, by_verdict[name], name) for name in VERDICTS if by_verdict[name]]


def delivery_of(ledger: Sequence[Entry]) -> Delivery:
    """What is wrong with the pixels: by what arrived in the sandbox, by what was answered elsewhere."""
    sandbox = any(entry.get("received") is not None for entry in ledger)
    counts = {count.fate: count for count in counts_of(ledger)}
    names = VERDICTS if sandbox else _FAILURES
    attempted = sum(counts[name].number for name in ("sent", *_FAILURES) if name in counts)
    due = attempted + sum(counts[name].number for name in ("dry_run", "in_flight") if name in counts)
    return Delivery(tuple(counts[name] for name in names if name in counts), attempted, due, sandbox)
