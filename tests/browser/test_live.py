"""A session that runs in real time as its viewers see it: late, twice, in two browsers, commanded by one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.samples import FIFTEEN_SECONDS
from tests.browser.server import Server
from tests.browser.walk import (
    News,
    build,
    events,
    play,
    playhead,
    record,
    wait_for_playhead,
    wait_for_state,
)

JITTER_SEC = 0.3  # news come at most every 0.1 s


@pytest.fixture
def running(visit: Visit, server: Server) -> tuple[Page, str]:
    """A page that watches a real-time session of 15 s which has played for more than a second."""
    page = visit("qa")
    build(page, server, FIFTEEN_SECONDS)
    session = play(page, mode="real")
    wait_for_playhead(page, 1)
    return page, session


def press(page: Page, command: str) -> None:
    page.get_by_role("button", name=command).click()


def test_a_reload_in_the_middle_shows_the_present_state_at_once_and_goes_on(running: tuple[Page, str]):
    page, _ = running
    before = playhead(page)
    news = News(page)
    page.reload(wait_until="commit")
    first = playhead(page)
    assert first >= before
    assert {"impression", "start"} <= set(events(page))
    wait_for_state(page, "running")
    wait_for_playhead(page, first + 0.8)
    assert news.offsets[0] >= before
    assert len(set(news.offsets)) >= 3
    press(page, "Stop")
    wait_for_state(page, "closed: stopped")


def test_a_second_browser_that_joins_in_the_middle_sees_the_same_and_both_see_every_command(
    running: tuple[Page, str], visit: Visit, server: Server
):
    first, session = running
    second = visit("manager")
    second.goto(f"{server.url}/sessions/{session}/", wait_until="commit")
    assert playhead(second) > 0
    wait_for_playhead(second, playhead(first) + 0.5)
    assert playhead(first) == pytest.approx(playhead(second), abs=JITTER_SEC)

    press(first, "Pause")
    for page in (first, second):
        wait_for_state(page, "paused")
    held = playhead(first)
    news = News(second)
    second.reload()
    wait_for_state(second, "paused")
    assert playhead(second) == held
    expect(first.get_by_role("button", name="Pause")).to_have_count(0)

    press(first, "Resume")
    for page in (first, second):
        wait_for_state(page, "running")
        wait_for_playhead(page, held + 0.5)
    assert all(offset >= held for offset in news.offsets)

    press(first, "Stop")
    for page in (first, second):
        wait_for_state(page, "closed: stopped")
    assert events(first) == events(second)
    assert [name for name in events(first) if name in {"pause", "resume"}] == ["pause", "resume"]
    assert playhead(first) == playhead(second)
    assert playhead(first) == record(first, server, session)["current_offset_sec"]
    expect(first.get_by_role("button", name="Stop")).to_have_count(0)


def test_the_creative_keeps_step_with_the_playhead_and_halts_with_it(running: tuple[Page, str]):
    page, _ = running
    video = page.locator("video#creative")
    expect(video).to_have_js_property("paused", False)
    page.wait_for_function(
        """() => {
            const head = Number(document.getElementById("live-head").dataset.offset);
            return Math.abs(document.getElementById("creative").currentTime - head) < 0.5;
        }"""
    )
    press(page, "Pause")
    wait_for_state(page, "paused")
    expect(video).to_have_js_property("paused", True)
    press(page, "Stop")
    wait_for_state(page, "closed: stopped")


def test_a_command_to_a_session_that_has_ended_is_refused_with_a_word(visit: Visit, server: Server):
    page = visit("qa", answers=(409,))
    build(page, server, FIFTEEN_SECONDS)
    session = play(page, mode="headless", speed=0)
    wait_for_state(page, "completed")
    answer = page.request.post(
        f"{server.url}/sessions/{session}/stop/",
        headers={"HX-Request": "true", "X-CSRFToken": csrf_token(page), "Referer": server.url},
    )
    assert answer.status == 409
    assert "not running" in answer.text()


def csrf_token(page: Page) -> str:
    return next(str(cookie["value"]) for cookie in page.context.cookies() if cookie["name"] == "csrftoken")


def test_the_stored_page_equals_the_live_one_once_a_session_has_ended(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, FIFTEEN_SECONDS)
    play(page, mode="headless", speed=10, seed=7)
    wait_for_state(page, "completed")
    live = [page.locator(part).inner_html() for part in ("#live-head", "#live-events", "#live-ledger")]
    page.reload()
    wait_for_state(page, "completed")
    assert [
        page.locator(part).inner_html() for part in ("#live-head", "#live-events", "#live-ledger")
    ] == live


def test_the_log_shows_what_is_new_unless_its_reader_scrolled_back(visit: Visit, server: Server):
    page = visit("qa", viewport={"width": 390, "height": 800})
    build(page, server, FIFTEEN_SECONDS)
    play(page, mode="headless", speed=2)
    log = page.locator(".log-scroll")
    newest = page.locator("#live-events li").last
    midpoint = page.locator("[data-event=midpoint]")
    expect(midpoint).to_have_count(1)
    log.scroll_into_view_if_needed()
    expect(newest).to_be_in_viewport()
    log.evaluate("log => log.scrollTo(0, 0)")
    expect(page.locator("[data-event=thirdQuartile]")).to_have_count(1)
    assert log.evaluate("log => log.scrollTop") == 0
    log.evaluate("log => log.scrollTo(0, log.scrollHeight)")
    wait_for_state(page, "completed")
    expect(newest).to_have_attribute("data-event", "complete")
    expect(newest).to_be_in_viewport()


def test_buttons_that_are_told_again_unchanged_are_not_replaced(running: tuple[Page, str]):
    page, _ = running
    replaced = page.locator("#live-controls").evaluate(
        """node => [node.outerHTML, node.outerHTML.replace("Pause", "Resume")].map(news => document.dispatchEvent(
            new CustomEvent("htmx:wsBeforeMessage", {cancelable: true, detail: {message: news}})))"""
    )
    assert replaced == [False, True]


# A property is no part of the markup: it tells whether a button is the one the page came with.
MARKS_THE_BUTTONS = """document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("#live-controls button").forEach(button => { button.isOfThePage = true; });
});
document.addEventListener("htmx:wsBeforeMessage", event => {
    if (event.detail.message.includes("live-controls")) requestAnimationFrame(() => { document.told = true; });
});"""


def test_the_first_news_leave_the_buttons_that_the_page_came_with(running: tuple[Page, str]):
    page, _ = running
    page.add_init_script(MARKS_THE_BUTTONS)
    page.reload()
    page.wait_for_function("() => document.told")
    are_of_the_page = "buttons => buttons.map(button => button.isOfThePage)"
    assert set(page.locator("#live-controls button").evaluate_all(are_of_the_page)) == {True}


def test_a_keyboard_at_stop_is_at_stop_again_when_the_buttons_are_replaced(running: tuple[Page, str]):
    page, _ = running
    stop = page.get_by_role("button", name="Stop")
    stop.focus()
    page.evaluate(
        """() => {
            document.dispatchEvent(new CustomEvent("htmx:wsBeforeMessage", {detail: {message: ""}}));
            const controls = document.getElementById("live-controls");
            controls.replaceWith(controls.cloneNode(true));
            document.dispatchEvent(new CustomEvent("htmx:wsAfterMessage"));
        }"""
    )
    expect(stop).to_be_focused()


def test_a_keyboard_stays_among_the_controls_while_the_session_runs_and_is_commanded(
    running: tuple[Page, str],
):
    page, _ = running
    pause = page.get_by_role("button", name="Pause")
    pause.focus()
    wait_for_playhead(page, playhead(page) + 0.5)
    expect(pause).to_be_focused()
    page.keyboard.press("Enter")
    resume = page.get_by_role("button", name="Resume")
    expect(resume).to_be_focused()
    page.keyboard.press("Enter")
    expect(pause).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    wait_for_state(page, "closed: stopped")
