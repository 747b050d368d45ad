"""Which parts of a session's page are told anew: what changed, and now and then everything."""

from types import SimpleNamespace

import pytest

from playback.live import board as board_module
from playback.live.board import CONTROLS, DELIVERY, FATES, HEAD, LEDGER, LOG, REPEATED_AFTER_SEC, Board
from playback.session_page.blocks import blocks

MOVING = [HEAD]
GROWING = [DELIVERY, FATES]
ROWS = [f"{LOG}-0", f"{LEDGER}-0"]
ALL = [HEAD, DELIVERY, f"{LOG}-0", FATES, f"{LEDGER}-0", CONTROLS]


@pytest.fixture
def drawn(monkeypatch):
    """The templates that are drawn."""
    drawn = []
    monkeypatch.setattr(board_module, "render_to_string", lambda name, _: drawn.append(name) or name)
    return drawn


def state(status="running", paused=False, skippable=False, offset=1.0, tracked=3, events=3, sent=0, fates=()):
    return SimpleNamespace(
        news=(status, paused, skippable, offset, tracked, events, sent),
        waiting=False,
        public_id="x",
        log=blocks([f"event {n}" for n in range(events)]),
        table=SimpleNamespace(blocks=blocks(fates or ["pixel"])),
    )


def told(board, shown, at=0.0):
    return list(board.update(shown, at))


def test_the_first_news_are_everything(drawn):
    assert told(Board(), state()) == ALL


@pytest.mark.parametrize(
    ("then", "parts"),
    [
        (state(), []),
        (state(offset=1.1), MOVING),
        (state(offset=7.5, tracked=4, events=4), [HEAD, DELIVERY, f"{LOG}-0", FATES]),
        (state(paused=True), [HEAD, CONTROLS]),
        (state(skippable=True), [HEAD, CONTROLS]),
        (state(status="closed", tracked=4, events=4), [HEAD, DELIVERY, f"{LOG}-0", FATES, CONTROLS]),
    ],
)
def test_after_that_only_what_has_another_state_is_told(drawn, then, parts):
    board = Board()
    told(board, state())
    assert told(board, then, REPEATED_AFTER_SEC / 2) == parts


def test_another_fate_of_a_pixel_is_news_though_nothing_else_happens(drawn):
    board = Board()
    told(board, state(fates=["on its way"]))
    assert told(board, state(sent=1, fates=["sent"])) == [HEAD, DELIVERY, FATES, f"{LEDGER}-0"]


def test_of_a_long_log_and_ledger_only_the_blocks_that_changed_are_drawn(drawn):
    board = Board()
    rows = [f"pixel {n}" for n in range(500)]
    told(board, state(events=499, fates=rows))
    del drawn[:]
    rows[70] = "sent"
    assert told(board, state(events=501, sent=1, fates=rows)) == [
        HEAD, DELIVERY, f"{LOG}-19", f"{LOG}-20", FATES, f"{LEDGER}-2",
    ]  # fmt: skip
    assert len(drawn) == 6


def test_everything_is_said_again_now_and_then_for_whoever_missed_it_undrawn_and_never_all_at_once(drawn):
    board = Board()
    told(board, state())
    del drawn[:]
    again = [told(board, state(), REPEATED_AFTER_SEC) for _ in range(3)]
    assert sorted(again[0] + again[1]) == sorted(ALL)
    assert len(again[0]) < len(ALL)
    assert again[2] == []
    assert drawn == []
