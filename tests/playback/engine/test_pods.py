"""Pods: several ads, one session, one playhead (playback.md 3.5, 5.8)."""

from collections import Counter
from math import sqrt

import pytest

from playback.engine import (
    HeadlessPlayer,
    PlaybackSession,
    PlaybackSessionConfig,
    PlayerFactory,
    SimulatedTimeProvider,
    VastPlayer,
    get_provider_rules,
)
from playback.engine.playing.plan import compile_plan
from playback.engine.playing.session import RECORD_FIELDS
from playback.engine.request.ad_data import AdData, Fault
from playback.engine.splitmix import draws, session_seed, stable_key
from tests.playback.engine.ads import (
    QUARTILES,
    SINK,
    ad_of,
    brief,
    events_of,
    names_of,
    play,
    play_with,
    pod_of,
    rule,
    script,
    sent,
    sent_names,
    three,
    under,
    vast,
    wrapper,
)
from vast.errors import VastErrorCode

PLAYERS = pytest.mark.parametrize("kind", [HeadlessPlayer, VastPlayer])
FORBIDDEN = Fault(VastErrorCode.CATEGORY_BLOCKED, "its category is blocked")
EVERY = ("impression", "start", *QUARTILES, "complete")


def make(ad, config=None, kind=HeadlessPlayer, **options):
    return kind(None, ad, config, **{"seed": 1, "time_provider": SimulatedTimeProvider(), **options})


async def played(ad, config=None, **options):
    player = make(ad, config, **options)
    await player.play()
    return player


def reasons(player, name):
    """Event -> reason of the rows of one ad that were not reached."""
    return {
        row.event: row.reason
        for row in player.ledger
        if row.status == "not_reached" and row.url.split("?")[0].endswith(name)
    }


@PLAYERS
async def test_V04_the_ads_of_a_pod_are_played_in_sequence_each_with_its_own_trackers(kind):
    player = await played(three(), kind=kind)
    session = player.session
    assert (session.status, session.duration_sec, session.current_offset_sec) == ("completed", 38.0, 38.0)
    due = [
        (f"{path}{name}", start + share * length)
        for name, start, length in (("A", 0, 10), ("B", 10, 20), ("C", 30, 8))
        for path, share in zip(("imp", *EVERY[1:]), (0, 0, 0.25, 0.5, 0.75, 1), strict=True)
    ]
    assert sent(player) == due
    assert [tracked.part for tracked in session.tracked] == [0] * 6 + [1] * 6 + [2] * 6
    assert names_of(session) == list(EVERY) * 3
    assert session.quartiles_tracked == {1, 2, 3, 4}
    assert [ad["index"] for ad in (session.ad, *session.ad["pod"])] == [0, 1, 2]


async def test_every_event_of_a_pod_says_in_which_ad_it_was_and_where():
    session = (await played(three())).session
    places = [(event.metadata["ad"], event.metadata["ad_offset_sec"]) for event in session.events[6:12]]
    assert places == [(2, 0.0), (2, 0.0), (2, 5.0), (2, 10.0), (2, 15.0), (2, 20.0)]
    alone = await play(pod_of(vast(brief("A"))))
    assert all(event.metadata == {} for event in alone.events)


async def test_an_action_of_the_viewer_says_its_ad_too_and_only_that_ad_hears_of_it():
    player = make(three())
    session = await play_with(player, script((12, "pause"), (1, "resume"), (1, "stop")))
    pause, stop = (
        next(event for event in session.events if event.event_type == name) for name in ("pause", "stop")
    )
    assert (pause.offset_sec, dict(pause.metadata)) == (12.0, {"ad": 2, "ad_offset_sec": 2.0})
    assert (stop.offset_sec, dict(stop.metadata)) == (13.0, {"ad": 2, "ad_offset_sec": 3.0})
    assert sent_names(player)[-2:] == ["pauseB", "closeLinearB"]
    assert reasons(player, "A")["pause"] == "the viewer did not pause"
    assert reasons(player, "C")["start"] == "stopped at 13 s"


