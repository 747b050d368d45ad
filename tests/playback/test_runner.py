"""The runner: sessions play to the same record wherever they run, obey their buttons, and survive the process."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError
from django.urls import reverse

from playback.live import runner as runner_module
from playback.live import store as store_module
from playback.live.runner import Runner
from playback.live.runner import runner as site_runner
from playback.live.store import RowStore
from playback.models import AdDocument, Session
from tests.pipeline.responses import inline
from tests.playback.watching import (
    ended,
    events_of,
    kill,
    played_directly,
    row_of,
    started,
    until,
    until_row,
    without_wall_stamps,
)
from tests.site.people import PEOPLE, browser_of
from tests.site.rows import make_provider
from vastdash.asgi import lifespan

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = inline(duration="00:00:00.600")
# Wall clocks of a loaded machine may stall; what is late is not the matter here.
PATIENT = {"quartile_offset_tolerance_sec": 60.0}


@pytest.fixture
async def runner(transactional_db):
    """The site's own runner, open on this test's loop."""
    await site_runner.open()
    yield site_runner
    await site_runner.close()


async def patient_provider() -> None:
    def make():
        provider = make_provider("tiger")
        provider.playback = PATIENT
        provider.save()

    await sync_to_async(make)()


async def test_a_headless_session_gives_the_record_of_the_engine_alone_byte_for_byte(runner):
    await sync_to_async(make_provider)("yandex")
    ends = set()
    for seed in range(8):
        row = await started(provider="yandex", seed=seed)
        record, ledger = await played_directly(await row_of(row.public_id))
        row = await ended(runner, row.public_id)
        assert json.dumps(row.record) == json.dumps(record)
        assert row.ledger.entries == ledger
        ends.add(row.status)
    assert ends == {"completed", "error"}


async def test_the_columns_of_a_finished_row_repeat_its_record(runner):
    row = await ended(runner, (await started()).public_id)
    assert (
        (row.status, row.end_reason) == (row.record["status"], row.record["end_reason"]) == ("completed",) * 2
    )
    assert (row.offset_ms, row.duration_ms, row.mode) == (30_000, 30_000, "headless")
    assert row.created_at <= row.started_at <= row.ended_at
    assert row.has_ended


async def test_a_paced_session_gives_the_same_record_as_an_unpaced_one(runner):
    paced = await ended(runner, (await started(speed=200.0)).public_id)
    record, ledger = await played_directly(paced)
    assert paced.record == record
    assert paced.ledger.entries == ledger


async def test_real_time_gives_the_same_events_at_the_same_offsets_as_virtual_time(runner):
    await patient_provider()
    real = await ended(runner, (await started(SHORT, mode="real", provider="tiger")).public_id)
    virtual = await ended(runner, (await started(SHORT, provider="tiger")).public_id)
    assert real.status == virtual.status == "completed"
    assert [(event["event_type"], event["offset_sec"]) for event in real.record["events"]] == [
        (event["event_type"], event["offset_sec"]) for event in virtual.record["events"]
    ]


async def test_pause_resume_and_stop_work_while_a_session_runs(runner):
    public_id = (await started(mode="real")).public_id
    await until_row(public_id, lambda row: "start" in events_of(row.record))
    assert runner.command(public_id, "pause")
    row = await until_row(public_id, lambda row: row.record["paused"])
    assert row.status == "running"
    at = runner.player(public_id).state().playhead_ms
    assert runner.command(public_id, "resume")
    await until_row(public_id, lambda row: not row.record["paused"])
    assert runner.player(public_id).state().playhead_ms >= at
    assert runner.command(public_id, "stop")
    row = await ended(runner, public_id)
    assert (row.status, row.end_reason) == ("closed", "stopped")
    assert {"pause", "resume"} <= set(events_of(row.record))
    assert "complete" not in events_of(row.record)
    assert not runner.command(public_id, "pause")
    assert runner.player(public_id) is None


async def test_a_button_pressed_before_the_session_was_read_is_obeyed_once_it_plays(runner):
    public_id = (await started(mode="real")).public_id
    await until(lambda: public_id in runner._tasks)
    assert runner.command(public_id, "pause")
    row = await until_row(public_id, lambda row: row.record["paused"])
    assert events_of(row.record)[-1] == "pause"
    runner.command(public_id, "stop")
    assert (await ended(runner, public_id)).end_reason == "stopped"
    assert runner._early == {}


async def test_the_buttons_of_the_page_and_the_api_command_a_running_session(runner):
    public_id = (await started(mode="real")).public_id
    await until(lambda: runner.player(public_id))
    browser = await sync_to_async(lambda: browser_of(PEOPLE["qa"]()))()

    def press(name: str, **options):
        return browser.post(reverse("session-command", args=[public_id, name]), **options)

    htmx = {"headers": {"hx-request": "true"}}
    assert (await sync_to_async(press)("pause", **htmx)).status_code == 204
    await until_row(public_id, lambda row: row.record["paused"])
    assert (await sync_to_async(press)("resume")).status_code == 302
    await until_row(public_id, lambda row: not row.record["paused"])
    answer = await sync_to_async(browser.post)(f"/api/v1/sessions/{public_id}/stop")
    assert (answer.status_code, answer.json()) == (202, {"id": public_id, "command": "stop"})
    assert (await ended(runner, public_id)).end_reason == "stopped"


async def test_without_an_open_runner_a_session_waits_and_the_next_opening_plays_it():
    row = await started()
    later = Runner()
    assert not later.is_open
    later.submit(row.public_id)
    assert not later.command(row.public_id, "pause")
    assert (await row_of(row.public_id)).status == "pending"
    await later.open()
    assert (await ended(later, row.public_id)).status == "completed"
    await later.close()


@pytest.mark.parametrize("goodbye", [Runner.close, kill], ids=["closed", "killed"])
@pytest.mark.parametrize(
    "how", [{"vast": SHORT, "mode": "real"}, {"speed": 60.0}], ids=["real time", "virtual time"]
)
async def test_a_session_goes_on_where_a_former_process_left_it(how, goodbye):
    await patient_provider()
    alone = Runner()
    row = await started(**how, provider="tiger")
    await alone.open()
    undisturbed = await ended(alone, row.public_id)
    await alone.close()

    row = await started(**how, provider="tiger")
    first, second = Runner(), Runner()
    await first.open()
    await until_row(row.public_id, lambda row: "firstQuartile" in events_of(row.record))
    await goodbye(first)
    left = await row_of(row.public_id)
    assert left.status == "running"
    assert "complete" not in events_of(left.record)

    await second.open()
    resumed = await ended(second, row.public_id)
    await second.close()
    assert without_wall_stamps(resumed.record) == without_wall_stamps(undisturbed.record)
    assert events_of(resumed.record).count("firstQuartile") == 1
    assert resumed.ledger.entries == undisturbed.ledger.entries
    assert resumed.started_at == left.started_at


async def test_a_paused_session_stays_paused_through_a_restart():
    first, second = Runner(), Runner()
    public_id = (await started(mode="real")).public_id
    await first.open()
    await until_row(public_id, lambda row: row.status == "running")
    first.command(public_id, "pause")
    await until_row(public_id, lambda row: row.record["paused"])
    await first.close()
    await second.open()
    player = await until(lambda: second.player(public_id))
    assert player.session.paused
    second.command(public_id, "stop")
    row = await ended(second, public_id)
    assert events_of(row.record).count("pause") == 1
    await second.close()


@pytest.mark.parametrize(
    ("xml", "said"), [("<VAST/>", "303"), ("garbage", "100"), (inline("other"), "another ad")]
)
async def test_a_document_that_can_no_longer_be_played_ends_its_session_with_the_reason(xml, said):
    later = Runner()
    row = await started()
    await AdDocument.objects.filter(pk=row.document_id).aupdate(xml=xml)
    await later.open()
    row = await ended(later, row.public_id)
    assert (row.status, row.end_reason) == ("error", "error")
    assert said in row.record["metadata"]["error"]
    assert row.ended_at
    await later.close()


async def test_a_record_nobody_can_read_ends_its_session_instead_of_pending_for_ever():
    later = Runner()
    row = await started()
    await Session.objects.filter(pk=row.pk).aupdate(record={"schema_version": 0})
    await later.open()
    row = await ended(later, row.public_id)
    assert (row.status, row.end_reason, row.record) == ("error", "error", {"schema_version": 0})
    await later.close()


async def test_a_fault_of_ours_in_the_middle_ends_the_session_in_error_and_spares_the_others(
    runner, monkeypatch
):
    save = RowStore.save
    broken: set[str] = set()

    async def failing(self, session, ledger):
        if self.public_id in broken and len(session.events) > 1:
            raise RuntimeError("the disk is full")
        await save(self, session, ledger)

    monkeypatch.setattr(RowStore, "save", failing)
    first, second = await started(speed=100.0), await started(speed=100.0)
    broken.add(first.public_id)
    bad, good = await ended(runner, first.public_id), await ended(runner, second.public_id)
    assert (bad.status, good.status) == ("error", "completed")
    assert "RuntimeError: the disk is full" in bad.record["metadata"]["error"]


@pytest.fixture
def saved(monkeypatch) -> list[list[str]]:
    """The names of the events in the record, each time a session is written."""
    written: list[list[str]] = []
    save = store_module._save

    def recorded(public_id, record, entries):
        written.append(events_of(record))
        save(public_id, record, entries)

    monkeypatch.setattr(store_module, "_save", recorded)
    return written


async def test_the_row_is_written_at_every_event_before_the_next_one(runner, saved, settings):
    settings.SESSION_PERSISTENCE = True
    row = await ended(runner, (await started()).public_id)
    names = events_of(row.record)
    assert [names[: len(names_then)] for names_then in saved] == saved
    for event in ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete"):
        assert any(names_then[-1:] == [event] for names_then in saved), event


async def test_without_persistence_only_the_end_is_written(runner, saved, settings):
    settings.SESSION_PERSISTENCE = False
    row = await ended(runner, (await started()).public_id)
    assert saved == [events_of(row.record)]


async def test_the_playhead_is_stored_between_two_events(runner, monkeypatch):
    monkeypatch.setattr(runner_module, "NEWS_INTERVAL_SEC", 0.005)
    monkeypatch.setattr(runner_module, "CHECKPOINT_INTERVAL_SEC", 0.01)
    row = await started(mode="real")
    first = await until_row(row.public_id, lambda row: row.offset_ms > 0)
    later = await until_row(row.public_id, lambda row: row.offset_ms > first.offset_ms)
    assert events_of(later.record) == events_of(first.record)
    runner.command(row.public_id, "stop")
    await ended(runner, row.public_id)


async def test_a_session_is_played_once_however_often_it_is_handed_over(runner):
    row = await started(speed=100.0)
    for _ in range(3):
        runner.submit(row.public_id)
    row = await ended(runner, row.public_id)
    assert events_of(row.record).count("start") == 1


async def test_many_sessions_run_side_by_side(runner):
    rows = [await started(speed=60.0, seed=seed) for seed in range(10)]
    assert {(await ended(runner, row.public_id)).status for row in rows} == {"completed"}
    assert runner._live == {}


async def test_a_session_deleted_while_it_runs_leaves_nothing_behind(runner):
    public_id = (await started(mode="real")).public_id
    await until(lambda: runner.player(public_id))
    await Session.objects.filter(own_id=public_id).adelete()
    runner.command(public_id, "stop")
    await until(lambda: public_id not in runner._tasks)
    assert not await Session.objects.filter(own_id=public_id).aexists()


class TestLifespan:
    async def test_the_server_opens_the_runner_and_closes_it_again(self, transactional_db):
        row = await started()
        inbox: asyncio.Queue = asyncio.Queue()
        outbox: asyncio.Queue = asyncio.Queue()
        server = asyncio.create_task(lifespan({"type": "lifespan"}, inbox.get, outbox.put))
        browser = await sync_to_async(lambda: browser_of(None))()
        assert (await sync_to_async(browser.get)("/healthz")).status_code == 503
        inbox.put_nowait({"type": "lifespan.startup"})
        assert (await outbox.get())["type"] == "lifespan.startup.complete"
        healthy = await sync_to_async(browser.get)("/healthz")
        assert (healthy.status_code, healthy.json()) == (200, {"database": True, "runner": True})
        assert (await ended(site_runner, row.public_id)).status == "completed"
        inbox.put_nowait({"type": "lifespan.shutdown"})
        assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
        await server
        assert not site_runner.is_open

    async def test_a_server_that_cannot_start_says_why(self, transactional_db, monkeypatch):
        async def broken(self):
            raise RuntimeError("no database")

        monkeypatch.setattr(Runner, "open", broken)
        inbox: asyncio.Queue = asyncio.Queue()
        outbox: asyncio.Queue = asyncio.Queue()
        inbox.put_nowait({"type": "lifespan.startup"})
        await lifespan({"type": "lifespan"}, inbox.get, outbox.put)
        message = await outbox.get()
        assert message["type"] == "lifespan.startup.failed"
        assert "no database" in message["message"]


async def test_a_page_opened_in_the_middle_shows_the_playhead_of_now_not_of_the_last_checkpoint(
    runner, monkeypatch
):
    monkeypatch.setattr(runner_module, "CHECKPOINT_INTERVAL_SEC", 3600.0)
    row = await started(mode="real")
    player = await until(lambda: runner.player(row.public_id))
    await until(lambda: player.state().playhead_ms > 50)
    person = await sync_to_async(lambda: browser_of(PEOPLE["viewer"]()))()
    page = await sync_to_async(person.get)(reverse("session", args=[row.public_id]))
    stored = (await row_of(row.public_id)).record["current_offset_sec"]
    assert page.context["view"].offset_sec > stored
    assert player.state().playhead_ms / 1000 >= page.context["view"].offset_sec


async def test_a_list_says_that_a_session_is_paused(runner):
    row = await started(mode="real")
    await until(lambda: runner.player(row.public_id))
    runner.command(row.public_id, "pause")
    assert (await until_row(row.public_id, lambda row: row.paused)).status == "running"
    runner.command(row.public_id, "resume")
    assert not (await until_row(row.public_id, lambda row: not row.paused)).has_ended


async def test_a_database_that_is_away_for_a_moment_costs_a_session_nothing(runner, monkeypatch):
    failures = iter([OperationalError("database is locked")] * 3)
    save = store_module._save

    def busy(*arguments):
        if error := next(failures, None):
            raise error
        save(*arguments)

    monkeypatch.setattr(store_module, "RETRY_SEC", 0.0)
    monkeypatch.setattr(store_module, "_save", busy)
    row = await ended(runner, (await started()).public_id)
    assert row.status == "completed"
    assert next(failures, None) is None
