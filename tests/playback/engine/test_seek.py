"""Seeking: what is passed over is not earned, and what was earned is not earned again (playback.md 3.1, 3.6)."""

import pytest

from playback.engine import HeadlessPlayer, SimulatedTimeProvider, VastPlayer
from tests.playback.engine.ads import (
    F30_TRACKERS,
    events_of,
    f30,
    names_of,
    play_with,
    rule,
    script,
    sent,
    sent_names,
    three,
)

PLAYERS = pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])
REWIND = (*F30_TRACKERS, ("rewind", "back", None))


def make(ad, config=None, kind=HeadlessPlayer, **options):
    return kind(None, ad, config, **{"seed": 1, "time_provider": SimulatedTimeProvider(), **options})


def reasons(player):
    return {row.url.rsplit("/", 1)[-1]: row.reason for row in player.ledger if row.status == "not_reached"}


@PLAYERS
async def test_seeking_forward_earns_nothing_of_what_it_passes_over(kind):
    player = make(await f30(), kind=kind)
    session = await play_with(player, script((4, "seek", 20.0)))
    assert {"q1", "q2", "p5500"}.isdisjoint(sent_names(player))
    assert sent(player)[-2:] == [("q3", 22.5), ("done", 30.0)]
    assert (session.status, session.clock_ms, session.quartiles_tracked) == ("completed", 14_000.0, {3, 4})
    assert ("seek", 4.0) in events_of(session)
    (seek,) = [event for event in session.events if event.event_type == "seek"]
    assert seek.metadata == {"from_sec": 4.0, "to_sec": 20.0}
    passed = reasons(player)
    assert {passed[name] for name in ("q1", "q2", "p5500")} == {"passed over by seeking"}


async def test_the_place_of_landing_is_not_earned_either():
    player = make(await f30())
    session = await play_with(player, script((4, "seek", 15.0)))
    assert "q2" not in sent_names(player)
    assert session.quartiles_tracked == {3, 4}


async def test_seeking_back_rewinds_and_counts_nothing_twice():
    player = make(await f30(trackers=REWIND))
    session = await play_with(player, script((17, "seek", 2.0)))
    assert sent_names(player).count("back") == 1
    assert [name for name in sent_names(player) if sent_names(player).count(name) > 1] == []
    assert (session.clock_ms, session.quartiles_tracked) == (45_000.0, {1, 2, 3, 4})
    assert ("rewind", 17.0) in events_of(session)
    assert [name for name in names_of(session) if name in ("firstQuartile", "midpoint")] == [
        "firstQuartile",
        "midpoint",
    ]


async def test_a_rewind_is_recorded_without_trackers_for_it_too():
    player = make(await f30())
    assert ("rewind", 9.0) in events_of(await play_with(player, script((9, "seek", 8.0))))


async def test_what_was_passed_over_can_be_earned_by_going_back_and_playing_it():
    player = make(await f30())
    session = await play_with(player, script((4, "seek", 20.0), (1, "seek", 6.0)))
    assert [name for name, _ in sent(player)] == [
        "imp1", "imp2", "cv", "start1", "start2", "p10pc", "q1", "q2", "q3", "done",
    ]  # fmt: skip
    assert session.quartiles_tracked == {1, 2, 3, 4}
    assert reasons(player)["p5500"] == "passed over by seeking"


async def test_a_place_that_was_sought_back_from_is_pending_until_it_is_reached():
    seen = []

    async def viewer(player):
        for seconds, place in ((4, 20.0), (1, 6.0), (0, None)):
            await player.time_provider.sleep(seconds)
            if place is not None:
                player.seek(place)
            seen.append({row.event: row.status for row in player.ledger}["midpoint"])
        player.stop()

    player = make(await f30())
    await play_with(player, viewer)
    assert seen == ["not_reached", "pending", "pending"]
    assert reasons(player)["q2"] == "stopped at 6 s"


