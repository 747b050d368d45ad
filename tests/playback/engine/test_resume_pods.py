"""A stored session of a pod goes on to the same end, also after seeks, skips and clicks (playback.md Z01, Z04)."""

import asyncio
import json

import pytest

from playback.engine import HeadlessPlayer, PlaybackSession, PlayerFactory, SimulatedTimeProvider, VastPlayer
from playback.engine.playing.session import Jump
from playback.engine.request.ad_data import AdData
from tests.playback.engine.ads import brief, f30, pod_of, rule, three, vast

KINDS = pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])
END = 200.0

# What a viewer does: at which second of the session's clock, and what.
VIEWERS = {
    "nothing": [],
    "skips": [(3.0, "skip"), (7.5, "skip")],
    "skips out of a pause": [(3.0, "pause"), (5.0, "skip")],
    "seeks forward": [(1.0, "seek", 8.0), (6.0, "seek", 20.0)],
    "seeks to and fro": [(4.0, "seek", 9.0), (4.5, "seek", 1.0), (14.0, "seek", 12.0), (15.0, "seek", 28.0)],
    "does everything": [
        (2.0, "seek", 5.0), (2.5, "seek", 2.0), (4.0, "skip"), (5.0, "pause"), (6.0, "seek", 25.0), (8.0, "resume"),
        (9.0, "click"), (9.5, "seek", 12.0), (12.0, "skip"), (13.0, "click"),
    ],
}  # fmt: skip
PODS = {
    "three": three(),
    "faults": pod_of(
        vast(
            brief("A", 10, sequence=1), brief("B", sequence=2, media=""), brief("C", 20, sequence=3),
            brief("D", 6, sequence=4, duration=None), brief("S", 5),
        )
    ),
}  # fmt: skip
RULES = {
    "none": {},
    "skipping": {"interruption_rules": {"midpoint": rule(1, 4.2, 4.2, reason="user_skip")}},
    "ending": {"interruption_rules": {"midpoint": rule(0.5, 4, 9), "start": rule(0.2, 0, 5)}},
}


async def act(player, clock, step, start):
    at, action, *arguments = step
    await to(player, clock, at - start)
    done = getattr(player, action)(*arguments)
    if asyncio.iscoroutine(done):
        await done


async def to(player, clock, second):
    """Drive the clock there in steps, so that everything due on the way is recorded on the way."""
    while clock.time() < second - 1e-9 and not player.session.has_ended():
        clock.advance(min(second - clock.time(), 0.25))
        await clock.sleep(0)
        await clock.sleep(0)


async def watched(kind, ad, config, steps, stop_at=END):
    """A session with this viewer up to a second of its clock; its record, as it would be stored then."""
    clock = SimulatedTimeProvider(autojump=False)
    player = kind(None, ad, config, seed=11, time_provider=clock)
    return await go_on(player, clock, steps, 0.0, stop_at)


async def go_on(player, clock, steps, start, stop_at=END):
    playing = asyncio.create_task(player.play())
    await clock.sleep(0)
    for step in steps:
        if start <= step[0] < stop_at:
            await act(player, clock, step, start)
    await to(player, clock, stop_at - start)
    record = json.loads(json.dumps(player.checkpoint().to_dict()))
    if not playing.done():
        playing.cancel()
    return record, [row.to_dict() for row in player.ledger]


def without_stamps(record):
    left = {name: value for name, value in record.items() if name not in ("start_time", "end_time")}
    left["events"] = [{**event, "timestamp": None} for event in record["events"]]
    return left


@KINDS
@pytest.mark.parametrize("config", RULES.values(), ids=RULES)
@pytest.mark.parametrize("pod", PODS.values(), ids=PODS)
@pytest.mark.parametrize("steps", VIEWERS.values(), ids=VIEWERS)
async def test_Z04_a_session_of_a_pod_stored_anywhere_goes_on_to_the_same_record(kind, pod, config, steps):
    whole, ledger = await watched(kind, pod, config, steps)
    assert whole["status"] in ("completed", "closed", "error")
    ending = whole["clock_ms"] / 1000
    for second in (0.0, 1.3, 2.75, 4.25, 5.5, 8.5, 10.0, 11.3, 14.25, 21.0, 30.0):
        if second >= ending:
            continue
        stored, _ = await watched(kind, pod, config, steps, second)
        clock = SimulatedTimeProvider(autojump=False)
        session = PlaybackSession.from_dict(stored)
        assert session.to_dict() == stored
        player = PlayerFactory.create(None, pod, session=session, time_provider=clock)
        record, rows = await go_on(player, clock, steps, second)
        assert without_stamps(record) == without_stamps(whole), second
        assert rows == ledger


