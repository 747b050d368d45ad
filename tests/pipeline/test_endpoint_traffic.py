"""Counting and recording what endpoints served: nothing is lost, nothing names a viewer, nothing grows without end."""

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from pipeline.endpoint import keeper as keeper_module
from pipeline.endpoint import serving, traffic
from pipeline.endpoint.traffic import Recorded, Traffic
from pipeline.models import Endpoint, EndpointRequest, EndpointTraffic, Outcome
from tests.pipeline.players import make_endpoint, pod
from tests.playback.watching import until

pytestmark = pytest.mark.django_db(transaction=True)

made = sync_to_async(make_endpoint)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@sync_to_async
def counted(endpoint: Endpoint) -> dict[str, tuple[int, int]]:
    """Outcome -> (requests, ads), over all hours."""
    found: dict[str, tuple[int, int]] = {}
    for row in EndpointTraffic.objects.filter(endpoint=endpoint):
        requests, ads = found.get(row.outcome, (0, 0))
        found[row.outcome] = requests + row.requests, ads + row.ads
    return found


@sync_to_async
def kept(endpoint: Endpoint) -> list[EndpointRequest]:
    return list(EndpointRequest.objects.filter(endpoint=endpoint))


class TestCounts:
    async def test_requests_add_up_by_outcome_over_several_flushes(self, player, keeper):
        filled, empty = await made(pod(3, 2, 1)), await made(b'{"id": "1"}')
        for _ in range(2):
            for endpoint in (filled, filled, empty):
                await player.get(endpoint)
            assert await keeper.traffic.flush()
        assert await counted(filled) == {"fill": (4, 12)}
        assert await counted(empty) == {"no_ad": (2, 0)}

    async def test_every_way_a_request_ends_is_counted(self, player, keeper, settings, monkeypatch):
        settings.ENDPOINT_RATE = 3
        endpoint = await made(b"no JSON")
        await player.get(endpoint)
        await player.get(endpoint, "x" * 9000)
        monkeypatch.setattr(serving, "request_from_query", lambda *a, **k: 1 / 0)
        await player.get(endpoint)
        await player.get(endpoint)
        await keeper.traffic.flush()
        assert await counted(endpoint) == {
            Outcome.AUCTION_FAILED: (1, 0),
            Outcome.UNUSABLE: (1, 0),
            Outcome.BROKEN: (1, 0),
            Outcome.LIMITED: (1, 0),
        }

    async def test_a_head_request_is_counted_and_was_given_no_ads(self, player, keeper):
        endpoint = await made()
        await player.ask(f"/vast/{endpoint.slug}", method="HEAD")
        await keeper.traffic.flush()
        assert await counted(endpoint) == {"fill": (1, 0)}

    async def test_what_is_nobodys_request_is_not_counted(self, player, keeper):
        endpoint = await made()
        await player.ask(f"/vast/{endpoint.slug}", method="OPTIONS", origin="https://a.example")
        await player.ask(f"/vast/{endpoint.slug}", method="POST")
        await player.ask("/vast/zzzzzzzzzzzz")
        await keeper.traffic.flush()
        assert await counted(endpoint) == {}

    async def test_an_hour_is_an_hour_in_utc(self, keeper):
        endpoint = await made()
        for minutes in (0, 59, 60):
            at = (NOON + timedelta(minutes=minutes)).timestamp()
            keeper.traffic.count(endpoint.pk, at, Outcome.FILL, 2)
        await keeper.traffic.flush()
        rows = EndpointTraffic.objects.order_by("hour").values_list("hour", "requests", "ads")
        assert [row async for row in rows] == [(NOON, 2, 4), (NOON + timedelta(hours=1), 1, 2)]

    async def test_two_processes_count_the_same_hour_together(self, keeper):
        endpoint = await made()
        other = Traffic(keeper._writing)
        for counter in (keeper.traffic, other, keeper.traffic):
            counter.count(endpoint.pk, NOON.timestamp(), Outcome.FILL, 1)
            await counter.flush()
        assert await counted(endpoint) == {"fill": (3, 3)}

    async def test_a_flush_that_fails_loses_nothing(self, player, keeper, monkeypatch):
        endpoint = await made(records_requests=True)
        await player.get(endpoint)
        with monkeypatch.context() as away:
            away.setattr(traffic, "_existing", lambda _: (_ for _ in ()).throw(OperationalError("away")))
            assert not await keeper.traffic.flush()
            await player.get(endpoint)
            assert not await keeper.traffic.flush()
        assert await counted(endpoint) == {}
        assert await keeper.traffic.flush()
        assert await counted(endpoint) == {"fill": (2, 4)}
        assert len(await kept(endpoint)) == 2

    async def test_what_was_counted_is_written_before_the_process_ends(self, player, keeper):
        endpoint = await made()
        await player.get(endpoint)
        await keeper.close()
        assert await counted(endpoint) == {"fill": (1, 2)}

    async def test_it_is_written_by_itself_about_each_second(self, keeper, monkeypatch):
        endpoint = await made()
        await keeper.close()
        monkeypatch.setattr(keeper_module, "INTERVAL_SEC", 0.01)
        await keeper.open()
        keeper.traffic.count(endpoint.pk, NOON.timestamp(), Outcome.FILL, 1)
        await until(lambda: not keeper.traffic._pending.counts)
        await keeper.close()
        assert await counted(endpoint) == {"fill": (1, 1)}

    async def test_an_endpoint_deleted_meanwhile_takes_only_its_own_counts_with_it(self, player, keeper):
        gone, there = await made(records_requests=True), await made(records_requests=True)
        await player.get(gone)
        await player.get(there)
        await gone.adelete()
        assert await keeper.traffic.flush()
        assert await counted(there) == {"fill": (1, 2)}
        assert await EndpointTraffic.objects.acount() == await EndpointRequest.objects.acount() == 1


