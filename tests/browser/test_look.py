"""Every page in both themes and at two widths: accessible, quiet, within the screen, at hand by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, Visit
from tests.browser.pages import FORMS, Place, people, places
from tests.browser.server import Server

PHONE = {"width": 390, "height": 844}
SCROLL_INSIDE = ".table-responsive, .xml, .log-scroll, .main-nav"
TOO_WIDE = """scrolling => [...document.querySelectorAll("body *")]
    .filter(node => node.getBoundingClientRect().right > innerWidth + 0.5 && !node.closest(scrolling))
    .map(node => node.outerHTML.slice(0, 120)).slice(0, 3)"""
REACHABLE = "a[href], button:not([tabindex='-1']), input:not([type=hidden]), select, textarea, summary, [tabindex='0']"


@pytest.fixture(scope="module")
def stocked(chromium: Browser, server: Server) -> list[Place]:
    contexts = people(chromium, server)
    found = places(server, contexts["adops"])
    for context in contexts.values():
        context.close()
    return found


# A theme changes colours and nothing else, so all else is examined in one of them. Only violations are described.
_DESCRIBED = {"resultTypes": ["violations"]}
_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
RULES = {"light": _DESCRIBED, "dark": _DESCRIBED | _COLOURS}
# Rows of a table are alike: the first few stand for all.
ROWS = {"exclude": [["tbody tr:nth-child(n+9)"]]}


def violations(page: Page, what: str) -> Iterator[str]:
    """What axe finds on the open page in both themes, which follow the system; the page is left dark."""
    for theme, rules in RULES.items():
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        for violation in Axe().run(page, context=ROWS, options=rules).response["violations"]:
            for node in violation["nodes"]:
                said = f"{node['html'][:160]} ({node['failureSummary'][-200:]})"
                yield f"{what}, {theme}: {violation['id']}: {said}"


def overflow(page: Page, what: str) -> Iterator[str]:
    if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
        yield f"{what} is wider than the screen: {page.evaluate(TOO_WIDE, SCROLL_INSIDE)}"


def walk(
    visitors: dict[str | None, Page], server: Server, stocked: list[Place]
) -> Iterator[tuple[str, Page, bool]]:
    """Opens every page in turn, those that only an answer to a form shows too: name, page, whether it has a twin."""
    for place in stocked:
        page = visitors[place.who]
        answer = page.goto(server.url + place.path)
        assert answer is not None
        assert answer.status == place.status, place
        yield place.name, page, place.twin
    for name, fill_in in FORMS.items():
        fill_in(visitors["adops"], server)
        yield name, visitors["adops"], False


def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_a_phone(
    visit: Visit, server: Server, stocked: list[Place]
):
    visitors = {who: visit(who, answers=(403, 404, 422)) for who in (None, "adops", "manager")}
    wrong: list[str] = []
    for name, page, twin in walk(visitors, server, stocked):
        if not twin:
            wrong += violations(page, name)
        page.set_viewport_size(PHONE)
        wrong += overflow(page, name)
        page.set_viewport_size(DESK)
    assert not wrong, "\n".join(wrong)


def test_the_theme_follows_the_system_until_the_switch_decides_and_is_remembered(
    visit: Visit, server: Server
):
    page = visit("qa", color_scheme="dark")
    page.goto(server.url)
    theme = page.locator("html")
    expect(theme).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(theme).to_have_attribute("data-bs-theme", "light")
    switch = page.locator("#theme-switch")
    expect(switch).to_have_accessible_name("Theme: as the system")
    switch.focus()
    for name in ("light", "dark"):
        page.keyboard.press("Enter")
        expect(switch).to_have_accessible_name(f"Theme: {name}")
        expect(theme).to_have_attribute("data-bs-theme", name)
    page.goto(f"{server.url}/sessions/")
    expect(theme).to_have_attribute("data-bs-theme", "dark")
    expect(switch).to_have_accessible_name("Theme: dark")


@pytest.mark.parametrize("section", ["Builds", "Publishers"])
def test_the_menu_of_a_phone_shows_where_one_is(visit: Visit, server: Server, section: str):
    page = visit("adops", viewport=PHONE)
    page.goto(f"{server.url}/{section.lower()}/")
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name=section)).to_be_in_viewport(
        ratio=1
    )
    assert page.evaluate("() => scrollY") == 0


def test_the_first_tab_offers_to_skip_to_the_content(visit: Visit, server: Server):
    page = visit("qa")
    page.goto(f"{server.url}/builds/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => Boolean(document.activeElement.closest('main'))")


# What a socket brings first replaces the parts of the page it is about; the controls, told last, stay when unchanged.
MARKS_THE_FIRST_NEWS = """document.addEventListener("htmx:wsBeforeMessage", event => {
    if (event.detail.message.includes("live-controls")) document.documentElement.dataset.told = "";
});"""


@pytest.mark.parametrize(
    "name",
    [
        "build-new",
        "build-pod",
        "session-new",
        "session-no-ad",
        "session-paused",
        "sessions",
        "provider",
        "publisher",
        "receiver",
        "endpoint",
    ],
)
def test_every_control_is_reached_by_tab_in_the_order_of_reading(
    visit: Visit, server: Server, stocked: list[Place], name: str
):
    page = visit("adops")
    page.add_init_script(MARKS_THE_FIRST_NEWS)
    page.goto(server.url + next(place.path for place in stocked if place.name == name))
    if page.locator("[ws-connect]").count():
        page.wait_for_selector("html[data-told]")
    count = page.locator(REACHABLE).evaluate_all(
        """nodes => nodes.filter(node => node.checkVisibility() && !node.disabled)
            .map((node, position) => { node.dataset.stop = position; }).length"""
    )
    assert count > 10
    seen = []
    for _ in range(count):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                """() => {
                    const node = document.activeElement;
                    const shown = node.matches(":focus-visible") && node.getBoundingClientRect().width > 0;
                    return shown ? Number(node.dataset.stop) : null;
                }"""
            )
        )
    assert seen == list(range(count))


def test_a_whole_job_is_done_without_a_mouse(visit: Visit, server: Server):
    page = visit("qa")
    page.goto(f"{server.url}/builds/new/?sample=inline-vast4")
    page.get_by_role("button", name="Build", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Bids")).to_be_visible()
    page.locator("#play-form [name=mode]").focus()
    page.keyboard.type("real")
    page.locator("#play-form").get_by_role("button", name="Play").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("status")).to_contain_text("running")
    page.get_by_role("button", name="Stop").focus()
    page.keyboard.press("Space")
    expect(page.get_by_test_id("status")).to_contain_text("closed: stopped")


def test_on_a_phone_a_list_begins_with_its_rows_and_shows_its_filters_on_demand(
    visit: Visit, server: Server, stocked: list[Place]
):
    page = visit("qa", viewport=PHONE)
    for path in ("builds", "sessions"):
        page.goto(f"{server.url}/{path}/")
        button = page.get_by_role("button", name="Filter", exact=True)
        expect(button).to_be_hidden()
        expect(page.locator("tbody tr").first).to_be_in_viewport()
        page.get_by_label("Filters", exact=True).check()
        expect(button).to_be_visible()
        page.goto(f"{server.url}/{path}/?before=9")
        expect(page.get_by_label("Filters", exact=True)).to_be_checked()
    page.set_viewport_size(DESK)
    expect(page.get_by_label("Filters", exact=True)).to_be_hidden()
    expect(page.get_by_role("button", name="Filter", exact=True)).to_be_visible()
