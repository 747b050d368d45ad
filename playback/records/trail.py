"""What happened in a session as a few bytes: for each event its code and the milliseconds since the one before.

A code is one byte; the milliseconds follow as a number of seven bits a byte, lowest first, the eighth bit set on all
but the last. Twelve events of a 30 s ad take about 36 bytes.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from playback.engine import Passage

CODES = (
    *(
        "loaded",
        "impression",
        "creativeView",
        "start",
        "verificationNotExecuted",
        "viewUndetermined",
        "error",
    ),
    *("progress", "firstQuartile", "midpoint", "thirdQuartile", "complete", "pause", "resume", "skip"),
    *("closeLinear", "close", "click", "customClick", "rewind", "mute", "unmute", "playerExpand"),
    *("playerCollapse", "fullscreen", "exitFullscreen", "expand", "collapse", "adExpand", "adCollapse"),
    *("acceptInvitation", "acceptInvitationLinear", "timeSpentViewing", "minimize", "overlayViewDuration"),
    *("otherAdInteraction", "interactiveStart", "notUsed", "interrupt", "stop", "seek"),
)
"""An event's code is its place. What is stored stays readable only if this table grows at its end alone."""

_CODE = {event: bytes((code,)) for code, event in enumerate(CODES)}
_MOST_BITS = 63


class Event(NamedTuple):
    """One event and where on the playhead it lay."""

    name: str
    offset_ms: int


def written(events: Iterable[tuple[str, int]]) -> bytes:
    """The trail of events in their order. ValueError for one without a code, or before the one it follows."""
    return b"".join(_steps(events))


def _steps(events: Iterable[tuple[str, int]]) -> Iterator[bytes]:
    last = 0
    for name, at in events:
        if name not in _CODE:
            raise ValueError(f"{name!r} has no code")
        if at < last:
            raise ValueError(f"{name} at {at} ms follows an event at {last} ms")
        yield _CODE[name] + _number(at - last)
        last = at


def read(trail: bytes) -> list[Event]:
    """The events of a trail. ValueError where it is none: an unknown code, a number without end."""
    events, at, place = [], 0, 0
    data = bytes(trail)
    while place < len(data):
        if data[place] >= len(CODES):
            raise ValueError(f"{data[place]} is the code of no event")
        name = CODES[data[place]]
        step, place = _read_number(data, place + 1)
        at += step
        events.append(Event(name, at))
    return events


def _number(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    return bytes((value & 0x7F | 0x80,)) + _number(value >> 7)


def _read_number(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(data) and shift < _MOST_BITS:
        value |= (data[place] & 0x7F) << shift
        place += 1
        if data[place - 1] < 0x80:
            return value, place
        shift += 7
    raise ValueError("the trail breaks off within a number")


class Trails:
    """The trails of many lean sessions: what sessions of one passage share is written once."""

    def __init__(self) -> None:
        self._known: dict[Passage, tuple[bytes, int, bytes, bytes]] = {}

    def of(self, passage: Passage, cut_ms: int) -> bytes:
        """Of a session that passed this and was cut there."""
        known = self._known.get(passage)
        if known is None:
            known = self._known[passage] = _shared(passage)
        before, last, first, rest = known
        return before + first + _number(cut_ms - last) + rest if first else before


def _shared(passage: Passage) -> tuple[bytes, int, bytes, bytes]:
    """The events before the end, the place of the last of them, the first event of the end, those at its place."""
    last = passage.events[-1][1] if passage.events else 0
    codes = [_CODE[event] for event in passage.ending]
    return written(passage.events), last, b"".join(codes[:1]), b"".join(code + b"\0" for code in codes[1:])
