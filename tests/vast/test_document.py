import resource
import time

import pytest
from lxml import etree

from vast.document import MAX_BYTES, MAX_NODES, MAX_REFERENCES, local_name, parse, serialise, text_of
from vast.errors import VastError, VastErrorCode


def refused(data, **options):
    with pytest.raises(VastError) as caught:
        parse(data, **options)
    return caught.value.code, caught.value.reason


@pytest.mark.parametrize(
    "data",
    [
        '<VAST version="3.0"/>',
        b'<VAST version="3.0"/>',
        b'\xef\xbb\xbf<VAST version="3.0"/>',
        '\ufeff  \r\n<?xml version="1.0" encoding="UTF-8"?>\r\n<VAST version="3.0"/>',
        ' \ufeff\n\ufeff<?xml version="1.0"?><VAST version="3.0"/>',
        '\u200b\u00a0<VAST version="3.0"/>',
        '\u00a0<VAST version="3.0"/>'.encode(),
        '<VAST version=" 3.0 "/>',
        '<VAST version="3"/>',
        '<VAST xmlns="http://www.iab.com/VAST" version="3.0"/>',
        '<?xml version="1.0" encoding="UTF-16"?><VAST version="3.0"/>',
        '<?xml version="1.0" encoding="utf-16"?><VAST version="3.0"/>'.encode("utf-16"),
        '<VAST version="3.0"/>'.encode("utf-16-le"),
        '<VAST version="3.0"/>'.encode("utf-16-be"),
        '<VAST version="3.0"/>'.encode("utf-32"),
    ],
)
def test_one_document_in_many_disguises(data):
    document = parse(data)
    assert document.version == "3.0"
    assert document.notices == ()


def test_case_62_a_declared_encoding_is_obeyed_for_bytes_and_ignored_for_text():
    markup = '<?xml version="1.0" encoding="ISO-8859-1"?><VAST version="3.0"><Ad>é</Ad></VAST>'
    assert text_of(parse(markup).root[0]) == "é"
    assert text_of(parse(markup.encode("iso-8859-1")).root[0]) == "é"


@pytest.mark.parametrize("declared", ["bogus", "rot13", "zlib", "unicode_escape"])
def test_unknown_or_odd_encodings_are_refused(declared):
    data = f'<?xml version="1.0" encoding="{declared}"?><VAST version="3.0"/>'.encode()
    assert refused(data) == (100, "ENCODING")


def test_bytes_that_are_not_the_declared_encoding_are_refused():
    assert refused(b'<?xml version="1.0" encoding="shift_jis"?><VAST>\xff\xff</VAST>') == (100, "ENCODING")
    assert refused(b"\xff\xfe<\x00V") == (100, "ENCODING")
    assert refused('<VAST version="3.0">\ud800</VAST>') == (100, "ENCODING")
    assert refused(b'<VAST version="3.0">\xff\xfe</VAST>') == (100, "NOT_XML")


def test_a_bare_doctype_is_dropped_with_a_notice_and_lines_stay():
    document = parse('<?xml version="1.0"?>\n<!-- c -->\n<!DOCTYPE VAST>\n<VAST version="3.0"/>')
    assert [notice.code for notice in document.notices] == ["DOCTYPE_DROPPED"]
    assert document.root.sourceline == 4
    assert b"DOCTYPE" not in serialise(document.root)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE VAST [<!ENTITY a "b">]>',
        '<!DOCTYPE VAST SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE VAST PUBLIC "x" "http://ads.example.com/x.dtd">',
        "<!DOCTYPE html>",
        '<!DOCTYPE VAST [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        "<!-- <!DOCTYPE VAST> --><!DOCTYPE VAST []>",
        "<?pi <!DOCTYPE VAST> ?><!DOCTYPE VAST []>",
        '<!-- a --><!DOCTYPE VAST [<!ENTITY a "b"> <!-- c -->]>',
    ],
)
def test_any_other_doctype_refuses_the_document(doctype):
    assert refused(f'<?xml version="1.0"?>{doctype}<VAST version="3.0">&a;</VAST>') == (100, "DOCTYPE")


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("", (100, "NOT_XML")),
        ("   ", (100, "NOT_XML")),
        ("no xml", (100, "NOT_XML")),
        ("<VAST>", (100, "NOT_XML")),
        ('<VAST version="3.0">&nbsp;</VAST>', (100, "NOT_XML")),
        ('<VAST version="3.0">a & b</VAST>', (100, "NOT_XML")),
        ('<VAST version="3.0">\x00</VAST>', (100, "NOT_XML")),
        ('<VAST version="3.0">\x01</VAST>', (100, "NOT_XML")),
        ('<VAST version="3.0"/>trailing', (100, "NOT_XML")),
        ("<html><body/></html>", (101, "NOT_VAST")),
        ('<VMAP version="1.0"/>', (101, "NOT_VAST")),
        ("<VideoAdServingTemplate/>", (102, "VAST1")),
        ('<VAST version="1.0"/>', (102, "VAST1")),
        ('<VAST version="9.9"/>', (102, "VERSION")),
        ('<VAST version="new"/>', (102, "VERSION")),
    ],
)
def test_what_is_not_vast_is_refused_with_the_code_of_the_standard(data, expected):
    assert refused(data, lenient=True) == expected


