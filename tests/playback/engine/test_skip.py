"""Skipping an ad of a pod (playback.md 3.6, 5.4)."""

import pytest

from playback.engine import HeadlessPlayer, SimulatedTimeProvider, VastPlayer
from tests.playback.engine.ads import (
    ad_of,
    brief,
    events_of,
    f30,
    names_of,
    play_with,
    pod_of,
    rule,
    script,
    sent_names,
    three,
    under,
    vast,
    wrapper,
)

PLAYERS = pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])


def make(ad, config=None, kind=HeadlessPlayer, **options):
    return kind(None, ad, config, **{"seed": 1, "time_provider": SimulatedTimeProvider(), **options})


@PLAYERS
async def test_P11_a_skip_leaves_its_ad_and_the_next_one_begins(kind):
    viewer = script((1, "skip"), (2, "skip"), (1, "skip"))
    player = make(three(), kind=kind)
    session = await play_with(player, viewer)
    assert viewer.answers == [False, True, False]
    assert [event for event in events_of(session) if event[0] in ("skip", "impression", "complete")] == [
        ("impression", 0.0), ("skip", 3.0), ("impression", 10.0), ("complete", 30.0),
        ("impression", 30.0), ("complete", 38.0),
    ]  # fmt: skip
    assert (session.status, session.clock_ms, session.current_offset_sec) == ("completed", 31_000.0, 38.0)
    rows = {row.url.rsplit("/", 1)[-1]: row for row in player.ledger}
    for event in ("midpointA", "thirdQuartileA", "completeA"):
        assert (rows[event].status, rows[event].reason) == ("not_reached", "skipped")
    assert rows["skipA"].status == "dry_run"
    assert rows["skipB"].reason == "the viewer did not skip"


async def test_P11_a_skip_of_the_last_ad_closes_the_session():
    player = make(three())
    session = await play_with(player, script((33, "skip")))
    assert (session.status, session.end_reason, session.current_offset_sec) == ("closed", "user_skip", 33.0)
    assert session.jumps == ()
    assert sent_names(player)[-1] == "skipC"


async def test_a_skip_out_of_a_pause_lets_the_next_ad_play():
    player = make(three())
    session = await play_with(player, script((3, "pause"), (4, "skip")))
    assert (session.status, session.paused, session.clock_ms) == ("completed", False, 35_000.0)
    assert "resume" not in names_of(session)


async def test_a_skip_goes_past_an_ad_that_cannot_be_played_and_tells_its_error():
    document = vast(brief("A", sequence=1), brief("B", sequence=2, media=""), brief("C", 8, sequence=3))
    player = make(pod_of(document))
    session = await play_with(player, script((3, "skip")))
    assert names_of(session)[3:6] == ["skip", "error", "impression"]
    assert session.status == "completed"


async def test_the_skip_of_the_last_ad_that_can_be_played_closes_the_session():
    document = vast(brief("A", sequence=1), brief("B", sequence=2, media=""))
    player = make(pod_of(document))
    session = await play_with(player, script((3, "skip")))
    assert (session.end_reason, names_of(session).count("error")) == ("user_skip", 0)


@pytest.mark.parametrize(("skip", "at"), [("25%", 12.5), ("00:00:40", None), (None, None)])
async def test_P13_P14_in_a_pod_an_offset_counts_from_its_own_ad(skip, at):
    document = vast(brief("A", sequence=1), brief("B", 10, sequence=2, skip=skip))
    viewer = script((12.499, "skip"), (0.001, "skip"))
    player = make(pod_of(document))
    session = await play_with(player, viewer)
    assert viewer.answers == [False, at is not None]
    assert session.current_offset_sec == (at or 20.0)


async def test_an_interruption_waits_for_the_playhead_of_the_next_ad():
    rules = {"start": rule(1, 5, 5), "midpoint": rule(1, 15, 15)}
    session = await play_with(make(three(), {"interruption_rules": rules}), script((3, "skip")))
    assert (session.interrupted_by, session.current_offset_sec, session.clock_ms) == ("start", 15.0, 8000.0)


async def test_an_interruption_at_the_first_instant_of_the_next_ad_strikes_after_a_skip():
    session = await play_with(
        make(pod_of(vast(brief("A", sequence=1), brief("B", 4, sequence=2))), LATE), script((3, "skip"))
    )
    assert names_of(session)[-2:] == ["start", "interrupt"]


LATE = {"interruption_rules": {"complete": rule(1, -4, -4, anchor="event", reason="app_crash")}}
"""Strikes four seconds before the end: at 6 s of the first ad, and at the first frame of one of 4 s."""


async def test_the_skip_offset_is_that_of_the_InLine_then_of_the_nearest_wrapper():
    outer, inner = wrapper(number=1, skip="00:00:09"), wrapper(number=2, skip="00:00:07")
    offsets = [
        make(under(await f30(skip=skip), outer, nearest)).plan.parts[0].skip_at_us
        for skip, nearest in (("00:00:05", inner), (None, inner), (None, wrapper(number=2)))
    ]
    assert offsets == [5_000_000, 7_000_000, 9_000_000]


async def test_P16_in_a_pod_each_ad_hears_of_its_close_by_its_own_name():
    document = vast(
        brief("A", sequence=1), brief("B", sequence=2, trackers=[("close", "oldclose", None)]), version="2.0"
    )
    player = make(pod_of(document))
    session = await play_with(player, script((12, "stop")))
    assert sent_names(player)[-1] == "oldclose"
    assert names_of(session)[-2:] == ["stop", "close"]


async def test_P02_in_a_pod_a_pause_between_two_ads_comes_after_the_first_frame_of_the_next():
    session = await play_with(make(three()), script((10, "pause"), (1, "resume")))
    assert [name for name, offset in events_of(session) if offset == 10.0] == [
        "complete", "impression", "start", "pause", "resume",
    ]  # fmt: skip
    pause = next(event for event in session.events if event.event_type == "pause")
    assert pause.metadata["ad"] == 2


async def test_P08_once_means_once_for_each_ad():
    player = make(three(), {"pause_pixels": "once"})
    await play_with(player, script(*[(2, "pause"), (1, "resume")] * 2, (9, "pause"), (1, "resume")))
    assert [name for name in sent_names(player) if name.startswith("pause")] == ["pauseA", "pauseB"]


async def test_a_skip_is_told_to_the_ad_alone_that_was_skipped():
    player = make(await ad_of(vast(brief("A"))))
    await play_with(player, script((3, "skip")))
    assert {row.reason for row in player.ledger if row.event == "complete"} == {"skipped at 3 s"}