async def test_the_metadata_that_sessions_of_a_pod_share_cannot_be_changed():
    ad = three()
    first, second = [await play(ad) for _ in range(2)]
    for change in (
        lambda shared: shared.update(ad=9),
        lambda shared: shared.pop("ad"),
        lambda shared: shared.clear(),
        lambda shared: shared.__delitem__("ad"),
        lambda shared: shared.popitem(),
    ):
        with pytest.raises(TypeError, match="shared"):
            change(first.events[0].metadata)
    assert first.to_dict()["events"] == second.to_dict()["events"]


async def test_quartiles_are_those_of_the_ad_that_is_played():
    counted = []

    async def watcher(player):
        for seconds in (8, 2, 10.5, 9.5, 3):
            await player.time_provider.sleep(seconds)
            session = player.checkpoint()
            counted.append((sorted(session.quartiles_tracked), session.should_track_quartile(2)))

    await play_with(make(three()), watcher)
    assert counted == [([1, 2, 3], False), ([], True), ([1, 2], False), ([], True), ([1], True)]


async def test_V05_a_stand_alone_ad_takes_the_place_of_one_without_playable_media():
    document = vast(
        brief("A", 10, sequence=1),
        brief("B", 20, sequence=2, media=""),
        brief("C", 8, sequence=3),
        brief("S", 6),
    )
    player = await played(pod_of(document))
    session = player.session
    assert (session.status, session.error_code, session.duration_sec) == ("completed", None, 24.0)
    starts = [(name, at) for name, at in sent(player) if name.startswith(("imp", "err", "complete"))]
    assert starts == [
        ("impA", 0.0), ("completeA", 10.0), ("errB?c=[ERRORCODE]", 10.0), ("impS", 10.0),
        ("completeS", 16.0), ("impC", 16.0), ("completeC", 24.0),
    ]  # fmt: skip
    (error,) = [row for row in player.ledger if row.event == "error" and row.status == "dry_run"]
    assert error.resolved_url == f"{SINK}/errB?c=403"
    (event,) = [event for event in session.events if event.event_type == "error"]
    assert (event.offset_sec, event.metadata["error_code"], event.metadata["ad"]) == (10.0, 403, 2)
    (tracked,) = [tracked for tracked in session.tracked if tracked.event == "error"]
    assert (tracked.part, tracked.code) == (1, 403)
    assert reasons(player, "B")["impression"].startswith("error 403: no media file")
    assert [part.fault is None for part in player.plan.parts] == [True, False, True, True]


async def test_V05_without_a_substitute_the_pod_goes_on():
    player = await played(
        pod_of(
            vast(
                brief("A", sequence=1, media=""),
                brief("B", sequence=2),
                brief("C", sequence=3, duration="0:0"),
            )
        )
    )
    assert player.session.status == "completed"
    assert player.session.duration_sec == 10.0
    assert names_of(player.session) == ["error", *EVERY, "error"]
    assert player.session.quartiles_tracked == {1, 2, 3, 4}
    codes = [tracked.code for tracked in player.session.tracked if tracked.event == "error"]
    assert codes == [403, 101]


async def test_V05_a_fault_of_the_request_is_told_to_every_level_and_is_not_replaced_once_more():
    document = vast(
        *(brief(name, sequence=n) for n, name in enumerate("ABC", 1)), brief("X", media=""), brief("S", 6)
    )
    pod = pod_of(document, faults={0: FORBIDDEN, 2: FORBIDDEN})
    player = await played(under(pod, wrapper()))
    resolved = [row.resolved_url for row in player.ledger if row.event == "error" and row.status == "dry_run"]
    assert resolved == [
        f"{SINK}/werr1?c=205",
        f"{SINK}/errA?c=205",
        f"{SINK}/werr1?c=205",
        f"{SINK}/errC?c=205",
    ]
    shown = [name for name in sent_names(player) if name.startswith("imp")]
    assert shown == ["impB"], "whether somebody stands in was decided where the wrapper was followed"


async def test_a_pod_of_which_nothing_can_be_played_is_an_error_with_the_code_of_the_first():
    document = vast(
        brief("A", sequence=1, media=""), brief("B", sequence=2, duration=None), brief("S", media="")
    )
    player = await played(pod_of(document, faults={1: FORBIDDEN}))
    session = player.session
    assert (session.status, session.end_reason, session.error_code) == ("error", "error", 403)
    assert names_of(session) == ["error", "error"]
    assert [row.resolved_url for row in player.ledger if row.status == "dry_run"] == [
        f"{SINK}/errA?c=403", f"{SINK}/errB?c=205",
    ]  # fmt: skip
    assert session.start_time is None


