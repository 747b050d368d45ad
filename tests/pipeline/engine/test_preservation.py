"""Cases D of pipeline.md §4: nothing lost, nothing doubled."""

import copy
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.engine import RECEIVERS, build_vast_from_bid_response
from tests.corpus import CORPUS, needs_corpus
from tests.pipeline.engine.adm import CFG0, NOWHERE, Built, bid, cfg0, inl, response, wrapper
from vast.document import parse
from vast.edit import children, remove
from vast.errors import VastError

COUNTED = ("InLine", "AdSystem", "Impression", "Linear", "Duration", "Tracking", "MediaFile")
# What enrichment and the receivers may add to an ad.
ADDED = {
    *(
        "Pricing",
        "Price",
        "Advertiser",
        "Category",
        "Extensions",
        "Extension",
        "Duration",
        "AdSystem",
        "AdTitle",
    ),
    *("Impression", "BidID", "ImpID", "DealID", "Seat", "Currency"),
}


def nodes(ad):
    """Every node of an Ad as (name, own attributes, own trimmed text), comments and instructions included."""
    found = Counter()
    for node in ad.iter():
        attributes = dict(node.attrib) if isinstance(node.tag, str) else {}
        if node is ad:
            attributes = {key: value for key, value in attributes.items() if key not in ("id", "sequence")}
        name = node.tag if isinstance(node.tag, str) else node.tag.__name__
        found[(name, tuple(sorted(attributes.items())), (node.text or "").strip())] += 1
    return found


def local(node):
    return node[0].rpartition("}")[2]


def test_case_52_each_element_appears_as_often_as_in_the_markup():
    built = Built(bid())
    assert {name: built.count(name) for name in COUNTED} == dict.fromkeys(COUNTED, 1)


def test_case_53_errors_and_impressions_are_all_kept_in_order():
    errors = "".join(f"<Error>https://e/{n}</Error>" for n in range(3))
    impressions = "".join(f'<Impression id="{n}">https://i/{n}</Impression>' for n in range(3))
    built = Built(bid(adm=inl(inside=errors + impressions, version="4.2")))
    assert built.texts("Error") == [f"https://e/{n}" for n in range(3)]
    assert [node.get("id") for node in built.all("Impression")] == ["0", "1", "2", None]


def test_case_55_unknown_elements_attributes_and_namespaces_survive():
    foreign = '<x:y xmlns:x="urn:x" k="v" x:z="w"><x:deep/></x:y>'
    extension = '<Extensions><Extension fallback_index="0" type="waterfall"/></Extensions>'
    built = Built(bid(adm=inl(inside=foreign, after=extension, ad='id="o" conditionalAd="false"')))
    assert foreign.encode() in built.xml
    assert built.extensions("waterfall")[0].get("fallback_index") == "0"
    assert built.all("Ad")[0].get("conditionalAd") == "false"


def test_namespaces_declared_on_the_root_of_the_markup_go_with_the_ad():
    adm = inl(inside='<q:a q:b="1"/>').replace("<VAST ", '<VAST xmlns:q="urn:q" xmlns:xs="urn:xs" ')
    built = Built(bid("b1", 5, adm), bid("b2", 4))
    first = built.all("Ad")[0]
    assert first.nsmap == {"q": "urn:q", "xs": "urn:xs"}
    assert first[0].find("{urn:q}a").get("{urn:q}b") == "1"
    assert built.all("Ad")[1].nsmap == {}


@pytest.mark.parametrize("count", [1, 2])
def test_case_56_a_default_namespace_stays_without_invented_prefixes(count):
    adm = inl(version="4.2").replace("<VAST ", '<VAST xmlns="http://www.iab.com/VAST" ')
    built = Built(*(bid(f"b{n}", 5, adm, cat=["IAB1"]) for n in range(count)))
    assert built.root.tag == "{http://www.iab.com/VAST}VAST"
    assert {node.tag.partition("}")[0] for node in built.root.iter("*")} == {"{http://www.iab.com/VAST"}
    assert built.xml.count(b"xmlns") == 1
    assert b"ns0" not in built.xml


