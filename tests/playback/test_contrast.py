"""Two sessions beside each other: what differs first, respect by respect, and what is equal."""

from playback.engine import HeadlessPlayer, replay
from playback.replay.contrast import Side, contrast
from playback.replay.lanes import happened, lanes
from playback.replay.sides import macros_of
from tests.playback.engine.ads import f30, play, play_with, rule, script

CUT = {"interruption_rules": {"midpoint": rule(1, 16, 16)}}


async def side(ad, label, config=None, **how):
    session = await play(ad, config, **how)
    again = replay(ad, session)
    entries = [row.to_dict() for row in again.ledger]
    return Side(label, session, entries, macros_of(again))


def changes(told, name):
    section = next(section for section in told.sections if section.name == name)
    return {change.what: (change.was, change.now) for change in section.changes}


async def test_equal_sessions_differ_in_nothing():
    ad = await f30()
    told = contrast(await side(ad, "one"), await side(ad, "other"))
    assert (told.total, told.differing) == (0, [])
    assert next(section.name for section in told.equal) == "Outcome"


async def test_an_interrupted_session_differs_in_its_end_its_draws_its_events_and_its_pixels():
    ad = await f30()
    told = contrast(await side(ad, "whole"), await side(ad, "cut", CUT))
    assert changes(told, "Outcome")["played to"] == ("30 s", "16 s")
    assert changes(told, "Rules drawn") == {"midpoint": ("", "user_close at 16 s")}
    assert changes(told, "Configuration")["interruption_rules.midpoint.probability"] == ("", "1")
    events = changes(told, "Events")
    assert (events["thirdQuartile"], events["closeLinear"]) == (("22.5 s", ""), ("", "16 s"))
    assert "midpoint" not in events
    assert changes(told, "Pixels")["complete, InLine: http://t.test/done"] == ("due", "not reached")


async def test_what_happened_elsewhere_is_told_apart_from_what_happened_once():
    ad = await f30()
    player = HeadlessPlayer(None, ad, seed=1)
    earlier = await play_with(player, script((4, "pause"), (2, "resume")))
    later = await play_with(HeadlessPlayer(None, ad, seed=1), script((9, "pause"), (2, "resume")))
    told = contrast(Side("earlier", earlier, []), Side("later", later, []))
    assert changes(told, "Events")["pause"] == ("4 s", "9 s")
    kinds = {mark.label: mark.kind for mark in told.lanes.lanes[0].marks}
    assert (kinds["pause at 4 s"], kinds["start at 0 s"]) == ("moved", "same")
    assert [stretch.kind for stretch in told.lanes.lanes[0].stretches] == ["playing", "paused", "playing"]


async def test_macros_that_are_another_value_every_time_are_no_difference_and_others_are_told_once():
    ad = await f30(
        impressions=[f"http://t.test/{n}?c=[CACHEBUSTING]&t=[TRANSACTIONID]&p=[ADPLAYHEAD]" for n in "ab"]
    )
    told = contrast(await side(ad, "one", seed=1), await side(ad, "other", seed=2))
    assert list(changes(told, "Macros")) == ["TRANSACTIONID, in 2 pixels"]
    assert ("ADPLAYHEAD", "00%3A00%3A00.000") in next(s for s in told.sections if s.name == "Macros").equal


async def test_a_session_without_events_still_has_its_lane():
    session = await play(await f30(), {"emit_playback_events": False})
    assert [row.event for row in happened(session)][:2] == ["impression", "creativeView"]
    assert lanes([("quiet", session)]).lanes[0].marks[-1].x == 1000


async def test_a_session_that_ended_early_ends_early_in_the_picture():
    ad = await f30()
    told = contrast(await side(ad, "whole"), await side(ad, "cut", CUT))
    assert [round(lane.stretches[-1].width) for lane in told.lanes.lanes] == [1000, 533]


async def test_sides_that_were_never_played_can_be_compared():
    ad = await f30()
    waiting = HeadlessPlayer(None, ad, seed=1).session
    rows = [row.to_dict() for row in replay(ad, waiting).ledger]
    told = contrast(Side("a", waiting, []), Side("b", waiting, rows))
    assert told.lanes.lanes[0].marks == ()
    assert changes(told, "Pixels")
