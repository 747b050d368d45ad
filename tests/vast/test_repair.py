import time

import pytest

from vast.repair import MAX_AMPERSANDS, repair


@pytest.mark.parametrize(
    ("markup", "repaired"),
    [
        ("<a>https://x?a=1&b=2</a>", "<a>https://x?a=1&amp;b=2</a>"),
        ("<a>&amp;&lt;&#38;&#x26;&quot;</a>", "<a>&amp;&lt;&#38;&#x26;&quot;</a>"),
        ("<a>x&nbsp;y&eacute;</a>", "<a>x\xa0yé</a>"),
        ("<a>&unheardof;</a>", "<a>&amp;unheardof;</a>"),
        ("<a>?a=1&AMP;b=2&LT;b&GT;&nvlt;</a>", "<a>?a=1&amp;b=2&lt;b&gt;&lt;\u20d2</a>"),
        ('<a b="x&QUOT;y"/>', '<a b="x&quot;y"/>'),
        ("<![CDATA[a&b&nbsp;]]>&<!-- & -->&", "<![CDATA[a&b&nbsp;]]>&amp;<!-- & -->&amp;"),
        ("<![CDATA[a&]&]]]>&<!--&->&--->&", "<![CDATA[a&]&]]]>&amp;<!--&->&--->&amp;"),
        ("&<!-- & <![CDATA[ & ]]>", "&amp;<!-- & <![CDATA[ & ]]>"),
        ("nothing to do", "nothing to do"),
    ],
)
def test_only_stray_ampersands_and_html_entities_change(markup, repaired):
    assert repair(markup) == repaired
    assert repair(repaired) == repaired


@pytest.mark.parametrize("opening", ["<!--", "<![CDATA["])
def test_openings_that_are_never_closed_cost_in_proportion(opening):
    markup = "<VAST>&" + opening * 9_000 + "x" * 4_000_000
    started = time.process_time()
    assert repair(markup) == markup.replace("&", "&amp;", 1)
    assert time.process_time() - started < 1, "a wide margin over what an idle machine needs"


def test_what_is_nothing_but_ampersands_is_left_alone():
    assert repair("&" * MAX_AMPERSANDS) == "&amp;" * MAX_AMPERSANDS
    assert repair("&" * (MAX_AMPERSANDS + 1)) == "&" * (MAX_AMPERSANDS + 1)
