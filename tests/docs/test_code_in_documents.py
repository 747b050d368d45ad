"""The Python of the guides is run, block after block of one page, and prints what the page says it prints."""

import contextlib
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("configuration.md", "PLAYBACK_GUIDE.md")
# A block of Python and, where one follows, what it prints.
_BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\s*^```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def blocks(page: str) -> Iterator[tuple[int, str, str | None]]:
    """(line, code, what it prints or None) of a page's blocks."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    for match in _BLOCK.finditer(text):
        yield text.count("\n", 0, match.start()) + 2, match.group(1), match.group(2)


@pytest.fixture
def in_checkout(monkeypatch):
    """Pages speak of files as they lie in the checkout, and of no environment."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("VASTDASH_PLAYBACK_MODE", raising=False)


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs_and_prints_what_the_page_says(page, in_checkout):
    found = list(blocks(page))
    assert found
    namespace: dict[str, object] = {"__name__": "page"}
    for line, code, printed in found:
        # Tracebacks name the line of the page.
        compiled = compile("\n" * (line - 1) + code, str(ROOT / "docs" / page), "exec")
        heard = io.StringIO()
        with contextlib.redirect_stdout(heard):
            exec(compiled, namespace)
        if printed is not None:
            assert heard.getvalue() == printed, f"{page}, line {line}"
        else:
            assert heard.getvalue() == "", f"{page}, line {line}: what it prints is not on the page"


def test_every_page_of_docs_is_linked_from_the_readme_and_every_link_leads_somewhere():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs").glob("*.md")):
        assert f"](docs/{page.name})" in readme, page.name
        text = page.read_text(encoding="utf-8")
        targets = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) if "://" not in target]
        missing = [target for target in targets if not (page.parent / target).exists()]
        assert missing == [], page.name


def test_a_page_is_run_in_the_checkout():
    assert (Path(os.fspath(ROOT)) / "examples" / "vast").is_dir()
