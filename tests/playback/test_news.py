"""Which parts of a session's page are sent anew: what changed, and now and then everything."""

from types import SimpleNamespace

import pytest

from playback.live import broadcast
from playback.live.broadcast import ALL, ALL_EVERY_SEC, CONTROLS, GROWING, MOVING, NOTHING_TOLD


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(at=100.0)
    monkeypatch.setattr(broadcast.time, "monotonic", lambda: now.at)
    return now


def state(status="running", paused=False, skippable=False, offset=1.0, tracked=3, events=3):
    return SimpleNamespace(news=(status, paused, skippable, offset, tracked, events))


def test_the_first_news_are_everything(clock):
    assert broadcast._changed(state(), NOTHING_TOLD)[0] == ALL


@pytest.mark.parametrize(
    ("then", "parts"),
    [
        (state(), ()),
        (state(offset=1.1), MOVING),
        (state(offset=7.5, tracked=4, events=4), (*MOVING, *GROWING)),
        (state(paused=True), (*MOVING, CONTROLS)),
        (state(skippable=True), (*MOVING, CONTROLS)),
        (state(status="closed", tracked=4, events=4), ALL),
    ],
)
def test_after_that_only_what_has_another_state_is_sent(clock, then, parts):
    told = broadcast._changed(state(), NOTHING_TOLD)[1]
    clock.at += ALL_EVERY_SEC / 2
    assert broadcast._changed(then, told)[0] == parts


def test_everything_is_said_again_now_and_then_for_whoever_missed_it(clock):
    told = broadcast._changed(state(), NOTHING_TOLD)[1]
    clock.at += ALL_EVERY_SEC
    parts, told = broadcast._changed(state(), told)
    assert parts == ALL
    assert broadcast._changed(state(), told)[0] == ()
