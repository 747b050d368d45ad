"""What a build costs over what cannot be avoided: decode the JSON, parse each adm, append its Ad, write the document.

`build_over_floor` is the geometric mean over responses of 5 and 20 bids of the median ratio of their rounds.
`build_libraries_share` is how much of a build lxml and msgspec take by themselves: the rest is ours.
"""

import random
from math import sqrt
from statistics import median
from typing import Any

import msgspec
from lxml import etree

from bench.rounds import interleaved, ratio
from pipeline.engine import ReceiverConfig, SelectionStrategy, build_vast_from_bid_response
from vast.document import KEEPING

ROUNDS = 15
CONFIG = ReceiverConfig(
    selection_strategy=SelectionStrategy.ALL,
    max_ads_in_pod=0,
    vast_version_default="4.2",
    enable_debug=True,
)
EVENTS = (
    "start",
    "firstQuartile",
    "midpoint",
    "thirdQuartile",
    "complete",
    "mute",
    "unmute",
    "pause",
    "resume",
    "skip",
)


def inline(chance: random.Random, bid: str) -> str:
    """An InLine ad of 3.5 to 6 KB as bidders send them: no Pricing and no Advertiser, so that both are added."""
    tag = "".join(chance.choices("0123456789abcdef", k=96))
    trackers = "".join(
        f'<Tracking event="{event}"><![CDATA[https://t{chance.randrange(9)}.example.com/v/{event}?b={bid}&c={tag}]]></Tracking>'
        for event in EVENTS
        for _ in range(chance.randint(1, 2))
    )
    files = "".join(
        f'<MediaFile delivery="progressive" type="video/mp4" width="{width}" height="{width * 9 // 16}" '
        f'bitrate="{width * 2}"><![CDATA[https://cdn.example.com/{tag}/{width}.mp4]]></MediaFile>'
        for width in (640, 960, 1280, 1920)[: chance.randint(2, 4)]
    )
    impressions = "".join(
        f'<Impression id="{n}"><![CDATA[https://i{n}.example.com/imp?b={bid}&c={tag}]]></Impression>'
        for n in range(chance.randint(1, 4))
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><VAST version="4.2"><Ad id="{bid}"><InLine><AdSystem>bidder</AdSystem>'
        f"<Error><![CDATA[https://e.example.com/err?b={bid}&code=[ERRORCODE]]]></Error>{impressions}"
        f'<AdServingId>{tag}</AdServingId><AdTitle>Spot {bid}</AdTitle><Creatives><Creative id="c-{bid}">'
        f'<UniversalAdId idRegistry="ad-id.org">{tag[:12]}</UniversalAdId><Linear><Duration>00:00:30</Duration>'
        f"<TrackingEvents>{trackers}</TrackingEvents><VideoClicks><ClickThrough>"
        f"<![CDATA[https://www.example.com/{tag}]]></ClickThrough></VideoClicks><MediaFiles>{files}</MediaFiles>"
        f"</Linear></Creative></Creatives></InLine></Ad></VAST>"
    )


def response(bids: int) -> bytes:
    """A seeded bid response of `bids` playable bids from three seats."""
    chance = random.Random(bids)
    seats: dict[str, list[dict[str, Any]]] = {"alpha": [], "beta": [], "gamma": []}
    for number in range(bids):
        bid = f"b{number}"
        seats[chance.choice(sorted(seats))].append(
            {
                "id": bid,
                "impid": "1",
                "price": chance.randrange(100, 2000) / 100,
                "adm": inline(chance, bid),
                "adomain": [f"brand{number}.example.com"],
                "crid": f"c-{bid}",
                "cid": f"k-{number % 3}",
                "cat": ["IAB2-3"],
                "dur": 30,
                "mtype": 2,
                "ext": {"prebid": {"type": "video", "meta": {"advertiserName": f"Brand {number}"}}},
            }
        )
    seatbid = [{"seat": seat, "bid": found} for seat, found in seats.items()]
    return msgspec.json.encode({"id": "r1", "cur": "USD", "seatbid": seatbid})


def floor(body: bytes) -> bytes:
    """The unavoidable: every adm parsed, its Ad moved into one document, the document written."""
    root = etree.Element("VAST", version="4.2")
    for seat in msgspec.json.decode(body)["seatbid"]:
        for bid in seat["bid"]:
            root.append(etree.fromstring(bid["adm"].encode())[0])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def libraries(body: bytes) -> list[bytes]:
    """What a build leaves to its libraries, and nothing else: JSON to objects, markup to trees, each Ad to text."""
    adms = [bid["adm"] for seat in msgspec.json.decode(body)["seatbid"] for bid in seat["bid"]]
    roots = [etree.fromstring(adm.encode(), KEEPING) for adm in adms]
    return [etree.tostring(root[0], encoding="unicode", with_tail=False).encode() for root in roots]


def run() -> dict[str, float]:
    figures: dict[str, float] = {}
    ratios, shares = [], []
    for bids in (5, 20):
        body = response(bids)
        built = build_vast_from_bid_response(None, body, CONFIG)
        if len(built.selected) != bids or len(etree.fromstring(floor(body))) != bids:
            raise AssertionError(f"{len(built.selected)} of {bids} bids were served: {built.rejected}")
        times = 400 // bids
        taken = interleaved(
            {
                "floor": (lambda body=body: floor(body), times),  # type: ignore[misc]
                "libraries": (lambda body=body: libraries(body), times),  # type: ignore[misc]
                "build": (lambda body=body: build_vast_from_bid_response(None, body, CONFIG), times),  # type: ignore[misc]
            },
            ROUNDS,
        )
        ratios.append(ratio(taken["build"], taken["floor"]))
        shares.append(ratio(taken["libraries"], taken["build"]))
        figures[f"build_{bids}_bids_us"] = median(taken["build"]) * 1e6
        figures[f"floor_{bids}_bids_us"] = median(taken["floor"]) * 1e6
    return {
        "build_over_floor": sqrt(ratios[0] * ratios[1]),
        "build_libraries_share": sqrt(shares[0] * shares[1]),
        **figures,
    }
