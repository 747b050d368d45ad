"""Cases F of pipeline.md §4: the root, its version, ids and sequences, the no-ad document, the debug record."""

import json

import pytest
from lxml import etree

from tests.pipeline.engine.adm import Built, bid, cfg0, inl, wrapper

MIXED = [bid("two", 3, inl(version="2.0")), bid("three", 2, inl()), bid("four", 1, inl(version="4.2"))]


def test_case_77_the_root_is_as_new_as_the_newest_ad_or_fixed_with_a_warning():
    newest = Built(*MIXED)
    assert (newest.root.get("version"), newest.result.vast_version) == ("4.2", "4.2")
    assert "VERSION_RAISED" in newest.codes()
    fixed = Built(*MIXED, config=cfg0(version_policy="FIXED"))
    assert fixed.root.get("version") == "3.0"
    assert [notice.bid_id for notice in fixed.result.warnings if notice.code == "VERSION_FIXED"] == ["four"]
    assert [item.vast_version for item in fixed.result.selected] == ["2.0", "3.0", "4.2"]


@pytest.mark.parametrize("policy", ["MAX", "FIXED"])
def test_a_root_is_never_older_than_the_default(policy):
    built = Built(bid(adm=inl(version="3.0")), config=cfg0(vast_version_default="4.1", version_policy=policy))
    assert (built.root.get("version"), built.result.vast_version) == ("4.1", "4.1")
    assert not {"VERSION_RAISED", "VERSION_FIXED"} & set(built.codes())


def test_a_pod_of_version_2_carries_no_sequences():
    built = Built(
        bid("a", 2, inl(version="2.0")),
        bid("b", 1, inl(version="2.0")),
        config=cfg0(vast_version_default="2.0"),
    )
    assert (built.root.get("version"), built.sequences) == ("2.0", [None, None])
    assert [item.sequence for item in built.result.selected] == [None, None]


def test_a_draft_version_is_served_as_the_newest_known():
    built = Built(bid(adm=inl(version="4.4")))
    assert (built.root.get("version"), "VERSION_UNKNOWN" in built.codes("b1")) == ("4.3", True)


def test_case_79_sequences_are_ours():
    seven = inl(ad='id="o" sequence="7"')
    assert Built(bid(adm=seven)).sequences == [None]
    assert Built(bid("a", 2, seven), bid("b", 1, seven)).sequences == ["1", "2"]


@pytest.mark.parametrize("version", ["2.0", "3.0", "4.3"])
def test_case_80_no_ad_is_a_document_without_ads_and_with_one_error_at_most(version):
    built = Built(config=cfg0(vast_version_default=version))
    assert built.xml.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert (built.root.tag, dict(built.root.attrib), len(built.root)) == ("VAST", {"version": version}, 0)
    assert built.result.no_ad
    url = "https://track.example.com/no-ad?e=[ERRORCODE]&a=1"
    assert Built(config=cfg0(no_ad_error_url=url)).texts("Error") == [url]
    assert Built(bid(), config=cfg0(no_ad_error_url=url)).count("Error") == 0


def test_the_root_error_of_a_bidder_goes_with_its_root():
    adm = inl().replace("<Ad ", "<Error>https://e</Error><Ad ", 1)
    assert Built(bid(adm=adm)).count("Error") == 0


HOSTILE = '"><x/>&amp;<![CDATA[ \x00\x01\ud800\ufffe]]>\u202e' + "é" * 3


@pytest.mark.parametrize("skeleton", [True, False])
def test_hostile_strings_never_break_the_document(skeleton):
    facts = {
        "adomain": [HOSTILE],
        "cat": [HOSTILE],
        "dealid": HOSTILE,
        "adid": HOSTILE,
        "crid": HOSTILE,
        "impid": HOSTILE,
    }
    adm = {"adm": "x" if skeleton else inl()}
    answer = {
        "cur": HOSTILE,
        "seatbid": [{"seat": HOSTILE, "bid": [{"id": HOSTILE, "price": 1} | facts | adm]}],
    }
    built = Built(answer=answer, config=cfg0(enable_debug=True, allow_skeleton_vast=True))
    assert built.count("x") == 0
    clean = '"><x/>&amp;<![CDATA[ ]]>\u202eééé'
    assert built.ids == [clean]
    assert clean in [child.text for child in built.extensions("openrtb")[0]]
    json.dumps(built.result.to_debug()).encode("utf-8")


