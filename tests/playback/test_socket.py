"""The socket of a session page: who is let in, the present state first, then the news, and what each may see."""

import asyncio
import re

import pytest
from asgiref.sync import sync_to_async
from channels.layers import InMemoryChannelLayer
from channels.testing import WebsocketCommunicator

from playback.engine import PlayerFactory, SimulatedTimeProvider, VastClient
from playback.live import board, broadcast, consumers
from playback.live import runner as runner_module
from playback.live.board import CONTROLS
from playback.live.hub import Hub
from playback.live.hub import Viewer as HubViewer
from playback.live.relay import Relay
from playback.live.runner import runner as site_runner
from playback.models import Session
from tests.pipeline.responses import inline
from tests.playback.watching import Viewer, ended, row_of, started, until, until_row
from tests.site.people import PEOPLE, make_person
from vastdash.asgi import application
from vastdash.models import User

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = ("live-head", "live-delivery", "live-events", "live-fates", "live-ledger")
PARTS = set(ORDER)


@pytest.fixture
async def runner(transactional_db, monkeypatch):
    monkeypatch.setattr(runner_module, "NEWS_INTERVAL_SEC", 0.01)
    await site_runner.open()
    yield site_runner
    await site_runner.close()


async def person(name: str) -> User:
    return await sync_to_async(PEOPLE[name])()


async def test_the_signed_out_are_told_so_and_not_let_in():
    row = await started()
    viewer, accepted = await Viewer.knock(row.public_id)
    assert accepted
    assert await viewer.closed_with() == 4403
    assert viewer.frames == []


async def test_somebody_deactivated_is_not_let_in():
    row = await started()
    leaver = await sync_to_async(make_person)("leaver")
    viewer, _ = await Viewer.knock(row.public_id, leaver)
    await viewer.leave()
    await User.objects.filter(pk=leaver.pk).aupdate(is_active=False)
    leaver.is_active = True
    viewer, _ = await Viewer.knock(row.public_id, leaver)
    assert await viewer.closed_with() == 4403


async def test_a_session_nobody_made_is_named_unknown():
    viewer = await Viewer.arrive("zzzzzzzzzzzz", await person("viewer"))
    assert await viewer.closed_with() == 4404
    await viewer.leave()
    assert not broadcast.hub.watched(broadcast.group("zzzzzzzzzzzz"))


@pytest.mark.parametrize(
    "address", ["/ws/", "/", "/ws/sessions/a.b/", "/ws/sessions/" + "a" * 200 + "/", "/admin/"]
)
async def test_an_address_that_is_no_socket_is_closed_with_a_code(address):
    headers = [(b"origin", b"http://localhost")]
    viewer = Viewer(WebsocketCommunicator(application, address, headers))
    await viewer.socket.connect(timeout=20)
    assert await viewer.closed_with() == 4404


async def test_a_record_nobody_can_read_is_not_shown():
    row = await started()
    await Session.objects.filter(pk=row.pk).aupdate(record={"schema_version": 0})
    viewer = await Viewer.arrive(row.public_id, await person("viewer"))
    assert await viewer.closed_with() == 4404


async def test_a_page_of_another_site_cannot_open_the_socket():
    row = await started()
    _, accepted = await Viewer.knock(row.public_id, await person("ad_ops"), origin="https://evil.example")
    assert not accepted


@pytest.mark.parametrize("name", ["viewer", "qa", "ad_ops", "superuser"])
async def test_every_role_sees_the_present_state_first_and_only_those_who_may_play_get_buttons(runner, name):
    row = await ended(runner, (await started()).public_id)
    viewer = await Viewer.arrive(row.public_id, await person(name))
    expected = PARTS if name == "viewer" else {*PARTS, CONTROLS}
    for _ in expected:
        await viewer.receive()
    assert set(viewer.shown) == expected
    assert 'data-status="completed"' in viewer.shown["live-head"]
    assert "thirdQuartile" in viewer.shown["live-events"]
    await viewer.leave()


async def test_each_frame_is_one_element_with_an_id_and_table_rows_stand_alone(runner):
    row = await ended(runner, (await started()).public_id)
    viewer = await Viewer.arrive(row.public_id, await person("qa"))
    for _ in (*ORDER, CONTROLS):
        await viewer.receive()
    for frame in viewer.frames:
        tag = re.match(r"\s*<(\w+) id=", frame).group(1)
        assert frame.rstrip().endswith(f"</{tag}>")
        assert "<tr" not in frame or tag == "tbody"
    await viewer.leave()


