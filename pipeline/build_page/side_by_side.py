"""One served ad beside the markup its bid carried: what came in, what goes out, and which rule made the difference."""

from typing import Any, NamedTuple

from lxml import etree

from pipeline.build_page.blame import blame_of
from pipeline.build_page.differences import Differences, differences
from pipeline.build_page.markup import readable
from pipeline.engine.markup import mended
from pipeline.engine.openrtb import read_response
from pipeline.models import Build
from vast.document import KEEPING, local_name, parse
from vast.errors import VastError

# What stands on the left where the bid carried no VAST of its own.
ORIGINS = {
    "nurl": "The bid carried no markup: its nurl was wrapped.",
    "adm_url": "The bid's markup was the address of its VAST: it was wrapped.",
    "skeleton": "The bid's markup could not be used: an empty ad stands in.",
}


class SideBySide(NamedTuple):
    """What the bid carried and what is served; ``differences`` is None where they are too long to be compared."""

    number: int
    bid: dict[str, Any]
    differences: Differences | None
    origin: str
    markup: str
    served: str

    @property
    def bytes_in(self) -> int:
        return len(self.markup.encode(errors="replace"))

    @property
    def bytes_out(self) -> int:
        return len(self.served.encode())

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        return self.number + 1


def side_by_side(build: Build, number: int) -> SideBySide:
    """The n-th served ad of a build, counted from 1. Raises IndexError when there is none."""
    bid = _selected(build, number)
    markup, served = markup_of(build, number), served_ad(build, number)
    (left, said), right = _as_read(markup), readable(served)
    blame = blame_of(left, right, bid["edits"])
    found = differences(left, right, blame, blame.stands_apart)
    origin = ORIGINS.get(bid["origin"], said)
    return SideBySide(number, bid, found, origin, markup, served)


def _as_read(markup: str) -> tuple[str, str]:
    """The markup in its readable form, and what had to be done to it where it is no XML."""
    if _is_vast(markup):
        return readable(markup), ""
    said = []
    for tried in mended(markup):
        said.append(tried.said)
        if _is_vast(tried.markup):
            return readable(
                tried.markup
            ), f"The markup is no XML and is shown as it was read: {', '.join(said)}."
    return markup, ""


def _is_vast(markup: str) -> bool:
    try:
        parse(markup, lenient=True)
    except VastError:
        return False
    return True


def markup_of(build: Build, number: int) -> str:
    """What the bid of the n-th served ad carried, as it came; "" for nothing. Raises IndexError."""
    bid = _selected(build, number)
    return read_response(build.response.body).bids[bid["position"]].adm


def served_ad(build: Build, number: int) -> str:
    """The n-th ad as served, in a document of its own. Raises IndexError when there is none."""
    _selected(build, number)
    # Our own document: each ad was within the reader's limits, all of them together need not be.
    root = etree.fromstring(build.vast.encode(), KEEPING)
    ads = [child for child in root if local_name(child) == "Ad"]
    kept = ads[number - 1]
    for ad in ads:
        if ad is not kept:
            root.remove(ad)
    return etree.tostring(root, encoding="unicode")


def _selected(build: Build, number: int) -> dict[str, Any]:
    if number < 1:
        raise IndexError(number)
    selected: list[dict[str, Any]] = build.result["selected"]
    return selected[number - 1]
