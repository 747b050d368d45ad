import pytest

from vast.document import local_name, parse, serialise
from vast.edit import (
    SCHEMA_ORDER,
    children,
    complete,
    fill,
    first_child,
    insert,
    insert_all,
    linears,
    remove,
    schema_order,
    writable,
)


def parent_of(markup):
    return parse(f'<VAST version="3.0">{markup}</VAST>').root[0]


@pytest.mark.parametrize("version", ["2.0", "3.0", "4.0", "4.1", "4.2", "4.3"])
@pytest.mark.parametrize("parent", ["InLine", "Wrapper", "Linear"])
def test_every_child_goes_to_its_place_whatever_is_there_already(parent, version):
    order = schema_order(parent, version)
    for name in order:
        others = "".join(f"<{other}/>" for other in order if other != name)
        element = parent_of(f"<{parent}>{others}</{parent}>")
        insert(element, name, version)
        assert tuple(local_name(child) for child in element) == order


def test_version_4_3_keeps_the_order_of_4_2():
    assert schema_order("InLine", "4.3") == SCHEMA_ORDER["InLine"]["4.2"]
    assert schema_order("Creatives", "4.2") == ()


def test_a_second_element_of_a_name_stands_behind_the_first():
    element = parent_of("<InLine><AdTitle/><Error>1</Error><Impression/></InLine>")
    insert(element, "Error", "3.0", "2")
    assert [child.text for child in children(element, "Error")] == ["1", "2"]
    assert local_name(element[3]) == "Impression"


def test_unknown_names_and_foreign_neighbours_do_no_harm():
    element = parent_of("<InLine><!-- c --><Mine/><AdTitle/><Impression/></InLine>")
    insert(element, "Pricing", "3.0", "1")
    insert(element, "Theirs", "3.0")
    assert [local_name(child) for child in element] == [
        "",
        "Mine",
        "AdTitle",
        "Pricing",
        "Impression",
        "Theirs",
    ]


def test_new_elements_carry_the_prefix_of_their_parent():
    root = parse('<v:VAST xmlns:v="urn:v" version="3.0"><v:InLine/></v:VAST>', lenient=True).root
    insert(root[0], "Pricing", "3.0", "5", {"model": "CPM"})
    assert b'<v:InLine><v:Pricing model="CPM">5</v:Pricing></v:InLine>' in serialise(root)


def test_indentation_is_kept_in_front_in_the_middle_and_at_the_end():
    element = parent_of("<InLine>\n  <AdTitle/>\n  <Impression/>\n</InLine>")
    for name in ("AdSystem", "Pricing", "Extensions"):
        insert(element, name, "3.0")
    assert serialise(element).decode().splitlines()[1:] == [
        "<InLine>",
        *(f"  <{name}/>" for name in ("AdSystem", "AdTitle", "Pricing", "Impression", "Extensions")),
        "</InLine>",
    ]


@pytest.mark.parametrize("inside", ["", "<AdTitle/>", "\n <AdTitle/>\n <Mine/>\n", "lead<Impression/>end"])
@pytest.mark.parametrize("name", ["AdSystem", "Pricing", "Extensions", "Theirs"])
def test_several_elements_at_once_are_placed_as_one_after_the_other(inside, name):
    at_once, in_turn = parent_of(f"<InLine>{inside}</InLine>"), parent_of(f"<InLine>{inside}</InLine>")
    values = [(text, {"n": text}) for text in "abc"]
    insert_all(at_once, name, "3.0", values)
    for text, attributes in values:
        insert(in_turn, name, "3.0", text, attributes)
    assert serialise(at_once) == serialise(in_turn)
    assert insert_all(at_once, name, "3.0", []) == []


def test_text_between_elements_is_never_repeated():
    element = parent_of("<InLine>lead<AdTitle/>mid<Impression/>end</InLine>")
    insert(element, "AdSystem", "3.0")
    insert(element, "Pricing", "3.0")
    insert(element, "Extensions", "3.0")
    assert "".join(element.itertext()) == "leadmidend"


def test_removing_an_element_keeps_the_text_behind_it():
    element = parent_of("<InLine>a<B/>b<C/>c<D/>\n</InLine>")
    for name in ("B", "C", "D"):
        remove(first_child(element, name))
    assert "".join(element.itertext()) == "abc"
    remove(element.getroottree().getroot())


def test_filling_replaces_children_and_keeps_other_attributes():
    element = parent_of('<Pricing model="cpm" x="1">a<b/>c</Pricing>')
    fill(element, "5\x00\ud800", {"model": "CPM\x01"})
    assert (element.text, dict(element.attrib), len(element)) == ("5", {"model": "CPM", "x": "1"}, 0)
    fill(element, None)
    assert element.text is None


def test_completing_keeps_children_and_other_attributes():
    element = parent_of('<Pricing model="cpm" k="v"> <!-- c --></Pricing>')
    complete(element, "5\x00", {"model": "CPM"})
    assert serialise(element).endswith(b'<Pricing model="CPM" k="v">5<!-- c --></Pricing>')


def test_writable_drops_only_what_xml_cannot_carry():
    assert writable("a\x00\x08\ufffe\ud800é😀\t\n") == "aé😀\t\n"


def test_linears_are_found_in_every_creatives_block():
    markup = "<Creatives><Creative><Linear/></Creative><Creative><NonLinearAds/></Creative></Creatives>"
    assert len(linears(parent_of(f"<InLine>{markup}{markup}</InLine>"))) == 2
