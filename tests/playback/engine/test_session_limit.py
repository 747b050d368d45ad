"""The session limit: playback.md 5.3."""

import pytest

from playback.engine import HeadlessPlayer
from tests.playback.engine.ads import events_of, f30, names_of, play, play_with, rule, sent_names


def limited(limit, **more):
    return {"max_session_duration_sec": limit, **more}


async def test_L01_the_limit_ends_the_session_at_its_instant():
    player = HeadlessPlayer(None, await f30(), limited(5), seed=1)
    session = await player.play()
    assert (session.status, session.end_reason, session.current_offset_sec) == (
        "closed",
        "exceeded_limit",
        5.0,
    )
    assert "p10pc" in sent_names(player)
    assert not {"p5500", "q1", "done", "close"} & set(sent_names(player))
    assert events_of(session)[-1] == ("interrupt", 5.0)
    assert session.events[-1].metadata == {"reason": "exceeded_limit"}
    assert not session.interrupted


async def test_L02_a_tie_with_the_end_goes_to_complete():
    session = await play(await f30(), limited(30))
    assert session.status == "completed"
    assert "interrupt" not in names_of(session)


async def test_L03_a_quartile_at_the_limit_is_sent_before_the_session_closes():
    session = await play(await f30(), limited(7.5))
    assert events_of(session)[-2:] == [("firstQuartile", 7.5), ("interrupt", 7.5)]
    assert session.status == "closed"


async def test_L04_the_default_limit_ends_a_ten_minute_ad_at_300_seconds():
    session = await play(await f30(duration="00:10:00", trackers=()))
    assert events_of(session)[-3:] == [("firstQuartile", 150.0), ("midpoint", 300.0), ("interrupt", 300.0)]
    assert (session.status, session.end_reason) == ("closed", "exceeded_limit")


@pytest.mark.parametrize("limit", [0, None, 0.0])
async def test_L05_zero_and_none_are_unlimited(limit):
    session = await play(await f30(duration="01:00:00", trackers=()), limited(limit))
    assert session.status == "completed"


@pytest.mark.parametrize(
    ("window", "at", "end_reason"),
    [((2, 2), 2.0, "network_error"), ((8, 8), 5.0, "exceeded_limit"), ((5, 5), 5.0, "network_error")],
)
async def test_L07_the_earlier_of_rule_and_limit_wins_and_the_rule_wins_a_tie(window, at, end_reason):
    config = limited(5, interruption_rules={"start": rule(1, *window)})
    session = await play(await f30(), config)
    assert (session.current_offset_sec, session.end_reason) == (at, end_reason)
    assert names_of(session).count("interrupt") == 1
    assert session.interruption_scheduled == "network_error"


async def test_L08_pauses_count_toward_the_limit():
    async def viewer(player):
        await player.time_provider.sleep(10)
        player.pause()
        await player.time_provider.sleep(15)
        await player.resume()

    player = HeadlessPlayer(None, await f30(), limited(20), seed=1)
    session = await play_with(player, viewer)
    assert (session.status, session.end_reason) == ("closed", "exceeded_limit")
    assert (session.current_offset_sec, session.clock_ms, session.end_time) == (10.0, 20_000.0, 20.0)
    assert "resume" not in names_of(session)


async def test_a_pause_that_ends_before_the_limit_still_shortens_the_rest():
    async def viewer(player):
        await player.time_provider.sleep(4)
        player.pause()
        await player.time_provider.sleep(6)
        await player.resume()

    player = HeadlessPlayer(None, await f30(), limited(20), seed=1)
    session = await play_with(player, viewer)
    assert (session.current_offset_sec, session.clock_ms, session.end_reason) == (
        14.0,
        20_000.0,
        "exceeded_limit",
    )
