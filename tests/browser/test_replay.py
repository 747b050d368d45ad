"""QA clicks through a session that has ended, asks what would have been, and compares: in the words of that work."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.samples import POD, THIRTY_SECONDS
from tests.browser.server import Server
from tests.browser.walk import build, build_again, play, wait_for_state


def test_qa_clicks_through_a_session_asks_what_if_and_compares(visit: Visit, server: Server) -> None:
    page = visit("qa")
    made = build(page, server, THIRTY_SECONDS)
    whole = play(page, mode="headless", speed=0, provider="yandex", seed=1)
    wait_for_state(page, "completed")

    # QA steps to the midpoint by keyboard and sees which pixel was due, with which macros, and the state then.
    page.get_by_role("link", name="Replay").click()
    expect(page.get_by_text("equal to the stored record")).to_be_visible()
    step, state = page.get_by_test_id("step"), page.locator("#state")
    expect(step).to_have_text("before it began")
    expect(state).to_contain_text("pending")
    while step.inner_text() != "midpoint":
        before = page.locator("#step").get_attribute("data-at")
        page.keyboard.press("ArrowRight")
        expect(page.locator("#step")).not_to_have_attribute("data-at", before or "")
    due = page.get_by_role("region", name="Due here")
    expect(due).to_contain_text("/mountain-coffee/midpoint?cb=")
    expect(due.get_by_role("row", name="[CACHEBUSTING]")).to_contain_text("session")
    for told in ("running", "15 s of 30 s", "firstQuartile", "thirdQuartile in 7.5 s"):
        expect(state).to_contain_text(told)
    expect(page).to_have_url(re.compile(r"/replay/\?at=\d+$"))
    page.get_by_role("slider").focus()
    page.keyboard.press("End")
    expect(step).to_have_text("complete")
    expect(state).to_contain_text("completed")
    expect(page.get_by_role("slider")).to_be_focused()
    page.keyboard.press("Home")
    expect(step).to_have_text("before it began")

    # What if the seed were 3?
    page.get_by_label("Seed").fill("3")
    page.get_by_role("button", name="Show how it ends").click()
    expect(page.get_by_test_id("otherwise")).to_contain_text("network_error")
    expect(page.get_by_role("region", name="What differs")).to_contain_text("midpoint")
    page.get_by_role("link", name="Real against headless").click()
    expect(page.get_by_text("Equal, lateness aside")).to_be_visible()

    # Two sessions, differences first.
    page.goto(f"{server.url}/builds/{made}/")
    cut = play(page, mode="headless", speed=0, provider="yandex", seed=3)
    wait_for_state(page, "error")
    page.goto(f"{server.url}/sessions/")
    for named in (whole, cut):
        page.get_by_label(f"Compare {named}").check()
    page.get_by_role("button", name="Compare the ticked").click()
    differs = page.get_by_role("region", name="What differs")
    expect(differs.get_by_role("row").nth(2)).to_contain_text("status")
    expect(differs.get_by_role("row", name="seed 1 3")).to_be_visible()
    expect(page.get_by_text("Configuration: 15, all of it")).to_be_visible()


def test_two_builds_show_first_what_was_decided_and_written_otherwise(visit: Visit, server: Server) -> None:
    page = visit("qa")
    first = build(page, server, POD, "GAM_SSU")
    second = build_again(page, "FREEWHEEL")
    page.locator(".heading").get_by_role("link", name="Compare").click()
    page.get_by_label("Second build").fill(first[:6])
    page.get_by_role("button", name="Compare", exact=True).click()
    differs = page.get_by_role("region", name="What differs")
    expect(differs.get_by_role("columnheader").nth(1)).to_have_text(second)
    expect(differs.get_by_role("row", name="receiver FREEWHEEL GAM_SSU").first).to_be_visible()
    expect(page.get_by_role("group", name="The documents line by line")).to_contain_text("Extension")
