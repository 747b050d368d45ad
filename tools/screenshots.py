"""Pictures of every page in both themes at two widths, into the git-ignored `screenshots/`; run by `make screenshots`.

With `--readme` only docs/images/session.png is made anew: the session page in the middle of a running session.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.browser.pages import FORMS, people, places
from tests.browser.samples import THIRTY_SECONDS
from tests.browser.server import ROOT, Server
from tests.browser.walk import CHROMIUM, THEMES, Chromium, build, play, sign_in, wait_for_playhead

FOLDER = ROOT / "screenshots"
PICTURE = ROOT / "docs" / "images" / "session.png"
PICTURE_LIMIT = 300_000
SIZES = {1280: {"width": 1280, "height": 800}, 390: {"width": 390, "height": 844}}


def shoot_all(chromium: Browser, server: Server) -> int:
    """Every page to `screenshots/<page>-<width>-<theme>.png`; returns how many there are."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    stock = people(chromium, server)
    stocked = places(server, stock["adops"])
    for theme in THEMES:
        for width, viewport in SIZES.items():
            contexts = people(chromium, server, color_scheme=theme, viewport=viewport)
            pages = {who: context.new_page() for who, context in contexts.items()}
            for place in stocked:
                page = pages[place.who]
                page.goto(server.url + place.path)
                shoot(page, f"{place.name}-{width}-{theme}")
            for name, fill_in in FORMS.items():
                fill_in(pages["adops"], server)
                shoot(pages["adops"], f"{name}-{width}-{theme}")
    return len(list(FOLDER.iterdir()))


def shoot(page: Page, name: str) -> None:
    page.screenshot(path=FOLDER / f"{name}.png", full_page=True, animations="disabled")


def shoot_for_readme(chromium: Browser, server: Server) -> int:
    """The session page at 17 s of a real-time session of 30 s; returns its size in bytes. ValueError over the limit."""
    options: dict[str, Any] = {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}}
    page = chromium.new_context(**options).new_page()
    sign_in(page, server, "qa")
    build(page, server, THIRTY_SECONDS)
    play(page, mode="real", provider="global", publisher="living-room", seed=5)
    wait_for_playhead(page, 17)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURE)
    size = PICTURE.stat().st_size
    if size > PICTURE_LIMIT:
        raise ValueError(f"{PICTURE} has {size:,} bytes, more than {PICTURE_LIMIT:,}")
    return size


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Take pictures of the site.")
    parser.add_argument("--readme", action="store_true", help="only the picture in the README")
    readme = parser.parse_args(arguments).readme
    if not Path(CHROMIUM).exists():
        print(f"No Chromium at {CHROMIUM} (Debian: apt-get install chromium).", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as data, Chromium() as chromium:
        server = Server(Path(data)).start()
        try:
            if readme:
                print(f"{PICTURE.relative_to(ROOT)}: {shoot_for_readme(chromium, server):,} bytes")
            else:
                print(f"{FOLDER.relative_to(ROOT)}/: {shoot_all(chromium, server)} pictures")
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
