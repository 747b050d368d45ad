"""Quartiles, progress and durations: playback.md 5.2."""

import asyncio

import pytest

from playback.engine import (
    HeadlessPlayer,
    PlaybackSessionConfig,
    SimulatedTimeProvider,
    VastClient,
    VastPlayer,
)
from playback.engine.playing.events import EVENTS, absence_of
from tests.playback.engine.ads import (
    QUARTILES,
    SINK,
    ad_of,
    events_of,
    f30,
    inline,
    names_of,
    play,
    sent,
    sent_names,
    vast,
)
from vast.events import TRACKING_EVENTS
from vast.lint import lint

Q01_DUE = [
    ("imp1", 0.0), ("imp2", 0.0), ("cv", 0.0), ("start1", 0.0), ("start2", 0.0), ("p10pc", 3.0), ("p5500", 5.5),
    ("q1", 7.5), ("q2", 15.0), ("q3", 22.5), ("done", 30.0),
]  # fmt: skip


async def test_Q01_every_tracker_of_f30_becomes_due_once_in_order_at_its_own_instant():
    player = HeadlessPlayer(None, await f30(), seed=1)
    session = await player.play()
    assert sent(player) == Q01_DUE
    assert (session.status, session.end_reason) == ("completed", "completed")
    assert session.quartiles_tracked == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("duration", "expected"),
    [
        ("00:00:01", [0.25, 0.5, 0.75, 1.0]),
        ("00:00:02", [0.5, 1.0, 1.5, 2.0]),
        ("00:00:06", [1.5, 3.0, 4.5, 6.0]),
        ("00:00:07.500", [1.875, 3.75, 5.625, 7.5]),
        ("00:00:10", [2.5, 5.0, 7.5, 10.0]),
        ("00:00:15", [3.75, 7.5, 11.25, 15.0]),
        ("00:00:29.970", [7.4925, 14.985, 22.4775, 29.97]),
        ("00:00:00.001", [0.00025, 0.0005, 0.00075, 0.001]),
    ],
)
async def test_Q02_Q04_Q05_quartiles_are_exact_fractions_of_the_duration(duration, expected):
    session = await play(await f30(duration=duration, trackers=()))
    reached = [offset for name, offset in events_of(session) if name in (*QUARTILES, "complete")]
    assert reached == expected
    assert session.duration_sec == session.current_offset_sec == expected[-1]


async def test_Q07_an_hour_ends_at_exactly_an_hour_whatever_the_tick():
    ad = await f30(duration="01:00:00", trackers=())
    config = {"max_session_duration_sec": 0}
    session = await play(ad, {**config, "headless_tick_interval_sec": 0.1})
    other = await play(ad, {**config, "headless_tick_interval_sec": 10})
    assert session.current_offset_sec == session.duration_sec == 3600.0
    assert events_of(session)[-1] == ("complete", 3600.0)
    assert session.events == other.events


async def test_Q08_without_auto_quartiles_start_progress_and_complete_stay_and_quartiles_go():
    player = HeadlessPlayer(None, await f30(), {"enable_auto_quartiles": False}, seed=1)
    session = await player.play()
    assert sent_names(player) == ["imp1", "imp2", "cv", "start1", "start2", "p10pc", "p5500", "done"]
    assert not set(QUARTILES) & set(names_of(session))
    reasons = {row.event: row.reason for row in player.ledger if row.status == "not_reached"}
    assert reasons["midpoint"] == "automatic quartiles are off"
    assert not session.should_track_quartile(2)


async def test_Q10_two_trackers_at_the_same_progress_offset_are_both_due():
    trackers = [
        ("progress", "first", "00:00:03"),
        ("progress", "second", "10%"),
        ("progress", "third", "00:00:03"),
    ]
    player = HeadlessPlayer(None, await f30(trackers=trackers), seed=1)
    session = await player.play()
    assert [pair for pair in sent(player) if pair[1] == 3.0] == [
        ("first", 3.0),
        ("second", 3.0),
        ("third", 3.0),
    ]
    assert names_of(session).count("progress") == 1


