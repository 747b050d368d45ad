"""Players send pixels: when, how often, and what is recorded of it (playback.md 2.33-2.36, 3.7, 5.4, 5.5, 5.9)."""

import asyncio
from datetime import UTC, datetime
from urllib.parse import unquote

import pytest

from playback.engine import (
    DeliveryUnavailable,
    HeadlessPlayer,
    PlaybackSession,
    PlayerFactory,
    SimulatedTimeProvider,
    TrackingContext,
    VastPlayer,
    VastTrackerConfig,
    macro_table,
)
from playback.engine.request.chain import Redirect
from playback.engine.request.transport import Fetched
from tests.playback.engine.ads import SINK, f30, inline, play_with, vast
from tests.playback.engine.ads import ad_of as _ad_of
from tests.playback.engine.sinks import Client, Log, Settings, Sink, last, never
from tests.playback.engine.test_pause_stop_skip import script

DUE = ["imp1", "imp2", "cv", "start1", "start2", "p10pc", "p5500", "q1", "q2", "q3", "done"]


def real(sink, ad, config=None, **options):
    """A real player and its delivery on one driven clock; a sink with a delay needs that clock, too."""
    clock = options.pop("clock", None) or SimulatedTimeProvider()
    client = sink if isinstance(sink, Client) else Client(sink)
    return VastPlayer(client, ad, config, seed=1, time_provider=clock, delivery_clock=clock, **options)


def rows(player, status=None):
    return {last(row.url): row for row in player.ledger if status is None or row.status == status}


async def test_a_real_player_with_a_client_that_sends_calls_every_due_tracker_once():
    sink = Sink()
    player = real(sink, await f30())
    await player.play()
    assert sink.names == DUE
    assert list(rows(player, "sent")) == DUE
    assert {row.http_status for row in rows(player, "sent").values()} == {200}


async def test_M14_what_the_sink_receives_is_what_the_ledger_says():
    sink = Sink()
    player = real(sink, await f30(trackers=[("midpoint", f"{SINK}/p?h=[ADPLAYHEAD]&a=[ASSETURI]", None)]))
    await player.play()
    assert sink.asked == [row.resolved_url for row in player.ledger if row.status == "sent"]
    assert f"{SINK}/p?h=00%3A00%3A15.000&a=http%3A%2F%2Ft.test%2Fv.mp4" in sink.asked


@pytest.mark.parametrize("kind", [VastPlayer, HeadlessPlayer])
async def test_M02_who_is_called_hears_the_worlds_time_also_from_a_session_in_virtual_time(kind):
    sink = Sink()
    ad = await f30(trackers=[("midpoint", f"{SINK}/p?t=[TIMESTAMP]", None)])
    player = kind(Client(sink), ad, seed=1, time_provider=SimulatedTimeProvider(), delivery="live")
    session = await player.play()
    (row,) = (row for row in player.ledger if row.event == "midpoint")
    assert row.resolved_url in sink.asked
    moment = datetime.fromisoformat(unquote(row.resolved_url.partition("t=")[2]))
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 20
    (shown,) = macro_table(ad, player.plan, session, row, player.delivery)
    assert shown.value == moment.isoformat(timespec="milliseconds")
    dry = kind(None, ad, seed=1, time_provider=SimulatedTimeProvider(), delivery="dry_run")
    assert session == await dry.play()


@pytest.mark.parametrize(
    ("kind", "client", "asked", "mode"),
    [
        (VastPlayer, Client(Sink()), None, "live"),
        (VastPlayer, Client(Sink(), delivery="dry_run"), None, "dry_run"),
        (VastPlayer, Client(Sink(), Settings(enable_tracking=False)), None, "dry_run"),
        (VastPlayer, Client(None), None, "dry_run"),
        (VastPlayer, None, None, "dry_run"),
        (VastPlayer, Client(Sink()), "dry_run", "dry_run"),
        (HeadlessPlayer, Client(Sink()), None, "dry_run"),
        (HeadlessPlayer, Client(Sink()), "live", "live"),
    ],
)
async def test_who_sends_without_being_asked(kind, client, asked, mode):
    ad = await f30()
    mode_name = "real" if kind is VastPlayer else "headless"
    assert kind(client, ad, seed=1, delivery=asked).delivery.mode == mode
    assert PlayerFactory.create(client, ad, mode=mode_name, seed=1, delivery=asked).delivery.mode == mode


