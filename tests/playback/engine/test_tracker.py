"""VastTracker, what it is composed of, and what a sink receives of it (playback.md 1.8, 1.9, 2.33-2.39, 5.9)."""

import asyncio
import re
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from playback.engine import (
    ConfigError,
    PlaybackSessionConfig,
    SimulatedTimeProvider,
    Trackable,
    TrackableCollection,
    TrackableEvent,
    VastTracker,
    VastTrackerConfig,
    tracker_config,
    with_http_send,
    with_retry_logic,
)
from playback.engine.request.transport import Fetched
from tests.playback.engine.ads import SINK, ad_of, f30, inline, vast
from tests.playback.engine.sinks import Client, Settings, Sink

EVENTS = {"start": [f"{SINK}/s1", f"{SINK}/s2"], "pause": f"{SINK}/pause", "complete": [f"{SINK}/done"]}


def tracker(sink, events, *capabilities, **options):
    """A tracker of these capabilities that sends to the sink."""
    options.setdefault("time_provider", SimulatedTimeProvider())
    return VastTracker(events, seed=1, capabilities=(*capabilities, with_http_send(sink)), **options)


async def both(first, second, event, macros=None):
    """Two trackers at once are told of the same event."""
    await asyncio.gather(first.track_event(event, macros), second.track_event(event, macros))


async def test_an_event_sends_all_of_its_addresses_and_no_other():
    sink = Sink()
    results = await VastTracker(EVENTS, sink).track_event("start")
    assert sink.names == ["s1", "s2"]
    assert [result.status for result in results] == ["sent", "sent"]


async def test_a_client_is_sent_through_its_http():
    sink = Sink()
    await VastTracker(EVENTS, Client(sink)).track_event("complete")
    assert sink.names == ["done"]


async def test_an_unknown_event_has_no_trackers():
    sink = Sink()
    assert await VastTracker(EVENTS, sink).track_event("midPoint") == ()
    assert sink.asked == []


async def test_D01_start_told_twice_is_sent_once():
    sink = Sink()
    both_told = VastTracker(EVENTS, sink)
    await both(both_told, both_told, "start")
    again = await both_told.track_event("start")
    assert sorted(sink.names) == ["s1", "s2"]
    assert [result.status for result in again] == ["duplicate", "duplicate"]
    assert both_told.tracked_events == {"start"}


@pytest.mark.parametrize(
    "event",
    ["impression", "start", "firstQuartile", "midpoint", "thirdQuartile", "complete", "skip", "progress-5"],
)
async def test_D01_what_happens_once_to_a_creative_is_sent_once_even_when_it_failed(event):
    sink = Sink(Fetched(500))
    once = VastTracker({event: f"{SINK}/x"}, sink)
    for _ in range(3):
        await once.track_event(event)
    assert len(sink.asked) == 1


@pytest.mark.parametrize("event", ["pause", "resume", "mute", "unmute", "rewind", "click", "error"])
async def test_what_a_viewer_does_is_sent_every_time(event):
    sink = Sink()
    every = VastTracker({event: f"{SINK}/x"}, sink)
    for _ in range(3):
        await every.track_event(event)
    assert len(sink.asked) == 3


async def test_pauses_are_sent_once_where_the_configuration_says_so():
    sink = Sink()
    config = VastTrackerConfig(playback=PlaybackSessionConfig(pause_pixels="once"))
    once = VastTracker.from_config(config, EVENTS, sink)
    await once.track_event("pause")
    await once.track_event("pause")
    assert sink.names == ["pause"]


async def test_nothing_is_sent_after_an_ad_was_reported_as_not_used():
    sink = Sink()
    unused = VastTracker({**EVENTS, "notUsed": f"{SINK}/unused"}, sink)
    await unused.track_event("notUsed")
    (result,) = await unused.track_event("complete")
    assert (sink.names, result.status) == (["unused"], "refused")


async def test_D02_five_impressions_are_open_at_the_same_time():
    opened, all_open = [], asyncio.Event()

    async def answer(url):
        opened.append(url)
        if len(opened) == 5:
            all_open.set()
        await all_open.wait()
        return Fetched(200)

    five = VastTracker({"impression": [f"{SINK}/i{n}" for n in range(5)]}, Sink(answer))
    results = await asyncio.wait_for(five.track_event("impression"), 10)
    assert [result.status for result in results] == ["sent"] * 5


async def test_D04_a_500_is_one_failed_attempt_and_no_exception():
    sink = Sink(Fetched(500))
    (result,) = await VastTracker(EVENTS, sink).track_event("complete")
    assert (result.status, len(result.attempts), result.reason) == ("failed", 1, "HTTP status 500")