async def test_V05_a_single_ad_that_fails_is_replaced_too():
    ad = pod_of(vast(brief("A", sequence=1, media=""), brief("S", 6)))
    player = await played(ad)
    assert (player.session.status, player.session.duration_sec) == ("completed", 6.0)
    assert names_of(player.session) == ["error", *EVERY]


async def test_a_pod_of_one_is_the_session_of_that_ad():
    document = vast(brief("A", 10))
    config = {"interruption_rules": get_provider_rules("google", "legacy")}
    for seed in range(20):
        whole, alone = [await play(ad, config, seed=seed) for ad in (await ad_of(document), pod_of(document))]
        assert whole.to_dict() == alone.to_dict()
        assert set(RECORD_FIELDS) | {"schema_version"} == set(alone.to_dict())
        assert all("part" not in outcome for outcome in alone.to_dict()["interruption_plan"])


@pytest.mark.parametrize(
    ("second", "at", "end_reason"),
    [(2, 3.0, "network_error"), (8, 6.0, "exceeded_limit"), (5, 6.0, "network_error")],
)
async def test_L07_in_a_pod_the_earlier_of_rule_and_limit_wins_and_the_rule_wins_a_tie(
    second, at, end_reason
):
    # The rule lies outside the first ad, which is a second long.
    document = vast(brief("A", 1, sequence=1), brief("B", 20, sequence=2))
    config = {"max_session_duration_sec": 6, "interruption_rules": {"start": rule(1, second, second)}}
    session = await play(pod_of(document), config)
    assert (session.current_offset_sec, session.end_reason) == (at, end_reason)
    assert names_of(session).count("interrupt") == 1


async def test_L08_the_limit_counts_every_ad_and_every_pause():
    player = make(three(), {"max_session_duration_sec": 20})
    session = await play_with(player, script((4, "pause"), (5, "resume")))
    assert (session.end_reason, session.current_offset_sec, session.clock_ms) == (
        "exceeded_limit",
        15.0,
        20_000.0,
    )
    assert dict(session.events[-1].metadata) == {"reason": "exceeded_limit", "ad": 2, "ad_offset_sec": 5.0}
    assert reasons(player, "C")["impression"] == "the session limit was reached at 15 s"


async def test_L02_a_limit_at_the_end_of_an_ad_lets_the_next_one_begin_and_at_the_end_of_all_the_pod_is_completed():
    session = await play(three(), {"max_session_duration_sec": 10})
    assert names_of(session)[-4:] == ["complete", "impression", "start", "interrupt"]
    assert (await play(three(), {"max_session_duration_sec": 38})).status == "completed"


async def test_the_draws_of_the_first_ad_are_those_of_a_single_one_and_each_further_ad_has_its_own():
    rules = {"midpoint": rule(0.5, 0, 8), "start": rule(0.5, 0, 8)}
    single = await ad_of(vast(brief("A", 10)))
    for seed in range(50):
        pod = (await played(three(), {"interruption_rules": rules}, seed=seed)).session.interruption_plan
        alone = make(single, {"interruption_rules": rules}, seed=seed).session.interruption_plan
        assert pod[:2] == alone
        assert [outcome.part for outcome in pod] == [0, 0, 1, 1, 2, 2]
        rng = draws(seed)
        for outcome in pod[2:]:
            key = stable_key(f"{outcome.event} {outcome.part}")
            assert outcome.u == rng(key)
            start = {1: 10_000, 2: 30_000}[outcome.part]
            assert outcome.window_ms == (start, start + 8000)
            assert outcome.offset_ms == (start + int(rng(key + 1) * 8000) if outcome.hit else None)


async def test_a_fault_before_it_does_not_change_the_draws_of_an_ad():
    config = {"interruption_rules": {"midpoint": rule(0.5, 0, 8)}}
    fine, faulty = pod_of(vast(brief("A", sequence=1), brief("B", sequence=2))), three()
    faulty = AdData((pod_of(vast(brief("A")), faults={0: FORBIDDEN}).first, *fine.ads))
    for seed in range(20):
        drawn, shifted = (make(ad, config, seed=seed).session.interruption_plan for ad in (fine, faulty))
        assert [outcome._replace(part=outcome.part + 1) for outcome in drawn] == list(shifted)


