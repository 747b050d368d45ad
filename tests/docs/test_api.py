"""docs/api.md is what `python -m tools.api_docs` writes, and every public name of the engines says what it is."""

import importlib
import subprocess
import sys

import pytest

from tools import api_docs

# Names whose docstring is still to come.
LACKING = frozenset()


def test_the_page_is_what_the_command_writes():
    assert api_docs.PAGE.read_text(encoding="utf-8") == api_docs.render(), "run python -m tools.api_docs"


def test_the_command_tells_whether_the_page_is_up_to_date():
    done = subprocess.run(
        [sys.executable, "-m", "tools.api_docs", "--check"], cwd=api_docs.ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "docs/api.md is up to date\n")


def test_every_public_name_says_what_it_is():
    assert set(api_docs.undocumented()) <= LACKING


@pytest.mark.parametrize("package", ["playback.engine", "pipeline.engine"])
def test_every_public_name_stands_on_the_page(package):
    text = api_docs.PAGE.read_text(encoding="utf-8")
    names = importlib.import_module(package).__all__
    assert names
    assert [name for name in names if f"#### `{name}`\n" not in text] == []


def test_signatures_are_written_without_modules_and_addresses():
    text = api_docs.PAGE.read_text(encoding="utf-8")
    assert "playback.engine.playing.session." not in text
    assert " at 0x" not in text


class Sample:
    """Says one thing.

    And another.
    """

    def method(self, *parts: str, flag: bool = False) -> "Sample | None":
        """Does it."""

    @property
    def silent(self):
        return None


def test_an_entry_has_the_signature_the_first_paragraph_and_the_documented_members():
    assert api_docs.first_line(Sample) == "Says one thing."
    assert api_docs.signature(Sample.method, "method") == (
        "method(self, *parts: str, flag: bool = False) -> Sample | None"
    )
    assert list(api_docs._members(Sample)) == [
        ("method(*parts: str, flag: bool = False) -> Sample | None", "Does it.")
    ]