@pytest.mark.parametrize(
    ("asked", "missing"),
    [("live", "a client with http"), ("sandbox", "a collector"), ("often", "known: dry_run")],
)
async def test_a_delivery_without_its_means_is_refused(asked, missing):
    with pytest.raises(DeliveryUnavailable, match=missing):
        HeadlessPlayer(None, await f30(), delivery=asked)


async def test_D08_a_dry_run_opens_no_connection_and_its_ledger_is_complete():
    sink = Sink()
    player = HeadlessPlayer(Client(sink), await f30(), seed=1)
    await player.play()
    assert sink.asked == []
    assert list(rows(player, "dry_run")) == DUE
    assert all(row.resolved_url and not row.attempts for row in rows(player, "dry_run").values())


async def test_a_headless_player_that_is_asked_to_sends_everything_before_it_returns():
    sink = Sink()
    player = HeadlessPlayer(Client(sink), await f30(), seed=1, delivery="live")
    await player.play()
    assert sink.names == DUE
    assert list(rows(player, "sent")) == DUE


async def test_D02_five_impressions_are_open_at_the_same_time():
    opened, all_open = [], asyncio.Event()

    async def answer(url):
        opened.append(url)
        if len(opened) == 5:
            all_open.set()
        await all_open.wait()  # one at a time, the first would never end
        return Fetched(200)

    ad = await f30(impressions=[f"{SINK}/i{n}" for n in range(5)], trackers=[])
    player = real(Sink(answer), ad)
    await player.play()
    assert [row.status for row in player.ledger if row.event == "impression"] == ["sent"] * 5


async def test_D02_five_impressions_of_a_fifth_of_a_second_each_are_all_in_after_one():
    clock = SimulatedTimeProvider()
    sink = Sink(clock=clock, delay=0.2)
    ad = await f30(impressions=[f"{SINK}/i{n}" for n in range(5)], trackers=[])
    player = real(sink, ad, clock=clock)
    await player.play()
    attempts = [row.attempts[0] for row in player.ledger if row.event == "impression"]
    assert [attempt.started_ms + attempt.ms for attempt in attempts] == [pytest.approx(200)] * 5


async def test_no_more_pixels_are_open_at_once_than_the_pool_allows():
    open_now, most = set(), []

    async def answer(url):
        open_now.add(url)
        most.append(len(open_now))
        await clock.sleep(0.1)
        open_now.discard(url)
        return Fetched(200)

    clock = SimulatedTimeProvider()
    client = Client(Sink(answer), Settings(VastTrackerConfig(at_once=3)))
    ad = await f30(impressions=[f"{SINK}/i{n}" for n in range(10)])
    await real(client, ad, clock=clock).play()
    assert max(most) == 3


async def test_D04_a_500_is_one_failed_attempt_and_nothing_the_player_hears_of():
    sink = Sink(Fetched(500))
    player = real(sink, await f30())
    session = await player.play()
    assert session.status == "completed"
    assert sink.names == DUE
    row = rows(player)["imp1"]
    assert (row.status, row.attempt_count, row.http_status, row.reason) == (
        "failed",
        1,
        500,
        "HTTP status 500",
    )