async def test_D05_two_retries_make_three_attempts_with_growing_pauses_at_the_same_address():
    clock = SimulatedTimeProvider()
    sink = Sink(answers={"p": [Fetched(500), Fetched(500), Fetched(200)]}, clock=clock)
    config = VastTrackerConfig(retry_on_error=True, max_retries=2)
    events = {"start": f"{SINK}/p?cb=[CACHEBUSTING]"}
    (result,) = await VastTracker(events, sink, config=config, time_provider=clock, seed=4).track_event(
        "start"
    )
    assert (result.status, len(result.attempts)) == ("sent", 3)
    assert len(set(sink.asked)) == 1
    first, second = sink.at[1] - sink.at[0], sink.at[2] - sink.at[1]
    assert 1 <= first <= 1.5
    assert 2 <= second <= 3


async def test_D05_the_pauses_belong_to_the_seed():
    async def pauses(seed):
        clock = SimulatedTimeProvider()
        sink = Sink(Fetched(503), clock=clock)
        again = VastTracker(
            EVENTS, seed=seed, time_provider=clock, capabilities=(with_retry_logic(3), with_http_send(sink))
        )
        await again.track_event("complete")
        return sink.at

    assert await pauses(1) == await pauses(1) != await pauses(2)


@pytest.mark.parametrize(
    ("answer", "tries"),
    [
        (Fetched(408), 3),
        (Fetched(429), 3),
        (Fetched(500), 3),
        (Fetched(599), 3),
        (Fetched(404), 1),
        (Fetched(302), 1),
        (Fetched(200), 1),
        (Fetched(None, failure="unreachable"), 3),
        (Fetched(None, failure="timeout"), 3),
        (Fetched(None, failure="tls"), 1),
        (Fetched(None, failure="address_refused"), 1),
    ],
)
async def test_D05_only_what_may_pass_is_tried_again(answer, tries):
    sink = Sink(answer)
    await tracker(sink, EVENTS, with_retry_logic(3)).track_event("complete")
    assert len(sink.asked) == tries


@pytest.mark.parametrize("url", ["about:blank", "", "javascript:x", "ftp://x"])
async def test_D07_placeholders_are_never_requested(url):
    sink = Sink()
    (result,) = await VastTracker({"start": url}, sink).track_event("start")
    assert (sink.asked, result.status) == ([], "skipped")
    assert result.reason


async def test_D10_a_click_sends_all_click_tracking_and_reports_one_click_through():
    clicks = (
        "<VideoClicks><ClickThrough>https://shop.test/?c=[CLICKPOS]</ClickThrough>"
        f"<ClickTracking>{SINK}/c1?p=[CLICKPOS]</ClickTracking><ClickTracking>{SINK}/c2</ClickTracking></VideoClicks>"
    )
    document = vast(inline()).replace("</TrackingEvents>", f"</TrackingEvents>{clicks}")
    sink = Sink()
    results = await VastTracker.for_ad(sink, await ad_of(document)).track_event(
        "click", {"CLICKPOS": ["3", "4"]}
    )
    assert sink.asked == [f"{SINK}/c1?p=3,4", f"{SINK}/c2"]
    assert [(result.event, result.status) for result in results] == [
        ("click", "sent"), ("click", "sent"), ("clickThrough", "reported"),
    ]  # fmt: skip
    assert results[-1].url == "https://shop.test/?c=3,4"


async def test_D11_a_failed_handshake_is_recorded_as_tls():
    sink = Sink(Fetched(None, failure="tls", text="self-signed certificate"))
    (result,) = await VastTracker(EVENTS, sink).track_event("complete")
    assert (result.status, result.reason) == ("failed", "tls: self-signed certificate")


async def test_the_tracker_of_an_ad_knows_its_events_its_progress_and_its_ids():
    ad = await f30()
    sink = Sink()
    whole = VastTracker.for_ad(sink, ad)
    assert {"impression", "start", "progress-3", "progress-5.5", "error", "closeLinear"} <= set(
        whole.events.keys()
    )
    for event in ("impression", "progress-3"):
        await whole.track_event(event)
    await whole.track_event("error", {"ERRORCODE": "405"})
    assert sink.asked == [f"{SINK}/imp1", f"{SINK}/imp2", f"{SINK}/p10pc", f"{SINK}/err?c=405"]
    await VastTracker.for_ad(
        sink, await f30(trackers=[("start", f"{SINK}/p?a=[ADID]&c=[CREATIVE_ID]&u=[ASSETURI]", None)])
    ).track_event("start")
    assert sink.asked[-1] == f"{SINK}/p?a=c1&c=c1&u=http%3A%2F%2Ft.test%2Fv.mp4"


async def test_M01_M02_each_event_has_its_own_number_and_time():
    sink = Sink()
    events = {"pause": f"{SINK}/p?[CACHEBUSTING]&[TIMESTAMP]"}
    every = VastTracker(events, sink)
    for _ in range(1000):
        await every.track_event("pause")
    numbers, times = zip(*(url.partition("?")[2].split("&") for url in sink.asked), strict=True)
    assert all(re.fullmatch("[0-9]{8}", number) for number in numbers)
    assert len(set(numbers)) > 990
    age = datetime.now(UTC) - datetime.fromisoformat(unquote(times[-1]))
    assert abs(age.total_seconds()) < 20  # within 2 s, with a tenfold margin


