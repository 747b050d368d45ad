"""Endpoints in memory: what is saved is served at once here and soon elsewhere, whatever the database does."""

import asyncio
import logging
import threading
from collections import defaultdict
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, transaction
from django.utils import timezone

from pipeline.endpoint import directory as directory_module
from pipeline.endpoint.database import DatabaseThread
from pipeline.endpoint.open_endpoint import StoredAnswer, StoredAnswers
from pipeline.models import Endpoint, ReceiverProfile, Upload
from tests.pipeline.players import make_endpoint, pod
from tests.pipeline.responses import bid, body
from vastdash.models import Publisher

pytestmark = pytest.mark.django_db(transaction=True)

made = sync_to_async(make_endpoint)


def away(*_args, **_named):
    raise OperationalError("the database is away")


@sync_to_async
def save_elsewhere(row, later=timedelta(milliseconds=1), **changes) -> None:
    """As another process saves it: nobody here is told."""
    type(row).objects.filter(pk=row.pk).update(updated_at=timezone.now() + later, **changes)


class TestSavedHere:
    async def test_the_next_request_sees_a_closed_and_a_reopened_endpoint(self, player):
        endpoint = await made()
        for is_open, status in ((True, 200), (False, 404), (True, 200)):
            endpoint.is_open = is_open
            await endpoint.asave()
            assert (await player.get(endpoint)).status == status

    async def test_the_next_request_sees_another_stored_response_profile_and_publisher(self, player):
        endpoint = await made()
        endpoint.canned = await sync_to_async(Upload.keep)(pod(1, 2, 3))
        await endpoint.asave()
        assert len((await player.get(endpoint)).ads) == 3
        profile = await ReceiverProfile.objects.aget(pk=endpoint.receiver_id)
        profile.config = {"selection_strategy": "SINGLE"}
        await profile.asave()
        assert len((await player.get(endpoint)).ads) == 1
        endpoint.publisher = await Publisher.objects.acreate(
            name="p", title="P", receiver_config={"vast_version_default": "4.3"}
        )
        await endpoint.asave()
        assert (await player.get(endpoint)).root.get("version") == "4.3"

    async def test_a_deleted_endpoint_is_gone(self, player):
        endpoint = await made()
        slug = endpoint.slug
        await endpoint.adelete()
        assert (await player.ask(f"/vast/{slug}")).status == 404

    async def test_a_change_that_is_rolled_back_is_none(self, player):
        endpoint = await made()

        @sync_to_async
        def close_and_think_better() -> None:
            with transaction.atomic():
                endpoint.is_open = False
                endpoint.save()
                transaction.set_rollback(True)

        await close_and_think_better()
        assert (await player.get(endpoint)).status == 200

    async def test_other_endpoints_keep_what_they_hold(self, player, keeper):
        first, second = await made(), await made()
        before = [await keeper.directory.find(row.slug) for row in (first, second)]
        second.title = "Renamed"
        await second.asave()
        after = [await keeper.directory.find(row.slug) for row in (first, second)]
        assert after[0] is before[0]
        assert after[1] is not before[1]


class TestSavedElsewhere:
    @pytest.mark.parametrize("hours", [0, -1], ids=["in order", "by a clock that has gone back"])
    async def test_a_change_is_seen_at_the_next_look(self, player, keeper, hours):
        endpoint, _ = await made(), await made()
        await player.get(endpoint)
        await save_elsewhere(endpoint, timedelta(hours=hours, milliseconds=1), is_open=False)
        assert (await player.get(endpoint)).status == 200
        await keeper.tick()
        assert (await player.get(endpoint)).status == 404

    async def test_a_profile_changed_elsewhere_is_seen_too(self, player, keeper):
        endpoint = await made()
        await player.get(endpoint)
        await save_elsewhere(
            await ReceiverProfile.objects.aget(pk=endpoint.receiver_id),
            config={"selection_strategy": "SINGLE"},
        )
        await keeper.tick()
        assert (await player.get(endpoint)).ads == ["b1"]

    async def test_a_look_that_finds_nothing_new_reads_no_rows(self, player, keeper, monkeypatch):
        await made()
        await player.ask("/vast/zzzzzzzzzzzz")
        monkeypatch.setattr(keeper.directory, "_rows", away)
        await keeper.directory.look()