async def test_D05_retries_are_attempts_of_one_row_at_the_same_address():
    sink = Sink(answers={"p": [Fetched(500), Fetched(500), Fetched(200)]})
    config = VastTrackerConfig(retry_on_error=True, max_retries=2)
    player = real(
        Client(sink, Settings(config)), await f30(trackers=[("start", f"{SINK}/p?[CACHEBUSTING]", None)])
    )
    await player.play()
    row = rows(player)["p"]
    assert (row.status, row.attempt_count) == ("sent", 3)
    assert [attempt.http_status for attempt in row.attempts] == [500, 500, 200]
    assert len({attempt.url for attempt in row.attempts}) == 1
    first, second, third = (attempt.started_ms for attempt in row.attempts)
    assert 0 < second - first < third - second


async def test_D07_placeholders_are_never_requested():
    written = ["about:blank", "javascript:x", "ftp://x/y"]
    sink = Sink()
    player = real(
        sink, await f30(trackers=[("start", url, None) for url in written], impressions=["//h.test/i"])
    )
    await player.play()
    assert sink.asked == ["https://h.test/i"]
    skipped = {row.url: row for row in player.ledger if row.status == "skipped"}
    assert set(skipped) == set(written)
    assert all(row.reason and not row.attempts for row in skipped.values())


async def test_D11_a_failed_handshake_is_recorded_as_tls():
    player = real(Sink(Fetched(None, failure="tls", text="self-signed certificate")), await f30())
    assert (await player.play()).status == "completed"
    row = rows(player)["imp1"]
    assert (row.status, row.reason) == ("failed", "tls: self-signed certificate")
    assert row.attempts[0].failure == "tls"


async def test_redirects_of_a_pixel_are_kept():
    hop = Redirect(f"{SINK}/imp1", 302, f"{SINK}/elsewhere")
    player = real(Sink(answers={"imp1": [Fetched(200, redirects=(hop,))]}), await f30())
    await player.play()
    assert rows(player)["imp1"].to_dict()["attempts"][0]["redirects"] == [list(hop)]


async def test_a_getter_that_breaks_is_a_failed_pixel():
    async def broken(_):
        raise RuntimeError("no")

    player = real(Sink(broken), await f30())
    assert (await player.play()).status == "completed"
    assert rows(player)["imp1"].reason == "error: RuntimeError: no"


async def test_D13_two_players_at_once_keep_their_macros_apart():
    sinks = {city: Sink() for city in ("Bonn", "Ulm")}
    ad = await f30(trackers=[("start", f"{SINK}/p?c=[CITY]&t=[TRANSACTIONID]", None)])
    clock = SimulatedTimeProvider()
    players = [
        VastPlayer(
            Client(sink, Settings(VastTrackerConfig(static_macros={"CITY": city}))),
            ad, seed=seed, time_provider=clock, delivery_clock=clock,
        )
        for seed, (city, sink) in enumerate(sinks.items())
    ]  # fmt: skip
    await asyncio.gather(*(player.play() for player in players))
    urls = {city: next(url for url in sink.asked if last(url) == "p") for city, sink in sinks.items()}
    assert "c=Bonn" in urls["Bonn"]
    assert "c=Ulm" in urls["Ulm"]
    assert len({url.partition("t=")[2] for url in urls.values()}) == 2


async def test_C07_slow_trackers_do_not_delay_the_ad():
    clock = SimulatedTimeProvider()
    sink = Sink(clock=clock, delay=0.3)
    player = real(sink, await f30(duration="00:00:04"), clock=clock)
    await player.play()
    at = dict(zip(sink.names, sink.at, strict=True))
    assert (at["imp1"], at["q1"], at["done"]) == (0.0, 1.0, 4.0)
    assert clock.time() == pytest.approx(4.3)
    row = rows(player)["done"]
    assert (row.status, row.sent_ms, row.attempts[0].ms) == ("sent", 4000.0, pytest.approx(300))


