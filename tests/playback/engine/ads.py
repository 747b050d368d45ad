"""VAST documents written for these tests, and short ways to play them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from playback.engine import AdData, HeadlessPlayer, PlaybackSession, VastClient

SINK = "http://t.test"
QUARTILES = ("firstQuartile", "midpoint", "thirdQuartile")
MP4 = '<MediaFile delivery="progressive" type="video/mp4" width="1280" height="720" bitrate="1500">{url}</MediaFile>'

F30_TRACKERS = (
    ("creativeView", "cv", None),
    ("start", "start1", None),
    ("start", "start2", None),
    ("firstQuartile", "q1", None),
    ("midpoint", "q2", None),
    ("thirdQuartile", "q3", None),
    ("complete", "done", None),
    ("pause", "pause", None),
    ("resume", "resume", None),
    ("skip", "skip", None),
    ("closeLinear", "close", None),
    ("progress", "p5500", "00:00:05.500"),
    ("progress", "p10pc", "10%"),
)


def tracking(event: str, path: str, offset: str | None = None) -> str:
    url = path if "://" in path or not path.isalnum() else f"{SINK}/{path}"
    place = f' offset="{offset}"' if offset else ""
    return f'<Tracking event="{event}"{place}><![CDATA[{url}]]></Tracking>'


def inline(
    *,
    duration: str | None = "00:00:30",
    trackers: Iterable[tuple[str, str, str | None]] = F30_TRACKERS,
    skip: str | None = "00:00:05",
    media: str = MP4.format(url=f"{SINK}/v.mp4"),
    impressions: Iterable[str] = (f" {SINK}/imp1 ", f"{SINK}/imp2"),
    error: str = f"{SINK}/err?c=[ERRORCODE]",
    ad_id: str = "a1",
    sequence: int | None = None,
) -> str:
    """One InLine ad; the defaults make F30, the fixture of the acceptance cases."""
    place = f' sequence="{sequence}"' if sequence else ""
    offset = f' skipoffset="{skip}"' if skip else ""
    length = f"<Duration>{duration}</Duration>" if duration is not None else ""
    shown = "".join(f"<Impression><![CDATA[{url}]]></Impression>" for url in impressions)
    tracked = "".join(tracking(*tracker) for tracker in trackers)
    return (
        f'<Ad id="{ad_id}"{place}><InLine><AdSystem>T</AdSystem><AdTitle>{ad_id}</AdTitle>'
        f"<Error><![CDATA[{error}]]></Error>{shown}<Creatives>"
        f'<Creative id="c1"><Linear{offset}>{length}<TrackingEvents>{tracked}</TrackingEvents>'
        f"<MediaFiles>{media}</MediaFiles></Linear></Creative></Creatives></InLine></Ad>"
    )


def vast(*ads: str, version: str = "3.0") -> str:
    return f'<VAST version="{version}">{"".join(ads)}</VAST>'


async def ad_of(document: str, **options: Any) -> AdData:
    ad = await VastClient.from_xml(document, **options).request_ad()
    assert isinstance(ad, AdData), ad
    return ad


async def f30(**changes: Any) -> AdData:
    return await ad_of(vast(inline(**changes)))


async def play(ad: AdData, config: Any = None, **options: Any) -> PlaybackSession:
    return await HeadlessPlayer(None, ad, config, **{"seed": 1, **options}).play()


def events_of(session: PlaybackSession) -> list[tuple[str, float]]:
    return [(event.event_type, event.offset_sec) for event in session.events]


def names_of(session: PlaybackSession) -> list[str]:
    return [event.event_type for event in session.events]


def sent(player: Any) -> list[tuple[str, float | None]]:
    """(last part of the address, due second) of everything that became due, in order."""
    return [
        (row.url.rsplit("/", 1)[-1], row.due_ms / 1000) for row in player.ledger if row.status == "dry_run"
    ]


def sent_names(player: Any) -> list[str]:
    return [name for name, _ in sent(player)]


async def play_with(player: Any, viewer: Callable[[Any], Awaitable[None]]) -> PlaybackSession:
    """Play while a viewer acts on the player's own clock."""
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(player.play())
        group.create_task(viewer(player))
    return playing.result()


def rule(probability: float, lo: float, hi: float, **more: Any) -> dict[str, Any]:
    return {"probability": probability, "min_offset_sec": lo, "max_offset_sec": hi, **more}
