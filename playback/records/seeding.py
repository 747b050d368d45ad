"""A history made up for measuring and showing: sessions as batches store them, spread over the days before a moment.

Every day has a batch of its own with some of the combinations of ad, provider, publisher and mode; each combination
plays all day long. The same numbers and the same last day give the same sessions.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from typing import Any, Final, NamedTuple

from playback.engine import (
    PROVIDERS,
    AdData,
    NoAd,
    PlaybackSessionConfig,
    VastClient,
    get_provider_rules,
    simulate,
)
from playback.engine.splitmix import session_seed
from playback.models import AdDocument, Batch, BatchAd, BatchCell, Session
from playback.records.writing import HEADLESS, write
from vast.durations import format_duration

CELLS: Final = 24
"""Combinations that play on one day."""
PUBLISHERS: Final = ("", "den", "kitchen", "living-room", "lobby")
MODES: Final = (HEADLESS, HEADLESS, HEADLESS, "real")
_TRACKED: Final = (
    *("loaded", "creativeView", "start", "firstQuartile", "midpoint", "thirdQuartile", "complete"),
    *("closeLinear", "skip"),
)
_PROGRESS: Final = (10, 40, 60, 90)


class Ad(NamedTuple):
    title: str
    seconds: int
    source: str = Session.Source.DOCUMENT.value


ADS: Final = (
    Ad("Autumn coats, 15 s", 15),
    Ad("Autumn coats, 30 s", 30),
    Ad("Electric car, long cut", 60, Session.Source.BUILD.value),
    Ad("Electric car, teaser", 6, Session.Source.BUILD.value),
    Ad("Oat milk, breakfast", 20),
    Ad("Oat milk, summer", 30, Session.Source.TAG.value),
    Ad("Phone plan, family", 30, Session.Source.TAG.value),
    Ad("Travel insurance", 15),
)


class Kind(NamedTuple):
    """One combination."""

    ad: Ad
    provider: str
    publisher: str
    mode: str


KINDS: Final = tuple(Kind(*one) for one in product(ADS, ("", *PROVIDERS), PUBLISHERS, MODES))


def seed_history(sessions: int, days: int, seed: int, until: datetime) -> Iterator[int]:
    """Store this many sessions over as many days before `until`, a midnight; gives how many there are, day by day."""
    done = 0
    for day in range(days):
        target = sessions * (day + 1) // days
        _store_day(until - timedelta(days=days - day), target - done, session_seed(seed, day))
        done = target
        yield done


def _store_day(midnight: datetime, sessions: int, seed: int) -> None:
    chosen = [KINDS[session_seed(seed, place) % len(KINDS)] for place in range(CELLS)]
    batch = Batch.objects.create(
        title=f"Seeded, {midnight:%Y-%m-%d}",
        seed=seed,
        sessions=sessions,
        done=sessions,
        status=Batch.Status.COMPLETED,
        started_at=midnight,
        ended_at=midnight + timedelta(days=1),
    )
    # Nothing may begin before its batch; the column dates itself by the clock.
    Batch.objects.filter(pk=batch.pk).update(created_at=midnight)
    batch.created_at = midnight
    ads = {kind.ad: _ad_of(batch, kind.ad) for kind in chosen}
    first = 0
    for place, kind in enumerate(chosen):
        number = sessions * (place + 1) // CELLS - first
        _store_cell(batch, ads[kind.ad], kind, first, number, session_seed(seed, CELLS + place))
        first += number


def _store_cell(batch: Batch, ad: BatchAd, kind: Kind, first: int, sessions: int, seed: int) -> None:
    config = _config(kind.provider)
    simulation = simulate(_data(kind.ad), config, sessions, seed)
    cell = BatchCell.objects.create(
        batch=batch,
        ad=ad,
        provider=kind.provider,
        publisher=kind.publisher,
        config=config.to_dict(),
        seed=seed,
        first=first,
        sessions=sessions,
        done=sessions,
        summary=simulation.summary,
    )
    # Each a little after the same one of the cell before.
    at, every = batch.created_at + timedelta(milliseconds=first), timedelta(hours=23) / max(sessions, 1)
    write(cell, 0, simulation.lean(), at, every=every, mode=kind.mode)


def _ad_of(batch: Batch, ad: Ad) -> BatchAd:
    return BatchAd.objects.create(
        batch=batch,
        title=ad.title,
        source=ad.source,
        tag_url="https://ads.example.com/vast" if ad.source == Session.Source.TAG else "",
        document=AdDocument.keep(document_of(ad)),
    )


@cache
def _config(provider: str) -> PlaybackSessionConfig:
    rules: dict[str, Any] = dict(get_provider_rules(provider)) if provider else {}
    return PlaybackSessionConfig(
        mode="headless", interruption_rules={name: rule.to_dict() for name, rule in rules.items()}
    )


@cache
def _data(ad: Ad) -> AdData:
    asking = VastClient.from_xml(document_of(ad)).request_ad()
    try:
        asking.send(None)
    except StopIteration as answered:
        found: AdData | NoAd = answered.value
        if isinstance(found, AdData):
            return found
    raise AssertionError(ad.title)


@cache
def document_of(ad: Ad) -> str:
    """Its VAST: an address for each of a dozen events."""
    base = f"https://t.example.com/{ad.seconds}"
    events = "".join(f'<Tracking event="{name}">{base}/{name}</Tracking>' for name in _TRACKED)
    progress = "".join(
        f'<Tracking event="progress" offset="{share}%">{base}/p{share}</Tracking>' for share in _PROGRESS
    )
    return (
        f'<VAST version="4.2"><Ad id="seeded-{ad.seconds}"><InLine><AdSystem>vastdash</AdSystem>'
        f"<AdTitle>{ad.title}</AdTitle><AdServingId>seeded</AdServingId><Impression>{base}/impression</Impression>"
        f"<Error>{base}/error?code=[ERRORCODE]</Error><Creatives><Creative>"
        '<UniversalAdId idRegistry="example.com">seeded</UniversalAdId><Linear>'
        f"<Duration>{format_duration(ad.seconds * 1000)}</Duration>"
        f"<TrackingEvents>{events}{progress}</TrackingEvents><MediaFiles>"
        '<MediaFile delivery="progressive" type="video/mp4" width="1280" height="720">'
        "https://cdn.example.com/seeded.mp4</MediaFile></MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"
    )
