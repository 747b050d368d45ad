"""The table of pipeline.md §1.12: in each of its rows the receivers' outputs differ exactly where the row says."""

import copy
import re
from collections import Counter

import pytest
from lxml import etree

from pipeline.engine import RECEIVERS, ROWS
from tests.pipeline.receivers.cases import cases

BY_ROW = {
    (case.name.removeprefix("row_"), case.receiver): case for case in cases() if case.name.startswith("row_")
}


def step(element):
    name = etree.QName(element).localname
    mark = element.get("id") if name == "Ad" else element.get("type") if name == "Extension" else None
    return f"{name}[{mark}]" if mark else name


def lines(xml):
    """A document as lines "path = text" and "path@attribute = value", the CDATA or escapes of a text aside."""
    found = Counter()
    for element in etree.fromstring(xml).iter("*"):
        path = "/".join([*(step(above) for above in reversed(list(element.iterancestors()))), step(element)])
        path = path.removeprefix("VAST/")
        text = (element.text or "").strip()
        found[f"{path} = {text}" if text else path] += 1
        found.update(f"{path}@{name} = {value}" for name, value in element.attrib.items())
    return found


def alone(these, those):
    """The lines of these that those lack; an Ad that is missing altogether is one line."""
    found = sorted((these - those).elements())
    gone = [line for line in found if re.fullmatch(r"Ad\[[^]]*\]", line)]
    return [line for line in found if line in gone or not line.startswith(tuple(gone))]


def against_generic(row, receiver):
    """(what GENERIC's document has alone, what this receiver's has alone)."""
    ours, generic = (lines(BY_ROW[row, name].built().xml) for name in (receiver, "GENERIC"))
    return alone(generic, ours), alone(ours, generic)


def pricing(side, form, text, currency="USD"):
    path = f"{side}/{form}"
    return [f"{path} = {text}", f"{path}@currency = {currency}", f"{path}@model = CPM"]


def extension(side, kind, *inside):
    """The lines of an Extension in a block of its own."""
    path = f"{side}/Extensions/Extension[{kind}]"
    return [f"{side}/Extensions", path, f"{path}@type = {kind}", *(f"{path}/{leaf}" for leaf in inside)]


def price_extension(side, text):
    return [
        *extension(side, "pricing"),
        *pricing(f"{side}/Extensions/Extension[pricing]", "Price", text),
    ]


AUTHORITY = "https://iabtechlab.com/standards/content-taxonomy/"
OLD_WRAPPER = "Ad[old-wrapper]/Wrapper/Extensions/Extension[pricing]"


def category(side, code):
    return [f"{side}/Category = {code}", f"{side}/Category@authority = {AUTHORITY}"]


CREATIVE = "Ad[bare]/InLine/Creatives/Creative"
FILE = f"{CREATIVE}/Linear/MediaFiles/MediaFile"
FILLED = (
    ["Ad[bare]/InLine/AdSystem"],
    [
        "Ad[bare-wrapper]/Wrapper/AdSystem = Prebid Server",
        "Ad[bare-wrapper]/Wrapper/Impression = about:blank",
        "Ad[bare-wrapper]/Wrapper/Impression@id = bare-wrapper-impression",
        "Ad[bare]/InLine/AdSystem = Prebid Server",
        "Ad[bare]/InLine/AdTitle = Ad bare",
        "Ad[bare]/InLine/Impression = about:blank",
        "Ad[bare]/InLine/Impression@id = bare-impression",
        f"{CREATIVE}@id = bare-creative-1",
        f"{FILE}@delivery = progressive",
        f"{FILE}@id = bare-creative-1-media-1",
        f"{FILE}@type = video/mp4",
    ],
)
# (row, receiver) -> what GENERIC's document has alone, what the receiver's has alone.
DIFFERENCES = {
    ("price", "GAM_SSU"): (
        pricing(OLD_WRAPPER, "Price", "7")
        + pricing("Ad[version-2]/InLine/Extensions/Extension[pricing]", "Price", "5"),
        pricing(OLD_WRAPPER, "Pricing", "7")
        + pricing("Ad[version-2]/InLine/Extensions/Extension[pricing]", "Pricing", "5"),
    ),
    ("price", "FREEWHEEL"): (
        pricing("Ad[present]/InLine", "Pricing", "8"),
        [
            *price_extension("Ad[absent]/InLine", "9"),
            "Ad[present]/InLine/Pricing = 3.00",
            "Ad[present]/InLine/Pricing@currency = GBP",
            "Ad[present]/InLine/Pricing@model = cpm",
            *price_extension("Ad[present]/InLine", "8"),
            *price_extension("Ad[new-wrapper]/Wrapper", "6"),
        ],
    ),
    ("advertiser", "GAM_SSU"): (
        [
            "Ad[present]/InLine/Advertiser = brand.example.com",
            *extension("Ad[wrapper]/Wrapper", "advertiser", "Advertiser = brand.example.com"),
        ],
        ["Ad[present]/InLine/Advertiser = Acme", "Ad[wrapper]/Wrapper/Advertiser = brand.example.com"],
    ),
    ("advertiser", "FREEWHEEL"): (
        ["Ad[absent]/InLine/Advertiser = brand.example.com"],
        extension("Ad[absent]/InLine", "advertiser", "Advertiser = brand.example.com")
        + extension("Ad[present]/InLine", "advertiser", "Advertiser = brand.example.com"),
    ),
    ("category", "GAM_SSU"): (
        [
            "Ad[present]/InLine/Category = IAB1",
            *extension("Ad[wrapper]/Wrapper", "iab_category", "Category = IAB1"),
        ],
        ["Ad[present]/InLine/Category = IAB9", *category("Ad[wrapper]/Wrapper", "IAB1")],
    ),
    ("category", "FREEWHEEL"): (
        category("Ad[new]/InLine", "IAB1") + category("Ad[new]/InLine", "IAB2-3"),
        extension("Ad[new]/InLine", "iab_category", "Category = IAB1", "Category = IAB2-3")
        + extension("Ad[present]/InLine", "iab_category", "Category = IAB1"),
    ),
    ("duration", "FREEWHEEL"): (["Ad[unknown]", "Ad[wrapper]"], []),
    ("pod", "FREEWHEEL"): (["Ad[best]@sequence = 1", "Ad[second]"], []),
    ("id_fallbacks", "GAM_SSU"): FILLED,
    ("id_fallbacks", "FREEWHEEL"): FILLED,
}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("receiver", [name for name in RECEIVERS if name != "GENERIC"])
def test_the_outputs_differ_where_the_row_says_and_nowhere_else(row, receiver):
    expected = DIFFERENCES.get((row, receiver), ([], []))
    assert against_generic(row, receiver) == tuple(sorted(lines) for lines in expected)


