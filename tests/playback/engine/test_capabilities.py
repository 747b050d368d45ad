"""Each capability does its work in the tracker it was composed into, and in no other (playback.md 1.9, 2.39)."""

import pytest

from playback.engine import (
    ConfigError,
    HeadlessPlayer,
    TrackingContext,
    VastTracker,
    with_event_filtering,
    with_http_send,
    with_interruption,
    with_logging,
    with_macros,
    with_playback_state,
    with_retry_logic,
    with_state,
)
from playback.engine.request.transport import Fetched
from tests.playback.engine.ads import SINK, f30, rule
from tests.playback.engine.sinks import Log, Sink
from tests.playback.engine.test_tracker import EVENTS, both, tracker


async def test_with_macros_expands_for_its_tracker_only():
    sink, plain = Sink(), Sink()
    events = {"start": f"{SINK}/p?c=%%CITY%%"}
    await both(
        tracker(sink, events, with_macros({"CITY": "Ulm"}, ("%%NAME%%",))), tracker(plain, events), "start"
    )
    assert (sink.asked, plain.asked) == ([f"{SINK}/p?c=Ulm"], [f"{SINK}/p?c=%%CITY%%"])


async def test_with_state_sends_once_for_its_tracker_only():
    sink, plain = Sink(), Sink()
    first, second = tracker(sink, EVENTS, with_state()), tracker(plain, EVENTS)
    for _ in range(2):
        await both(first, second, "complete")
    assert (sink.names, plain.names) == (["done"], ["done", "done"])
    assert first.events.get("complete").get_extra("tracked") is True
    assert not second.events.get("complete").has_extra("tracked")


async def test_one_with_state_given_to_two_trackers_remembers_for_each_by_itself():
    sink, state = Sink(), with_state()
    await both(tracker(sink, EVENTS, state), tracker(sink, EVENTS, state), "complete")
    assert sink.names == ["done", "done"]


async def test_with_retry_logic_tries_again_for_its_tracker_only():
    sink, plain = Sink(Fetched(500)), Sink(Fetched(500))
    first = tracker(sink, EVENTS, with_state(), with_retry_logic(attempts=3))
    await both(first, tracker(plain, EVENTS), "complete")
    assert (len(sink.asked), len(plain.asked)) == (3, 1)
    item = first.events.get("complete")
    assert item.get_extra("attempt_count") == 3
    assert item.get_extra("error_history") == ["HTTP status 500"] * 3


async def interrupted():
    """A session that its viewer closed at 12 s."""
    config = {"interruption_rules": {"midpoint": rule(1, 12, 12)}}
    return await HeadlessPlayer(None, await f30(), config, seed=1, session_id="s-1").play()


async def test_with_playback_state_tells_where_the_session_is_for_its_tracker_only():
    session = await interrupted()
    sink, plain = Sink(), Sink()
    events = {"start": f"{SINK}/?[ADPLAYHEAD]&[MEDIAPLAYHEAD]&[SESSION_ID]&[PLAYBACK_STATUS]"}
    known = tracker(sink, events, with_playback_state(session, media_playhead_sec=60.5), with_macros())
    await both(known, tracker(plain, events, with_macros()), "start")
    assert sink.asked == [f"{SINK}/?00%3A00%3A12.000&00%3A01%3A00.500&s-1&closed"]
    assert plain.asked == [f"{SINK}/?-1&-1&[SESSION_ID]&[PLAYBACK_STATUS]"]
    assert known.sent[0].to_dict()["playhead_sec"] == 12.0
    assert known.sent[0].to_dict()["session_id"] == "s-1"


async def test_with_interruption_refuses_what_comes_after_the_end_for_its_tracker_only():
    session = await interrupted()
    sink, plain = Sink(), Sink()
    events = {"midpoint": f"{SINK}/mid", "closeLinear": f"{SINK}/close"}
    guarded, free = tracker(sink, events, with_interruption(session)), tracker(plain, events)
    for event in events:
        await both(guarded, free, event)
    assert (sink.names, plain.names) == (["close"], ["mid", "close"])
    assert [sending.status for sending in guarded.sent] == ["refused", "sent"]
    assert guarded.sent[1].tags["interruption_reason"] == "user_close"


async def test_with_event_filtering_lets_through_what_its_tracker_wants():
    sink, plain = Sink(), Sink()
    events = {name: f"{SINK}/{name}" for name in ("start", "firstQuartile", "thirdQuartile", "progress-5")}
    chosen = with_event_filtering(include=["*Quartile", "progress-*"], exclude=["third*"])
    filtering, free = tracker(sink, events, chosen), tracker(plain, events)
    for event in events:
        await both(filtering, free, event)
    assert sink.names == ["firstQuartile", "progress-5"]
    assert plain.names == list(events)
    assert [(sending.status, sending.reason) for sending in filtering.sent] == [
        ("filtered", "start is not among the events included"),
        ("sent", ""),
        ("filtered", "thirdQuartile is excluded"),
        ("sent", ""),
    ]


async def test_without_patterns_every_event_goes_through_and_a_pattern_is_no_list_of_letters():
    sink = Sink()
    await tracker(sink, EVENTS, with_event_filtering()).track_event("complete")
    assert sink.names == ["done"]
    with pytest.raises(ConfigError, match="include"):
        with_event_filtering("start")


async def test_with_logging_writes_a_line_for_its_tracker_only():
    log, sink, plain = Log(), Sink(), Sink(Fetched(500))
    await both(tracker(sink, EVENTS, with_logging(log)), tracker(plain, EVENTS), "complete")
    assert log.lines == [f"vast.tracking.sent complete {url} sent" for url in sink.asked]


async def test_with_http_send_is_what_sends():
    sink, capabilities = Sink(), (with_macros(), with_state())
    silent = VastTracker(EVENTS, sink, capabilities=capabilities)
    await both(
        silent, VastTracker(EVENTS, sink, capabilities=(*capabilities, with_http_send(sink))), "complete"
    )
    assert sink.names == ["done"]
    assert [(sending.status, sending.reason) for sending in silent.sent] == [
        ("unsent", "no capability of this tracker sends"),
    ]  # fmt: skip
    assert silent.capabilities == ("macros", "state")
    assert not silent.has_capability("http_send")


async def test_a_context_carries_the_dependencies_of_one_tracker():
    class Numbers:
        def __init__(self):
            self.seen = []

        def record(self, name, value, /):
            self.seen.append(name)

    numbers, sink = Numbers(), Sink()
    context = TrackingContext(http_client=sink, metrics_client=numbers, timeout=1.5, headers={"X-A": "b"})
    await VastTracker(EVENTS, capabilities=(with_http_send(context),)).track_event("complete")
    assert (numbers.seen, sink.timeouts, sink.headers) == (["vast.tracking.sent"], [1.5], [{"X-A": "b"}])


def test_a_context_is_a_plain_instance():
    context = TrackingContext(timeout=2)
    context.set("account", 7)
    other = context.merge(timeout=3, http_client=Sink())
    other.set("account", 8)
    assert (context.timeout, context.get("account"), context.has_dependency("http_client")) == (2, 7, False)
    assert (other.timeout, other.get("account"), other.has_dependency("http_client")) == (3, 8, True)
    assert TrackingContext().get("account", "none") == "none"