class TestRecords:
    async def test_a_request_is_recorded_with_what_came_of_it_and_without_its_viewer(self, player, keeper):
        endpoint = await made(records_requests=True)
        heard = await player.get(
            endpoint, "ifa=secret-ifa&w=640&h=360&ip=198.51.100.77", user_agent="TV/1", cookie="session=abc"
        )
        await keeper.traffic.flush()
        [row] = await kept(endpoint)
        assert (row.outcome, row.status, row.vast.encode()) == ("fill", 200, heard.body)
        assert [bid["bid_id"] for bid in row.result["selected"]] == ["b1", "b2"]
        assert "vast_xml" not in row.result
        assert row.request["imp"][0]["id"] == "1"
        assert 0 <= row.auction_ms <= row.took_ms
        told = json.dumps([row.request, row.notices, row.result])
        assert "secret-ifa" not in told
        assert "198.51.100.77" not in told
        assert "session=abc" not in told

    async def test_only_endpoints_with_the_switch_record(self, player, keeper):
        endpoint = await made()
        await player.get(endpoint)
        await keeper.traffic.flush()
        assert await kept(endpoint) == []

    async def test_the_last_ones_are_kept(self, player, keeper, settings):
        settings.ENDPOINT_RECORDED = 3
        endpoint, other = await made(records_requests=True), await made(records_requests=True)
        await player.get(other)
        for width in range(100, 105):
            await player.get(endpoint, f"w={width}&h=100")
        await keeper.traffic.flush()
        for width in range(105, 107):
            await player.get(endpoint, f"w={width}&h=100")
        await keeper.traffic.flush()
        assert [row.request["imp"][0]["video"]["w"] for row in await kept(endpoint)] == [106, 105, 104]
        assert len(await kept(other)) == 1

    async def test_a_clock_that_goes_back_costs_no_later_request_its_record(
        self, player, keeper, settings, monkeypatch
    ):
        settings.ENDPOINT_RECORDED = 2
        endpoint = await made(records_requests=True)
        for at, width in ((NOON, 100), (NOON, 101), (NOON - timedelta(hours=1), 102)):
            monkeypatch.setattr("pipeline.endpoint.door.timezone.now", lambda at=at: at)
            await player.get(endpoint, f"w={width}&h=100")
            await keeper.traffic.flush()
        assert {row.request["imp"][0]["video"]["w"] for row in await kept(endpoint)} == {101, 102}

    async def test_a_failed_auction_is_recorded_with_its_notice(self, player, keeper):
        endpoint = await made(b"no JSON", records_requests=True)
        await player.get(endpoint)
        await keeper.traffic.flush()
        [row] = await kept(endpoint)
        assert (row.outcome, row.status) == ("auction_failed", 200)
        assert [notice["code"] for notice in row.result["errors"]] == ["RESPONSE_NOT_JSON"]

    async def test_what_waits_to_be_written_is_bounded_and_the_newest_stay(self, player, keeper, monkeypatch):
        endpoint = await made(records_requests=True)
        size = len((await player.get(endpoint)).body)
        monkeypatch.setattr(traffic, "WAITING_BYTES", 3 * size)
        for width in range(200, 210):
            await player.get(endpoint, f"w={width}&h=100")
        waiting = keeper.traffic._pending
        assert (len(waiting.recorded), waiting.recorded_bytes) == (3, 3 * size)
        await keeper.traffic.flush()
        assert [row.request["imp"][0]["video"]["w"] for row in await kept(endpoint)] == [209, 208, 207]

    async def test_a_request_that_no_column_holds_keeps_out_no_other(self, keeper):
        endpoint = await made()
        for number in (1.0, float("nan"), 2.0):
            request = {"imp": [{"id": "1"}], "ext": {"number": number}}
            at = NOON + timedelta(seconds=len(keeper.traffic._pending.recorded))
            keeper.traffic.record(Recorded(endpoint.pk, at, Outcome.NO_AD, 200, 1.0, None, (), request, None))
        assert await keeper.traffic.flush()
        assert [row.request["ext"]["number"] for row in await kept(endpoint)] == [2.0, 1.0]