def test_ads_of_different_namespaces_keep_their_own():
    spaced = inl().replace("<VAST ", '<VAST xmlns="http://www.iab.com/VAST" ')
    built = Built(bid("b1", 5, spaced), bid("b2", 4))
    assert [ad.tag for ad in built.root] == ["{http://www.iab.com/VAST}Ad", "Ad"]
    assert built.root.tag == "VAST"


def test_case_58_comments_and_instructions_stay_and_double_nothing():
    adm = inl(inside="<!-- one --><?two three?>", after="<!-- four -->")
    built = Built(bid(adm=adm))
    assert built.xml.count(b"<!-- one --><?two three?>") == built.xml.count(b"<!-- four -->") == 1
    assert {name: built.count(name) for name in COUNTED} == dict.fromkeys(COUNTED, 1)


@pytest.mark.parametrize("macro", ["[ERRORCODE]", "[CACHEBUSTING]", "%%X%%", "${AUCTION_PRICE}", "%5BX%5D"])
def test_case_59_macros_are_left_alone(macro):
    built = Built(bid(adm=inl(inside=f"<Error><![CDATA[https://e/?x={macro}]]></Error>")))
    assert f"<Error><![CDATA[https://e/?x={macro}]]></Error>".encode() in built.xml


def test_cdata_stays_cdata_and_escapes_stay_escapes():
    split = "<Description><![CDATA[a]]]]><![CDATA[>b]]></Description>"
    escaped = "<Survey>https://s/?a=1&amp;b=2</Survey>"
    xml = Built(bid(adm=inl(inside=split + escaped))).xml
    assert split.encode() in xml
    assert escaped.encode() in xml


def test_case_82_the_same_input_gives_the_same_bytes():
    bids = [bid(f"b{n}", 5 + n % 3, cat=["IAB3", "IAB1"], adomain=["a.example"]) for n in range(20)]
    assert len({Built(*bids, config=cfg0(enable_debug=True)).xml for _ in range(3)}) == 1


def corpus_adms():
    return sorted((CORPUS / "vast").rglob("*.xml")) if CORPUS else []


def served(text, config):
    """(the markup's Ad, the document's Ad, the result), or None where the markup cannot be served."""
    try:
        root = parse(text, lenient=True).root
    except VastError:
        return None
    result = build_vast_from_bid_response(
        None, response(bid("b1", 5, text, cat=["IAB1"], adomain=["a.example"])), config
    )
    if result.no_ad:
        return None
    ads = list(children(root, "Ad"))
    chosen = min(ads, key=lambda ad: int(ad.get("sequence") or 10**9)) if len(ads) > 1 else ads[0]
    return chosen, next(children(etree.fromstring(result.xml), "Ad")), result


@needs_corpus
def test_no_document_of_the_corpus_loses_or_doubles_anything():
    """All placements off: the Ad comes out as it went in."""
    count = 0
    config = CFG0 | {"placement_rules": NOWHERE, "lenient_markup": True}
    for path in corpus_adms():
        text = path.read_bytes().decode("utf-8", "replace")
        pair = served(text, config)
        if pair is None:
            continue
        before, after, result = pair
        assert nodes(before) == nodes(after), path
        written = etree.tostring(before, encoding="utf-8", with_tail=False)
        assert written.count(b"<![CDATA[") == result.xml.count(b"<![CDATA["), path
        count += 1
    assert count > 230


KEPT = (
    *("InLine", "Wrapper", "Creatives", "Creative", "Linear", "MediaFile", "Tracking", "VASTAdTagURI"),
    *("Impression", "Error", "Verification", "ViewableImpression"),
)
# What a policy that lets the bid win may rewrite, with all that stands in it.
REPLACED = {"Pricing", "Advertiser", "Category", "Duration"}
OUR_EXTENSIONS = {"pricing", "advertiser", "iab_category", "openrtb"}


def is_ours(node):
    """True for what enrichment may rewrite where the bid wins."""
    name = etree.QName(node).localname if isinstance(node.tag, str) else ""
    kind = (node.get("type") or "").strip().lower() if name == "Extension" else ""
    return name in REPLACED or kind in OUR_EXTENSIONS


