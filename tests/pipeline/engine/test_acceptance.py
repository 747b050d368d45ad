"""Every acceptance case of pipeline.md §4 A to G has a test under its number: `grep -rn "test_case_34" tests/pipeline`.

A policy case asserts our own choice. A name may join numbers ("test_case_61_and_62_…"), a number several tests.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from pipeline.engine import build_vast_from_bid_response, merge_config
from tests.pipeline.engine.adm import bid, response

CASES = {
    "A selection": (1, 2, 4, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19, 20, 22, 23, 25, 26, 28),
    "B currency and price": (29, 31, 32),
    "C enrichment": (34, 35, 37, 38, 40, 41, 43, 44, 46, 47, 49, 50),
    "D preservation": (52, 53, 55, 56, 58, 59),
    "E adm input": (61, 62, 64, 65, 67, 68, 70, 71, 73, 74, 76),
    "F document": (77, 79, 80, 82),
    "G config": (83, 85, 86, 88, 89),
}
_NAME = re.compile(r"test_case_(\d+(?:_and_\d+)*)_\w+")


def found() -> dict[int, list[ast.FunctionDef]]:
    """The tests of the engine that are named after a case and assert something."""
    tests = defaultdict(list)
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            name = _NAME.fullmatch(node.name) if isinstance(node, ast.FunctionDef) else None
            if name and any(isinstance(inner, ast.Assert) for inner in ast.walk(node)):
                for number in name[1].split("_and_"):
                    tests[int(number)].append(node)
    return tests


TESTS = found()


@pytest.mark.parametrize(
    ("section", "number"), [(section, number) for section, numbers in CASES.items() for number in numbers]
)
def test_an_acceptance_case_has_a_test_of_its_number(section, number):
    assert TESTS[number], f"no test of case {number} ({section})"


def test_no_test_is_named_after_a_case_that_does_not_exist():
    known = {number for numbers in CASES.values() for number in numbers}
    assert {number for number in TESTS if number <= max(known)} <= known


def test_case_47_a_price_is_moved_to_the_extensions_by_the_host_layer_alone():
    config = merge_config({"placement_rules": {"pricing_placement": "EXTENSION"}}, None, None).config
    document = build_vast_from_bid_response(None, response(bid()), config).xml
    assert (document.count(b"<Pricing"), document.count(b'<Extension type="pricing">')) == (0, 1)


def test_case_59_no_macro_is_substituted_by_any_receiver():
    for receiver in ("GENERIC", "GAM_SSU", "FREEWHEEL"):
        given = bid(price=5, nurl="https://ads.example.com/win?p=${AUCTION_PRICE}&e=[ERRORCODE]", adm="")
        document = build_vast_from_bid_response(None, response(given), {"receiver": receiver}).xml
        assert b"p=${AUCTION_PRICE}&e=[ERRORCODE]" in document