class TestLog:
    async def test_failures_make_one_line_a_flush_and_name_no_viewer(self, player, keeper, caplog):
        endpoint = await made(b"no JSON")
        with caplog.at_level(logging.WARNING):
            for _ in range(5):
                await player.get(endpoint, "ifa=secret-ifa", user_agent="TV/1")
            await keeper.traffic.flush()
            await keeper.traffic.flush()
        [line] = [record.msg for record in caplog.records]
        assert (line["endpoint"], line["code"], line["times"]) == (endpoint.public_id, "RESPONSE_NOT_JSON", 5)
        assert "secret-ifa" not in caplog.text
        assert "203.0.113.9" not in caplog.text

    async def test_a_fault_of_ours_is_logged_with_its_place_once_a_flush(
        self, player, keeper, caplog, monkeypatch
    ):
        monkeypatch.setattr(serving, "request_from_query", lambda *a, **k: 1 / 0)
        endpoint = await made(pod(1))
        for _ in range(3):
            await player.get(endpoint)
        assert [record.levelname for record in caplog.records] == ["ERROR"]
        await keeper.traffic.flush()
        assert caplog.records[-1].msg["times"] == 3

    async def test_a_filled_request_is_not_logged(self, player, keeper, caplog):
        await player.get(await made())
        await keeper.traffic.flush()
        assert caplog.records == []


async def test_an_answer_of_nothing_usable_is_no_failed_auction(player, keeper):
    endpoint = await made(pod(0))
    assert (await player.get(endpoint)).ads == []
    await keeper.traffic.flush()
    assert await counted(endpoint) == {"no_ad": (1, 0)}