@pytest.mark.parametrize("row", ROWS)
def test_each_row_tells_the_receivers_apart(row):
    documents = {name: BY_ROW[row, name].built().xml for name in RECEIVERS}
    asked = {name: repr(BY_ROW[row, name].json("asked.json")) for name in RECEIVERS}
    apart = asked if row == "protocols" else documents
    assert len(set(apart.values())) == len({RECEIVERS[name].rows[row] for name in RECEIVERS})
    assert row == "protocols" or len(set(asked.values())) == 1


def test_bidders_are_asked_for_what_the_row_says():
    def video(receiver, number=0):
        return BY_ROW["protocols", receiver].json("asked.json")["imp"][number]["video"]

    request = BY_ROW["protocols", "GENERIC"].json("request.json")
    assert BY_ROW["protocols", "GENERIC"].json("asked.json") == request
    assert video("GAM_SSU") == request["imp"][0]["video"] | {"protocols": [2, 11, 3, 7, 5, 6, 8]}
    assert video("GAM_SSU", 1)["protocols"] == [2, 3, 7, 5, 6, 8]
    assert video("FREEWHEEL") == request["imp"][0]["video"] | {"api": [7]}
    assert "api" not in video("FREEWHEEL", 1)
    for receiver in RECEIVERS:
        assert BY_ROW["protocols", receiver].json("asked.json")["imp"][2] == request["imp"][2]


@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"imp": None},
        {"imp": 5},
        {"imp": [{"video": {"protocols": [[2]], "api": [[1], 7]}}]},
        {"imp": [None, 5, {"video": 3}, {"video": {"protocols": "2", "api": 1}}]},
    ],
)
def test_a_request_of_odd_shape_is_asked_as_far_as_it_goes_and_stays_as_it_is(receiver, request_):
    before = copy.deepcopy(request_)
    asked = RECEIVERS[receiver].asked(request_)
    assert request_ == before
    assert asked is not request_
    assert asked.keys() == before.keys()


def test_an_edit_that_the_receiver_decided_names_its_row():
    named = {
        (row, receiver): {
            edit.rule.partition(": ")[2]
            for item in BY_ROW[row, receiver].built().selected
            for edit in item.edits
            if edit.rule.startswith(f"{receiver}: ")
        }
        for row in ROWS
        for receiver in RECEIVERS
    }
    for row in ("price", "advertiser", "category", "duration"):
        for receiver in RECEIVERS:
            assert named[row, receiver] == {ROWS[row]}
    assert named["id_fallbacks", "GENERIC"] == set()
    assert named["id_fallbacks", "GAM_SSU"] == named["id_fallbacks", "FREEWHEEL"] == {"id fallbacks"}


@pytest.mark.parametrize("row", ["duration", "pod"])
def test_a_rejection_that_the_receiver_decided_names_its_row(row):
    for receiver in RECEIVERS:
        texts = [bid.text for bid in BY_ROW[row, receiver].built().rejected]
        assert bool(texts) is (receiver == "FREEWHEEL")
        assert all(text.endswith(f"({receiver}: {ROWS[row]})") for text in texts)


def test_every_receiver_says_what_it_does_in_every_row():
    for receiver in RECEIVERS.values():
        assert receiver.rows.keys() == ROWS.keys()
        assert all(sentence.endswith(".") for sentence in receiver.rows.values())
