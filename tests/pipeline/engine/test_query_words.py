"""What is remembered of a line from one request to the next, and what is not."""

from pipeline.engine import PARAMETERS
from pipeline.engine.query.words import WORDS
from tests.pipeline.engine.query import asked, line, request
from tests.pipeline.engine.test_query_table import CASES


def test_what_one_request_does_to_its_lists_is_unknown_to_the_next() -> None:
    query = 'api=7,2&bcat=IAB1&mimes=video/mp4&schain=1.0,1!a.example,1,1&targeting={"a":[1]}'
    once = request(query)
    once["imp"][0]["video"]["api"].append(99)
    once["imp"][0]["ext"]["data"]["a"].append(99)
    once["bcat"].clear()
    once["source"]["schain"]["nodes"].clear()
    again = request(query)
    assert again["imp"][0]["video"]["api"] == [7, 2]
    assert again["imp"][0]["ext"]["data"] == {"a": [1]}
    assert again["bcat"] == ["IAB1"]
    assert len(again["source"]["schain"]["nodes"]) == 1


def test_the_second_time_a_line_gives_what_it_gave_the_first_time() -> None:
    query = (
        "&".join(line(case.name, case.plain) for case in CASES if not case.context) + "&w=abc&h=[H]&api=1,x"
    )
    for words in WORDS.values():
        words.clear()
    first = asked(query, max_line=0)
    assert asked(query, max_line=0) == first


def test_what_is_a_viewer_s_own_is_not_remembered() -> None:
    personal = {alias.name for row in PARAMETERS if row.personal for alias in row.aliases}
    assert {
        "ip",
        "ifa",
        "did",
        "lat",
        "tcfc",
        "consent_string",
        "gppc",
        "user.id",
        "cb",
        "targeting",
    } <= personal
    for case in CASES:
        asked(line(case.name, case.plain, case.context))
    remembered = {pair.partition("=")[0] for words in WORDS.values() for pair in words}
    assert "w" in remembered
    assert not personal & remembered


def test_memory_is_bounded_in_number_and_length() -> None:
    for number in range(20_000):
        asked(f"ctitle={number}&{number}=1&name={'x' * 300}{number}")
    assert all(len(words) <= 4096 for words in WORDS.values())
    assert max(len(pair) for words in WORDS.values() for pair in words) <= 256
