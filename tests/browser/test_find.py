"""Everybody finds their way by keyboard: the search of every page, and words that explain themselves."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.samples import FIFTEEN_SECONDS
from tests.browser.server import Server
from tests.browser.walk import build


def test_a_build_a_provider_and_nothing_are_searched_for_by_keyboard_alone(visit: Visit, server: Server):
    page = visit("qa")
    made = build(page, server, FIFTEEN_SECONDS)
    page.goto(f"{server.url}/providers/")
    field = page.get_by_role("searchbox", name="Search")
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type(made[:7])
    builds = page.get_by_role("group", name="Builds").get_by_role("link")
    expect(builds).to_have_count(1)
    expect(page.locator("#search-said")).to_have_text("1 found, arrow keys to choose")
    page.keyboard.press("ArrowDown")
    expect(builds).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(builds).to_have_count(0)
    expect(field).to_be_focused()

    field.fill("yan")
    expect(page.get_by_role("group", name="Providers").get_by_role("link", name="Yandex")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/providers/yandex/")

    page.keyboard.press("/")
    page.keyboard.type(made)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{server.url}/builds/{made}/")
    page.keyboard.press("/")
    page.keyboard.type("no such thing")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2)).to_have_text("Nothing found")


def test_a_stroke_is_a_stroke_where_somebody_types(visit: Visit, server: Server):
    page = visit("qa")
    page.goto(f"{server.url}/sessions/new/")
    page.get_by_label("Tag URL").press_sequentially("a/b")
    expect(page.get_by_label("Tag URL")).to_have_value("a/b")


def test_on_a_phone_the_search_is_an_icon_until_it_is_wanted(visit: Visit, server: Server):
    page = visit("qa", viewport={"width": 390, "height": 844})
    page.goto(f"{server.url}/providers/")
    field = page.get_by_role("searchbox", name="Search")
    expect(field).to_be_hidden()
    page.get_by_role("search").get_by_role("link", name="Search").click()
    expect(field).to_be_focused()
    page.keyboard.type("living")
    expect(page.get_by_role("group", name="Publishers").get_by_role("link")).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(field).to_be_hidden()


def test_a_word_of_the_trade_explains_itself_by_keyboard_and_moves_nothing(visit: Visit, server: Server):
    page = visit("manager")
    page.goto(f"{server.url}/providers/")
    word = page.get_by_role("button", name="Interrupted")
    meaning = page.get_by_text("at least one rule interrupts a session")
    before = page.locator("tbody tr").first.bounding_box()
    word.focus()
    page.keyboard.press("Enter")
    expect(meaning).to_be_in_viewport(ratio=1)
    assert page.locator("tbody tr").first.bounding_box() == before
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    expect(word).to_be_focused()
    page.get_by_role("link", name="Glossary").click()
    expect(page.get_by_role("term").filter(has_text=re.compile("^survival curve$"))).to_be_visible()


def test_who_is_refused_reads_who_may(visit: Visit, server: Server):
    page = visit("manager", answers=(403,))
    page.goto(f"{server.url}/builds/new/")
    page.get_by_role("link", name="Who may what").first.click()
    row = page.get_by_role("row").filter(has_text="turn a bid response into VAST")
    expect(row.get_by_role("cell")).to_have_text(["no", "yes", "yes"])
    expect(page.get_by_role("columnheader").nth(1)).to_have_text("Manager (viewer), you")
