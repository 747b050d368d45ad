"""Every case folder gives, to the byte, what it says it gives."""

import json
import re
from collections import defaultdict

import pytest
from lxml import etree

from pipeline.engine import RECEIVERS, ROWS, build_vast_from_bid_response
from tests.pipeline.receivers.cases import KINDS, cases
from tests.pipeline.receivers.write import main
from vast.lint import lint

CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_gives_what_its_folder_expects(case):
    outcome = case.outcome()
    assert json.loads(outcome["expected.json"]) == case.json("expected.json")
    for name, content in outcome.items():
        assert content == (case.path / name).read_bytes(), name
    allowed = {"response.json", "config.json", "request.json", *outcome}
    assert {path.name for path in case.path.iterdir()} <= allowed


@pytest.mark.parametrize("case", CASES, ids=str)
def test_exemplary_cases_are_clean_and_supplemental_ones_warn(case):
    result = case.built()
    assert bool(result.warnings or result.errors or result.rejected) is (case.kind == "supplemental")


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_ad_of_a_case_comes_out_the_same_when_it_goes_in_again(case):
    result = case.built()
    answer = json.loads((case.path / "response.json").read_bytes())
    bids = [bid for seat in answer.get("seatbid", ()) for bid in seat["bid"]]
    config = case.json("config.json") | {
        "selection_strategy": "SINGLE",
        "vast_version_default": result.vast_version,
    }
    for item in result.selected:
        given = bids[item.bid.position] | {"id": item.ad_id}
        alone = {**answer, "seatbid": [{"seat": item.seat, "bid": [given]}]}
        once = build_vast_from_bid_response(None, alone, config)
        again = {**answer, "seatbid": [{"seat": item.seat, "bid": [given | {"adm": once.xml.decode()}]}]}
        assert build_vast_from_bid_response(None, again, config).xml == once.xml


def lint_errors(xml):
    return {finding.rule for finding in lint(xml) if finding.severity == "error"}


@pytest.mark.parametrize("case", [case for case in CASES if case.kind == "exemplary"], ids=str)
def test_an_exemplary_document_has_no_lint_error_that_its_markup_has_not(case):
    result = case.built()
    version = f'version="{result.vast_version}"'
    # The version of the document is ours; what it asks of the markup beyond its own version is no fault of the build.
    given = [
        re.sub(r'(?<=<VAST )version="[^"]*"', version, item.bid.adm).encode() for item in result.selected
    ]
    assert lint_errors(result.xml) <= set().union(*map(lint_errors, given))


def test_the_folders_are_those_of_the_receivers_and_every_receiver_has_both_kinds():
    assert {(case.receiver, case.kind) for case in CASES} == {
        (name, kind) for name in RECEIVERS for kind in KINDS
    }
    assert all(case.json("config.json")["receiver"] == case.receiver for case in CASES)


def test_every_receiver_has_every_case_with_the_same_bids_and_otherwise_the_same_settings():
    by_name = defaultdict(list)
    for case in CASES:
        by_name[case.name].append(case)
    assert {f"row_{row}" for row in ROWS} <= by_name.keys()
    for name, found in by_name.items():
        assert sorted(case.receiver for case in found) == sorted(RECEIVERS), name
        for file in ("response.json", "request.json"):
            assert len({repr(case.json(file)) for case in found}) == 1, (name, file)
        assert len({repr(case.json("config.json") | {"receiver": ""}) for case in found}) == 1, name


def test_every_expected_document_is_well_formed():
    for case in CASES:
        assert etree.fromstring((case.path / "expected.xml").read_bytes()).tag.endswith("VAST")


def test_renewing_needs_a_name_and_writes_nothing_where_nothing_changed(capsys):
    assert main([]) == 2
    assert main(["no_such_case"]) == 2
    assert main(["--all"]) == 0
    assert capsys.readouterr().out == ""