def others(ad):
    """The nodes of an Ad that no policy may touch."""
    mine = copy.deepcopy(ad)
    for node in [node for node in mine.iter("*") if is_ours(node)]:
        remove(node)
    return nodes(mine)


def counted(ad):
    return {name: len(list(ad.iter("{*}" + name))) for name in KEPT}


def lost_and_grown(before, after, policy):
    look = others if policy in ("OPENRTB_WINS", "ENRICH_WINS") else nodes
    return look(before) - look(after), look(after) - look(before)


@needs_corpus
@pytest.mark.parametrize("receiver", RECEIVERS)
@pytest.mark.parametrize("policy", ["VAST_WINS", "OPENRTB_WINS", "MERGE", "ERROR"])
def test_enrichment_adds_to_documents_of_the_corpus_and_takes_nothing_away(receiver, policy, count_up):
    config = {
        "receiver": receiver,
        "collision_policy": policy,
        "enable_debug": True,
        "lenient_markup": True,
    }
    count = dropped = 0
    for path in corpus_adms():
        text = path.read_bytes().decode("utf-8", "replace")
        pair = served(text, config)
        if pair is None:
            dropped += policy == "ERROR" and served(text, config | {"collision_policy": "MERGE"}) is not None
            continue
        before, after, result = pair
        lost, grown = lost_and_grown(before, after, policy)
        # Blank elements may be filled and missing ids set; every other element stays as it was.
        assert all(local(node) in {"Creative", "MediaFile"} or not node[2] for node in lost), (path, lost)
        odd = [node for node in grown if local(node) not in ADDED | {"Creative", "MediaFile"}]
        assert not odd, (path, odd)
        invented = (
            {"Impression": 1} if receiver != "GENERIC" and before.find(".//{*}Impression") is None else {}
        )
        for name, number in counted(before).items():
            assert 0 <= counted(after)[name] - number <= invented.get(name, 0), (path, name)
        again = served(result.xml.decode(), config)
        assert again is not None
        assert again[2].xml == result.xml, path
        count += 1
    count_up(f"preservation: {count} documents kept by {receiver} under {policy}, {dropped} dropped")
    assert count + dropped > 230


NAMES = st.sampled_from(
    ["Error", "Impression", "Pricing", "Advertiser", "Category", "Extensions", "Extension", "Mine", "q:x"]
)
TEXTS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=12)


def element(name, attributes, text, inner, cdata):
    written = "".join(
        f' a{n}="{etree.Element("x", v=value).get("v") and escape(value)}"'
        for n, value in enumerate(attributes)
    )
    body = f"<![CDATA[{text.replace(']]>', '')}]]>" if cdata else escape(text)
    return f"<{name}{written}>{body}{inner}</{name}>"


