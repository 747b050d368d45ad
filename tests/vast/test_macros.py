import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast.macros import MACROS, UNKNOWN, WITHHELD, MacroRow, expand, explain


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
def test_M05_M07_M08_macros_are_replaced_where_the_standard_lets_them(url, values, context, expected):
    assert expand(url, values, context) == expected


def test_every_macro_of_the_list_can_be_used_somewhere():
    assert len(MACROS) >= 59
    for name, macro in MACROS.items():
        for context in macro.contexts:
            assert expand(f"[{name}]", {name: "405"}, context) == "405"


@given(st.text(), st.text())
def test_a_value_never_changes_what_stands_round_it(value, rest):
    plain = rest.replace("[", "").replace("%", "")
    expanded = expand(f"{plain}[IFA]{plain}", {"IFA": value})
    assert expanded.startswith(plain)
    assert expanded.endswith(plain)
    assert not set(expanded[len(plain) : len(expanded) - len(plain)]) & set('&=?#/ []<>"')


TRACKERS = ("tracking", "error", "verification", "click")
# As playback.md 3.2 lists them.
CONTEXTS = {
    (
        *TRACKERS,
        "request",
    ): """TIMESTAMP CACHEBUSTING CONTENTPLAYHEAD MEDIAPLAYHEAD BREAKPOSITION ADCOUNT TRANSACTIONID
        PLACEMENTTYPE ADTYPE BREAKMAXDURATION BREAKMAXADS BREAKMINADLENGTH BREAKMAXADLENGTH IFA IFATYPE CLIENTUA
        SERVERUA DEVICEUA DEVICEIP SERVERSIDE LATLONG DOMAIN PAGEURL APPBUNDLE OMIDPARTNER PLAYERCAPABILITIES CLICKTYPE
        INVENTORYSTATE PLAYERSIZE CONTENTID CONTENTURI LIMITADTRACKING REGULATIONS GDPRCONSENT STOREID STOREURL
        PLAYBACKMETHODS GPPSTRING GPPSECTIONID""",
    TRACKERS: "UNIVERSALADID PLAYERSTATE ADPLAYHEAD ASSETURI PODSEQUENCE ADSERVINGID",
    (
        "request",
    ): """BLOCKEDADCATEGORIES ADCATEGORIES VASTVERSIONS APIFRAMEWORKS EXTENSIONS VERIFICATIONVENDORS
        MEDIAMIME CONTENTCAT DSAREQUIRED DSAPARAMS DSAPUBRENDER""",
    ("error",): "ERRORCODE",
    ("verification",): "REASON",
    ("click",): "CLICKPOS",
}


def test_every_macro_stands_in_the_contexts_of_the_standard():
    expected = {name: frozenset(where) for where, names in CONTEXTS.items() for name in names.split()}
    assert {name: macro.contexts for name, macro in MACROS.items()} == expected


@pytest.mark.parametrize(
    ("code", "expected"), [("303", "303"), ("", "900"), ("oops", "900"), ("1005", "900"), ("12", "900")]
)
def test_a_code_that_is_none_is_the_undefined_error(code, expected):
    assert expand("?e=[ERRORCODE]", {"ERRORCODE": code}, "error") == f"?e={expected}"


def test_a_withheld_value_and_an_unknown_one_are_told_apart():
    assert expand("[IFA][IFATYPE]", {"IFA": WITHHELD}) == f"{WITHHELD}{UNKNOWN}" == "-2-1"


URL = "?a=[CITY]&b=%%CITY%%&c=${CITY}&d={CITY}&e=%5BCITY%5d"


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (("[NAME]", "${NAME}"), "?a=Bonn&b=%%CITY%%&c=Bonn&d={CITY}&e=%5BCITY%5d"),
        (("%%NAME%%", "[NAME]"), "?a=Bonn&b=Bonn&c=${CITY}&d={CITY}&e=%5BCITY%5d"),
        (("{NAME}", "[NAME]"), "?a=Bonn&b=%%CITY%%&c=${CITY}&d=Bonn&e=%5BCITY%5d"),
        (("[NAME]", "${NAME}", "{NAME}"), "?a=Bonn&b=%%CITY%%&c=Bonn&d=Bonn&e=%5BCITY%5d"),
        (("%5BNAME%5D",), "?a=[CITY]&b=%%CITY%%&c=${CITY}&d={CITY}&e=Bonn"),
    ],
)
def test_M11_only_the_formats_asked_for_are_placeholders(formats, expected):
    assert expand(URL, {"CITY": "Bonn"}, formats=formats) == expected


def test_M10_ordinary_text_is_no_placeholder_of_any_format():
    formats = ("{NAME}", "[NAME]")
    values = {"CITY": "Moscow", "AD_SERVER": "Yandex Direct"}
    assert expand("/VELOCITY?s=[AD_SERVER]", values, formats=formats) == "/VELOCITY?s=Yandex%20Direct"


@pytest.mark.parametrize("written", ["NAME", "[NAME", "NAME]", "", "[]"])
def test_a_format_without_delimiters_is_refused(written):
    with pytest.raises(ValueError, match="delimiters"):
        expand("x", {}, formats=(written,))


def test_the_table_of_a_url_names_every_placeholder_with_its_value_and_source():
    url = "?a=[IFA]&b=[PLAYERSTATE]&c=%%CITY%%&d=[ERRORCODE]&e=[DOMAIN]&f=[VENDOR]&g=[random]&a2=[IFA]"
    values = {"IFA": WITHHELD, "PLAYERSTATE": ["muted", "full screen"], "CITY": "Köln", "CACHEBUSTING": "1"}
    sources = {"IFA": "client", "PLAYERSTATE": "client", "CITY": "provider", "CACHEBUSTING": "session"}
    rows = explain(url, values, sources=sources)
    assert rows == [
        MacroRow("IFA", "[IFA]", "-2", "-2", "client, withheld (-2)"),
        MacroRow("PLAYERSTATE", "[PLAYERSTATE]", "muted,full screen", "muted,full%20screen", "client"),
        MacroRow("CITY", "%%CITY%%", "Köln", "K%C3%B6ln", "provider"),
        MacroRow("ERRORCODE", "[ERRORCODE]", None, "[ERRORCODE]", "not of this context: left alone"),
        MacroRow("DOMAIN", "[DOMAIN]", "-1", "-1", "unknown (-1)"),
        MacroRow("VENDOR", "[VENDOR]", None, "[VENDOR]", "no macro of the list: left alone"),
        MacroRow("random", "[random]", "1", "1", "session"),
    ]
    rebuilt = url
    for row in rows:
        rebuilt = rebuilt.replace(row.token, row.encoded)
    assert rebuilt == expand(url, values)
