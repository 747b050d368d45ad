"""From a document to the ad to play, or a typed reason why there is none (playback.md 2.29, 5.8)."""

import re
from hashlib import sha256

import pytest

from playback.engine import AdData, HeadlessPlayer, NoAd, PlayerFactory, VastClient
from tests.playback.engine.ads import MP4, ad_of, inline, names_of, play, vast

WRAPPER = (
    '<Ad id="w"><Wrapper><AdSystem>T</AdSystem><VASTAdTagURI>http://t.test/next</VASTAdTagURI>'
    "<Impression>http://t.test/w</Impression></Wrapper></Ad>"
)


def client_of(document, **options):
    """A client that follows no wrapper and calls nobody."""
    return VastClient.from_xml(document, **{"max_wrappers": 0, "delivery": "dry_run", **options})


async def request(document, **options):
    return await client_of(document, **options).request_ad()


async def test_an_inline_ad_comes_with_the_hash_of_its_document():
    document = vast(inline())
    ad = await request(document)
    assert isinstance(ad, AdData)
    assert (ad.ad.id, ad.first.version, ad.duration_ms) == ("a1", "3.0", 30_000)
    assert ad.reference() == {
        "sha256": sha256(document.encode()).hexdigest(), "index": 0, "id": "a1", "title": "a1", "version": "3.0",
    }  # fmt: skip
    assert await request(document.encode()) == ad


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", 100),
        ("no xml at all", 100),
        ("<VAST version='3.0'><Ad>", 100),
        ("<html><body>Not found</body></html>", 100),
        ('<!DOCTYPE VAST [<!ENTITY a "b">]><VAST version="3.0"/>', 100),
        ("<VideoAdServingTemplate/>", 102),
        ('<VAST version="3.0"/>', 303),
    ],
)
async def test_V16_V17_V22_what_is_no_ad_has_a_code_and_is_never_a_string(document, code):
    answer = await request(document)
    assert isinstance(answer, NoAd)
    assert answer.code in ({100, 101} if document.startswith("<html") else {code})
    assert answer.text
    assert answer.reason


async def test_an_empty_answer_carries_its_root_errors():
    answer = await request('<VAST version="3.0"><Error>http://t.test/e?c=[ERRORCODE]</Error></VAST>')
    assert (answer.code, answer.reason, answer.error_urls) == (
        303,
        "EMPTY",
        ("http://t.test/e?c=[ERRORCODE]",),
    )


async def test_where_no_wrapper_is_followed_one_says_that_its_tag_has_to_be_followed_first():
    answer = await request(vast(WRAPPER))
    assert (answer.code, answer.reason, answer.wrapper_uri) == (300, "WRAPPER", "http://t.test/next")
    assert "followed first" in answer.text
    without = await request(vast(WRAPPER.replace("<VASTAdTagURI>http://t.test/next</VASTAdTagURI>", "")))
    assert (without.wrapper_uri, without.code) == (None, 300)


POD = vast(*(inline(ad_id=f"n{number}", sequence=number) for number in (3, 1, 2)), inline(ad_id="alone"))


@pytest.mark.parametrize(("index", "ad_id"), [(None, "n1"), (0, "n1"), (1, "n2"), (2, "n3"), (3, "alone")])
async def test_V04_an_index_picks_an_ad_in_playing_order(index, ad_id):
    ad = await ad_of(POD, ad_index=index)
    assert (ad.ad.id, ad.first.index) == (ad_id, index or 0)


@pytest.mark.parametrize("index", [4, -1])
async def test_an_index_beyond_the_document_is_refused(index):
    with pytest.raises(ValueError, match=f"ad_index {index}"):
        await request(POD, ad_index=index)


@pytest.mark.parametrize("prefix", ["", "v:"])
@pytest.mark.parametrize("namespace", ["", ' xmlns="http://www.iab.com/VAST"'])
async def test_V02_namespaces_change_nothing(prefix, namespace):
    document = vast(inline())
    if prefix:
        document = re.sub(r"<(/?)([A-Z])", rf"<\1{prefix}\2", document)
        document = document.replace("<v:VAST", '<v:VAST xmlns:v="http://www.iab.com/VAST"', 1)
    else:
        document = document.replace("<VAST", f"<VAST{namespace}", 1)
    session = await play(await ad_of(document))
    plain = await play(await ad_of(vast(inline())))
    assert names_of(session) == names_of(plain)


async def test_leniencies_are_noticed():
    ad = await request(vast(inline(duration="30")))
    assert [notice.code for notice in ad.notices] == ["DURATION_LENIENT"]


async def test_no_ad_cannot_be_played():
    client = client_of(vast(WRAPPER))
    for build in (PlayerFactory.create, HeadlessPlayer):
        with pytest.raises(ValueError, match="no ad to play: 300"):
            build(client, await client.request_ad())


async def test_a_client_is_an_async_context_manager():
    async with VastClient.from_xml(vast(inline(media=MP4.format(url="http://t.test/x.mp4")))) as client:
        assert isinstance(await client.request_ad(), AdData)