def escape(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


ELEMENTS = st.recursive(
    st.builds(element, NAMES, st.lists(TEXTS, max_size=2), TEXTS, st.just(""), st.booleans()),
    lambda inner: st.builds(
        element, NAMES, st.just([]), TEXTS, st.lists(inner, max_size=3).map("".join), st.booleans()
    ),
    max_leaves=8,
)


PLACED = st.sampled_from(["INLINE", "WRAPPER", "EXTENSIONS", "SKIP", None])
CONFIGS = st.fixed_dictionaries(
    {
        "receiver": st.sampled_from(sorted(RECEIVERS)),
        "collision_policy": st.sampled_from(
            ["VAST_WINS", "OPENRTB_WINS", "ENRICH_WINS", "MERGE", "ERROR", "ignore"]
        ),
        "enable_debug": st.booleans(),
        "placement_rules": st.fixed_dictionaries(dict.fromkeys(NOWHERE, PLACED)),
    }
)


@given(
    st.lists(ELEMENTS, max_size=4).map("".join),
    st.sampled_from(["InLine", "Wrapper"]),
    st.sampled_from(["2.0", "3.0", "4.0", "4.2"]),
    CONFIGS,
)
def test_whatever_stands_in_an_ad_comes_out_of_it_for_every_receiver_and_policy(
    inside, side, version, config
):
    adm = f'<VAST version="{version}" xmlns:q="urn:q"><Ad><{side}>{inside}<Creatives/></{side}></Ad></VAST>'
    pair = served(adm, config)
    if config["collision_policy"] == "ERROR" and pair is None:
        result = build_vast_from_bid_response(
            None, response(bid("b1", 5, adm, cat=["IAB1"], adomain=["a.example"])), config
        )
        assert [notice.code for notice in result.errors] == ["FIELD_COLLISION"]
        return
    before, after, result = pair
    policy = "OPENRTB_WINS" if config["collision_policy"] == "ignore" else config["collision_policy"]
    lost, grown = lost_and_grown(before, after, policy)
    assert all(not node[2] for node in lost)
    assert {local(node) for node in grown} <= ADDED
    again = served(result.xml.decode(), config)
    assert again[2].xml == result.xml


@given(st.lists(ELEMENTS, max_size=4).map("".join), st.sampled_from(["2.0", "3.0", "4.0", "4.2"]))
def test_with_nothing_placed_an_ad_comes_out_as_it_went_in(inside, version):
    adm = f'<VAST version="{version}" xmlns:q="urn:q"><Ad><InLine>{inside}<Creatives/></InLine></Ad></VAST>'
    before, after, _ = served(adm, {"placement_rules": NOWHERE})
    assert nodes(before) == nodes(after)


MARKUP = st.one_of(
    st.lists(ELEMENTS, max_size=2).map(lambda inside: inl(inside="".join(inside))),
    st.builds(wrapper, st.sampled_from(["2.0", "3.0", "4.2"])),
    st.sampled_from(
        ["", "<VAST", "<div/>", "https://ads.example.com/tag", inl(duration=""), inl(version="2.0")]
    ),
)
BIDS = st.lists(
    st.fixed_dictionaries(
        {"id": st.sampled_from(["a", "b", "c", ""]), "impid": st.just("1"), "adm": MARKUP},
        optional={
            "price": st.sampled_from([1, 2.5, 0, -1, "3", None, float("nan")]),
            "dur": st.integers(-1, 40),
            "dealid": st.sampled_from(["", "d"]),
            "nurl": st.sampled_from(["https://ads.example.com/win", "x"]),
            "cattax": st.sampled_from([1, 7, 500]),
            "cat": st.sampled_from([["IAB1"], []]),
        },
    ),
    max_size=6,
)
SWITCHES = st.fixed_dictionaries(
    {
        "selection_strategy": st.sampled_from(["SINGLE", "TOP_N", "ALL"]),
        "max_ads_in_pod": st.integers(0, 3),
        **dict.fromkeys(
            ["allow_skeleton_vast", "deals_first", "allow_zero_price_deals", "enforce_pod", "wrap_nurl"],
            st.booleans(),
        ),
    }
)


@given(BIDS, CONFIGS, SWITCHES)
def test_every_bid_is_either_selected_or_rejected_and_the_document_holds_the_selected(bids, config, switches):
    result = build_vast_from_bid_response(None, response(*bids), config | switches)
    fates = [item.bid.position for item in result.selected] + [row.position for row in result.rejected]
    assert sorted(fates) == list(range(len(bids)))
    root = etree.fromstring(result.xml)
    ads = list(children(root, "Ad"))
    assert [ad.get("id") for ad in ads] == [item.ad_id for item in result.selected]
    assert len({ad.get("id") for ad in ads}) == len(ads)
    numbers = [str(item.sequence) for item in result.selected if item.sequence]
    assert [ad.get("sequence") for ad in ads if ad.get("sequence")] == numbers
    assert numbers in ([], [str(number) for number in range(1, len(ads) + 1)])
    assert build_vast_from_bid_response(None, response(*bids), config | switches) == result


def test_an_element_that_holds_elements_only_is_not_taken_for_blank():
    pair = served(
        '<VAST version="3.0"><Ad><InLine><Pricing><Mine>0</Mine></Pricing><Creatives/></InLine></Ad></VAST>',
        {"enable_debug": True},
    )
    assert pair is not None
    assert [node.text for node in pair[1].iter("Mine")] == ["0"]