async def test_Q11_a_misspelt_event_never_fires_and_ledger_and_lint_say_so():
    trackers = [("first-quartile", "typo", None)]
    [finding] = [
        found for found in lint(vast(inline(trackers=trackers)).encode()) if "first-quartile" in found.text
    ]
    assert "did you mean 'firstQuartile'?" in finding.text
    player = HeadlessPlayer(None, await f30(trackers=trackers), seed=1)
    await player.play()
    assert "typo" not in sent_names(player)
    (row,) = [row for row in player.ledger if row.event == "first-quartile"]
    assert (row.status, row.reason) == ("not_reached", "not an event of any VAST version: it never fires")


@pytest.mark.parametrize(
    ("duration", "code"),
    [(None, 101), ("abc", 101), ("-00:00:05", 101), ("", 101), ("00:61:00", 101), ("00:00:00", 202)],
)
async def test_Q13_an_ad_of_unknown_or_no_length_is_an_error_before_any_pixel(duration, code):
    player = HeadlessPlayer(None, await f30(duration=duration), seed=1)
    session = await player.play()
    assert (session.status, session.error_code, session.end_reason) == ("error", code, "error")
    assert names_of(session) == ["error"]
    assert [row.resolved_url for row in player.ledger if row.status == "dry_run"] == [
        f"http://t.test/err?c={code}"
    ]
    assert session.start_time is None
    assert session.metadata["error"]


async def test_Q14_plain_seconds_play_when_lenient_and_not_when_strict():
    document = vast(inline(duration="30"))
    lenient = await play(await ad_of(document))
    strict = await play(await ad_of(document, lenient=False))
    assert (lenient.status, lenient.duration_sec) == ("completed", 30.0)
    assert (strict.status, strict.error_code) == ("error", 101)


async def test_Q16_a_quartile_seen_late_is_sent_once_and_marked_and_never_early():
    clock = SimulatedTimeProvider(autojump=False)
    ad = await f30()
    player = VastPlayer(None, ad, seed=1, time_provider=clock)
    playing = asyncio.create_task(player.play())
    for step, expected in [(7.3, None), (0.5, {}), (8.0, {"late": True, "late_sec": 0.8})]:
        for _ in range(3):
            await clock.sleep(0)
        clock.advance(step)
        for _ in range(3):
            await clock.sleep(0)
        last = player.session.events[-1]
        if expected is None:
            assert last.event_type == "progress"
        else:
            assert (last.event_type, last.metadata) == (
                "firstQuartile" if not expected else "midpoint",
                expected,
            )
    clock.advance(60)
    session = await playing
    assert sent(player) == Q01_DUE
    assert session.events[-1].metadata["late"] is True


async def test_Q16_the_tolerance_is_the_configured_one():
    clock = SimulatedTimeProvider(autojump=False)
    player = VastPlayer(
        None, await f30(), {"quartile_offset_tolerance_sec": 1.0}, seed=1, time_provider=clock
    )
    playing = asyncio.create_task(player.play())
    await clock.sleep(0)
    clock.advance(8.4)
    await clock.sleep(0)
    await clock.sleep(0)
    assert player.session.events[-1].event_type == "firstQuartile"
    assert player.session.events[-1].metadata == {}
    playing.cancel()


async def test_Q17_without_playback_events_the_pixels_stay_and_the_list_is_empty():
    player = HeadlessPlayer(None, await f30(), {"emit_playback_events": False}, seed=1)
    session = await player.play()
    assert sent(player) == Q01_DUE
    assert session.events == []
    assert session.quartiles_tracked == {1, 2, 3, 4}


async def test_Q19_a_quartile_is_asked_for_until_it_was_tracked():
    session = HeadlessPlayer(None, await f30(), seed=1).session
    assert [session.should_track_quartile(number) for number in (1, 2, 3, 4)] == [True] * 4
    done = await play(await f30())
    assert [done.should_track_quartile(number) for number in (1, 2, 3, 4)] == [False] * 4
    with pytest.raises(ValueError, match="from 1 to 4"):
        done.should_track_quartile(5)


async def test_a_progress_beyond_the_ad_or_without_offset_never_fires_and_says_why():
    trackers = [("progress", "late", "00:00:31"), ("progress", "bad", "soon"), ("progress", "end", "100%")]
    player = HeadlessPlayer(None, await f30(trackers=trackers), seed=1)
    session = await player.play()
    reasons = {row.url: row.reason for row in player.ledger if row.event == "progress" and row.reason}
    assert reasons == {f"{SINK}/late": "its offset lies beyond the ad", f"{SINK}/bad": "no readable offset"}
    assert events_of(session)[-2:] == [("progress", 30.0), ("complete", 30.0)]