@pytest.mark.parametrize(
    ("declared", "read_as"),
    [("4.4", "4.3"), ("3.5", "3.0"), ("2.0.1", "2.0"), ("3.0.0", "3.0"), ("2", "2.0")],
)
def test_unknown_minor_versions_fall_to_the_nearest_known(declared, read_as):
    document = parse(f'<VAST version="{declared}"/>')
    assert document.version == read_as
    assert bool(document.notices) is (declared in ("4.4", "3.5"))


def test_a_missing_version_is_assumed_with_a_notice():
    document = parse("<VAST/>")
    assert (document.version, [notice.code for notice in document.notices]) == ("3.0", ["VERSION_MISSING"])


@pytest.mark.parametrize("root", ["<vast {}/>", "<Vast {}/>", '<v:VAST xmlns:v="urn:v" {}/>'])
def test_odd_roots_are_read_only_when_lenient(root):
    markup = root.format('version="3.0"')
    assert refused(markup) == (101, "NOT_VAST")
    assert [notice.code for notice in parse(markup, lenient=True).notices] == ["ROOT_NAME"]


def nested(depth):
    return '<VAST version="3.0">' + "<a>" * (depth - 1) + "</a>" * (depth - 1) + "</VAST>"


def test_depth_is_limited_exactly():
    assert parse(nested(127)).version == "3.0"
    assert refused(nested(128)) == (100, "TOO_DEEP")
    assert refused(nested(256)) == (100, "TOO_DEEP")
    assert refused(nested(20), max_depth=10) == (100, "TOO_DEEP")
    assert parse(nested(10), max_depth=10).version == "3.0"


