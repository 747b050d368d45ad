"""The walls between the rooms hold, and the checks that guard them notice a breach."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.hygiene.checkout import ENGINES, ROOT, project, python_files

# What each engine may import besides the standard library and itself.
ALLOWED = {
    "vast": {"lxml", "vastlint"},
    "pipeline.engine": {"vast", "msgspec"},
    "playback.engine": {"vast", "msgspec"},
}
# One door each to the network and what stands behind it, so that everything else can be tested without one.
ALLOWED_IN_FILE = {
    "pipeline/engine/auction.py": {"httpx"},
    "pipeline/engine/connections.py": {"httpcore", "httpx"},
    "playback/engine/request/transport.py": {"httpcore", "httpx"},
    "playback/engine/simulation/statistics.py": {"numpy"},
}

IMPORT_WITHOUT_DJANGO = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"django", "channels", "ninja", "pydantic", "vastdash"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocker())
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
    print(module.name)
"""


def imports_of(path: Path) -> set[str]:
    """Dotted names this file imports, relative ones left out: they stay inside the package."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module)
    return found


def is_inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def foreign_imports(path: Path, engine: str) -> set[str]:
    allowed = ALLOWED[engine] | {engine} | ALLOWED_IN_FILE.get(path.relative_to(ROOT).as_posix(), set())
    return {
        module
        for module in imports_of(path)
        if module.split(".")[0] not in sys.stdlib_module_names
        and not any(is_inside(module, package) for package in allowed)
    }


@pytest.mark.parametrize("folder", ENGINES)
def test_an_engine_imports_only_what_its_room_may(folder):
    engine = folder.replace("/", ".")
    files = python_files(folder)
    assert files, f"{folder} has no Python files"
    foreign = {str(path.relative_to(ROOT)): foreign_imports(path, engine) for path in files}
    assert {name: modules for name, modules in foreign.items() if modules} == {}


@pytest.mark.parametrize("folder", ENGINES)
def test_an_engine_imports_with_django_out_of_reach(folder):
    engine = folder.replace("/", ".")
    command = [sys.executable, "-W", "error", "-c", IMPORT_WITHOUT_DJANGO, engine]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert len(answer.stdout.split()) == len(python_files(folder)) - 1


def test_the_apps_open_with_an_empty_file_so_that_engines_import_alone():
    for app in ("pipeline", "playback"):
        assert (ROOT / app / "__init__.py").read_text().strip() == ""


def test_the_library_declares_every_package_that_its_engines_import():
    declared = {Requirement(text).name for text in project()["project"]["dependencies"]}
    rooms = {"vast", "pipeline", "playback"}
    imported = {
        module.split(".")[0]
        for folder in ENGINES
        for path in python_files(folder)
        for module in imports_of(path)
    }
    assert imported - set(sys.stdlib_module_names) - rooms <= declared


GROUND_FLOOR = ("fields", "models", "pair", "roles", "version", "web", "charts")
# What the rooms need to describe a report; the site's own part of that package joins them.
OF_REPORTS = ("links", "mask", "rate", "report", "table")


def test_the_contracts_name_the_whole_ground_floor():
    contracts = project()["tool"]["importlinter"]["contracts"]
    [ground] = [contract for contract in contracts if "vastdash.models" in contract["source_modules"]]
    there = {
        f"vastdash.{name}"
        for name in GROUND_FLOOR
        if (ROOT / "vastdash" / f"{name}.py").exists() or (ROOT / "vastdash" / name).is_dir()
    }
    assert set(ground["source_modules"]) == there | {f"vastdash.reports.{name}" for name in OF_REPORTS}


@pytest.fixture
def small_house(tmp_path):
    """Empty rooms of the same names under the project's own contracts."""
    contracts = project()["tool"]["importlinter"]["contracts"]
    named = {module for contract in contracts for module in contract["source_modules"]}
    for module in named | {
        "vast",
        "pipeline.engine",
        "playback.engine",
        "playback.engine.simulation",
        "pipeline.models",
        "playback.models",
    }:
        *parents, last = module.split(".")
        for depth in range(1, len(parents) + 1):
            package = tmp_path.joinpath(*parents[:depth])
            package.mkdir(exist_ok=True)
            (package / "__init__.py").touch()
        if last in {"vast", "engine", "pipeline", "playback"}:
            tmp_path.joinpath(*parents, last).mkdir(exist_ok=True)
            tmp_path.joinpath(*parents, last, "__init__.py").touch()
        else:
            tmp_path.joinpath(*parents, f"{last}.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [program, "--config", "pyproject.toml", "--no-cache"]
    return subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True)


