"""Every name of the table of pipeline.md §2.2 against query_cases.tsv: plain, unexpanded, 0, -1, repeated."""

import json
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.engine import PARAMETERS
from tests.pipeline.engine.query import asked, at, codes, line, request

SURROUNDINGS = {"": "", "slot": ";;", "adpod": "imp.vid.ext.adpod."}
UNEXPANDED = (
    *("{{X_Y}}", "[X]", "%%X%%", "${X}", "{X}", "__X__", "<X>", "[REPLACE_ME]", "{{{X}}}", "[INSERT NAME]"),
    *("null", "undefined", "NULL"),
)


class Case(NamedTuple):
    """One row of the file: what a name gives at a path for its plain text, for 0 and for -1."""

    name: str
    context: str
    plain: str
    other: str
    path: str
    value: str
    zero: str
    minus_one: str

    def __str__(self) -> str:
        return f"{self.context}&{self.name}" if self.context else self.name


def read_cases() -> list[Case]:
    text = Path(__file__).with_name("query_cases.tsv").read_text(encoding="utf-8")
    return [Case(*row.split("\t")) for row in text.splitlines() if not row.startswith("#")]


CASES = read_cases()
every_name = pytest.mark.parametrize("case", CASES, ids=str)


def test_the_file_holds_every_name_of_the_table_once_and_no_other() -> None:
    table = [(alias.name, alias.within) for row in PARAMETERS for alias in row.aliases]
    surroundings = {
        (
            case.name,
            next((w for w, mark in SURROUNDINGS.items() if mark and case.context.startswith(mark)), ""),
        )
        for case in CASES
    }
    assert len(table) == len(set(table)) == len(CASES)
    assert set(table) == surroundings


def holds(query: str, case: Case, outcome: str) -> None:
    given, notices = asked(query)
    found = at(given, case.path)
    invalid = [notice for notice in notices if notice.code == "PARAMETER_INVALID"]
    if outcome == "-":
        assert given == request(case.context)
        assert not notices
    elif outcome == "!":
        assert given == request(case.context)
        assert any(notice.text.startswith(f"{case.name}: ") for notice in invalid), notices
    elif outcome == "?":
        assert found is None
        assert notices
        assert not invalid
    else:
        assert found == json.loads(outcome)
        assert type(found) is type(json.loads(outcome))
        assert not notices


@every_name
def test_a_name_gives_its_value_at_its_place(case: Case) -> None:
    holds(line(case.name, case.plain, case.context), case, case.value)


@every_name
def test_zero_is_a_value_or_refused_by_name(case: Case) -> None:
    holds(line(case.name, "0", case.context), case, case.zero)


@every_name
def test_minus_one_is_sent_where_it_means_something(case: Case) -> None:
    holds(line(case.name, "-1", case.context), case, case.minus_one)


@every_name
def test_an_unexpanded_macro_counts_as_absent(case: Case) -> None:
    without = request(case.context)
    for macro in UNEXPANDED:
        encoded, notices = asked(line(case.name, macro, case.context))
        raw = request(f"{case.context}&{case.name}={macro}")
        assert encoded == raw == without, macro
        assert any(notice.code == "MACRO_UNEXPANDED" and case.name in notice.text for notice in notices)


@every_name
def test_of_a_repeated_name_the_first_with_a_value_counts(case: Case) -> None:
    plain, other = line(case.name, case.plain), line(case.name, case.other)
    once = request(f"{case.context}&{plain}")
    assert request(f"{case.context}&{plain}&{other}") == once
    assert request(f"{case.context}&{case.name}=&{case.name}=%20&{plain}&{other}") == once
    assert request(f"{case.context}&{line(case.name, '[X]')}&{plain}") == once
    assert request(f"{case.context}&{other}&{plain}") != once


@pytest.mark.parametrize(
    "row", [row for row in PARAMETERS if len(row.aliases) > 1], ids=lambda row: row.target
)
def test_of_two_names_the_earlier_in_the_table_counts_wherever_it_stands(row) -> None:
    by_name = {case.name: case for case in CASES if not case.context}
    names = [alias.name for alias in row.aliases if not alias.within and alias.name in by_name]
    for first, second in pairwise(names):
        strong, weak = by_name[first], by_name[second]
        pairs = [line(first, strong.plain), line(second, weak.other)]
        forth, back = (asked("&".join(order)) for order in (pairs, pairs[::-1]))
        assert forth == back
        assert at(forth[0], strong.path) == json.loads(strong.value)


def test_a_wrong_value_leaves_the_place_to_the_next_name_and_is_told_of_once() -> None:
    given, notices = asked("w=abc&width=640&w=&w=wide")
    assert given["imp"][0]["video"]["w"] == 640
    assert codes(notices) == ["PARAMETER_INVALID"]


def test_what_is_in_no_table_is_ignored() -> None:
    assert asked("foo=1&bar&=x&&&W=640&imp=") == asked("")