def test_size_is_limited_in_bytes_even_for_text():
    assert refused(b" " * (MAX_BYTES + 1)) == (100, "TOO_LARGE")
    assert refused("é" * (MAX_BYTES // 2 + 1)) == (100, "TOO_LARGE")
    assert refused('<VAST version="3.0"/>', max_bytes=10) == (100, "TOO_LARGE")


@pytest.mark.parametrize("node", ["<a/>", "<a></a>", "<!-- -->", "<?a?>"])
def test_nodes_of_every_kind_count_and_closing_tags_do_not(node):
    markup = '<VAST version="3.0">{}</VAST>'
    assert len(parse(markup.format(node * (MAX_NODES - 1))).root) == MAX_NODES - 1
    assert refused(markup.format(node * MAX_NODES)) == (100, "TOO_MANY_NODES")


def test_references_are_counted():
    markup = '<VAST version="3.0">{}</VAST>'
    assert text_of(parse(markup.format("&lt;" * MAX_REFERENCES)).root) == "<" * MAX_REFERENCES
    assert refused(markup.format("&lt;" * (MAX_REFERENCES + 1))) == (100, "TOO_MANY_NODES")


@pytest.mark.parametrize("mark", [">", '"'])
def test_what_is_written_longer_than_it_was_read_is_counted(mark):
    markup = "<VAST version='3.0' a='{}'/>"
    assert parse(markup.format(mark * 90_000)).root.get("a") == mark * 90_000
    assert refused(markup.format(mark * 400_001)) == (100, "TOO_MANY_NODES")


@pytest.mark.parametrize("length", [10, 1_000_000])
@pytest.mark.parametrize("character", ["\x00", "\x08", "\x0b", "\x1f"])
def test_control_characters_are_refused_in_short_and_long_texts_and_blanks_are_not(character, length):
    markup = '<VAST version="3.0">{}</VAST>'
    assert refused(markup.format("x" * length + character)) == (100, "NOT_XML")
    assert len(parse(markup.format("\t\r\n\x7f" * length)).root.text) > length


BOMBS = {
    "50 MB": lambda: b"<VAST>" + b"x" * 50_000_000,
    "depth 100 000": lambda: b"<a>" * 100_000,
    "depth 100 000, closed": lambda: b"<a>" * 100_000 + b"</a>" * 100_000,
    "tiny elements": lambda: b"<VAST>" + b"<a/>" * 1_000_000,
    "attributes": lambda: b"<VAST " + b" ".join(b'a%d=""' % n for n in range(300_000)) + b"/>",
    "entities": lambda: (
        b'<!DOCTYPE VAST [<!ENTITY a "' + b"x" * 1_000_000 + b'">]><VAST>' + b"&a;" * 1000 + b"</VAST>"
    ),
    "comments": lambda: b"<!-- -->" * 400_000,
    "open comment": lambda: b"<!--" + b"<!DOCTYPE " * 300_000,
    "blanks": lambda: b" " * (MAX_BYTES - 1),
    "instructions": lambda: b"<?a" * 1_000_000,
    "namespaces": lambda: b"<VAST " + b" ".join(b'xmlns:a%d="x"' % n for n in range(99_000)) + b"/>",
}


@pytest.mark.parametrize("name", BOMBS)
def test_hostile_documents_are_refused_in_bounded_time_and_memory(name):
    data = BOMBS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    with pytest.raises(VastError):
        parse(data)
    assert time.process_time() - started < 1, "a tenfold margin over what an idle machine needs"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 80_000, "kilobytes"


def test_serialising_keeps_cdata_comments_prefixes_and_instructions():
    inside = '<!-- c --><?pi x?><Ad id="1"><x:y xmlns:x="urn:x" k="v">t<![CDATA[ <a&b> ]]></x:y><A/>&#13;é</Ad> tail'
    markup = f'<VAST xmlns="http://www.iab.com/VAST" version="4.2">{inside}</VAST>'
    expected = '<?xml version="1.0" encoding="UTF-8"?>\n' + markup
    assert serialise(parse(markup).root).decode() == expected


def test_text_of_reads_round_comments_and_leaves_children_out():
    root = etree.fromstring("<a> x<!-- c -->y <b>no</b> z </a>")
    assert text_of(root) == "xy  z"
    assert text_of(None) == ""
    assert text_of(etree.fromstring("<a/>")) == ""


def test_every_error_code_has_a_meaning():
    assert VastErrorCode(303).meaning.startswith("no ad")
    assert all(code.meaning for code in VastErrorCode)
    assert {100, 101, 102, 303, 405, 900} <= {int(code) for code in VastErrorCode}


def test_prefixes_nobody_declared_are_ignored_when_reading_and_refused_when_editing():
    text = '<VAST version="3.0" xsi:noNamespaceSchemaLocation="vast.xsd"><q:Ad id="1"/></VAST>'
    read = parse(text, lenient=True, for_reading=True)
    assert [notice.code for notice in read.notices] == ["PREFIX_UNDECLARED"] * 2
    assert [local_name(child) for child in read.root] == ["Ad"]
    for options in ({}, {"lenient": True}, {"for_reading": True}):
        with pytest.raises(VastError, match="is not defined"):
            parse(text, **options)


def test_more_undeclared_prefixes_than_an_oversight_refuse_the_document():
    text = "<VAST>" + "".join(f"<a{number}:b/>" for number in range(9)) + "</VAST>"
    with pytest.raises(VastError, match="Namespace prefix a0"):
        parse(text, lenient=True, for_reading=True)
    with pytest.raises(VastError, match="broken"):
        parse("<VAST><q:a></VAST>", lenient=True, for_reading=True)
