"""Bid responses and VAST documents small enough to read, and the samples that ship."""

import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parents[2] / "examples" / "bids"
SAMPLE_NAMES = sorted(path.stem for path in SAMPLES.glob("*.json"))

_INLINE = (
    '<VAST version="4.2"><Ad id="{ad}"><InLine><AdSystem>Test server</AdSystem><AdTitle>{title}</AdTitle>'
    "<Impression>https://track.example.com/{ad}/impression</Impression>"
    "<AdServingId>{ad}-serving</AdServingId>"
    "<Error>https://track.example.com/{ad}/error?code=[ERRORCODE]</Error>"
    '<Creatives><Creative><UniversalAdId idRegistry="ad-id.org">{ad}-universal</UniversalAdId><Linear>'
    "<Duration>{duration}</Duration><TrackingEvents>{tracking}</TrackingEvents><MediaFiles>"
    '<MediaFile delivery="progressive" type="video/mp4" width="1280" height="720">{media}</MediaFile>'
    "</MediaFiles></Linear></Creative></Creatives></InLine></Ad></VAST>"
)
_EVENTS = (
    "start",
    "firstQuartile",
    "midpoint",
    "thirdQuartile",
    "complete",
    "pause",
    "resume",
    "closeLinear",
)


def inline(
    ad: str = "shoes",
    *,
    title: str = "Spring shoes",
    duration: str = "00:00:30",
    media: str = "https://ads.example.com/media/demo-30s.mp4",
) -> str:
    """An InLine ad with a tracker for each event a viewing can reach."""
    tracking = "".join(
        f'<Tracking event="{event}">https://track.example.com/{ad}/{event}</Tracking>' for event in _EVENTS
    )
    return _INLINE.format(ad=ad, title=title, duration=duration, media=media, tracking=tracking)


def wrapper(ad: str = "chain") -> str:
    return (
        f'<VAST version="4.2"><Ad id="{ad}"><Wrapper><AdSystem>Test server</AdSystem>'
        f"<Impression>https://track.example.com/{ad}/impression</Impression>"
        "<VASTAdTagURI>https://ads.example.com/next</VASTAdTagURI></Wrapper></Ad></VAST>"
    )


def bid(name: str = "bid-1", *, price: Any = 10, adm: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"id": name, "impid": "1", "price": price, "adm": inline() if adm is None else adm, **fields}


def response(*bids: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A response of one seat; without arguments it holds one good bid."""
    return {
        "id": "request-1",
        "cur": "USD",
        "seatbid": [{"seat": "north", "bid": list(bids or [bid()])}],
        **fields,
    }


def body(*bids: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps(response(*bids, **fields)).encode()


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()
