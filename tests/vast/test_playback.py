"""What playback reads of a document is what the full reading says of the same elements."""

from pathlib import Path

import pytest

from tests.corpus import CORPUS, needs_corpus
from vast.ad import read
from vast.document import parse
from vast.errors import VastError
from vast.playback import AdToPlay, LinearToPlay, read_playback

FULL = (Path(__file__).parent / "every_element.xml").read_text(encoding="utf-8")


def same_facts(ad):
    """The playback facts of an ad of the full reading."""
    creative = next((creative for creative in ad.creatives if creative.linear), None)
    linear = creative.linear if creative else None
    return AdToPlay(
        *(getattr(ad, name) for name in AdToPlay._fields[:8]),
        universal_ad_ids=creative.universal_ad_ids if creative else (),
        linear=linear and LinearToPlay(*(getattr(linear, name) for name in LinearToPlay._fields)),
        ad_tag_uri=ad.wrapper.ad_tag_uri if ad.wrapper else None,
    )


def check(document):
    whole, played = read(document), read_playback(document)
    assert played.ads == tuple(same_facts(ad) for ad in whole.ads)
    assert (played.version, played.errors) == (whole.version, whole.errors)
    assert set(played.notices) <= set(whole.notices)
    assert [ad.duration_ms for ad in played.ads] == [ad.duration_ms for ad in whole.ads]


@pytest.mark.parametrize(
    "document",
    [
        FULL,
        FULL.replace("<VAST ", '<VAST xmlns:q="urn:x" ')
        .replace("<Imp", "<q:Imp")
        .replace("</Imp", "</q:Imp"),
        FULL.replace("InLine>", "Wrapper>"),
        FULL.replace("<Linear", "<NonLinear").replace("</Linear", "</NonLinear"),
        FULL.replace("Creative>", "Creative><!-- c -->"),
        '<VAST version="3.0"><Error>e</Error></VAST>',
        '<VAST version="3.0"><Ad/><Ad sequence="x"><InLine><Creatives><Creative/></Creatives></InLine></Ad></VAST>',
    ],
)
def test_playback_reads_the_same_facts(document):
    check(document)


def test_a_refused_document_is_refused_here_too():
    with pytest.raises(VastError, match="broken"):
        read_playback("<VAST")


def test_a_parsed_document_is_read_as_it_is():
    assert read_playback(parse(FULL)) == read_playback(FULL)


@needs_corpus
def test_playback_reads_the_same_facts_of_every_open_document(count_up):
    read_ones = 0
    for path in sorted((CORPUS / "vast").rglob("*.xml")):
        try:
            check(path.read_bytes())
        except VastError:
            continue
        read_ones += 1
    count_up(f"reading: {read_ones} documents read by both doors")
    assert read_ones > 200
