"""Every acceptance case is shown by a test that carries its id, and every kind of test there should be exists."""

import ast
import re
from functools import cache

import pytest

from tests.hygiene.checkout import ROOT

# Statistics of interruptions, quartiles and durations, the session limit, controls, clocks, configuration,
# serialisation, parsing and wrappers, macros, delivery.
_CASES = """
S01 S02 S03 S04 S05 S07 S08 S10 S11 S13 S14 S16 S17 S19 S20 S22 S23 S25 S26 S27 S28
Q01 Q02 Q04 Q05 Q07 Q08 Q10 Q11 Q13 Q14 Q16 Q17 Q19
L01 L02 L03 L04 L05 L07 L08
P01 P02 P04 P05 P07 P08 P10 P11 P13 P14 P16 P17
C01 C02 C04 C05 C07 C08 C10 C11
K01 K02 K04 K05 K07 K08 K10 K11 K13 K14 K16 K17
Z01 Z02 Z04 Z05 Z07 Z08 Z10
V01 V02 V04 V05 V07 V08 V10 V11 V13 V14 V16 V17 V19 V20 V22 V23 V25 V26 V28 V29
M01 M02 M04 M05 M07 M08 M10 M11 M13 M14
D01 D02 D04 D05 D07 D08 D10 D11 D13 D14
"""
CASES = tuple(_CASES.split())
# Cases whose tests come with the parts they show: the wrapper chain, macros and delivery.
_ELSEWHERE = """
"""
ELSEWHERE = frozenset(_ELSEWHERE.split())

# Kind of test -> the files that hold it.
KINDS = {
    "configuration": ("playback/engine/test_config.py",),
    "TimeProvider": ("playback/engine/test_time_provider.py",),
    "BaseVastPlayer": ("playback/engine/test_base_player.py",),
    "VastPlayer": ("playback/engine/test_parity.py", "playback/engine/test_pause_stop_skip.py"),
    "HeadlessPlayer": (
        "playback/engine/test_quartiles_and_progress.py",
        "playback/engine/test_interruptions.py",
    ),
    "PlaybackSession": ("playback/engine/test_session.py", "playback/engine/test_resume.py"),
    "PlayerFactory": ("playback/engine/test_factory.py",),
    "integration": (
        "playback/test_runner.py",
        "playback/test_starting.py",
        "playback/engine/test_examples.py",
    ),
    "end to end": ("browser/test_main_job.py", "browser/test_live.py"),
}


def test_functions(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")]


test_functions.__test__ = False


@cache
def shown():
    """The ids in the names of all tests."""
    files = (ROOT / "tests").rglob("test_*.py")
    names = [name for path in files for name in test_functions(path)]
    return frozenset(
        part for name in names for part in name.split("_") if re.fullmatch("[A-Z][0-9]{2}", part)
    )


def test_the_list_holds_each_case_once():
    assert len(CASES) == len(set(CASES)) == 120
    assert set(CASES) >= ELSEWHERE


@pytest.mark.parametrize("case", CASES)
def test_each_acceptance_case_is_shown_by_a_test_that_bears_its_id(case):
    if case in ELSEWHERE:
        assert case not in shown(), "this case has come: take it off the list"
    else:
        assert case in shown()


def test_no_test_bears_the_id_of_a_case_that_does_not_exist():
    lettered = {name for name in shown() if name[0] in "SQLPCKZVMD"}
    assert lettered <= set(CASES)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_test_exists(kind):
    for name in KINDS[kind]:
        assert test_functions(ROOT / "tests" / name), name
