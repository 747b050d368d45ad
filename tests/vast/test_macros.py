import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast.macros import MACROS, expand


@pytest.mark.parametrize(
    ("url", "values", "context", "expected"),
    [
        ("?cb=[CACHEBUSTING]", {"CACHEBUSTING": "12345678"}, "tracking", "?cb=12345678"),
        ("?p=[PAGEURL]", {"PAGEURL": "a&b=c/д"}, "tracking", "?p=a%26b%3Dc%2F%D0%B4"),
        ("?e=[ERRORCODE]", {"ERRORCODE": "403"}, "error", "?e=403"),
        ("?e=[ERRORCODE]", {"ERRORCODE": "403"}, "tracking", "?e=[ERRORCODE]"),
        ("?r=[REASON]", {"REASON": "2"}, "verification", "?r=2"),
        ("?r=[REASON]", {"REASON": "2"}, "error", "?r=[REASON]"),
        ("?v=[MYVENDOR]", {}, "tracking", "?v=[MYVENDOR]"),
        ("?s=[AD_SERVER]", {"AD_SERVER": "Yandex Direct"}, "tracking", "?s=Yandex%20Direct"),
        ("?s=[PLAYERSTATE]", {"PLAYERSTATE": ["muted", "full screen"]}, "tracking", "?s=muted,full%20screen"),
        ("?i=[IFA]", {}, "tracking", "?i=-1"),
        ("?i=[IFA]", {"IFA": "-2"}, "tracking", "?i=-2"),
        ("?a=[ADCATEGORIES]", {"ADCATEGORIES": ["IAB1"]}, "request", "?a=IAB1"),
        ("?a=[ADCATEGORIES]", {"ADCATEGORIES": ["IAB1"]}, "tracking", "?a=[ADCATEGORIES]"),
        ("?c=[CLICKPOS]", {"CLICKPOS": ["3", "4"]}, "click", "?c=3,4"),
        ("?c=%%CITY%%&d=[CITY]&e=${CITY}", {"CITY": "Bonn"}, "tracking", "?c=Bonn&d=Bonn&e=${CITY}"),
        ("?c=%5BCACHEBUSTING%5d", {"CACHEBUSTING": "1"}, "tracking", "?c=1"),
        ("?c=[RANDOM]&d=[random]", {"CACHEBUSTING": "1"}, "tracking", "?c=1&d=1"),
        ("?a=[DOMAIN][PAGEURL]", {"DOMAIN": "[PAGEURL]", "PAGEURL": "x"}, "tracking", "?a=%5BPAGEURL%5Dx"),
        ("?q=[]&r=[a b]&s=100%", {}, "tracking", "?q=[]&r=[a b]&s=100%"),
    ],
)
def test_macros_are_replaced_where_the_standard_lets_them(url, values, context, expected):
    assert expand(url, values, context) == expected


def test_every_macro_of_the_list_can_be_used_somewhere():
    assert len(MACROS) >= 59
    for name, macro in MACROS.items():
        for context in macro.contexts:
            assert expand(f"[{name}]", {name: "v"}, context) == "v"


@given(st.text(), st.text())
def test_a_value_never_changes_what_stands_round_it(value, rest):
    plain = rest.replace("[", "").replace("%", "")
    expanded = expand(f"{plain}[IFA]{plain}", {"IFA": value})
    assert expanded.startswith(plain)
    assert expanded.endswith(plain)
    assert not set(expanded[len(plain) : len(expanded) - len(plain)]) & set('&=?#/ []<>"')