async def test_the_playhead_moves_over_the_socket_and_the_end_arrives(runner):
    row = await started(speed=60.0)
    viewer = await Viewer.arrive(row.public_id, await person("viewer"))
    await viewer.until_shown("live-head", 'data-status="completed"')
    moved = list(dict.fromkeys(viewer.offsets))
    assert len(moved) >= 4
    assert moved == sorted(moved)
    assert moved[-1] == 30.0
    await viewer.until_shown("live-ledger", "firstQuartile")
    for event in ("complete", "start", "midpoint"):
        await viewer.until_shown("live-events", f'data-event="{event}"')
    assert CONTROLS not in viewer.shown
    await viewer.leave()


async def test_buttons_follow_the_state_of_the_session(runner):
    row = await started(mode="real")
    viewer = await Viewer.arrive(row.public_id, await person("qa"))
    await viewer.until_shown(CONTROLS, "/pause/")
    await until(lambda: runner.command(row.public_id, "pause"))
    await viewer.until_shown("live-head", 'data-paused="1"')
    await viewer.until_shown(CONTROLS, "/resume/")
    assert "/pause/" not in viewer.shown[CONTROLS]
    runner.command(row.public_id, "resume")
    await viewer.until_shown(CONTROLS, "/pause/")
    runner.command(row.public_id, "stop")
    await viewer.until_shown("live-head", "closed: stopped")
    await viewer.until_shown(CONTROLS, "Ended.")
    await viewer.leave()


async def test_two_viewers_see_the_same_and_a_late_one_sees_the_present_state_at_once(runner):
    row = await started(mode="real")
    early = await Viewer.arrive(row.public_id, await person("viewer"))
    await early.until_shown("live-events", 'data-event="start"')
    await until(lambda: runner.player(row.public_id).state().playhead_ms > 20)
    late = await Viewer.arrive(row.public_id, await person("qa"))
    for _ in range(3):
        await late.receive()
    assert late.offsets[0] > 0
    assert 'data-status="running"' in late.shown["live-head"]
    assert 'data-event="start"' in late.shown["live-events"]
    runner.command(row.public_id, "stop")
    for viewer in (early, late):
        await viewer.until_shown("live-head", "closed: stopped")
        await viewer.leave()


async def test_a_running_session_is_ahead_of_its_stored_row_and_the_socket_shows_the_running_one(runner):
    row = await started(mode="real")
    await until_row(row.public_id, lambda row: row.status == "running")
    await until(lambda: runner.player(row.public_id).state().playhead_ms > 20)
    viewer = await Viewer.arrive(row.public_id, await person("viewer"))
    await viewer.receive()
    assert viewer.offsets[0] * 1000 > (await row_of(row.public_id)).offset_ms
    await viewer.leave()
    runner.command(row.public_id, "stop")
    await ended(runner, row.public_id)


async def test_what_a_socket_sends_is_ignored(runner):
    row = await ended(runner, (await started()).public_id)
    viewer = await Viewer.arrive(row.public_id, await person("viewer"))
    await viewer.socket.send_to(text_data='{"stop": true}')
    await viewer.until_shown("live-head", "completed")
    await viewer.leave()


async def test_nothing_is_drawn_for_nobody(runner, monkeypatch):
    def drawn(*_):
        raise AssertionError("nobody is watching")

    monkeypatch.setattr(board, "render_to_string", drawn)
    row = await ended(runner, (await started(speed=200.0)).public_id)
    assert row.status == "completed"


async def test_nothing_is_remembered_of_viewers_and_sessions_that_are_gone(runner):
    row = await started(mode="real")
    viewer = await Viewer.arrive(row.public_id, await person("viewer"))
    await viewer.until_shown("live-events", 'data-event="start"')
    await viewer.leave()
    runner.command(row.public_id, "stop")
    await ended(runner, row.public_id)
    assert not broadcast.hub.watched(broadcast.group(row.public_id))
    assert row.public_id not in broadcast._boards


