"""Durations and offsets: HH:MM:SS(.mmm) and n% to integer milliseconds and back (IAB VAST 4.2 §3.8, §3.14.1)."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

_CLOCK = re.compile(r"([0-9]{2,5}):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?")
_LOOSE_CLOCK = re.compile(r"([0-9]{1,5}):([0-5]?[0-9]):([0-5]?[0-9])(?:[.,]([0-9]{1,9}))?")
_SECONDS = re.compile(r"([0-9]{1,7})(?:\.([0-9]{1,9}))?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s*%")


class DurationError(ValueError):
    """Text that is no duration or offset."""


@dataclass(frozen=True, slots=True)
class Offset:
    """A place in an ad: milliseconds from its start, or a percentage of its duration (exactly one is set)."""

    ms: int | None
    percent: Decimal | None

    def at(self, duration_ms: int | None) -> int | None:
        """The place in milliseconds; None for a percentage of an unknown duration."""
        if self.percent is None:
            return self.ms
        return None if duration_ms is None else int(duration_ms * self.percent / 100)


def _milliseconds(fraction: str | None) -> int:
    return int((fraction or "0").ljust(3, "0")[:3])


def _clock_ms(hours: str, minutes: str, seconds: str, fraction: str | None) -> int:
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + _milliseconds(fraction)


def read_duration(text: str | None) -> tuple[int | None, str | None]:
    """(milliseconds, None) for the strict grammar, (milliseconds, remark) for a tolerated form, (None, remark) else."""
    trimmed = (text or "").strip()
    if match := _CLOCK.fullmatch(trimmed):
        return _clock_ms(*match.groups()), None
    if not trimmed:
        return None, "the duration is empty"
    if match := _LOOSE_CLOCK.fullmatch(trimmed):
        return _clock_ms(*match.groups()), f"duration {trimmed!r} is not written as HH:MM:SS"
    if match := _SECONDS.fullmatch(trimmed):
        whole, fraction = match.groups()
        return int(whole) * 1000 + _milliseconds(
            fraction
        ), f"duration {trimmed!r} is plain seconds, not HH:MM:SS"
    return None, f"{trimmed[:40]!r} is not a duration"


def parse_duration(text: str, *, lenient: bool = True) -> int:
    """Milliseconds of a duration; plain seconds and short fields only when lenient.

    Raises DurationError (a ValueError) for anything else, negatives included.
    """
    milliseconds, remark = read_duration(text)
    if milliseconds is None or (remark and not lenient):
        raise DurationError(remark)
    return milliseconds


@lru_cache(maxsize=1024)
def format_duration(ms: int) -> str:
    """HH:MM:SS, with .mmm only when there is a fraction; below zero counts as zero, hours may pass 99."""
    seconds, fraction = divmod(max(ms, 0), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours:02d}:{minutes:02d}:{seconds:02d}"
    return f"{clock}.{fraction:03d}" if fraction else clock


def parse_offset(text: str, *, lenient: bool = True) -> Offset:
    """An offset written as a duration or as n% (0..100). Raises DurationError for anything else."""
    trimmed = text.strip()
    if match := _PERCENT.fullmatch(trimmed):
        percent = Decimal(match.group(1))
        if percent > 100:
            raise DurationError(f"offset {trimmed!r} lies beyond 100 %")
        return Offset(None, percent)
    return Offset(parse_duration(trimmed, lenient=lenient), None)