def test_the_contracts_pass_where_every_room_keeps_to_itself(small_house):
    answer = lint_imports(small_house)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0 broken" in answer.stdout


@pytest.mark.parametrize(
    ("module", "statement", "wall"),
    [
        ("vast/document.py", "import django.http", "vast knows documents"),
        ("vast/document.py", "from pipeline import engine", "vast knows documents"),
        ("pipeline/engine/select.py", "import playback.engine", "the pipeline engine knows"),
        ("pipeline/engine/select.py", "import pipeline.models", "the pipeline engine knows"),
        (
            "playback/engine/errors.py",
            "from pipeline.engine import build",
            "the playback engine knows",
        ),
        ("playback/engine/errors.py", "import asgiref, django.db", "the playback engine knows"),
        (
            "playback/engine/configuration.py",
            "from playback.engine.playing import plan",
            "what shapes a session",
        ),
        ("playback/engine/delivery.py", "import playback.engine.simulation", "no room of the playback"),
        ("pipeline/models.py", "import playback.models", "the pipeline app never"),
        ("vastdash/roles.py", "from playback import models", "the ground floor"),
        ("vastdash/models.py", "from pipeline import models", "the ground floor"),
    ],
)
def test_the_contracts_notice_a_breach(small_house, module, statement, wall):
    (small_house / "pipeline" / "models.py").write_text("import django.db\n")
    (small_house / "pipeline" / "engine" / "build.py").touch()
    (small_house / module).write_text(statement + "\n")
    answer = lint_imports(small_house)
    assert answer.returncode == 1, answer.stdout + answer.stderr
    broken = [line for line in answer.stdout.splitlines() if line.endswith("BROKEN")]
    assert [line for line in broken if line.startswith(wall)]


CLOCKS_AND_CHANCE = [
    "import time; time.time()",
    "import time; time.monotonic()",
    "import time; time.perf_counter()",
    "import asyncio; asyncio.sleep(1)",
    "import datetime; datetime.datetime.now()",
    "import datetime; datetime.datetime.utcnow()",
    "from random import random",
    "import random; random.Random(7)",
    "import uuid; uuid.uuid4()",
    "import os; os.urandom(8)",
    "import secrets",
]


def banned_lines(name: str) -> set[int]:
    command = [
        Path(sys.executable).with_name("ruff"),
        "check",
        "--no-cache",
        "--select",
        "TID251",
        "--output-format",
    ]
    answer = subprocess.run(
        [*command, "concise", "--stdin-filename", name, "-"],
        cwd=ROOT,
        input="\n".join(CLOCKS_AND_CHANCE) + "\n",
        capture_output=True,
        text=True,
    )
    return {int(line.split(":")[1]) for line in answer.stdout.splitlines() if "TID251" in line}


@pytest.mark.parametrize("folder", ENGINES)
def test_an_engine_may_not_ask_the_machine_for_time_or_chance(folder):
    assert banned_lines(f"{folder}/anything.py") == set(range(1, len(CLOCKS_AND_CHANCE) + 1))


def test_the_time_provider_alone_may_ask_for_time():
    assert banned_lines("playback/engine/time_provider.py") == set()
    assert banned_lines("playback/live/runner.py") == set()