async def test_C08_a_tracker_that_hangs_is_a_timeout_after_the_drain():
    clock = SimulatedTimeProvider()
    player = real(Sink(never), await f30(impressions=[f"{SINK}/hangs"], trackers=[]), clock=clock)
    session = await player.play()
    assert (session.status, session.clock_ms) == ("completed", 30_000.0)
    assert clock.time() == pytest.approx(35.0)
    row = rows(player)["hangs"]
    assert (row.status, row.reason) == ("timeout", "no answer within 5 s of the end of play")
    assert [(attempt.failure, attempt.ms) for attempt in row.attempts] == [("timeout", 35_000.0)]


async def test_C08_the_deadline_is_a_setting():
    clock = SimulatedTimeProvider()
    client = Client(Sink(never), Settings(VastTrackerConfig(drain_timeout=0.5)))
    await real(client, await f30(), clock=clock).play()
    assert clock.time() == pytest.approx(30.5)


async def test_P17_cancelling_play_drops_what_is_open_and_says_so():
    clock = SimulatedTimeProvider(autojump=False)
    player = real(Sink(never), await f30(), clock=clock)
    playing = asyncio.ensure_future(player.play())
    await turns()
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert player.session.status == "closed"
    dropped = rows(player, "dropped")
    assert list(dropped) == ["imp1", "imp2", "cv", "start1", "start2"]
    assert {row.reason for row in dropped.values()} == {"playing was cancelled"}
    assert dropped["imp1"].attempts[0].failure == "dropped"
    await turns()
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def turns(number=20):
    for _ in range(number):
        await asyncio.sleep(0)


async def test_P08_pause_and_resume_are_sent_each_time():
    sink = Sink()
    player = real(sink, await f30())
    await play_with(player, script((3, "pause"), (1, "resume"), (1, "pause"), (1, "resume")))
    assert (sink.names.count("pause"), sink.names.count("resume")) == (2, 2)


async def test_P08_with_the_once_option_they_are_sent_once():
    sink = Sink()
    player = real(sink, await f30(), {"pause_pixels": "once"})
    await play_with(player, script((3, "pause"), (1, "resume"), (1, "pause"), (1, "resume")))
    assert (sink.names.count("pause"), sink.names.count("resume")) == (1, 1)


@pytest.mark.parametrize("event", ["closeLinear", "close"])
async def test_P16_a_stop_sends_the_close_tracker_there_is(event):
    sink = Sink()
    player = real(sink, await f30(trackers=[(event, "gone", None)]))
    await play_with(player, script((12, "stop")))
    assert sink.names == ["imp1", "imp2", "gone"]


class Store:
    """Keeps what it is given; notes what the sink had received by then."""

    def __init__(self, sink):
        self.sink = sink
        self.kept = []
        self.fails = False

    async def save(self, session, ledger):
        if self.fails:
            raise ConnectionError("the database is away")
        self.kept.append((session.to_dict(), [entry.to_dict() for entry in ledger], list(self.sink.names)))


PERSISTENT = {"enable_session_persistence": True}


async def test_what_is_due_is_stored_before_it_is_sent():
    sink = Sink()
    store = Store(sink)
    await real(sink, await f30(), PERSISTENT, store=store).play()
    for record, _, received in store.kept:
        due = {"impression": 2, "start": 2}
        assert len(received) <= sum(due.get(event, 1) for event, *_ in record["tracked"])
    first = store.kept[0]
    assert [event for event, *_ in first[0]["tracked"]] == ["impression", "creativeView", "start"]
    assert first[2] == []


class World(SimulatedTimeProvider):
    """A driven clock that is taken for the world's."""

    is_virtual = False

    def stamp(self, session_clock_sec):
        return 1000.0 + self.time()


async def test_a_pixel_that_waited_for_the_store_was_sent_later_than_it_was_due():
    class Slow(Store):
        async def save(self, session, ledger):
            clock.advance(0.4)
            await super().save(session, ledger)

    clock, sink = World(), Sink()
    player = real(sink, await f30(), PERSISTENT, store=Slow(sink), clock=clock)
    await player.play()
    row = rows(player)["imp1"]
    assert (row.clock_ms, row.sent_ms) == (0.0, pytest.approx(400))


