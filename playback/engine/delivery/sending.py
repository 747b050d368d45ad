"""One pixel on its way: what is asked for, what has been tried, and how senders are put together (playback.md 1.9).

A sender takes a Sending and brings it to an end; a capability is a sender put around another one.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from playback.engine.request.chain import Redirect
from playback.engine.time_provider import TimeProvider
from vast.macros import Context, Value

OPEN: Final = "in_flight"


class Attempt(NamedTuple):
    """One GET of one address. `started_ms` counts from the moment its pixel became due, on the delivery's clock;
    `failure` is "" for an answer of any status, else a word of `chain.Outcome`, `dropped` or `error`."""

    number: int
    url: str
    started_ms: float
    ms: float
    http_status: int | None = None
    failure: str = ""
    text: str = ""
    redirects: tuple[Redirect, ...] = ()

    @property
    def succeeded(self) -> bool:
        """2xx, for statistics only: the answer changes nothing (playback.md 3.7)."""
        return not self.failure and self.http_status is not None and 200 <= self.http_status < 300

    @property
    def reason(self) -> str:
        """Why it did not succeed, in a few words; "" where it did."""
        if self.failure:
            return f"{self.failure}: {self.text}" if self.text else self.failure
        return "" if self.succeeded else f"HTTP status {self.http_status}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values."""
        return {**self._asdict(), "redirects": [list(redirect) for redirect in self.redirects]}


@dataclass(slots=True, eq=False)
class Sending:
    """One pixel of one event, once. `url` is its address as written until a capability expands it.

    status: in_flight, then sent, failed, timeout, dropped, skipped (never to be called), duplicate (was sent before),
    refused (its session has ended), filtered (its tracker does not want the event), reported (for somebody else to
    open), dry_run (there is nothing to send with) or unsent (nothing that sends was put together). `macros` belong to
    this event, `defaults` are below them; `tags` are facts that capabilities add to the record.
    """

    event: str
    url: str
    clock: TimeProvider
    item: Any = None
    macros: Mapping[str, Value] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    context: Context = "tracking"
    headers: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    tags: dict[str, Any] = field(default_factory=dict)
    status: str = OPEN
    reason: str = ""
    attempts: list[Attempt] = field(default_factory=list)
    due_at: float = 0.0
    asking_since: float | None = None

    def __post_init__(self) -> None:
        self.due_at = self.clock.time()

    @property
    def succeeded(self) -> bool:
        return self.status == "sent"

    def end(self, status: str, reason: str = "") -> None:
        self.status, self.reason = status, reason

    def give_up(self, status: str, reason: str) -> None:
        """End a sending that is still open; an attempt under way is noted as broken off."""
        if self.status != OPEN:
            return
        if self.asking_since is not None:
            self.note(http_status=None, ms=(self.clock.time() - self.asking_since) * 1000, failure=status)
        self.end(status, reason)

    def note(self, *, ms: float, **facts: Any) -> Attempt:
        """Add the attempt that began at `asking_since`."""
        since = self.due_at if self.asking_since is None else self.asking_since
        started = round((since - self.due_at) * 1000, 3)
        attempt = Attempt(len(self.attempts) + 1, self.url, started, round(ms, 3), **facts)
        self.attempts.append(attempt)
        self.asking_since = None
        return attempt

    def to_dict(self) -> dict[str, Any]:
        """JSON-native values."""
        return {
            "event": self.event,
            "url": self.url,
            "status": self.status,
            "reason": self.reason,
            "attempts": [attempt.to_dict() for attempt in self.attempts],
            **self.tags,
        }


Sender = Callable[[Sending], Awaitable[None]]
"""Brings a sending to its end, which it writes into it. Raises nothing but cancellation."""


@dataclass(frozen=True, slots=True)
class Capability:
    """A named way of putting one sender around another."""

    name: str
    around: Callable[[Sender], Sender]

    def __call__(self, sender: Sender) -> Sender:
        return self.around(sender)


async def _nothing(sending: Sending) -> None:
    sending.end("unsent", "no capability of this tracker sends")


def compose(capabilities: Iterable[Capability]) -> Sender:
    """One sender of all capabilities, the first one outermost."""

    sender: Sender = _nothing
    for capability in reversed(tuple(capabilities)):
        sender = capability(sender)
    return sender


async def bring_to_end(sender: Sender, sending: Sending) -> None:
    """Send; whatever goes wrong on the way is the sending's failure, never the caller's."""
    try:
        await sender(sending)
    except Exception as error:  # a pixel must never disturb who plays the ad
        sending.give_up("failed", f"error: {type(error).__name__}: {error}")
