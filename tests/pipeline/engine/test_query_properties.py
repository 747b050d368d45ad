"""Whatever a tag holds, mapping it gives plain JSON, well-formed notices and nothing from a macro."""

import json
import random
import re

from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.engine import PARAMETERS, redacted, requested_config
from tests.pipeline.engine.query import asked, line
from tests.pipeline.engine.test_query_table import CASES

NAMES = sorted({alias.name for row in PARAMETERS for alias in row.aliases})
TOP = ["id", "imp", "app", "site", "device", "user", "regs", "source", "tmax", "bcat", "badv", "ext"]
anything = st.text(alphabet=st.characters(), max_size=40)
values = st.one_of(
    anything,
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        [
            "[X]",
            "{{X}}",
            "1,2,x",
            "640x480",
            "{}",
            '{"a":{"b":[1]}}',
            "1.0,1!a,b,1",
            "::1",
            "10.0.0.1",
            "%",
            "%%",
        ]
    ),
)
pairs = st.lists(st.tuples(st.sampled_from(NAMES), values), max_size=25)
headers = st.dictionaries(
    st.sampled_from(
        [
            "X-Device-IP",
            "User-Agent",
            "Referer",
            "Accept-Language",
            "X-Forwarded-For",
            "Sec-GPC",
            "X-Device-Os",
        ]
    ),
    anything,
)


def nothing_empty(value: object) -> bool:
    if isinstance(value, dict):
        return bool(value) and all(nothing_empty(item) for item in value.values())
    return not isinstance(value, list) or (bool(value) and all(nothing_empty(item) for item in value))


def is_well_formed(query: str, sent: dict[str, str], peer: str) -> None:
    request, notices = asked(query, sent, peer, trusted_proxies=["10.0.0.0/8"], max_line=0)
    assert json.loads(json.dumps(request, allow_nan=False)) == request
    json.dumps(request, ensure_ascii=False).encode()
    data = request["imp"][0].pop("ext", {}).pop("data", {})
    assert isinstance(data, dict)
    assert nothing_empty(request)
    assert [key for key in TOP if key in request] == list(request)
    assert not ("app" in request and "site" in request)
    assert not re.search("[\x00-\x1f\x7f]", "".join(str(value) for value in request.values()))
    for notice in notices:
        assert re.fullmatch("[A-Z_]+", notice.code)
        assert notice.bid_id == ""
        assert notice.text.isprintable()
    json.dumps(redacted(request))
    json.dumps(requested_config(request))


@given(pairs, headers, st.sampled_from(["10.0.0.1", "198.51.100.1", "", "no address", "::1"]))
def test_known_names_with_any_value(tag: list[tuple[str, str]], sent: dict[str, str], peer: str) -> None:
    is_well_formed(
        "&".join(line(name, text.encode("utf-8", "replace").decode()) for name, text in tag), sent, peer
    )
    is_well_formed("&".join(f"{name}={text}" for name, text in tag), sent, peer)


@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from("&;=%+[]{}<>_,|!0123456789abcdef\ud800\udcff")),
        max_size=300,
    )
)
@example("\ud800=\udcff&w=\ud800")
@example(";;;slid=\ud800;;tpcl=&csid=%ff%00;%C3=%28")
def test_any_line_at_all(query: str) -> None:
    is_well_formed(query, {}, "198.51.100.1")


@given(
    st.lists(st.sampled_from(CASES), unique_by=lambda case: case.name, max_size=20),
    st.randoms(use_true_random=False),
)
def test_the_order_of_different_names_does_not_matter(cases, shuffle: random.Random) -> None:
    tag = [line(case.name, case.plain) for case in cases if not case.context]
    mixed = list(tag)
    shuffle.shuffle(mixed)
    (here, said), (there, said_there) = asked("&".join(tag)), asked("&".join(mixed))
    assert json.dumps(here) == json.dumps(there)
    assert sorted(said) == sorted(said_there)


MACROS = ["{{%s}}", "[%s]", "%%%%%s%%%%", "${%s}", "{%s}", "__%s__", "<%s>", "[REPLACE_%s]"]


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(MACROS)), min_size=1, max_size=12),
    st.booleans(),
)
def test_no_unexpanded_macro_leaves(tag: list[tuple[str, str]], encoded: bool) -> None:
    marked = [(name, form % "SECRETMACRO") for name, form in tag]
    query = "&".join(line(name, text) if encoded else f"{name}={text}" for name, text in marked)
    request, notices = asked(query)
    assert "SECRETMACRO" not in json.dumps(request)
    assert "SECRETMACRO" not in str(notices)
    assert request == asked("")[0]
