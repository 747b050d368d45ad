"""What a tracker can do, one function each, put together as a tuple: (with_macros(), with_state(), with_http_send(it)).

Each gives a Capability, a sender put round the next one; the first is outermost. Nothing is shared: what a capability
remembers belongs to the tracker it was composed into (playback.md 1.9, 2.33, 2.35, 2.39).
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from playback.engine.configuration.interruptions import InterruptionReason
from playback.engine.delivery.context import Logger, TrackingContext
from playback.engine.delivery.macros import playhead
from playback.engine.delivery.sending import OPEN, Attempt, Capability, Sender, Sending
from playback.engine.delivery.trackable import ONCE, event_of
from playback.engine.errors import ConfigError
from playback.engine.playing.session import PlaybackSession
from playback.engine.request.transport import Getter
from playback.engine.splitmix import stable_key, uniform
from vast.macros import DEFAULT_FORMATS, Value, expand

Around = Callable[[Sending, Sender], Any]

TERMINAL_EVENTS: Final = frozenset({"complete", "skip", "closeLinear", "close", "error", "notUsed"})
"""What may still be told of a session that has ended."""

RETRIED_STATUSES: Final = frozenset({408, 429, *range(500, 600)})
RETRIED_FAILURES: Final = frozenset({"timeout", "unreachable"})
LONGEST_DELAY_SEC: Final = 60.0


def with_macros(
    macros: Mapping[str, Value] | None = None, formats: tuple[str, ...] = DEFAULT_FORMATS
) -> Capability:
    """Expands the macros of the address: `macros` stand above those of the tracker, below those of the event."""

    async def send(sending: Sending, inner: Sender) -> None:
        values = {**sending.defaults, **(macros or {}), **sending.macros}
        sending.url = expand(sending.url, values, sending.context, formats)
        await inner(sending)

    return _capability("macros", send)


def with_state(once: Collection[str] = ONCE) -> Capability:
    """Remembers what was sent: an item of an event in `once` goes out once, nothing after `notUsed`.

    The item's extras tell how it went: tracked, tracked_at (clock of the tracker), attempt_count, response_times (ms),
    last_error, error_history.
    """

    def around(inner: Sender) -> Sender:
        claimed: set[int] = set()
        told: set[str] = set()

        async def send(sending: Sending) -> None:
            if "notUsed" in told and sending.event != "notUsed":
                sending.end("refused", "the ad was reported as not used")
                return
            told.add(sending.event)
            # Claimed before anything is awaited: two calls at once are two calls, too.
            if event_of(sending.event) in once:
                if id(sending.item) in claimed:
                    sending.end("duplicate", f"{sending.event} was sent before")
                    return
                claimed.add(id(sending.item))
            await inner(sending)
            _remember(sending)

        return send

    return Capability("state", around)


def _remember(sending: Sending) -> None:
    item = sending.item
    if item is None or not sending.attempts:
        return
    item.set_extra("attempt_count", item.get_extra("attempt_count", 0) + len(sending.attempts))
    times = [attempt.ms for attempt in sending.attempts if not attempt.failure]
    item.set_extra("response_times", [*item.get_extra("response_times", ()), *times])
    errors = [attempt.reason for attempt in sending.attempts if not attempt.succeeded]
    if errors:
        item.set_extra("error_history", [*item.get_extra("error_history", ()), *errors])
        item.set_extra("last_error", errors[-1])
    if sending.succeeded:
        item.set_extra("tracked", True)
        item.set_extra("tracked_at", sending.clock.time())


def with_event_filtering(include: Iterable[str] = ("*",), exclude: Iterable[str] = ()) -> Capability:
    """Lets events through whose key matches one of the `include` patterns and none of the `exclude` ones.

    Patterns are globs (`*Quartile`, `progress-*`) and tell upper from lower case, as VAST does. Whatever else a tracker
    is told of is recorded as filtered and goes no further.
    """
    wanted, unwanted = _patterns("include", include), _patterns("exclude", exclude)

    async def send(sending: Sending, inner: Sender) -> None:
        key = sending.event
        if any(fnmatchcase(key, pattern) for pattern in unwanted):
            sending.end("filtered", f"{key} is excluded")
        elif not any(fnmatchcase(key, pattern) for pattern in wanted):
            sending.end("filtered", f"{key} is not among the events included")
        else:
            await inner(sending)

    return _capability("event_filtering", send)


def _patterns(name: str, given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        raise ConfigError(name, f"a list of patterns is wanted, not the text {given!r}")
    return tuple(given)


class Playing(Protocol):
    """What plays a session: a player, or anything with its session."""

    @property
    def session(self) -> PlaybackSession: ...


def with_playback_state(
    session: PlaybackSession | Playing, media_playhead_sec: float | None = None
) -> Capability:
    """Adds the session's id, playhead and status to the record of each sending and to its macros (ADPLAYHEAD,
    SESSION_ID, PLAYBACK_STATUS; MEDIAPLAYHEAD where the place of the break in the content is given)."""

    async def send(sending: Sending, inner: Sender) -> None:
        now = _session_of(session)
        offset = now.current_offset_sec
        sending.tags |= {
            "session_id": now.session_id,
            "playhead_sec": offset,
            "playback_status": now.status.value,
        }
        values: dict[str, Value] = {
            "ADPLAYHEAD": playhead(round(offset * 1_000_000)),
            "SESSION_ID": now.session_id,
            "PLAYBACK_STATUS": now.status.value,
        }
        if media_playhead_sec is not None:
            values["MEDIAPLAYHEAD"] = playhead(round(media_playhead_sec * 1_000_000))
        sending.macros = {**values, **sending.macros}
        await inner(sending)

    return _capability("playback_state", send)


def with_interruption(session: PlaybackSession | Playing) -> Capability:
    """Refuses every event but a terminal one once the session has ended, and tags sendings with what interrupted it."""

    async def send(sending: Sending, inner: Sender) -> None:
        now = _session_of(session)
        if now.end_reason in _INTERRUPTIONS:
            sending.tags["interruption_reason"] = now.end_reason
        crashed = now.end_reason == InterruptionReason.APP_CRASH.value
        if crashed or (now.has_ended() and sending.event not in TERMINAL_EVENTS):
            sending.end("refused", f"the session has ended: {now.end_reason}")
            return
        await inner(sending)

    return _capability("interruption", send)


_INTERRUPTIONS: Final = frozenset(reason.value for reason in InterruptionReason)


def with_logging(context: TrackingContext | Logger, *, urls: bool = True) -> Capability:
    """One line for each sending that has come to its end; without `urls` it names the host only."""
    logger = context.logger if isinstance(context, TrackingContext) else context

    async def send(sending: Sending, inner: Sender) -> None:
        await inner(sending)
        if logger is not None:
            word = "sent" if sending.succeeded else "failed"
            where = sending.url if urls else _host(sending.url)
            logger.info(
                "vast.tracking.%s %s %s %s", word, sending.event, where, sending.reason or sending.status
            )

    return _capability("logging", send)


def with_retry_logic(attempts: int = 3, delay: float = 1.0) -> Capability:
    """Tries again, `attempts` times in all, what a connection, 408, 429 or 5xx refused; the address stays the same.

    The pauses are `delay` seconds doubled each time, plus up to half of that, drawn from the sending's seed. Pixels
    are not retried unless this is asked for: a retry may count twice (playback.md 2.35).
    """
    if attempts < 1:
        raise ValueError(f"a pixel is tried at least once, not {attempts!r} times")

    async def send(sending: Sending, inner: Sender) -> None:
        await inner(sending)
        while len(sending.attempts) < attempts and sending.attempts and _retried(sending.attempts[-1]):
            sending.end(OPEN)
            await sending.clock.sleep(retry_delay(sending.seed, sending.url, len(sending.attempts), delay))
            await inner(sending)

    return _capability("retry_logic", send)


def retry_delay(seed: int, url: str, failed: int, delay: float) -> float:
    """Seconds to wait after the `failed`-th attempt."""
    jitter = uniform(seed, stable_key(f"retry:{failed}:{url}")) / 2
    return min(delay * 2.0 ** (failed - 1), LONGEST_DELAY_SEC) * (1 + jitter)


def _retried(attempt: Attempt) -> bool:
    return attempt.failure in RETRIED_FAILURES or (
        not attempt.failure and attempt.http_status in RETRIED_STATUSES
    )


def with_http_send(context: TrackingContext | Getter) -> Capability:
    """Asks for the address and notes the attempt. What was put inside it is never reached."""
    if not isinstance(context, TrackingContext):
        context = TrackingContext(http_client=context)

    async def send(sending: Sending, _: Sender) -> None:
        if reason := placeholder(sending.url):
            sending.end("skipped", reason)
            return
        if context.http_client is None:
            sending.end("dry_run", "there is nothing to send with")
            return
        await _ask(sending, context, context.http_client)

    return _capability("http_send", send)


async def _ask(sending: Sending, context: TrackingContext, getter: Getter) -> None:
    sending.url = with_scheme(sending.url)
    sending.asking_since = sending.clock.time()
    fetched = await getter.get(
        sending.url, headers={**context.headers, **sending.headers}, timeout_sec=context.timeout
    )
    attempt = sending.note(
        ms=(sending.clock.time() - sending.asking_since) * 1000,
        http_status=fetched.status,
        failure=fetched.failure,
        text=fetched.text,
        redirects=fetched.redirects,
    )
    sending.end(_status_of(attempt), attempt.reason)
    if context.metrics_client is not None:
        context.metrics_client.record(f"vast.tracking.{sending.status}", attempt.ms)


def _status_of(attempt: Attempt) -> str:
    if attempt.succeeded:
        return "sent"
    return "timeout" if attempt.failure == "timeout" else "failed"


def with_scheme(url: str) -> str:
    """The address itself, trimmed, over https where it leaves the scheme to the page."""
    url = url.strip()
    return f"https:{url}" if url.startswith("//") else url


def placeholder(url: str) -> str:
    """Why an address must never be called; empty when it may be."""
    url = with_scheme(url)
    if url.lower() == "about:blank":
        return "about:blank asks for nothing"
    try:
        parts = urlsplit(url)
    except ValueError:
        return "the address cannot be read"
    if parts.scheme.lower() not in ("http", "https"):
        return f"{parts.scheme}: is no web address" if parts.scheme else "the address is empty or relative"
    return "" if parts.hostname else "the address names no host"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _session_of(playing: "PlaybackSession | Playing") -> PlaybackSession:
    return playing if isinstance(playing, PlaybackSession) else playing.session


def _capability(name: str, send: Callable[[Sending, Sender], Any]) -> Capability:
    def around(inner: Sender) -> Sender:
        async def sender(sending: Sending) -> None:
            await send(sending, inner)

        return sender

    return Capability(name, around)
