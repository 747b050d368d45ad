"""Nothing in the repository belongs to one machine or names where packages come from."""

import re
import warnings

import pytest

from tests.hygiene.checkout import ROOMS, ROOT, python_files, text_of, tracked_files

# Written in halves, so that this file does not find itself.
MACHINE_PATHS = [
    "/" + name for name in ("work" + "/", "root" + "/", "tmp" + "/", "opt" + "/", "home" + "/", "Users" + "/")
]
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
    "deb.debian" + ".org",
    "proxy.go" + "lang.org",
    "conda." + "anaconda.org",
]
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "manager", "managers", "misc"}
LONG_FILE = 400
TOO_LONG_FILE = 500


def places_of(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked_files():
        for number, line in enumerate(text_of(path).splitlines(), 1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


def test_no_file_names_a_path_of_one_machine():
    paths = "|".join(map(re.escape, MACHINE_PATHS))
    # A URL may have such a folder in its path; a path of a machine starts after a blank, a quote or an equals sign.
    assert places_of(re.compile(rf"(?<![\w.\-/}}])(?:{paths})\w")) == []


def test_no_file_names_a_registry_host():
    hosts = "|".join(map(re.escape, REGISTRY_HOSTS))
    assert places_of(re.compile(hosts, re.IGNORECASE)) == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_has_a_name_of_the_trade(room):
    vague = [
        str(path.relative_to(ROOT))
        for path in python_files(room)
        if VAGUE_NAMES & {path.stem, *path.relative_to(ROOT).parent.parts}
    ]
    assert vague == []


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("room", ROOMS)
def test_no_module_outgrows_a_reader(room):
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for path in python_files(room)
        if "migrations" not in path.parts
    }
    for name, length in lengths.items():
        if LONG_FILE < length <= TOO_LONG_FILE:
            warnings.warn(f"{name} has {length} lines; over {TOO_LONG_FILE} is refused", stacklevel=1)
    assert {name: length for name, length in lengths.items() if length > TOO_LONG_FILE} == {}


def test_generated_and_fetched_files_are_not_tracked():
    kept_out = ("static/vendor/", "node_modules/", "staticfiles/", "data/", "var/", ".venv/", "reports/")
    names = [path.relative_to(ROOT).as_posix() for path in tracked_files()]
    assert [name for name in names if name.startswith(kept_out)] == []
    assert [name for name in names if name.endswith((".sqlite3", ".log", "uv.lock", "pylock.toml"))] == []