@pytest.mark.parametrize(
    ("seeks", "ends_at"),
    [([(4, 20.0)], 30.0), ([(4, 12.0)], 30.0), ([(4, 20.0), (1, 10.0)], 12.0), ([(4, 11.0)], 12.0)],
    ids=["passed over", "landed on", "played after all", "before it"],
)
async def test_an_interruption_strikes_only_where_the_playhead_plays(seeks, ends_at):
    player = make(await f30(), {"interruption_rules": {"midpoint": rule(1, 12, 12)}})
    steps = [(seconds, "seek", place) for seconds, place in seeks]
    assert (await play_with(player, script(*steps))).current_offset_sec == ends_at


async def test_a_later_interruption_strikes_when_the_first_one_was_passed_over():
    rules = {"start": rule(1, 8, 8), "midpoint": rule(1, 25, 25)}
    session = await play_with(make(await f30(), {"interruption_rules": rules}), script((4, "seek", 20.0)))
    assert (session.interrupted_by, session.current_offset_sec) == ("midpoint", 25.0)


async def test_seeking_neither_saves_nor_costs_time_of_the_limit():
    config = {"max_session_duration_sec": 10}
    session = await play_with(make(await f30(), config), script((4, "seek", 21.0)))
    assert (session.end_reason, session.current_offset_sec, session.clock_ms) == (
        "exceeded_limit",
        27.0,
        10_000.0,
    )
    session = await play_with(make(await f30(), config), script((8, "seek", 1.0)))
    assert (session.current_offset_sec, session.clock_ms) == (3.0, 10_000.0)


@pytest.mark.parametrize("place", [-0.001, 30.0, 31.0, float("nan"), float("inf")])
async def test_a_place_outside_the_ad_is_refused_and_nothing_happens(place):
    viewer = script((4, "seek", place))
    player = make(await f30())
    undisturbed = await make(await f30()).play()
    session = await play_with(player, viewer)
    assert viewer.answers == [False]
    assert session == undisturbed


async def test_seeking_before_and_after_play_is_refused():
    player = make(await f30())
    assert player.seek(3.0) is False
    await player.play()
    assert player.seek(3.0) is False
    assert player.session.jumps == ()


async def test_seeking_to_where_the_playhead_is_changes_nothing():
    viewer = script((4, "seek", 4.0))
    session = await play_with(make(await f30()), viewer)
    assert (viewer.answers, session.jumps) == ([True], ())


async def test_seeking_while_paused_moves_a_playhead_that_stays_where_it_is():
    player = make(await f30())
    session = await play_with(player, script((4, "pause"), (1, "seek", 16.0), (5, "state"), (0, "resume")))
    assert [event for event in events_of(session) if event[0] in ("pause", "seek", "resume")] == [
        ("pause", 4.0), ("seek", 4.0), ("resume", 16.0),
    ]  # fmt: skip
    assert session.clock_ms == 24_000.0


async def test_in_a_pod_a_seek_stays_within_its_ad():
    viewer = script((12, "seek", 9.0), (0, "seek", 30.0), (0, "seek", 27.0), (0, "seek", 10.0))
    player = make(three())
    session = await play_with(player, viewer)
    assert viewer.answers == [False, False, True, True]
    assert [name for name in sent_names(player) if name.endswith("B")] == [
        "impB", "startB", "firstQuartileB", "midpointB", "thirdQuartileB", "completeB",
    ]  # fmt: skip
    assert (session.clock_ms, session.status) == (40_000.0, "completed")


async def test_after_a_rewind_an_ad_can_be_skipped_again_only_from_its_offset():
    viewer = script((6, "seek", 2.0), (1, "skip"), (2, "skip"))
    player = make(await f30())
    session = await play_with(player, viewer)
    assert viewer.answers == [True, False, True]
    assert (session.end_reason, session.current_offset_sec) == ("user_skip", 5.0)


async def test_a_session_played_to_and_fro_has_each_quartile_once():
    steps = [(3, "seek", 25.0), (2, "seek", 1.0), (9, "seek", 0.0), (12, "seek", 20.0), (1, "seek", 14.0)]
    player = make(await f30(trackers=REWIND))
    session = await play_with(player, script(*steps))
    assert session.status == "completed"
    names = sent_names(player)
    for name in ("q1", "q2", "q3", "done", "p10pc", "p5500", "imp1", "start1"):
        assert names.count(name) == 1, name
    assert names.count("back") == 3
