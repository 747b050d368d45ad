"""Additions are written where the schema wants them, whatever the document holds already."""

from typing import NamedTuple

import pytest

from vast.document import parse
from vast.splice import MARK, Splice, _places, element_xml, leaves_xml


class Leaf(NamedTuple):
    name: str
    text: str
    attributes: tuple[tuple[str, str], ...] = ()


def written(inside, *additions, version="4.2", root=""):
    document = parse(f'<VAST version="{version}"{root}><Ad><InLine>{inside}</InLine></Ad></VAST>')
    ad = document.root[0]
    return spliced(ad, version, additions)


def spliced(ad, version, additions):
    splice = Splice(ad[0], version)
    for addition in additions:
        splice.add(*addition)
    return splice.written(ad)


PRICING = ("Pricing", "<Pricing>1</Pricing>")
CATEGORY = ("Category", "<Category>c</Category>")
MINE = ("Mine", "<Mine/>")


def test_additions_stand_in_schema_order_in_whatever_order_they_are_given():
    ad = written("<AdSystem>s</AdSystem><AdTitle>t</AdTitle><Creatives/>", MINE, CATEGORY, PRICING)
    assert ad == (
        "<Ad><InLine><AdSystem>s</AdSystem><Pricing>1</Pricing><AdTitle>t</AdTitle>"
        "<Category>c</Category><Creatives/><Mine/></InLine></Ad>"
    )


def test_an_element_without_children_is_filled():
    assert (
        written("", CATEGORY, PRICING)
        == "<Ad><InLine><Pricing>1</Pricing><Category>c</Category></InLine></Ad>"
    )


@pytest.mark.parametrize("block", ["<Extensions><a/></Extensions>", "<Extensions>text</Extensions>"])
def test_a_block_gets_its_addition_behind_what_it_holds(block):
    document = parse(f'<VAST version="4.2"><Ad><InLine><AdSystem/>{block}<Creatives/></InLine></Ad></VAST>')
    ad = document.root[0]
    side = ad[0]
    additions = [PRICING, ("Extensions", "<b/>", side[1])]
    grown = block.replace("</Extensions>", "<b/></Extensions>")
    assert spliced(ad, "4.2", additions) == (
        f"<Ad><InLine><AdSystem/>{grown}<Pricing>1</Pricing><Creatives/></InLine></Ad>"
    )


def test_the_lines_round_an_addition_keep_their_indentation():
    ad = written("\n  <AdSystem>s</AdSystem>\n  <Creatives/>\n", PRICING, CATEGORY, MINE)
    assert ad == (
        "<Ad><InLine>\n  <AdSystem>s</AdSystem>\n  <Pricing>1</Pricing>\n  <Category>c</Category>\n  <Creatives/>"
        "\n  <Mine/>\n</InLine></Ad>"
    )


def test_carriage_returns_of_the_lines_are_written_so_that_they_are_read_back():
    ad = written("&#13;\n<AdSystem>s</AdSystem>&#13;\n<Creatives/>&#13;\n", PRICING, CATEGORY)
    assert ad == (
        "<Ad><InLine>&#13;\n<AdSystem>s</AdSystem>&#13;\n<Pricing>1</Pricing>&#13;\n<Category>c</Category>&#13;\n"
        "<Creatives/>&#13;\n</InLine></Ad>"
    )


def test_text_between_children_is_kept_once():
    ad = written("a<AdSystem>s</AdSystem>b<Creatives/>c", PRICING, MINE)
    assert ad == (
        "<Ad><InLine>a<AdSystem>s</AdSystem>b<Pricing>1</Pricing><Creatives/>c<Mine/></InLine></Ad>"
    )


@pytest.mark.parametrize("length", [1, 2, 3, 8])
def test_a_document_that_spells_out_the_mark_loses_nothing(length):
    spelt = "".join(f"{MARK[0]}{MARK[1:] * n}" for n in range(1, length + 1))
    ad = written(f"<AdSystem><![CDATA[{spelt}]]></AdSystem><Creatives/>", PRICING)
    assert ad == (
        f"<Ad><InLine><AdSystem><![CDATA[{spelt}]]></AdSystem><Pricing>1</Pricing><Creatives/></InLine></Ad>"
    )


def test_namespaces_declared_above_the_ad_come_with_it():
    assert 'xmlns:q="urn:q"' in written("<AdSystem/><q:x/>", PRICING, root=' xmlns:q="urn:q"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a<b>&c", "a&lt;b&gt;&amp;c"),
        ("x\r\ny\x00\ud800\ufffe", "x&#13;\ny"),
        ("é\tü", "é\tü"),
    ],
)
def test_text_is_written_so_that_it_is_read_back(text, expected):
    assert (
        leaves_xml(None, [Leaf("A", text), Leaf("B", "b", (("c", "<"),))])
        == f'<A>{expected}</A><B c="&lt;">b</B>'
    )


def test_attributes_are_quoted_and_prefixes_written():
    assert element_xml("v", "A", "<v:B/>", (("a", '"<&\n'),)) == '<v:A a="&quot;&lt;&amp;&#10;"><v:B/></v:A>'


def test_children_are_found_by_name_and_comments_by_none():
    document = parse('<VAST version="4.2"><Ad><InLine><!-- c --><A/><B/><A/></InLine></Ad></VAST>')
    splice = Splice(document.root[0][0], "4.2")
    assert [len(splice.named(name)) for name in ("A", "B", "C", "")] == [2, 1, 0, 0]


def test_what_is_remembered_of_places_holds_no_names():
    _places.cache_clear()
    for name in ("Unknown", "Other", "n" * 5000):
        assert f"<{name}/>" in written(f"<AdSystem/><{name}/><Creatives/>", PRICING)
    assert _places.cache_info().currsize == 1