class TestNews:
    """What is told to whoever watches, on a driven clock."""

    @pytest.fixture
    async def playing(self, transactional_db):
        row = await started()
        clock = SimulatedTimeProvider(autojump=False)
        client = VastClient.from_xml(inline(), ad_index=0)
        player = PlayerFactory.create(
            client, await client.request_ad(), config={"mode": "headless"}, seed=7, time_provider=clock
        )
        task = asyncio.create_task(player.play())
        await until(lambda: player.session.status == "running")
        yield row.public_id, player, clock
        player.stop()
        await task
        broadcast._boards.clear()

    @pytest.fixture
    def told(self, playing, monkeypatch) -> list[dict[str, str]]:
        """The parts of each telling, as one who may command gets them."""
        told: list[dict[str, str]] = []

        class Listener:
            lost = False

            def tell(self, messages):
                told.append({part: message["text"] for part, message in messages.items()})

        hub = Hub()
        for topic in (broadcast.group(playing[0]), broadcast.controls(playing[0])):
            hub.join(topic, Listener())
        monkeypatch.setattr(broadcast, "hub", hub)
        return told

    def parts(self, news: dict[str, str]) -> list[str]:
        return [re.sub(r"-\d+$", "", part) for part in news]

    async def test_the_first_news_is_everything_and_the_same_state_is_no_news(self, playing, told):
        public_id, player, _ = playing
        for _ in range(3):
            await broadcast.tell(public_id, player)
        news, controls = told
        assert self.parts(news) == list(ORDER)
        assert self.parts(controls) == [CONTROLS]

    async def test_between_events_only_the_head_is_told_and_an_event_brings_the_rest(self, playing, told):
        public_id, player, clock = playing
        await broadcast.tell(public_id, player)
        clock.advance(3.0)
        await broadcast.tell(public_id, player)
        assert self.parts(told[-1]) == ["live-head"]
        assert 'data-offset="3.000"' in told[-1]["live-head"]
        clock.advance(5.0)
        await until(lambda: 1 in player.session.quartiles_tracked)
        await broadcast.tell(public_id, player)
        assert self.parts(told[-1]) == list(ORDER)
        assert 'data-event="firstQuartile"' in told[-1]["live-events-0"]

    async def test_a_pause_is_news_though_the_playhead_stands(self, playing, told):
        public_id, player, _ = playing
        await broadcast.tell(public_id, player)
        player.pause()
        await broadcast.tell(public_id, player)
        news, controls = told[2:]
        assert 'data-paused="1"' in news["live-head"]
        assert "/resume/" in controls[CONTROLS]
        await broadcast.tell(public_id, player)
        assert len(told) == 4

    async def test_the_end_is_always_told_from_the_stored_row(self, playing, told):
        public_id, player, _ = playing
        await broadcast.tell(public_id, player)
        await broadcast.tell(public_id)
        assert 'data-status="pending"' in told[-2]["live-head"]
        assert broadcast._boards == {}

    async def test_the_end_of_a_session_nobody_can_find_is_no_news(self, told):
        broadcast.hub.join(broadcast.group("zzzzzzzzzzzz"), BrokenViewer())
        await broadcast.tell("zzzzzzzzzzzz")
        assert told == []


class BrokenViewer:
    """One that must not be told anything."""

    def tell(self, messages):
        raise AssertionError(messages)


async def test_what_one_process_tells_reaches_the_viewers_of_another_once():
    class Layer(InMemoryChannelLayer):
        """One that leads to other processes."""

    layer, told = Layer(), []
    here, there = Hub(), Hub()
    relays = [Relay(hub, layer) for hub in (here, there)]
    for relay in relays:
        relay._layer = layer
        await relay.watch("session.x")

    async def send(message):
        told.append(message["text"])

    for hub in (here, there):
        viewer = HubViewer(send)
        hub.join("session.x", viewer)
        viewer.begin({})
    news = {"session.x": {"live-head": "1 s"}}
    here.tell("session.x", news["session.x"])
    await relays[0].tell("session.x", news)
    await until(lambda: len(told) == 2)
    await relays[1].unwatch("session.x")
    await relays[0].tell("session.x", {"session.x": {"live-head": "2 s"}})
    await asyncio.sleep(0)
    assert told == ["1 s", "1 s"]
    for relay in relays:
        relay._reader.cancel()


@pytest.mark.parametrize(
    ("change", "code"), [({"is_active": False}, 4403), ({"role": "intern"}, 4403), ({"role": "viewer"}, 1012)]
)
async def test_who_loses_his_role_while_he_watches_is_told_nothing_more(runner, monkeypatch, change, code):
    monkeypatch.setattr(consumers, "ASKED_AGAIN_SEC", 0.01)
    row = await ended(runner, (await started()).public_id)
    watcher = await person("qa")
    viewer = await Viewer.arrive(row.public_id, watcher)
    for _ in (*ORDER, CONTROLS):
        await viewer.receive()
    await User.objects.filter(pk=watcher.pk).aupdate(**change)
    assert await viewer.closed_with() == code
    assert not broadcast.hub.watched(broadcast.group(row.public_id))
    await viewer.leave()