async def test_macros_of_a_caller_stand_above_all_others():
    sink = Sink()
    config = VastTrackerConfig(
        static_macros={"A": "static", "B": "static", "C": "static"}, macro_mapping={"user.city": "D"}
    )
    layered = VastTracker(
        {"start": f"{SINK}/?[A]&[B]&[C]&[D]&[USER_CITY]&[ADID]"},
        sink,
        config=config,
        creative_id="c9",
        macros={"B": "own", "C": "own"},
        ad_request={"user": {"city": "Ulm"}},
    )
    await layered.track_event("start", {"C": "caller"})
    assert sink.asked == [f"{SINK}/?static&own&caller&Ulm&Ulm&c9"]


TEMPLATE = {"start": f"{SINK}/?a=[AD_SERVER]&b=%%AD_SERVER%%&c=${{AD_SERVER}}&v=VELOCITY"}


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("global", "a=AdStream%20Global&b=%%AD_SERVER%%&c=AdStream%20Global"),
        ("tiger", "a=AdStream%20Tiger&b=%%AD_SERVER%%&c=AdStream%20Tiger"),
        ("leto", "a=Leto&b=Leto&c=${AD_SERVER}"),
        ("yandex", "a=Yandex%20Direct&b=%%AD_SERVER%%&c=${AD_SERVER}"),
        ("google", "a=Google%20AdSense&b=Google%20AdSense&c=${AD_SERVER}"),
        ("custom", "a=Custom%20Provider&b=%%AD_SERVER%%&c=Custom%20Provider"),
    ],
)
async def test_M10_M11_each_provider_writes_its_macros_its_own_way(provider, expected):
    sink = Sink()
    await VastTracker(TEMPLATE, sink, config=tracker_config(provider)).track_event("start")
    assert sink.asked == [f"{SINK}/?{expected}&v=VELOCITY"]


async def test_request_parameters_become_the_macros_of_their_provider():
    sink = Sink()
    request = {"yandex_uid": 77, "media_title": "One", "campaign_id": None}
    events = {"start": f"{SINK}/?{{YANDEX_UID}}&[CHANNEL_NAME]&[CAMPAIGN_ID]"}
    await VastTracker(events, sink, config=tracker_config("yandex"), ad_request=request).track_event("start")
    assert sink.asked == [f"{SINK}/?77&One&[CAMPAIGN_ID]"]


def test_an_unknown_provider_or_capability_is_refused_by_name():
    with pytest.raises(ConfigError, match=r"tigger.*known: global"):
        tracker_config("tigger")
    with pytest.raises(ConfigError, match=r"teleport.*known: macros"):
        VastTrackerConfig(default_capabilities=("teleport",))
    with pytest.raises(ConfigError, match="timeout"):
        VastTrackerConfig(timeout=-1)


def test_several_trackables_stand_under_one_key_in_their_order():
    events = TrackableCollection([TrackableEvent("start", "a"), TrackableEvent("start", "b")])
    events.add(TrackableEvent("complete", "c", {"origin": "InLine"}))
    assert [item.value for item in events] == ["a", "b", "c"]
    assert [item.value for item in events["start"]] == ["a", "b"]
    assert (len(events), "start" in events, "skip" in events) == (3, True, False)
    assert events.get("start").value == "a"
    assert [item.key for item in events.get_by_predicate(lambda item: item.has_extra("origin"))] == [
        "complete"
    ]
    assert isinstance(events.get("start"), Trackable)
    with pytest.raises(KeyError):
        events["skip"]


async def test_a_trackable_sends_itself():
    sink = Sink()
    assert await TrackableEvent("start", f"{SINK}/p?c=[CITY]").send_with(sink, {"CITY": "Ulm"}) is True
    assert await TrackableEvent("start", "about:blank").send_with(sink) is False
    assert sink.asked == [f"{SINK}/p?c=Ulm"]


async def test_the_configuration_of_a_client_is_the_trackers():
    client = Client(Sink(), Settings(VastTrackerConfig(static_macros={"CITY": "Ulm"})))
    ours = VastTracker({"start": f"{SINK}/[CITY]"}, client)
    await ours.track_event("start")
    assert client.http.asked == [f"{SINK}/Ulm"]
    assert dict(ours.static_macros) == {"CITY": "Ulm"}


async def test_a_client_of_a_provider_writes_as_that_provider_does():
    settings = Settings(provider="yandex", params={"banner_id": 9}, macros={"CITY": "Ulm"})
    ours = VastTracker({"start": f"{SINK}/{{BANNER_ID}}/[AD_SERVER]/{{CITY}}"}, Client(Sink(), settings))
    (result,) = await ours.track_event("start")
    assert result.url == f"{SINK}/9/Yandex%20Direct/Ulm"


async def test_D08_the_tracker_of_a_client_that_is_not_live_resolves_and_sends_nothing():
    client = Client(Sink(), delivery="dry_run")
    (result,) = await VastTracker({"start": f"{SINK}/?[SERVERSIDE]"}, client).track_event("start")
    assert (result.status, result.url, client.http.asked) == ("dry_run", f"{SINK}/?0", [])
