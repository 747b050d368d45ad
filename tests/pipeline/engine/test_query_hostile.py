"""Lines meant to hurt: too long, too deep, too many, not text."""

import json
import time
from collections.abc import Callable

import pytest

from pipeline.engine.query.address import MOST_HOPS
from tests.pipeline.engine.query import PEER, asked, at, codes, line, request, video


def test_a_line_over_the_limit_is_refused_whole() -> None:
    longest = "w=640&pad=" + "x" * (8192 - 10)
    assert len(longest) == 8192
    assert video(longest)["w"] == 640
    given, notices = asked(longest + "x")
    assert given == {}
    assert codes(notices) == ["REQUEST_LINE_TOO_LONG"]


def test_the_limit_can_be_moved_and_lifted() -> None:
    assert asked("w=640", max_line=4)[0] == {}
    assert request("w=640&pad=" + "x" * 100_000, max_line=0)["imp"][0]["video"]["w"] == 640


@pytest.mark.parametrize(
    ("raw", "title"),
    [
        ("a%00b", "ab"),
        ("a\x00b", "ab"),
        ("a%0D%0Ab", "ab"),
        ("%C2%85x%7F", "x"),
        ("a\ud800b", "a���b"),
        ("a%ED%A0%80b", "a���b"),
        ("%FF%FE", "��"),
        ("%C3", "�"),
        ("caf\udce9", "caf�"),
    ],
)
def test_what_is_no_text_does_not_get_through(raw: str, title: str) -> None:
    given = request(f"ctitle={raw}")
    assert given["app"]["content"]["title"] == title
    json.dumps(given, ensure_ascii=False).encode()


def test_a_value_of_control_characters_only_is_absent() -> None:
    assert asked("ctitle=%00%01&w=%00") == asked("")


@pytest.mark.parametrize(
    "text",
    [
        '{"a":' * 33 + "1" + "}" * 33,
        '{"a":' * 1500 + "1" + "}" * 1500,
        '{"a":' + "[" * 5000,
        '{"a":1e999}',
        '{"a":NaN}',
        '{"a":123456789012345678901234567890}',
        '"text"',
        '[{"a":1}]',
        '{"a":1}x',
        '{"a":"\\ud800"}',
    ],
)
def test_json_that_could_hurt_a_later_reader_is_left_out(text: str) -> None:
    for name in ("targeting", "schain"):
        given, notices = asked(line(name, text), max_line=0)
        assert given == request("")
        assert codes(notices) == ["PARAMETER_INVALID"]
        assert len(notices[0].text) < 200


def test_json_is_cleaned_of_what_cannot_be_written() -> None:
    data = request(line("targeting", '{"a\\u0000":"b\\u0000\\u0007c","d":[{"e":"\\u001f"}]}'))["imp"][0][
        "ext"
    ]["data"]
    assert data == {"a": "bc", "d": [{"e": ""}]}


def test_json_of_the_allowed_depth_gets_through() -> None:
    text = '{"a":' * 31 + "1" + "}" * 31
    assert request(line("targeting", text))["imp"][0]["ext"]["data"] == json.loads(text)


def test_numbers_of_any_length_are_bounded() -> None:
    for number in (
        "9" * 5000,
        "-" + "9" * 5000,
        "1." + "0" * 5000,
        "٣",
        "1e3",
        "0x10",
        "1_000",
        "NaN",
        "inf",
        "+1",
    ):
        for name in ("w", "poddur", "pmxd", "mincpms", "lat", "startdelay", "battr", "tmax", "imp.bidfloor"):
            given, notices = asked(line(name, number), max_line=0)
            assert given == request(""), (name, number[:10])
            assert codes(notices) == ["PARAMETER_INVALID"]


def test_wrong_names_again_and_again_are_told_of_once() -> None:
    given, notices = asked("&".join(["w=abc", "h=[H]", "api=x"] * 5000), max_line=0)
    assert given == request("")
    assert sorted(codes(notices)) == ["MACRO_UNEXPANDED", "PARAMETER_INVALID", "PARAMETER_INVALID"]


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@pytest.mark.parametrize(
    "unit",
    [
        "w=640&",
        "w=abc&",
        "nobody=1&",
        "csid=a;x=1;",
        "csid=a;;slid=a;",
        "ip=10.0.0.1,&",
        "ctitle=%25&",
        "[=[&",
        "%%=%%&",
        ";",
    ],
)
def test_time_grows_with_the_line_and_not_faster(unit: str) -> None:
    small, large = "csid=a&" + unit * 2_000, "csid=a&" + unit * 20_000
    asked(small, max_line=0)
    ratios = []
    for _ in range(3):
        once = cpu_seconds(lambda: asked(small, max_line=0))
        ratios.append(cpu_seconds(lambda: asked(large, max_line=0)) / max(once, 1e-4))
    assert min(ratios) < 40, ratios


@pytest.mark.parametrize(
    "text",
    [
        "[" * 8000,
        "{" * 8000,
        "__" * 4000,
        "%%" * 4000,
        "<" * 8000,
        "," * 8000,
        "1," * 4000,
        "|" * 8000,
        "a!" * 4000,
        "." * 8000,
    ],
)
def test_no_pattern_is_slow_on_a_full_line(text: str) -> None:
    for name in (
        "ctitle",
        "sz",
        "schain",
        "cust_params",
        "ip",
        "bcat",
        "badv",
        "storeurl",
        "page",
        "domain",
        "targeting",
        "ua",
    ):
        assert cpu_seconds(lambda name=name: asked(f"{name}={text}")) < 0.5


@pytest.mark.parametrize("text", [";" * 8000 + "!", (";" + "&" * 40) * 195 + "!", ";" + "a" * 8000])
def test_no_separator_is_slow_on_a_full_line(text: str) -> None:
    assert cpu_seconds(lambda: asked("csid=a" + text)) < 0.5


def test_of_a_list_of_addresses_no_more_are_read_than_a_chain_of_proxies_has() -> None:
    near, far = "10.0.0.1," * (MOST_HOPS - 1), "10.0.0.1," * MOST_HOPS
    for name in ("X-Device-IP", "X-Forwarded-For"):
        found = [
            at(request("", {name: hops + "198.51.100.7"}, trusted_proxies=[PEER]), "device.ip")
            for hops in (near, far)
        ]
        assert found == ["198.51.100.7", None]
