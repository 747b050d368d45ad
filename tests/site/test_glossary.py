"""One glossary: every word that a template explains is in it, and every word has its meaning."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.template import Context, Template
from django.test import RequestFactory

from vastdash.glossary import TERMS

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_USED = re.compile(r"""\{%\s*term\s+["']([^"']+)["']""")


def used() -> Counter[str]:
    return Counter(
        name for path in TEMPLATES.rglob("*") if path.is_file() for name in _USED.findall(path.read_text())
    )


def test_every_word_that_a_template_explains_is_in_the_glossary_and_some_are():
    assert used().keys() <= TERMS.keys()
    assert len(used()) > 10


def test_every_word_has_a_meaning_of_its_own_in_the_order_of_the_alphabet():
    assert list(TERMS) == sorted(TERMS, key=str.lower)
    assert len({term.slug for term in TERMS.values()}) == len(TERMS)
    assert len({term.meaning for term in TERMS.values()}) == len(TERMS)
    for term in TERMS.values():
        assert re.fullmatch(r".{20,220}[.]", term.meaning, re.DOTALL), term
        assert term.cite == "" or re.fullmatch(r"(VAST|OpenRTB|VMAP) [0-9.]+ §[0-9.]+", term.cite), term


def test_a_word_explains_itself_once_on_a_page_and_not_at_all_when_it_is_unknown():
    request = RequestFactory().get("/")
    page = Template('{% term "seed" "its seed" %} and {% term "seed" %}').render(
        Context({"request": request})
    )
    assert page.count("popovertarget") == page.count(' popover class="term-said"') == 1
    assert ">its seed</button>" in page
    assert page.endswith("</span> and seed")
    assert TERMS["seed"].meaning in page
    with pytest.raises(KeyError):
        Template('{% term "sead" %}').render(Context({}))


def test_the_glossary_lists_every_word(viewer):
    page = viewer.get("/glossary/").content.decode()
    assert all(f'<dt id="{term.slug}">' in page for term in TERMS.values())
