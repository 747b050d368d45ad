"""The server is killed in the middle of a real-time session: viewers come back, and the record shows nothing of it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.samples import FIFTEEN_SECONDS
from tests.browser.server import Server
from tests.browser.walk import (
    News,
    build,
    events,
    play,
    playhead,
    record,
    wait_for_playhead,
    wait_for_state,
)

KILLED_AT_SEC = 6.0
CHECKPOINT_SEC = 1.0  # no more than this is played again
LOST_SOCKET = r"WebSocket connection to .* failed|^\[object Event\]$"  # Chromium's and htmx's word for it


def without_wall_clock(record: dict[str, Any]) -> dict[str, Any]:
    record = copy.deepcopy(record)
    for stamp in ("start_time", "end_time"):
        del record[stamp]
    for event in record["events"]:
        del event["timestamp"]
    return record


def test_a_session_survives_the_kill_of_its_server_in_front_of_two_viewers(
    visit: Visit, server: Server, tmp_path: Path
):
    # The same session at the same time on a server that nothing happens to.
    undisturbed = visit("qa")
    build(undisturbed, server, FIFTEEN_SECONDS)
    expected = play(undisturbed, mode="real", seed=11)

    doomed = Server(tmp_path).start()
    try:
        qa = visit("qa", at=doomed, forgive=LOST_SOCKET)
        manager = visit("manager", at=doomed, forgive=LOST_SOCKET)
        build(qa, doomed, FIFTEEN_SECONDS)
        session = play(qa, mode="real", seed=11)
        manager.goto(f"{doomed.url}/sessions/{session}/")
        wait_for_playhead(qa, KILLED_AT_SEC)
        assert events(qa).count("firstQuartile") == 1
        told = playhead(qa)

        doomed.kill()
        for page in (qa, manager):
            expect(page.locator(".stale")).to_be_visible()
        news = [News(page) for page in (qa, manager)]
        doomed.start()
        for page, heard in zip((qa, manager), news, strict=True):
            expect(page.locator(".stale")).to_be_hidden(timeout=15_000)
            wait_for_playhead(page, told + 1)
            assert heard.offsets[0] >= told - CHECKPOINT_SEC - 0.5
        for page in (qa, manager):
            wait_for_state(page, "completed", timeout_sec=40)
            assert events(page).count("firstQuartile") == 1
            assert events(page).count("complete") == 1
        survivor = record(qa, doomed, session)
    finally:
        doomed.stop()

    wait_for_state(undisturbed, "completed")
    assert without_wall_clock(survivor) == without_wall_clock(record(undisturbed, server, expected))