async def test_an_interruption_ends_the_session_and_the_ads_after_it():
    config = {"interruption_rules": {"midpoint": rule(1, 12, 12, reason="network_error")}}
    player = await played(three(), config)
    session = player.session
    assert (session.status, session.interrupted_by, session.current_offset_sec) == ("error", "midpoint", 22.0)
    assert [(outcome.part, outcome.applicable) for outcome in session.interruption_plan] == [
        (0, False), (1, True), (2, False),
    ]  # fmt: skip
    assert sent(player)[-1] == ("errB?c=[ERRORCODE]", 22.0)
    assert session.tracked[-1][3:] == (1, 405)
    assert reasons(player, "C")["impression"] == "interrupted at 22 s: network_error"


async def test_a_rule_that_would_strike_at_the_end_of_its_ad_does_not_strike_the_next():
    session = await play(three(), {"interruption_rules": {"complete": rule(1, 0, 0, anchor="event")}})
    assert session.status == "completed"
    assert [outcome.hit for outcome in session.interruption_plan] == [True, True, True]


async def test_a_load_that_fails_comes_before_the_impression_of_its_ad_and_the_request_is_made_once():
    seed = next(
        seed
        for seed in range(100)
        if draws(seed)(stable_key("load")) >= 0.5 and draws(seed)(stable_key("load 1")) < 0.5
    )
    player = await played(three(), {"interruption_rules": {"load": rule(0.5, 0, 0)}}, seed=seed)
    session = player.session
    assert (session.status, session.error_code, session.current_offset_sec) == ("error", 402, 10.0)
    assert names_of(session) == [*EVERY, "interrupt"]
    assert sent_names(player)[-1] == "errB?c=[ERRORCODE]"
    assert PlaybackSession.from_dict(session.to_dict()) == session
    again = PlayerFactory.create(None, three(), session=session)
    assert again.ledger == player.ledger
    requests = make(three(), {"interruption_rules": {"request": rule(0.5, 0, 0)}}).session.interruption_plan
    assert [outcome.part for outcome in requests] == [0]


async def test_a_viewer_by_rule_who_skips_leaves_the_ad_and_not_the_pod():
    rules = {"midpoint": rule(1, 4, 4, reason="user_skip"), "complete": rule(1, 18, 18)}
    player = await played(three(), {"interruption_rules": rules})
    session = player.session
    skips = [event for event in events_of(session) if event[0] in ("interrupt", "skip", "impression")]
    assert skips == [
        ("impression", 0.0), ("interrupt", 4.0), ("skip", 4.0),
        ("impression", 10.0), ("interrupt", 14.0), ("skip", 14.0),
        ("impression", 30.0), ("interrupt", 34.0), ("skip", 34.0),
    ]  # fmt: skip
    assert (session.status, session.end_reason, session.interrupted_by) == ("closed", "user_skip", "midpoint")
    assert (session.clock_ms, session.end_time) == (12_000.0, 12.0)
    assert reasons(player, "A")["complete"] == "skipped"
    assert reasons(player, "C")["complete"] == "interrupted at 34 s: user_skip"


@pytest.mark.parametrize("limit", [0, 11.5])
@pytest.mark.parametrize(
    "rules",
    [
        {"start": rule(0.3, 0, 6, reason="user_skip"), "midpoint": rule(0.3, 2, 9), "load": rule(0.2, 0, 0)},
        get_provider_rules("google", "legacy"),
    ],
    ids=["skips", "google"],
)
async def test_the_cut_of_a_plan_is_what_ends_its_sessions(rules, limit):
    config = PlaybackSessionConfig(mode="headless", interruption_rules=rules, max_session_duration_sec=limit)
    document = vast(
        *(brief(n, 7, sequence=i, **more) for i, (n, more) in enumerate(FAULTY, 1)), brief("S", 5)
    )
    ad = pod_of(document)
    plan = compile_plan(ad, config)
    ends = Counter()
    for seed in range(300):
        session = await play(ad, config, seed=seed)
        cut = plan.cut(seed)
        assert (cut and cut.event) == session.interrupted_by, seed
        clock, _ = plan.ending(session.interruption_plan, plan.next_cut(session.interruption_plan))
        assert clock == round(session.clock_ms * 1000)
        ends[session.end_reason] += 1
    assert len(ends) > 1