@pytest.mark.parametrize("steps", [[(4.0, "seek", 20.0)], [(17.0, "seek", 3.0), (20.0, "seek", 29.0)]])
async def test_Z04_a_single_ad_that_was_sought_in_goes_on_to_the_same_record(steps):
    ad = await f30()
    whole, ledger = await watched(HeadlessPlayer, ad, {}, steps)
    for second in (3.0, 4.0, 4.25, 17.0, 18.5, 20.75):
        stored, _ = await watched(HeadlessPlayer, ad, {}, steps, second)
        if stored["status"] != "running":
            continue
        clock = SimulatedTimeProvider(autojump=False)
        player = PlayerFactory.create(
            None, ad, session=PlaybackSession.from_dict(stored), time_provider=clock
        )
        record, rows = await go_on(player, clock, steps, second)
        assert (without_stamps(record), rows) == (without_stamps(whole), ledger)


async def test_Z04_a_playhead_that_was_sought_back_to_its_clock_is_no_undisturbed_one():
    ad, steps = await f30(), [(4.0, "seek", 20.0), (5.0, "seek", 5.0)]
    whole, ledger = await watched(HeadlessPlayer, ad, {}, steps)
    stored, _ = await watched(HeadlessPlayer, ad, {}, steps, 6.0)
    assert stored["clock_ms"] == stored["current_offset_sec"] * 1000
    player = PlayerFactory.create(None, ad, session=PlaybackSession.from_dict(stored))
    assert (await player.play()).to_dict() == whole
    assert [row.to_dict() for row in player.ledger] == ledger


@pytest.mark.parametrize("steps", VIEWERS.values(), ids=VIEWERS)
async def test_the_ledger_of_a_stored_session_is_that_of_the_one_that_was_played(steps):
    record, ledger = await watched(HeadlessPlayer, PODS["faults"], {}, steps)
    player = PlayerFactory.create(None, PODS["faults"], session=PlaybackSession.from_dict(record))
    assert [row.to_dict() for row in player.ledger] == ledger
    assert not [row for row in ledger if row["status"] == "pending"]
    assert [row for row in ledger if not row["reason"] and row["status"] == "not_reached"] == []


async def test_a_record_holds_its_jumps_only_where_there_are_any():
    plain, _ = await watched(HeadlessPlayer, three(), {}, [])
    sought, _ = await watched(HeadlessPlayer, three(), {}, [(4.0, "seek", 9.0), (4.5, "skip")])
    assert "jumps" not in plain
    assert sought["jumps"] == [
        ["seek", 0, 4_000_000, 9_000_000, 4_000_000],
        ["skip", 0, 9_500_000, 10_000_000, 4_500_000],
    ]
    assert PlaybackSession.from_dict(sought).jumps[0] == Jump("seek", 0, 4_000_000, 9_000_000, 4_000_000)


@pytest.mark.parametrize(
    "break_it",
    [
        lambda record: record.pop("jumps"),
        lambda record: record["jumps"].pop(0),
        lambda record: record["tracked"].append(record["tracked"][0]),
        lambda record: record["tracked"].append(["midpoint", 77, 77]),
        lambda record: record["ad"].pop("pod"),
        lambda record: record["interruption_plan"].append({**OUTCOME, "part": 7}),
    ],
    ids=["no jumps", "one jump less", "twice", "unknown", "no pod", "an ad too many"],
)
async def test_a_record_that_does_not_fit_the_pod_is_refused(break_it):
    stored, _ = await watched(HeadlessPlayer, three(), {}, [(4.0, "seek", 9.0), (4.5, "skip")], 8.0)
    break_it(stored)
    with pytest.raises(ValueError, match=stored["session_id"]):
        PlayerFactory.create(None, three(), session=PlaybackSession.from_dict(stored))


OUTCOME = {
    "event": "start", "probability": 0.5, "reason": "user_close", "applicable": True, "hit": False, "u": 0.9,
    "offset_ms": None, "window_ms": None, "remark": "",
}  # fmt: skip


async def test_a_session_of_one_ad_is_not_gone_on_with_as_a_pod():
    whole = three()
    stored, _ = await watched(HeadlessPlayer, AdData(whole.ads[:1]), {}, [], 3.0)
    with pytest.raises(ValueError, match="another ad"):
        PlayerFactory.create(None, whole, session=PlaybackSession.from_dict(stored))
