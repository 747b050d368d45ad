"""VAST documents written for these tests, and short ways to play them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from playback.engine import AdData, HeadlessPlayer, PlaybackSession, VastClient
from playback.engine.request.ad_data import Fault, PlayableAd
from playback.engine.request.resolution import playing_order
from vast.ad import Ad, read

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
    clicks: str = "",
    icons: str = "",
    creatives: str = "",
    more: str = "",
) -> str:
    """One InLine ad; the defaults make F30, the fixture of the acceptance cases.

    `clicks` and `icons` stand in its linear, `creatives` beside it, `more` at the end of the InLine.
    """
    place = f' sequence="{sequence}"' if sequence else ""
    offset = f' skipoffset="{skip}"' if skip else ""
    length = f"<Duration>{duration}</Duration>" if duration is not None else ""
    shown = "".join(f"<Impression><![CDATA[{url}]]></Impression>" for url in impressions)
    tracked = "".join(tracking(*tracker) for tracker in trackers)
    return (
        f'<Ad id="{ad_id}"{place}><InLine><AdSystem>T</AdSystem><AdTitle>{ad_id}</AdTitle>'
        f"<Error><![CDATA[{error}]]></Error>{shown}<Creatives>"
        f'<Creative id="c1"><Linear{offset}>{length}<TrackingEvents>{tracked}</TrackingEvents>{clicks}'
        f"<MediaFiles>{media}</MediaFiles>{icons}</Linear></Creative>{creatives}</Creatives>{more}</InLine></Ad>"
    )


def wrapper(*, number: int = 1, linear: str = "", skip: str | None = None, more: str = "") -> Ad:
    """A Wrapper with an impression, an error address and what `linear` holds."""
    offset = f' skipoffset="{skip}"' if skip else ""
    document = vast(
        f'<Ad id="w{number}"><Wrapper><AdSystem>T</AdSystem><VASTAdTagURI>http://t.test/tag</VASTAdTagURI>'
        f"<Error><![CDATA[{SINK}/werr{number}?c=[ERRORCODE]]]></Error><Impression>{SINK}/wimp{number}</Impression>"
        f"<Creatives><Creative><Linear{offset}>{linear}</Linear></Creative></Creatives>{more}</Wrapper></Ad>"
    )
    return read(document).ads[0]


def under(ad: AdData, *wrappers: Ad) -> AdData:
    """The same ads, reached through these wrappers, outermost first."""
    return AdData(tuple(replace(one, wrappers=wrappers) for one in ad.ads), ad.substitutes)


def pod_of(document: str | bytes, *, faults: dict[int, Fault] | None = None) -> AdData:
    """A document's InLine ads as one pod, its stand-alone ads as substitutes; those alone are a pod of their own.

    `faults` are what resolution found wrong, by place in the pod.
    """
    raw = document.encode() if isinstance(document, str) else document
    found, digest = read(raw), sha256(raw).hexdigest()
    ads = [
        PlayableAd(ad, found.version, digest, index, (), found.notices)
        for index, ad in enumerate(playing_order(found.ads))
        if ad.kind == "inline"
    ]
    pod = [ad for ad in ads if ad.ad.sequence is not None] or ads
    spare = [ad for ad in ads if ad not in pod]
    faulty = [replace(ad, fault=(faults or {}).get(place)) for place, ad in enumerate(pod)]
    return AdData(tuple(faulty), tuple(spare))


def brief(name: str, seconds: int = 10, *, sequence: int | None = None, **changes: Any) -> str:
    """An ad whose addresses end in its own name."""
    events = (
        "start",
        "firstQuartile",
        "midpoint",
        "thirdQuartile",
        "complete",
        "skip",
        "pause",
        "closeLinear",
    )
    defaults: dict[str, Any] = {
        "duration": f"00:00:{seconds:02d}",
        "trackers": [(event, f"{event}{name}", None) for event in events],
        "impressions": [f"{SINK}/imp{name}"],
        "error": f"{SINK}/err{name}?c=[ERRORCODE]",
        "skip": "00:00:02",
    }
    return inline(ad_id=name, sequence=sequence, **{**defaults, **changes})


def three(**changes: Any) -> AdData:
    """A pod of 10, 20 and 8 seconds, written out of order."""
    return pod_of(vast(*(brief(name, seconds, sequence=n, **changes) for n, name, seconds in THREE)))


THREE = ((3, "C", 8), (1, "A", 10), (2, "B", 20))


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


def script(*steps: tuple[Any, ...]) -> Callable[[Any], Awaitable[None]]:
    """A viewer from (seconds to wait, action, arguments) steps; what the actions answer is kept in `answers`."""

    async def viewer(player: Any) -> None:
        for seconds, action, *arguments in steps:
            await player.time_provider.sleep(seconds)
            done = getattr(player, action)(*arguments)
            viewer.answers.append(await done if asyncio.iscoroutine(done) else done)

    viewer.answers = []
    return viewer


async def play_with(player: Any, viewer: Callable[[Any], Awaitable[None]]) -> PlaybackSession:
    """Play while a viewer acts on the player's own clock."""
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(player.play())
        group.create_task(viewer(player))
    return playing.result()


def rule(probability: float, lo: float, hi: float, **more: Any) -> dict[str, Any]:
    return {"probability": probability, "min_offset_sec": lo, "max_offset_sec": hi, **more}
