import pytest
from asgiref.sync import sync_to_async

from pipeline.endpoint import keeper as keeper_module
from pipeline.endpoint.database import DatabaseThread
from pipeline.endpoint.door import VastDoor
from pipeline.endpoint.keeper import Keeper
from tests.pipeline.players import Player
from tests.site.people import ad_ops, nobody, qa, superuser, viewer

__all__ = ["ad_ops", "nobody", "qa", "superuser", "viewer"]


async def in_the_tests_own_thread(_thread, work):
    """In place of a second thread: a database in memory has no patience with two that write."""
    return await sync_to_async(work)()


@pytest.fixture
async def keeper(transactional_db, monkeypatch):
    """Endpoints and their traffic on this test's loop; nothing happens by itself but what a row's save starts."""
    monkeypatch.setattr(keeper_module, "INTERVAL_SEC", 3600)
    monkeypatch.setattr(DatabaseThread, "run", in_the_tests_own_thread)
    keeper = Keeper()
    await keeper.open()
    yield keeper
    await keeper.close()


@pytest.fixture
def player(keeper):
    """Somebody at the door of the endpoints; other addresses are not there."""

    async def nowhere(scope, receive, send):
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return Player(VastDoor(nowhere, keeper.directory, keeper.traffic))
