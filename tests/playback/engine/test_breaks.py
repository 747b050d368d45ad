"""The breaks of a VMAP document are played like any other document, each from its own client."""

import pytest

from playback.engine import AdData, NoAd, VastClient
from playback.engine.request.breaks import breaks_of
from tests.corpus import CORPUS, needs_corpus
from tests.playback.engine.ads import inline, names_of, play, vast
from tests.playback.engine.chains import Web, wrapper
from vast.errors import VastError
from vast.vmap import is_vmap, read_vmap

VMAP = '<v:VMAP xmlns:v="http://www.iab.net/videosuite/vmap" version="1.0">{}</v:VMAP>'
BREAK = '<v:AdBreak timeOffset="{}" breakType="linear" breakId="{}"><v:AdSource>{}</v:AdSource></v:AdBreak>'


def inline_break(offset, name, *ads):
    return BREAK.format(offset, name, f"<v:VASTAdData>{vast(*ads)}</v:VASTAdData>")


async def test_each_break_plays_its_own_document():
    playlist = VMAP.format(
        inline_break("start", "pre", inline(ad_id="first"))
        + inline_break("end", "post", inline(ad_id="last"))
    )
    pairs = breaks_of(playlist)
    assert [ad_break.id for ad_break, _ in pairs] == ["pre", "post"]
    for (_, client), expected in zip(pairs, ("first", "last"), strict=True):
        ad = await client.request_ad()
        assert ad.ad.id == expected
        assert names_of(await play(ad))[-1] == "complete"


async def test_keywords_go_to_the_clients():
    playlist = VMAP.format(inline_break("start", "pre", inline(duration="30")))
    assert [client.config.lenient for _, client in breaks_of(playlist, lenient=False)] == [False]


async def test_an_empty_break_gives_a_typed_no_ad():
    [(_, client)] = breaks_of(VMAP.format(inline_break("start", "pre")))
    nothing = await client.request_ad()
    assert isinstance(nothing, NoAd)
    assert nothing.code == 303


def test_a_break_of_custom_data_has_no_client():
    assert breaks_of(VMAP.format(BREAK.format("start", "pre", "<v:CustomAdData>own</v:CustomAdData>"))) == []


def test_what_is_no_vmap_is_refused():
    with pytest.raises(VastError, match="not <VMAP>"):
        breaks_of(vast(inline()))


@needs_corpus
async def test_every_inline_document_of_the_corpus_playlists_plays_to_its_end(count_up):
    played = empty = 0
    for path in sorted((CORPUS / "vast").rglob("*.xml")):
        data = path.read_bytes()
        if not is_vmap(data):
            continue
        inline_ones = [each.vast for found in read_vmap(data).breaks for each in found.sources if each.vast]
        for document in inline_ones:
            ad = await VastClient.from_xml(document).request_ad()
            if isinstance(ad, AdData):
                session = await play(ad)
                assert session.status == "completed"
                played += 1
            else:
                empty += 1
    count_up(f"vmap: {played} breaks played to their end, {empty} hold no ad")
    assert (played, empty) == (8, 2)


SOURCE = (
    '<v:AdBreak timeOffset="start" breakType="linear"><v:AdSource {}>'
    '<v:AdTagURI templateType="vast3"><![CDATA[http://ads.example.com/tag]]></v:AdTagURI></v:AdSource></v:AdBreak>'
)
POD = vast(inline(ad_id="n2", sequence=2), inline(ad_id="n1", sequence=1), inline(ad_id="S"))


async def asked(switches, document):
    web = Web({"/tag": document, "/last": vast(inline())})
    [(_, client)] = breaks_of(VMAP.format(SOURCE.format(switches)), transport=web.transport, seed=7)
    return await client.request_ad(), web


@pytest.mark.parametrize(
    ("switches", "expected"),
    [("", ["n1", "n2"]), ('allowMultipleAds="true"', ["n1", "n2"]), ('allowMultipleAds="false"', ["n1"])],
)
async def test_a_break_that_forbids_several_ads_plays_the_first_alone(switches, expected):
    answer, _ = await asked(switches, POD)
    assert [one.ad.id for one in answer.ads] == expected
    assert len(answer.substitutes) == (len(expected) > 1)


async def test_an_inline_break_that_forbids_several_ads_plays_the_first_alone():
    playlist = VMAP.format(
        inline_break("start", "pre", inline(ad_id="n2", sequence=2), inline(ad_id="n1", sequence=1))
    )
    [(_, client)] = breaks_of(playlist.replace("<v:AdSource>", '<v:AdSource allowMultipleAds="false">'))
    assert [one.ad.id for one in (await client.request_ad()).ads] == ["n1"]


@pytest.mark.parametrize(
    ("switches", "paths"),
    [
        ("", ["/tag", "/last"]),
        ('followRedirects="true"', ["/tag", "/last"]),
        ('followRedirects="false"', ["/tag"]),
    ],
)
async def test_a_break_that_forbids_redirects_follows_no_wrapper(switches, paths):
    answer, web = await asked(switches, vast(wrapper("http://ads.example.com/last")))
    assert web.paths == paths
    assert bool(answer) is (len(paths) == 2)
