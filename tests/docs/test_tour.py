"""The tour shows what walking it shows: its pictures are those of the walk, in its order, and none is heavy."""

import re
from pathlib import Path

from tools.tour import ALL_LIMIT, PICTURE_LIMIT, STOPS, picture_of

DOCS = Path(__file__).resolve().parents[2] / "docs"
TOUR = (DOCS / "tour.md").read_text()
PICTURES = re.findall(r"!\[[^\]]+\]\(images/([\w.-]+)\)", TOUR)


def test_every_picture_is_made_by_the_walk_and_stands_in_its_order():
    assert [picture_of(stop) for stop in STOPS] == PICTURES
    assert {path.name for path in (DOCS / "images").glob("tour-*")} == set(PICTURES)


def test_no_picture_is_heavy():
    sizes = [(DOCS / "images" / name).stat().st_size for name in PICTURES]
    assert max(sizes) <= PICTURE_LIMIT
    assert sum(sizes) <= ALL_LIMIT


def test_every_stop_is_found_from_the_top():
    headings = re.findall(r"^#+ (.+)$", TOUR, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    named = re.findall(r"\]\(#([^)]+)\)", TOUR)
    assert len(named) > len(PICTURES) - 3
    assert set(named) <= anchors
