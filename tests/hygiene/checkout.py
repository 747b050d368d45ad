"""What the checks of this folder read: the tracked files, the Python files of each room, the project file."""

import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("vast", "pipeline", "playback", "vastdash")
ENGINES = ("vast", "pipeline/engine", "playback/engine")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Files git tracks and those it would add; the calling test is skipped outside a git checkout."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    try:
        listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout: the list of tracked files cannot be had")
    paths = (ROOT / name for name in listing.split("\0") if name)
    return tuple(path for path in paths if path.is_file())


def text_of(path: Path) -> str:
    """The file as text, empty for a binary one."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", "replace")


def python_files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())
