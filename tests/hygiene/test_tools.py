"""The scripts behind `make`: what they strip, count and judge."""

import subprocess
import sys
from collections import Counter

import pytest

from tests.hygiene.checkout import ROOT
from tools import run_tests, vendor

JUNIT = """<testsuites><testsuite>
<testcase name="a"/>
<testcase name="b"><failure message="no"/></testcase>
<testcase name="c"><error message="no"/></testcase>
<testcase name="d"><skipped type="pytest.skip" message="no corpus"/></testcase>
<testcase name="e"><skipped type="pytest.skip" message="no corpus"/></testcase>
<testcase name="f"><skipped type="pytest.xfail" message="known"/></testcase>
</testsuite></testsuites>"""


@pytest.mark.parametrize(
    "comment", [b"\n//# sourceMappingURL=a.min.js.map", b"\n/*# sourceMappingURL=a.min.css.map */\n"]
)
def test_a_front_end_file_loses_its_source_map_comment(comment):
    assert vendor.without_source_map(b"/*! MIT */ body" + comment) == b"/*! MIT */ body\n"


def test_a_front_end_file_without_source_map_stays_as_it_is():
    content = b"const text = 'sourceMappingURL=x';\nrun()"
    assert vendor.without_source_map(content) == content


def test_the_tally_counts_every_skip_under_its_reason(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(JUNIT)
    tally = run_tests.read_junit(report)
    assert (tally.passed, tally.failed, tally.skips) == (2, 2, Counter({"no corpus": 2}))
    assert tally.line() == "2 passed, 2 failed, 2 skipped"


def test_the_share_of_branches_is_of_all_files_together():
    files = [
        {"summary": {"num_branches": 2, "covered_branches": 2}},
        {"summary": {"num_branches": 6, "covered_branches": 4}},
    ]
    assert run_tests.share_of_branches(files) == 75.0
    assert run_tests.share_of_branches([]) == 100.0


def run_with(tmp_path, monkeypatch, program):
    """`run_tests.pytest` with coverage and pytest replaced by a one-line program."""
    monkeypatch.setattr(run_tests, "REPORTS", tmp_path)
    real = subprocess.run

    def instead(command, **options):
        return real([sys.executable, "-c", program, *command[1:]], check=False)

    monkeypatch.setattr(run_tests.subprocess, "run", instead)
    return run_tests.pytest("group")


def test_a_run_that_found_no_test_has_failed(tmp_path, monkeypatch, capsys):
    tally = run_with(tmp_path, monkeypatch, "import sys; sys.exit(5)")
    assert (tally.passed, tally.failed) == (0, 1)
    assert "exit code 5" in capsys.readouterr().out


def test_a_report_of_an_earlier_run_is_not_counted_again(tmp_path, monkeypatch):
    (tmp_path / "group.xml").write_text(JUNIT)
    assert run_with(tmp_path, monkeypatch, "import sys; sys.exit(2)").passed == 0


def test_an_unknown_group_is_refused_by_name(capsys):
    assert run_tests.main(["everything"]) == 2
    assert "everything" in capsys.readouterr().err


def test_bootstrap_names_what_is_missing_in_one_line(tmp_path):
    answer = subprocess.run(
        ["/bin/sh", str(ROOT / "tools" / "bootstrap.sh"), str(tmp_path / "venv")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert len(answer.stderr.splitlines()) == 1
    assert "python3-venv" in answer.stderr
    assert not (tmp_path / "venv").exists()
