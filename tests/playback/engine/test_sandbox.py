"""The sandbox joins what was due with what arrived, and names what is wrong (playback.md 4.3)."""

import pytest

from playback.engine import Collector, HeadlessPlayer, SimulatedTimeProvider, VastPlayer, VastTrackerConfig
from tests.playback.engine.ads import SINK, f30
from tests.playback.engine.sinks import Client, Faulty, Settings, last
from tests.playback.engine.test_delivery import DUE


async def played(collector, ad=None, client=None, kind=VastPlayer, **options):
    player = kind(
        client,
        ad or await f30(),
        seed=1,
        time_provider=SimulatedTimeProvider() if kind is HeadlessPlayer else collector.clock,
        delivery="sandbox",
        collector=collector,
        **options,
    )
    await player.play()
    return player


def told(player):
    """Address -> (status, how often it arrived, verdict) of everything that was due."""
    return {
        last(row.url): (row.status, row.received, row.verdict)
        for row in player.ledger
        if row.instant is not None
    }


@pytest.mark.parametrize("kind", [VastPlayer, HeadlessPlayer])
async def test_every_due_pixel_arrives_once_and_in_time(kind):
    collector = Collector(SimulatedTimeProvider())
    player = await played(collector, kind=kind)
    assert told(player) == dict.fromkeys(DUE, ("sent", 1, ""))
    assert [last(arrival.url) for arrival in collector.arrivals] == DUE
    assert {row.delay_ms for row in player.ledger if row.received} == {0.0}


async def test_a_swallowed_a_doubled_and_a_delayed_pixel_are_named_in_the_ledger():
    faulty = Faulty(SimulatedTimeProvider(), swallowed="q1", doubled="imp2", delayed="q2", delay_sec=1.5)
    found = told(await played(faulty))
    assert {name: row[1:] for name, row in found.items() if row[2]} == {
        "q1": (0, "missing"), "imp2": (2, "doubled"), "q2": (1, "late"),
    }  # fmt: skip
    assert list(found) == DUE


async def test_a_delay_within_the_threshold_is_no_fault():
    faulty = Faulty(SimulatedTimeProvider(), delayed="q2", delay_sec=0.9)
    player = await played(faulty)
    row = next(row for row in player.ledger if last(row.url) == "q2")
    assert (row.verdict, row.delay_ms) == ("", pytest.approx(900))


async def test_two_faults_of_one_pixel_are_both_named():
    faulty = Faulty(SimulatedTimeProvider(), doubled="q2", delayed="q2", delay_sec=2)
    assert told(await played(faulty))["q2"] == ("sent", 2, "doubled, late")


async def test_equal_addresses_are_told_apart():
    ad = await f30(trackers=[("start", "same", None), ("start", "same", None)])
    collector = Collector(SimulatedTimeProvider())
    player = await played(collector, ad)
    assert [row.received for row in player.ledger if row.event == "start"] == [1, 1]
    assert len({arrival.key for arrival in collector.arrivals}) == 4


async def test_two_sessions_at_one_collector_are_told_apart():
    collector, ad = Collector(SimulatedTimeProvider()), await f30()
    first = await played(collector, ad, session_id="one")
    again = await played(collector, ad, session_id="two")
    assert {
        row.received for player in (first, again) for row in player.ledger if row.instant is not None
    } == {1}


async def test_nobody_else_is_called_and_placeholders_do_not_arrive():
    client = Client(None, Settings(VastTrackerConfig(headers={"X-Device-IP": "198.51.100.7"})))
    collector = Collector(SimulatedTimeProvider())
    player = await played(collector, await f30(trackers=[("start", "about:blank", None)]), client)
    assert [arrival.url for arrival in collector.arrivals] == [f"{SINK}/imp1", f"{SINK}/imp2"]
    assert told(player)["about:blank"] == ("skipped", None, "")
    assert all(("X-Device-IP", "198.51.100.7") in arrival.headers for arrival in collector.arrivals)
