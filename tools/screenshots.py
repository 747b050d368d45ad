"""Pictures of every page in both themes at two widths, into the git-ignored `screenshots/`; run by `make screenshots`.

With `--readme` only the README's are made anew in docs/images/: an ad beside its markup, and a running session. With
`--tour` only those of docs/tour.md, by walking it.
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
from tests.browser.server import FETCHING, ROOT, Server
from tests.browser.walk import CHROMIUM, THEMES, Chromium, build, play, sign_in, wait_for_playhead
from tools import tour

FOLDER = ROOT / "screenshots"
PICTURES = ROOT / "docs" / "images"
PICTURE_LIMIT = 300_000
FOR_GAM_SSU = ROOT / "examples" / "bids" / "inline-vast4.json"
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
    """The README's pictures; returns the bytes of the larger one. ValueError over the limit."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    return max(_running_session(chromium, server), _side_by_side(chromium, server))


def shoot_tour(chromium: Browser, server: Server) -> str:
    """The pictures of the tour; returns what came of it."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    sizes = [size for _, size in tour.walk(chromium, server, PICTURES)]
    return f"{len(sizes)} pictures, {sum(sizes):,} bytes, the largest {max(sizes):,}"


def _running_session(chromium: Browser, server: Server) -> int:
    """The session page at 17 s of a real-time session of 30 s."""
    page = _reader(chromium, server, "light")
    build(page, server, THIRTY_SECONDS)
    play(page, mode="real", provider="global", publisher="living-room", seed=5)
    wait_for_playhead(page, 17)
    return _keep(page, "session")


def _side_by_side(chromium: Browser, server: Server) -> int:
    """An ad as its bidder sent it and as GAM_SSU gets it."""
    page = _reader(chromium, server, "dark")
    build(page, server, FOR_GAM_SSU, "GAM_SSU")
    page.goto(f"{page.url}ads/1/")
    return _keep(page, "side-by-side")


def _reader(chromium: Browser, server: Server, theme: str) -> Page:
    options: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": 1280, "height": 860}}
    page = chromium.new_context(**options).new_page()
    sign_in(page, server, "qa")
    return page


def _keep(page: Page, name: str) -> int:
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    size = path.stat().st_size
    if size > PICTURE_LIMIT:
        raise ValueError(f"{path} has {size:,} bytes, more than {PICTURE_LIMIT:,}")
    return size


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Take pictures of the site.")
    parser.add_argument("--readme", action="store_true", help="only the pictures in the README")
    parser.add_argument("--tour", action="store_true", help="only the pictures of the tour")
    chosen = parser.parse_args(arguments)
    if not Path(CHROMIUM).exists():
        print(f"No Chromium at {CHROMIUM} (Debian: apt-get install chromium).", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as data, Chromium() as chromium:
        server = Server(Path(data), FETCHING).start()
        try:
            if chosen.tour:
                print(f"{PICTURES.relative_to(ROOT)}/: {shoot_tour(chromium, server)}")
            elif chosen.readme:
                print(
                    f"{PICTURES.relative_to(ROOT)}/: at most {shoot_for_readme(chromium, server):,} bytes each"
                )
            else:
                print(f"{FOLDER.relative_to(ROOT)}/: {shoot_all(chromium, server)} pictures")
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
