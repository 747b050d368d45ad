"""The walk of docs/tour.md in a browser: each stop does what its section says and shows what is pictured there.

`make screenshots TOUR=1` walks it on a fresh site and renews docs/images/tour-*.png; a stop that cannot be walked any
more ends it with an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.server import Server
from tests.browser.walk import play, share, sign_in, wait_for_playhead, wait_for_state

VIEWPORT = {"width": 1280, "height": 900}
HEIGHT_MAX = 660
MARGIN, ABOVE = 12, 3
PICTURE_LIMIT = 150_000
ALL_LIMIT = 1_500_000

Walk = Callable[[Page, Server], None]


class Stop(NamedTuple):
    """`name` of the picture, who walks, the walk, and the first and the last of what is pictured (CSS)."""

    name: str
    who: str
    walk: Walk
    first: str
    last: str


def build_a_sample(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/")
    page.get_by_role("link", name="Build from a bid response").click()
    page.get_by_role("link", name="pod-three-seats").click()
    page.get_by_label("Receiver", exact=True).select_option("GAM_SSU")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_role("region", name="What was decided")).to_contain_text("3 selected · 1 rejected")


def see_side_by_side(page: Page, server: Server) -> None:
    ad = page.locator("#ad-2")
    ad.get_by_role("link", name="Side by side with the bidder's markup").click()
    expect(ad.locator(".side-by-side-place")).to_contain_text("9.50")


def play_it_live(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/builds/")
    page.get_by_role("row").filter(has_text="inline-vast4.json").get_by_role("link").first.click()
    play(page, mode="real", provider="global", seed=5)
    wait_for_playhead(page, 5)
    page.keyboard.press("Space")
    wait_for_state(page, "paused")


def play_a_tag_without_an_ad(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/endpoints/")
    page.get_by_role("link", name="Living Room TV, a Prebid Server").click()
    tag = page.locator("#tag").inner_text()
    page.goto(f"{server.url}/sessions/new/")
    page.get_by_label("Tag URL").fill(tag)
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("status").filter(has_text="No ad:")).to_contain_text("hop 1")


def step_through(page: Page, server: Server) -> None:
    _open(page, server, "Television 30s, cut off")
    page.get_by_role("link", name="Replay").click()
    expect(page.get_by_text("equal to the stored record")).to_be_visible()
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(page.get_by_test_id("step")).to_have_text("interrupt")


def ask_what_if(page: Page, server: Server) -> None:
    page.get_by_label("Seed").fill("1")
    page.get_by_role("button", name="Show how it ends").click()
    expect(page.get_by_test_id("otherwise")).to_contain_text("completed")


def compare(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/sessions/")
    for title in ("Television 30s, to its end", "Television 30s, cut off"):
        page.get_by_role("row").filter(has_text=title).get_by_role("checkbox").check()
    page.get_by_role("button", name="Compare the ticked").click()
    expect(page.get_by_role("region", name="What differs")).to_contain_text("network_error")


def weigh_a_rule(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/providers/tiger/")
    _rule(page, "midpoint", "probability").fill("0.2")
    expect(page.locator("#draft-said")).to_contain_text("instead of 2 % of ads of 30 s")


def publish_it(page: Page, server: Server) -> None:
    page.get_by_label("Why").fill("More viewers leave at half time")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").first).to_contain_text("Published as version 2")
    page.get_by_role("link", name="All versions").click()
    expect(page.locator("main")).to_contain_text("More viewers leave at half time")


def ask_who_says_what(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/providers/yandex/")
    page.get_by_role("link", name="Effective configuration").click()
    page.get_by_label("Publisher", exact=True).select_option("living-room")
    expect(page.get_by_role("columnheader", name="Publisher living-room")).to_be_visible()


def read_a_batch(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/batches/")
    page.get_by_role("link", name=re.compile("^Demonstration")).click()
    expect(page.locator("#answer")).to_contain_text("of 2,100 sessions completed")
    expect(page.locator("#cells tbody tr")).to_have_count(6)
    page.wait_for_selector("html.charts-drawn")


def go_from_a_point_to_a_session(page: Page, server: Server) -> None:
    read_a_batch(page, server)
    figure = page.get_by_role("figure", name="Why sessions end")
    figure.get_by_text("The numbers by reason").click()
    figure.get_by_role("row", name=re.compile("user_close")).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sessions ended by user_close")
    page.locator("tbody a").first.click()
    wait_for_state(page, "user_close")


def share_a_report(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/sessions/")
    page.get_by_role("row").filter(has_text="hop 1").get_by_role("link").first.click()
    session = page.url.rstrip("/").rpartition("/")[2]
    page.goto(server.url + share(page, server, "session", session))
    expect(page.locator("main")).to_contain_text("There was no ad to play.")


def begin_the_day(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/")
    expect(page.locator(".headline")).to_contain_text("sessions")
    page.wait_for_selector("html.charts-drawn")


def narrow_the_history(page: Page, server: Server) -> None:
    page.get_by_role("link", name="History", exact=True).click()
    page.get_by_role("link", name="Interrupted, seven days").click()
    page.get_by_label("Provider", exact=True).select_option("yandex")
    expect(page.get_by_role("link", name="Remove Provider: ")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = len(download.value.path().read_text().splitlines()) - 1
    expect(page.locator(f"#history-said [data-count='{rows}']")).to_be_visible()


def read_the_week(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/")
    page.get_by_role("link", name="Weekly report").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Week")
    page.wait_for_selector("html.charts-drawn")


def find_anything(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/glossary/")
    page.keyboard.press("/")
    page.keyboard.type("room")
    expect(page.locator(".search-found")).to_contain_text("Living Room TV")


STOPS = (
    Stop("build", "adops", build_a_sample, ".heading", "#bids"),
    Stop("side-by-side", "adops", see_side_by_side, "#ad-2", "#ad-2"),
    Stop("rule", "adops", weigh_a_rule, ".heading", "#panel"),
    Stop("versions", "adops", publish_it, ".heading", "#differences"),
    Stop("levels", "adops", ask_who_says_what, ".heading", "[aria-labelledby=effective-title]"),
    Stop("live", "qa", play_it_live, ".heading", "#live-events"),
    Stop("blame", "qa", play_a_tag_without_an_ad, ".heading", "#blame"),
    Stop("replay", "qa", step_through, ".heading", "#what-if"),
    Stop("what-if", "qa", ask_what_if, ".heading", "#differences"),
    Stop("compare", "qa", compare, ".heading", "#differences"),
    Stop("batch", "qa", read_a_batch, ".heading", ".batch-charts"),
    Stop("batch-session", "qa", go_from_a_point_to_a_session, ".heading", "#playback"),
    Stop("report", "qa", share_a_report, "header, main", "[aria-labelledby=chain-title]"),
    Stop("overview", "manager", begin_the_day, ".heading", "[aria-labelledby=days-title]"),
    Stop("history", "manager", narrow_the_history, ".heading", "[aria-labelledby=charts-title]"),
    Stop("week", "manager", read_the_week, ".heading", "[aria-labelledby=charts-title]"),
    Stop("search", "manager", find_anything, "header", ".search-found"),
)
"""In the order of the page: what one stop leaves behind is there at the next."""


def picture_of(stop: Stop) -> str:
    return f"tour-{stop.name}.png"


def walk(chromium: Browser, server: Server, folder: Path) -> Iterator[tuple[Stop, int]]:
    """Walks every stop and pictures it; gives the bytes of each picture. ValueError when they are too large."""
    pages: dict[str, Page] = {}
    total = 0
    for stop in STOPS:
        if stop.who not in pages:
            context = chromium.new_context(viewport=VIEWPORT, color_scheme="light", timezone_id="UTC")  # type: ignore[arg-type]
            pages[stop.who] = context.new_page()
            sign_in(pages[stop.who], server, stop.who)
        page = pages[stop.who]
        stop.walk(page, server)
        size = _picture(page, stop, folder / picture_of(stop))
        total += size
        if size > PICTURE_LIMIT or total > ALL_LIMIT:
            raise ValueError(f"{picture_of(stop)}: {size:,} bytes, {total:,} so far: too large for a page")
        yield stop, size


def _picture(page: Page, stop: Stop, path: Path) -> int:
    """From the first part to the last, as wide as they are, cut where it would be too high to be read at a glance."""
    first, last = page.locator(stop.first).first, page.locator(stop.last).first
    last.wait_for()
    boxes = [first.bounding_box(), last.bounding_box()]
    found = [box for box in boxes if box]
    scrolled = page.evaluate("() => scrollY")
    left = max(min(box["x"] for box in found) - MARGIN, 0)
    right = min(max(box["x"] + box["width"] for box in found) + MARGIN, VIEWPORT["width"])
    top = max(min(box["y"] for box in found) + scrolled - ABOVE, 0)
    bottom = max(box["y"] + box["height"] for box in found) + scrolled + MARGIN
    clip = {"x": left, "y": top, "width": right - left, "height": min(bottom - top, HEIGHT_MAX)}
    page.screenshot(path=path, full_page=True, clip=clip, animations="disabled")  # type: ignore[arg-type]
    return path.stat().st_size


def _open(page: Page, server: Server, title: str) -> None:
    page.goto(f"{server.url}/sessions/")
    page.get_by_role("row").filter(has_text=title).get_by_role("link").first.click()


def _rule(page: Page, event: str, part: str) -> Locator:
    events = page.locator("[name^='rules-'][name$='-event']")
    names = events.evaluate_all("fields => fields.map(field => [field.name, field.value])")
    name = next(name for name, value in names if value == event)
    return page.locator(f"[name='{name.removesuffix('event')}{part}']")
