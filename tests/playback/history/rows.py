"""Rows of sessions as histories know them, made the way sessions are entered."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from playback.models import Session
from playback.records import recording

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)

_STATUS = {
    "completed": "completed",
    "": "running",
    "user_close": "closed",
    "user_skip": "closed",
    "stopped": "closed",
}


def enter(reason: str = "completed", at: datetime = NOON, number: int = 1, **columns: Any) -> list[Session]:
    """Some sessions of 30 seconds that began at a moment, a second apart, and ended for a reason."""
    columns = {"title": "An ad", "mode": "headless", "seed": 1, "duration_ms": 30_000, **columns}
    status = _STATUS.get(reason, "error")
    rows = []
    for place in range(number):
        began = at + timedelta(seconds=place)
        # A row is stamped with the clock's now when it is entered.
        with patch("django.utils.timezone.now", return_value=began):
            rows.append(recording.enter(status=status, end_reason=reason, **columns))
    return rows
