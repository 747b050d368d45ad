"""Bids, markup and questions about the document, for the cases of the pipeline."""

from decimal import Decimal

from lxml import etree

from pipeline.engine import build_vast_from_bid_response

CFG0 = {
    "receiver": "GAM_SSU",
    "default_currency": "USD",
    "vast_version_default": "3.0",
    "max_ads_in_pod": 10,
    "selection_strategy": "TOP_N",
    "collision_policy": "VAST_WINS",
    "placement_rules": {
        "pricing_placement": "INLINE",
        "advertiser_placement": "INLINE",
        "categories_placement": "EXTENSIONS",
        "debug_placement": "EXTENSIONS",
    },
}
NOWHERE = dict.fromkeys(CFG0["placement_rules"], "SKIP")


def cfg0(**changes):
    placements = {key: changes.pop(key) for key in list(changes) if key.endswith("_placement")}
    return CFG0 | {"placement_rules": CFG0["placement_rules"] | placements} | changes


def inl(
    title="a", inside="", version="3.0", duration="<Duration>00:00:30</Duration>", ad='id="own"', after=""
):
    return (
        f'<VAST version="{version}"><Ad {ad}><InLine><AdSystem>sys</AdSystem><AdTitle>{title}</AdTitle>{inside}'
        f"<Impression><![CDATA[https://imp/{title}]]></Impression><Creatives><Creative><Linear>{duration}"
        '<TrackingEvents><Tracking event="start"><![CDATA[https://t/start]]></Tracking></TrackingEvents>'
        '<MediaFiles><MediaFile delivery="progressive" type="video/mp4" width="640" height="360">'
        f"<![CDATA[https://m/{title}.mp4]]></MediaFile></MediaFiles></Linear></Creative></Creatives>{after}</InLine></Ad></VAST>"
    )


def wrapper(version="3.0", inside="", attributes=""):
    return (
        f'<VAST version="{version}"><Ad id="w"><Wrapper {attributes}><AdSystem>sys</AdSystem>{inside}'
        "<Impression><![CDATA[https://imp/w]]></Impression>"
        "<VASTAdTagURI><![CDATA[https://next/?a=1&b=2]]></VASTAdTagURI></Wrapper></Ad></VAST>"
    )


def bid(bid_id="b1", price=5.0, adm=None, **more):
    return {"id": bid_id, "impid": "1", "price": price, "adm": inl() if adm is None else adm} | more


def response(*bids, cur="USD", seat="s"):
    return {"id": "r", "cur": cur, "seatbid": [{"seat": seat, "bid": list(bids)}]}


class Built:
    """A result with its document parsed by a strict parser."""

    def __init__(self, *bids, config=None, request=None, cur="USD", answer=None):
        self.answer = response(*bids, cur=cur) if answer is None else answer
        self.result = build_vast_from_bid_response(request, self.answer, CFG0 if config is None else config)
        self.xml = self.result.xml
        self.root = etree.fromstring(self.xml)

    def all(self, name):
        return [element for element in self.root.iter("*") if etree.QName(element).localname == name]

    def count(self, name):
        return len(self.all(name))

    def texts(self, name):
        return [(element.text or "").strip() for element in self.all(name)]

    def inline(self, name):
        """Children of that name of every InLine and Wrapper."""
        sides = self.all("InLine") + self.all("Wrapper")
        return [
            child
            for side in sides
            for child in side.iterchildren("*")
            if etree.QName(child).localname == name
        ]

    def extensions(self, kind):
        return [extension for extension in self.all("Extension") if extension.get("type") == kind]

    @property
    def ids(self):
        return [ad.get("id") for ad in self.all("Ad")]

    @property
    def sequences(self):
        return [ad.get("sequence") for ad in self.all("Ad")]

    @property
    def prices(self):
        return [
            (Decimal(e.text.strip()), e.get("currency"), e.get("model").lower())
            for e in self.inline("Pricing")
        ]

    def codes(self, bid_id=None):
        notices = self.result.warnings + self.result.errors
        return [notice.code for notice in notices if bid_id in (None, notice.bid_id)]

    @property
    def fates(self):
        """bid id -> "selected" or the code of its rejection."""
        chosen = {item.meta.bid_id: "selected" for item in self.result.selected}
        return chosen | {item.bid_id: item.code for item in self.result.rejected}