async def test_progress_comes_before_a_quartile_of_the_same_instant():
    session = await play(await f30(trackers=[("progress", "p", "25%"), ("firstQuartile", "q", None)]))
    assert [event for event in events_of(session) if event[1] == 7.5] == [
        ("progress", 7.5),
        ("firstQuartile", 7.5),
    ]


async def test_loaded_comes_first_and_creative_view_between_impression_and_start():
    session = await play(
        await f30(trackers=[("creativeView", "v", None), ("loaded", "l", None), ("start", "s", None)])
    )
    assert names_of(session)[:4] == ["loaded", "impression", "creativeView", "start"]


def media_file(url: str, **attributes: str) -> str:
    written = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<MediaFile delivery="progressive"{written}>{SINK}/{url}</MediaFile>'


VPAID = media_file("v.js", type="application/javascript", apiFramework="VPAID")


@pytest.mark.parametrize(
    ("media", "code"),
    [
        ("", 403),
        (media_file("v.flv", type="video/x-flv"), 403),
        (VPAID, 403),
        (media_file("v.mp4", type="video/mp4", apiFramework="VPAID"), 403),
        (media_file("v.webm", type="video/webm"), None),
        (media_file("v", type="application/x-mpegURL"), None),
        (media_file("v.mp4?x=1"), None),
    ],
)
async def test_V25_V26_an_ad_without_a_playable_file_is_error_403_and_no_impression(media, code):
    player = HeadlessPlayer(None, await f30(media=media), seed=1)
    session = await player.play()
    assert session.error_code == code
    assert ("impression" in names_of(session)) is (code is None)
    if code:
        assert {row.reason for row in player.ledger if row.event == "impression"} == {
            f"error 403: {session.metadata['error']}"
        }


async def test_V26_a_vpaid_ad_with_an_mp4_beside_it_plays_the_mp4():
    small = media_file("s.mp4", type="video/mp4", width="640", height="360")
    large = media_file("l.mp4", type="video/mp4", width="1920", height="1080")
    files = VPAID + small + large
    player = HeadlessPlayer(None, await f30(media=files), seed=1)
    assert (await player.play()).status == "completed"
    assert player.plan.media.url == "http://t.test/l.mp4"


async def test_an_ad_with_only_overlays_is_error_201():
    document = vast(
        '<Ad id="n"><InLine><AdSystem>T</AdSystem><AdTitle>n</AdTitle><Impression>http://t.test/i</Impression>'
        "<Creatives><Creative><NonLinearAds/></Creative></Creatives></InLine></Ad>"
    )
    session = await play(await ad_of(document))
    assert (session.status, session.error_code) == ("error", 201)


async def test_log_tracking_urls_puts_resolved_addresses_into_the_record_and_only_then():
    ad = await f30()
    quiet, loud = await play(ad), await play(ad, {"log_tracking_urls": True})
    assert all("urls" not in event.metadata for event in quiet.events)
    assert loud.events[0].metadata["urls"] == ["http://t.test/imp1", "http://t.test/imp2"]
    assert "t.test" not in str(quiet.to_dict())


def test_the_configuration_of_these_tests_is_the_documented_one():
    assert PlaybackSessionConfig().quartile_offset_tolerance_sec == 0.5
    assert VastClient.from_xml("<VAST/>").document == b"<VAST/>"


def test_the_table_of_events_knows_every_event_of_every_vast_version():
    assert set(TRACKING_EVENTS) <= set(EVENTS)
    assert absence_of("midPoint") == "not an event of any VAST version: it never fires"
    assert all(facts.section for facts in EVENTS.values())


async def test_a_document_with_thousands_of_progress_offsets_costs_no_more_than_a_few_hundred():
    trackers = [("progress", f"p{ms}", f"00:00:{ms // 1000:02d}.{ms % 1000:03d}") for ms in range(1, 3001)]
    player = HeadlessPlayer(None, await f30(trackers=trackers), seed=1)
    session = await player.play()
    assert len(session.events) < 510
    ignored = [row for row in player.ledger if row.reason == "the ad has more than 500 progress offsets"]
    assert len(ignored) + names_of(session).count("progress") == 3000