async def test_nothing_is_sent_that_could_not_be_stored():
    sink = Sink()
    store = Store(sink)
    store.fails = True
    with pytest.raises(ConnectionError):
        await real(sink, await f30(), PERSISTENT, store=store).play()
    await turns()
    assert sink.asked == []


async def test_the_ledger_is_stored_once_more_with_what_became_of_the_last_pixels():
    clock = SimulatedTimeProvider()
    sink = Sink(clock=clock, delay=1)
    store = Store(sink)
    await real(sink, await f30(), PERSISTENT, store=store, clock=clock).play()
    record, ledger, _ = store.kept[-1]
    assert record["status"] == "completed"
    assert {row["status"] for row in ledger if row["attempts"]} == {"sent"}
    assert "in_flight" not in {row["status"] for row in ledger}


async def test_after_a_crash_nothing_is_sent_twice():
    sink, after = Sink(), Sink()
    store = Store(sink)
    ad = await f30()
    await real(sink, ad, PERSISTENT, store=store).play()
    crashed = next(record for record, *_ in store.kept if len(record["tracked"]) == 6)
    player = real(after, ad, session=PlaybackSession.from_dict(crashed))
    await player.play()
    assert after.names == ["q2", "q3", "done"]
    unknown = rows(player, "unknown")
    assert list(unknown) + after.names == DUE
    assert {row.reason for row in unknown.values()} == {"recorded before this run: it is not sent again"}


async def test_headers_of_the_device_go_with_every_pixel():
    headers = {"X-Device-IP": "198.51.100.7", "X-Device-User-Agent": "TV/1"}
    sink = Sink()
    client = Client(sink, Settings(VastTrackerConfig(headers=headers, timeout=2.5)))
    ad = await f30(trackers=[("start", f"{SINK}/p?s=[SERVERSIDE]&i=[DEVICEIP]&u=[DEVICEUA]", None)])
    await real(client, ad).play()
    assert len(sink.headers) == 3
    assert all(sent.items() >= headers.items() for sent in sink.headers)
    assert set(sink.timeouts) == {2.5}
    assert sink.asked[-1] == f"{SINK}/p?s=1&i=198.51.100.7&u=TV%2F1"


async def test_headers_of_the_request_that_describe_the_device_go_along_and_others_stay():
    sink = Sink()
    given = {"User-Agent": "TV/1", "X-Device-IP": "198.51.100.7", "Authorization": "secret"}
    client = Client(sink, Settings(VastTrackerConfig(headers={"user-agent": "TV/2"}), headers=given))
    await real(client, await f30()).play()
    assert sink.headers[0] == {"user-agent": "TV/2", "X-Device-IP": "198.51.100.7"}


async def test_a_tracking_context_of_the_client_gives_its_headers_too():
    sink = Sink()
    client = Client(sink, context=TrackingContext(headers={"X-Device-IP": "198.51.100.7"}))
    await real(client, await f30()).play()
    assert all(sent["X-Device-IP"] == "198.51.100.7" for sent in sink.headers)


@pytest.mark.parametrize("urls", [True, False])
async def test_log_lines_and_the_session_carry_addresses_only_where_that_is_on(urls):
    log = Log()
    client = Client(Sink(), context=TrackingContext(logger=log))
    player = real(client, await f30(), {"log_tracking_urls": urls})
    session = await player.play()
    assert len(log.lines) == len(DUE)
    assert any(f"{SINK}/done" in line for line in log.lines) is urls
    assert all("t.test" in line for line in log.lines)
    assert (f"{SINK}/done" in str(session.to_dict())) is urls


async def test_an_ad_that_cannot_be_played_tells_its_error_addresses_only():
    sink = Sink()
    player = real(sink, await _ad_of(vast(inline(media=""))))
    await player.play()
    assert sink.asked == [f"{SINK}/err?c=403"]
