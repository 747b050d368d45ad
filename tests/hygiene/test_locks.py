"""The locks install the same files everywhere: every one by its hash, from whichever index the machine uses."""

import json
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.hygiene.checkout import ROOT, project

LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt", "requirements-node.txt")
PINNED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^\s;]+)[^\\]*\\?$")


def pins(lock: str) -> dict[str, set[Version]]:
    """Package -> the versions pinned; more than one where an environment marker chooses."""
    found: dict[str, set[Version]] = {}
    for line in (ROOT / lock).read_text().splitlines():
        if match := PINNED.match(line):
            found.setdefault(canonicalize_name(match["name"]), set()).add(Version(match["version"]))
    return found


def declared(*groups: list[str]) -> list[Requirement]:
    return [Requirement(text) for group in groups for text in group]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_pins_and_hashes_and_nothing_else(lock):
    allowed = re.compile(r"#|    --hash=sha256:[0-9a-f]{64}( \\)?$")
    lines = (ROOT / lock).read_text().splitlines()
    assert [line for line in lines if not (allowed.match(line) or PINNED.match(line))] == []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if PINNED.match(line):
            assert following.startswith("    --hash="), f"{line} has no hash"


def test_the_locks_answer_what_the_project_declares():
    site = declared(
        project()["project"]["dependencies"], project()["project"]["optional-dependencies"]["site"]
    )
    dev = declared(project()["dependency-groups"]["dev"])
    for lock, wanted in (("requirements.txt", site), ("requirements-dev.txt", site + dev)):
        pinned = pins(lock)
        for requirement in wanted:
            versions = pinned.get(canonicalize_name(requirement.name), set())
            assert any(version in requirement.specifier for version in versions), f"{lock}: {requirement}"


def test_tests_run_on_the_versions_that_the_site_runs_on():
    site, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {
        name: (versions, dev.get(name)) for name, versions in site.items() if versions != dev.get(name)
    } == {}


@pytest.mark.parametrize(("folder", "kind"), [("", "dependencies"), ("bench/node", "devDependencies")])
def test_an_npm_lock_names_hashes_and_no_addresses(folder, kind):
    text = (ROOT / folder / "package-lock.json").read_text()
    assert '"resolved"' not in text
    wanted = json.loads((ROOT / folder / "package.json").read_text())[kind]
    packages = json.loads(text)["packages"]
    assert packages[""][kind] == wanted
    for name, package in packages.items():
        assert not name or package["integrity"].startswith("sha512-"), name
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