def test_the_debug_record_is_json_and_tells_everything():
    built = Built(bid("b1", 5, dealid="d", cat=["IAB1"]), bid("b2", 0), bid("w", 1, wrapper()))
    debug = json.loads(json.dumps(built.result.to_debug()))
    assert {"no_ad", "warnings", "selected_count", "vast_xml_length", "vast_xml"} <= debug.keys()
    assert {"errors", "selected", "rejected", "receiver", "vast_version"} <= debug.keys()
    assert (debug["no_ad"], debug["errors"], debug["selected_count"], debug["receiver"]) == (
        False,
        [],
        2,
        "GAM_SSU",
    )
    assert debug["vast_xml"].encode() == built.xml
    assert debug["vast_xml_length"] == len(built.xml)
    first = debug["selected"][0]
    assert [
        first[key]
        for key in ("bid_id", "seat", "imp_id", "price", "currency", "deal_id", "sequence", "ad_id")
    ] == [
        *("b1", "s", "1", "5", "USD", "d", 1, "b1"),
    ]
    assert debug["rejected"] == [
        {
            "bid_id": "b2",
            "imp_id": "1",
            "seat": "s",
            "position": 1,
            "price": "0",
            "code": "BID_PRICE_NOT_POSITIVE",
            "text": "the price is 0; only prices above 0 are served",
        }
    ]
    assert {"code", "bid_id", "text"} == debug["warnings"][0].keys()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("{", "RESPONSE_NOT_JSON"),
        (b"\xff\xfe\x00", "RESPONSE_NOT_JSON"),
        ("", "RESPONSE_NOT_JSON"),
        ("[]", "RESPONSE_NOT_AN_OBJECT"),
        ("5", "RESPONSE_NOT_AN_OBJECT"),
        ("[" * 100_000, "RESPONSE_NESTED_TOO_DEEP"),
        ('{"a":' * 100_000, "RESPONSE_NESTED_TOO_DEEP"),
        ("[NaN," * 100_000, "RESPONSE_NESTED_TOO_DEEP"),
    ],
)
def test_what_cannot_be_read_is_a_no_ad_with_an_error(answer, code):
    built = Built(answer=answer)
    assert built.result.no_ad
    assert [notice.code for notice in built.result.errors] == [code]


def test_a_request_that_cannot_be_read_is_an_error_and_the_build_goes_on():
    built = Built(bid(), request="{")
    assert built.ids == ["b1"]
    assert [notice.code for notice in built.result.errors] == ["REQUEST_NOT_JSON"]


@pytest.mark.parametrize(
    "encode",
    [str, str.encode, lambda text: text.encode("utf-16"), lambda text: b"\xef\xbb\xbf" + text.encode()],
)
def test_text_and_bytes_of_any_unicode_encoding_give_the_same(encode):
    text = json.dumps({"seatbid": [{"bid": [bid(adm=inl("é"))]}]}, ensure_ascii=False)
    assert Built(answer=encode(text)).texts("AdTitle") == ["é"]
    assert Built(answer="\ufeff" + text).texts("AdTitle") == ["é"]
    assert Built(answer=memoryview(text.encode())).texts("AdTitle") == ["é"]


def test_the_document_is_well_formed_for_ids_that_collide_with_copies():
    answer = {"seatbid": [{"seat": str(n), "bid": [bid(name)]} for n, name in enumerate(["x", "x-2", "x"])]}
    assert len(set(Built(answer=answer).ids)) == 3
    assert etree.fromstring(Built(answer=answer).xml).get("version") == "3.0"
