"""What README and ARCHITECTURE say is tried, so that they cannot rot."""

import ast
import asyncio
import re
import shlex
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from examples.ad_server import serving
from vastdash.environment import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def named_paths(text: str) -> set[str]:
    """Every `path/like.this` in running text; `{a,b}` stands for both."""
    found = set()
    for name in re.findall(r"`([\w./{},-]+/[\w./{},-]*|\w+\.(?:py|md|toml|json))`", text):
        head, brace, rest = name.partition("{")
        inner, _, tail = rest.partition("}")
        found.update(head + part + tail for part in inner.split(",")) if brace else found.add(name)
    return {name for name in found if not name.startswith(("/", "var/"))}


@pytest.mark.parametrize("document", ["README.md", "ARCHITECTURE.md"])
def test_every_file_a_document_names_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    rooms = [ROOT, ROOT / "playback", ROOT / "vastdash"]
    missing = [name for name in named_paths(text) if not any((room / name).exists() for room in rooms)]
    assert not missing


def test_every_link_between_documents_leads_somewhere() -> None:
    for text in (README, ARCHITECTURE):
        targets = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
        assert all((ROOT / target).exists() for target in targets), targets


def test_the_configuration_table_is_the_one_the_settings_read() -> None:
    rows = re.findall(r"^\| `(VASTDASH_\w+)` \| (.*?) \| (.*?) \|$", README, re.MULTILINE)
    assert rows == [(v.name, f"`{v.default}`" if v.default else "–", v.meaning) for v in VARIABLES]


def test_every_library_the_project_needs_has_its_reason() -> None:
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*needs["dependencies"], *needs["optional-dependencies"]["site"]]
    section = ARCHITECTURE.partition("### Libraries")[2].lower()
    told = {
        name.split()[0]
        for row in re.findall(r"^\| (.*?) \|", section, re.MULTILINE)
        for name in row.split(", ")
    }
    assert {Requirement(line).name for line in wanted} <= told


def test_the_library_example_runs_as_printed() -> None:
    code, _ = blocks(README, "python")
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
    assert "impression" in answer.stdout


def test_the_short_start_of_the_library_runs_as_printed(monkeypatch, capsys) -> None:
    _, code = blocks(README, "python")
    monkeypatch.chdir(ROOT)
    with serving() as (address, received):
        here = code.replace("https://ads.example.com/tag", f"{address}/wrapped/1/clip")
        assert here != code
        compiled = compile(here, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        asyncio.run(types.FunctionType(compiled, {"__name__": "readme"})())
    resolved, session, counted = capsys.readouterr().out.splitlines()
    assert resolved == "60.0 override"
    assert "'status': '" in session
    assert counted.startswith("{'start': 2")
    assert received == []


def test_the_printed_commands_run(tmp_path: Path) -> None:
    [commands] = [block for block in blocks(README, "sh") if "build_vast" in block]
    for line in commands.splitlines():
        words = shlex.split(line, comments=True)
        assert words[:2] == [".venv/bin/python", "manage.py"]
        arguments, _, target = " ".join(words[2:]).partition(" > ")
        arguments = arguments.replace("ad.xml", str(tmp_path / "ad.xml"))
        command = [sys.executable, "manage.py", *arguments.split()]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        assert answer.stdout.strip()
        if target:
            (tmp_path / target).write_text(answer.stdout)


def test_the_recipes_name_registries_that_exist() -> None:
    from pipeline.engine import RECEIVERS
    from playback.engine.configuration.interruptions import RULE_KINDS

    files = {path.stem.upper() for path in (ROOT / "pipeline/engine/receivers").glob("[a-z]*.py")}
    assert set(RECEIVERS) <= files
    assert all(hasattr(kind, "draw") for kind in RULE_KINDS.values())