class TestDatabase:
    async def test_no_request_asks_it_once_an_endpoint_is_known(self, player, keeper, monkeypatch):
        endpoint = await made(records_requests=True)
        await player.get(endpoint)
        for thread in (keeper._reading, keeper._writing):
            monkeypatch.setattr(thread, "run", away)
        assert (await player.get(endpoint)).status == 200
        assert (await player.ask("/vast/zzzzzzzzzzzz")).status == 404
        monkeypatch.undo()

    async def test_while_it_is_away_memory_serves_and_afterwards_the_change_is_seen(
        self, player, keeper, monkeypatch, caplog
    ):
        endpoint = await made()
        await player.get(endpoint)
        with monkeypatch.context() as outage, caplog.at_level(logging.WARNING):
            outage.setattr(directory_module, "_version", away)
            endpoint.is_open = False
            await endpoint.asave()
            assert (await player.get(endpoint)).status == 200
            await keeper.tick()
            assert (await player.get(endpoint)).status == 200
        assert "endpoints not read" in caplog.text
        await keeper.tick()
        assert (await player.get(endpoint)).status == 404

    async def test_while_it_is_slow_a_request_waits_no_longer_than_is_bearable(
        self, player, keeper, monkeypatch
    ):
        endpoint = await made()
        await player.get(endpoint)
        answers = threading.Event()
        version = directory_module._version
        monkeypatch.setattr(directory_module, "PATIENCE_SEC", 0.01)
        monkeypatch.setattr(directory_module, "_version", lambda: answers.wait(20) and version())
        endpoint.is_open = False
        await endpoint.asave()
        assert (await player.get(endpoint)).status == 200
        assert (await player.get(endpoint)).status == 200
        answers.set()
        await asyncio.gather(*keeper.directory._tasks)
        assert (await player.get(endpoint)).status == 404

    async def test_a_stored_response_that_cannot_be_read_is_a_failed_auction_and_tried_again(
        self, player, keeper, monkeypatch
    ):
        endpoint = await made()
        assert (await keeper.directory.find(endpoint.slug)).pk == endpoint.pk
        with monkeypatch.context() as outage:
            outage.setattr(Upload.objects, "get", away)
            heard = await player.get(endpoint)
            assert (heard.status, heard.ads) == (200, [])
        assert (await player.get(endpoint)).ads == ["b1", "b2"]

    async def test_an_endpoint_without_a_stored_response_answers_without_an_ad(self, player):
        endpoint = await made(canned=None)
        heard = await player.get(endpoint)
        assert (heard.status, heard.ads) == (200, [])


class TestStoredAnswers:
    async def test_however_many_ask_it_is_read_once(self):
        reads = []

        async def read(upload):
            reads.append(upload)
            await asyncio.sleep(0)
            return StoredAnswer.of(pod(1))

        answers = StoredAnswers(read)
        found = await asyncio.gather(*(answers.get(7) for _ in range(20)))
        assert reads == [7]
        assert len({id(one) for one in found}) == 1

    async def test_the_memory_holds_what_was_asked_for_last(self):
        reads = []

        async def read(upload):
            reads.append(upload)
            return StoredAnswer.of(b"x" * 40)

        answers = StoredAnswers(read, limit_bytes=100)
        for upload in (1, 2, 1, 3, 1, 3, 2):
            await answers.get(upload)
            await asyncio.sleep(0)
        assert reads == [1, 2, 3, 2]

    async def test_one_larger_than_the_memory_is_served_all_the_same(self):
        async def read(upload):
            return StoredAnswer.of(b"x" * 1000)

        answers = StoredAnswers(read, limit_bytes=100)
        assert len((await answers.get(1)).body) == 1000

    async def test_who_leaves_while_it_is_read_spoils_it_for_nobody(self):
        go_on = asyncio.Event()

        async def read(upload):
            await go_on.wait()
            return StoredAnswer.of(pod(1))

        answers = StoredAnswers(read)
        impatient = asyncio.create_task(answers.get(1))
        patient = asyncio.create_task(answers.get(1))
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.sleep(0)
        go_on.set()
        assert (await patient).imp_ids == ("1",)

    def test_the_request_is_asked_for_each_imp_of_the_answer(self):
        stored = StoredAnswer.of(body(bid("a", impid="x"), bid("b", impid="y"), bid("c", impid="x")))
        asked = stored.asked({"id": "r", "imp": [{"id": "1", "video": {"w": 640}}]})
        assert asked == {
            "id": "r",
            "imp": [
                {"id": "x", "video": {"podid": "1", "w": 640}},
                {"id": "y", "video": {"podid": "1", "w": 640}},
            ],
        }

    def test_an_answer_without_bids_changes_no_request(self):
        request = {"imp": [{"id": "1"}]}
        assert StoredAnswer.of(b"no JSON").asked(request) is request


async def test_an_endpoint_that_cannot_be_opened_keeps_no_other_one_from_being_read(
    player, monkeypatch, caplog
):
    broken, other = await made(tmax_ms=1), await made(tmax_ms=2)
    bids_of = directory_module.bids_of

    def fails(row, read):
        return away() if row.tmax_ms == 1 else bids_of(row, read)

    monkeypatch.setattr(directory_module, "bids_of", fails)
    for row in (broken, other):
        row.slug = f"x{row.slug[1:]}"
        await row.asave()
    assert (await player.get(broken)).status == 404
    assert (await player.get(other)).status == 200
    assert broken.public_id in caplog.text


async def test_a_save_is_waited_for_although_somebody_still_waits_for_the_one_before(keeper):
    directory, first, second = keeper.directory, asyncio.Event(), asyncio.Event()
    directory._awaited = directory._start(first.wait())
    asking = asyncio.create_task(directory.find("zzzzzzzzzzzz"))
    await asyncio.sleep(0)
    directory._awaited = latest = directory._start(second.wait())
    first.set()
    assert await asking is None
    assert directory._awaited is latest


async def test_counts_that_wait_to_be_written_hold_up_no_first_request(player, keeper, monkeypatch):
    queues = defaultdict(asyncio.Lock)

    async def one_job_after_the_other(thread, work):
        async with queues[thread]:
            return await sync_to_async(work)()

    monkeypatch.setattr(DatabaseThread, "run", one_job_after_the_other)
    endpoint = await made()
    await keeper.directory.look()
    async with queues[keeper.traffic._thread]:
        assert (await asyncio.wait_for(player.get(endpoint), 10)).ads


async def test_what_keeps_the_endpoints_can_be_closed_and_opened_again(player, keeper):
    endpoint = await made()
    await keeper.close()
    assert (await player.get(endpoint)).status == 404
    await keeper.open()
    assert (await player.get(endpoint)).status == 200
    assert await Endpoint.objects.acount() == 1
