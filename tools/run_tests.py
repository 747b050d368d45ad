"""Run every check and test in order, then say in one place what passed, failed or was skipped, and why.

Groups: `checks` (style, types, imports, templates), `tests` (engines and site), `browser` (Chromium against real
servers), the last two in two workers each, then the coverage report. Arguments name the groups to run; coverage is
judged on a full run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "reports"
PYTHON = sys.executable
SCRIPTS = Path(PYTHON).parent

ENGINES = ("vast", "pipeline/engine", "playback/engine")
ENGINE_BRANCHES = 95.0
ALL_BRANCHES = 85.0
# In the order of the files: xdist's own, most tests first, leaves the few long tests to the end and to one worker.
TWO_WORKERS = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")


@dataclass(slots=True)
class Tally:
    """What one group or the whole run came to; `skips` counts each reason."""

    passed: int = 0
    failed: int = 0
    skips: Counter[str] = field(default_factory=Counter)

    @property
    def skipped(self) -> int:
        return self.skips.total()

    def add(self, other: Tally) -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skips.update(other.skips)

    def line(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def templates() -> list[str]:
    """Every template of the project, as djade wants them named."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / "templates").rglob("*.html"))


def checks() -> Tally:
    """Each static check, all of them even when one fails."""
    commands = {
        "style": ["ruff", "check", "--quiet", "--output-format", "concise", "."],
        "format": ["ruff", "format", "--check", "--quiet", "--output-format", "concise", "."],
        "types": ["mypy", "--no-error-summary"],
        "imports": ["lint-imports", "--no-logo"],
        "templates": ["djade", "--check", "--target-version", "5.2", *templates()],
    }
    tally = Tally()
    for name, (tool, *arguments) in commands.items():
        command = [str(SCRIPTS / tool), *arguments]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            tally.passed += 1
        else:
            tally.failed += 1
            print(f"--- {name}: {tool} failed\n{answer.stdout}{answer.stderr}", flush=True)
    return tally


def read_junit(path: Path) -> Tally:
    """The counts of one pytest call from its JUnit file, every skip with its reason."""
    tally = Tally()
    for case in ElementTree.parse(path).iter("testcase"):
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            tally.failed += 1
        elif skip is None or skip.get("type") == "pytest.xfail":
            tally.passed += 1
        else:
            tally.skips[skip.get("message") or "no reason given"] += 1
    return tally


def clean_environment() -> dict[str, str]:
    """This environment without the site's own variables: what a developer set for `make run` decides no test.

    The tests start some fifty processes; what the first has compiled is kept, beside the reports, for the others.
    """
    ours = ("VASTDASH_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    corpus = {"VASTDASH_CORPUS": os.environ["VASTDASH_CORPUS"]} if "VASTDASH_CORPUS" in os.environ else {}
    return {
        **kept,
        **corpus,
        "VASTDASH_DATA_DIR": str(REPORTS / "var"),
        "VASTDASH_ENV_FILE": os.devnull,
        "PYTHONPYCACHEPREFIX": str(REPORTS / "compiled"),
    }


def pytest(group: str, *arguments: str, measured: bool = True) -> Tally:
    """One pytest call, under coverage if `measured`. One that ran no test, or broke before its report, has failed."""
    junit = REPORTS / f"{group}.xml"
    junit.unlink(missing_ok=True)
    run = ["-m", "coverage", "run", "-m", "pytest"] if measured else ["-m", "pytest"]
    command = [PYTHON, *run, f"--junitxml={junit}", "-q", *arguments]
    code = subprocess.run(
        command, cwd=ROOT, env=clean_environment(), stdin=subprocess.DEVNULL, check=False
    ).returncode
    tally = read_junit(junit) if junit.exists() else Tally()
    if code and not tally.failed:
        print(f"--- {group}: pytest ended with exit code {code}", flush=True)
        tally.failed = 1
    return tally


def tests() -> Tally:
    """Engines and site."""
    return pytest("tests", *TWO_WORKERS)


def browser() -> Tally:
    """Chromium against servers of its own; Playwright's loop and the Django and asyncio plugins do not mix.

    Not under coverage: it judges what a person sees, and a measured server is a slow one.
    """
    apart = ("-p", "no:django", "-p", "no:asyncio", "-W", "ignore:Unknown config option::")
    return pytest("browser", *TWO_WORKERS, *apart, "tests/browser", measured=False)


def share_of_branches(files: Iterable[dict[str, dict[str, int]]]) -> float:
    """Percentage of branches taken in these files of a coverage report; 100 where there are none."""
    summaries = [file["summary"] for file in files]
    branches = sum(summary["num_branches"] for summary in summaries)
    return 100.0 * sum(summary["covered_branches"] for summary in summaries) / branches if branches else 100.0


def coverage() -> Tally:
    """Combine what the groups measured, print the report and hold it against the floors."""
    quiet = {"cwd": ROOT, "stdout": subprocess.DEVNULL}
    subprocess.run([PYTHON, "-m", "coverage", "combine", "--quiet"], **quiet, check=True)  # type: ignore[call-overload]
    report = REPORTS / "coverage.json"
    subprocess.run([PYTHON, "-m", "coverage", "report"], cwd=ROOT, check=False)
    subprocess.run([PYTHON, "-m", "coverage", "json", "-o", report], **quiet, check=True)  # type: ignore[call-overload]
    files = json.loads(report.read_bytes())["files"]

    floors = [(engine, ENGINE_BRANCHES, f"{engine}/") for engine in ENGINES] + [
        ("everything", ALL_BRANCHES, "")
    ]
    tally = Tally()
    for name, floor, prefix in floors:
        share = share_of_branches(summary for path, summary in files.items() if path.startswith(prefix))
        held = share >= floor
        print(f"  branches of {name}: {share:.1f} % (floor {floor:.0f} %){'' if held else '  TOO LOW'}")
        tally.passed += held
        tally.failed += not held
    return tally


GROUPS: dict[str, Callable[[], Tally]] = {"checks": checks, "tests": tests, "browser": browser}


def timed(name: str, group: Callable[[], Tally]) -> Tally:
    print(f"== {name}", flush=True)
    start = time.monotonic()
    tally = group()
    print(f"== {name}: {tally.line()} in {time.monotonic() - start:.1f} s\n", flush=True)
    return tally


def main(names: list[str]) -> int:
    unknown = set(names) - set(GROUPS)
    if unknown:
        print(f"No such group: {', '.join(sorted(unknown))}. Groups: {', '.join(GROUPS)}.", file=sys.stderr)
        return 2
    REPORTS.mkdir(exist_ok=True)
    for old in ROOT.glob(".coverage*"):
        old.unlink()

    total = Tally()
    for name in names or GROUPS:
        total.add(timed(name, GROUPS[name]))
    if not names:
        total.add(timed("coverage", coverage))

    if total.skips:
        print("SKIPPED:")
        for reason, count in total.skips.most_common():
            print(f"  {count} x {reason}")
    print(total.line())
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