FAULTY = (("A", {}), ("B", {"media": ""}), ("C", {"media": ""}), ("D", {}))


@pytest.mark.parametrize("limit", [0, 25])
async def test_the_closed_form_of_a_pod_agrees_with_the_draws(limit):
    rules = {"start": rule(0.2, 0, 6), "midpoint": rule(0.3, 2, 9), "load": rule(0.1, 0, 0)}
    if not limit:
        rules["complete"] = rule(0.3, 5, 8, reason="user_skip")
    config = PlaybackSessionConfig(mode="headless", interruption_rules=rules, max_session_duration_sec=limit)
    ad, count = three(), 3000
    plan = compile_plan(ad, config)
    ended, reached = Counter(), Counter()
    for index in range(count):
        session = await play(ad, config, seed=session_seed(7, index))
        ended[session.interrupted_by] += 1
        reached.update(tracked.event for tracked in session.tracked)
    for event, share in plan.expected_interruptions().items():
        assert ended[event] / count == pytest.approx(
            share, abs=3.5 * sqrt(share * (1 - share) / count) + 1e-9
        )
    for event, mean in plan.expected_funnel().items():
        assert reached[event] / count == pytest.approx(mean, abs=0.06), event


async def test_sessions_of_different_pods_have_different_ids():
    whole = three()
    less = AdData(whole.ads[:2])
    assert make(whole).session.session_id != make(less).session.session_id
    with pytest.raises(ValueError, match="another ad"):
        PlayerFactory.create(None, less, session=make(whole).session)


async def test_the_state_tells_what_has_become_of_each_ad_and_when_it_may_be_skipped():
    document = vast(
        brief("A", 10, sequence=1), brief("B", 20, sequence=2, media=""), brief("C", 8, sequence=3, skip="50%"),
        brief("D", 5, sequence=4, skip=None),
    )  # fmt: skip
    seen = []

    async def watcher(player):
        seen.append(player.state())
        for seconds, action in ((1, None), (1, "skip"), (1, None), (8, None)):
            await player.time_provider.sleep(seconds)
            if action:
                player.skip()
            seen.append(player.state())

    player = make(pod_of(document))
    await play_with(player, watcher)
    seen.append(player.state())
    shown = [[part.state for part in state.parts] for state in seen]
    assert shown == [
        ["ahead", "error", "ahead", "ahead"],
        ["playing", "error", "ahead", "ahead"],
        ["skipped", "error", "playing", "ahead"],
        ["skipped", "error", "playing", "ahead"],
        ["skipped", "error", "played", "playing"],
        ["skipped", "error", "played", "played"],
    ]
    places = [(part.place, part.title, part.start_ms, part.duration_ms) for part in seen[0].parts]
    assert places == [
        (1, "A", 0, 10_000),
        (2, "B", 10_000, 0),
        (3, "C", 10_000, 8000),
        (4, "D", 18_000, 5000),
    ]
    assert [(state.skippable, state.skippable_at_ms) for state in seen[:5]] == [
        (False, 2000), (False, 2000), (False, 14_000), (False, 14_000), (False, None),
    ]  # fmt: skip
    assert seen[1].to_dict()["parts"][0]["state"] == "playing"


async def test_the_state_of_an_ad_that_was_left_or_failed_says_so():
    player = make(three())
    await play_with(player, script((12, "stop")))
    assert [part.state for part in player.state().parts] == ["played", "stopped", "ahead"]
    player = await played(three(), {"interruption_rules": {"start": rule(1, 3, 3, reason="device_error")}})
    assert [part.state for part in player.state().parts] == ["error", "ahead", "ahead"]
    player = make(pod_of(vast(brief("A"))))
    await play_with(player, script((3, "skip")))
    assert [part.state for part in player.state().parts] == ["skipped"]


async def test_every_row_of_the_ledger_names_the_ad_it_belongs_to():
    player = await played(three())
    by_part = {
        part: {row.url.split("?")[0][-1] for row in player.ledger if row.part == part} for part in range(4)
    }
    assert by_part == {0: {"A"}, 1: {"B"}, 2: {"C"}, 3: set()}
