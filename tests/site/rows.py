"""Rows the tests start from, made the way the site makes them."""

from typing import Any

from asgiref.sync import async_to_sync

from pipeline import builds
from pipeline.models import Build
from playback.batches.asked import Asked, AskedAd
from playback.batches.making import make
from playback.batches.running import run
from playback.live.store import RowStore
from playback.models import Batch, Provider, Session
from playback.rows import shipped
from playback.sources import source_of
from playback.starting import start
from tests.pipeline.responses import body, inline


def make_build(response: bytes | None = None, **config: Any) -> Build:
    answer = body() if response is None else response
    config = {"receiver": "GENERIC", "selection_strategy": "TOP_N", **config}
    return builds.build(response=answer, request=None, config=config, title="A build", user=None)


def make_provider(name: str = "yandex", profile_set: str = "seed") -> Provider:
    return Provider.objects.create(name=name, title=name.capitalize(), playback=shipped(name, profile_set))


def make_session(vast: str | None = None, **how: Any) -> Session:
    """A stored session that has not begun: as fast as possible and headless unless told otherwise."""
    how = {"mode": "headless", "speed": 0.0, "seed": 7, "title": "A session", "user": None, **how}
    if not {"build", "url"} & how.keys():
        how["vast"] = inline() if vast is None else vast
    return start(**how)


def play_out(row: Session) -> Session:
    """Plays a stored session to its end as the runner does, in this thread; returns the row read anew."""

    async def play() -> None:
        player = await RowStore(row.public_id).player()
        await player.play()

    async_to_sync(play)()
    return Session.objects.select_related("ledger").get(pk=row.pk)


def make_batch(*vasts: str, **how: Any) -> Batch:
    """A stored batch that has not begun, of one ad or of these."""
    ads = [
        AskedAd("vast", source_of(None, vast, None, f"Ad {n}"))
        for n, vast in enumerate(vasts or [inline()], 1)
    ]
    return make(Asked(ads, **{"sessions": 200, "seed": 7, "title": "A batch", **how}), user=None)


def run_batch(*vasts: str, **how: Any) -> Batch:
    """The same, played to its end in this thread."""
    batch = make_batch(*vasts, **how)
    run(batch.public_id)
    batch.refresh_from_db()
    return batch
