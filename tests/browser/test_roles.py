"""What each role finds on the pages: a manager reads, ad-ops keeps the configuration in order."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.samples import POD
from tests.browser.server import Server
from tests.browser.walk import build, play, wait_for_state

PROVIDER = "custom"  # no other test plays it


def field(page: Page, name: str) -> Locator:
    return page.locator(f"[name='{name}']")


def rule(page: Page, event: str) -> int:
    """The position of a rule in the form."""
    events = page.locator("input[name$='-event']").evaluate_all("fields => fields.map(field => field.value)")
    return events.index(event)


def error_of(page: Page, name: str) -> Locator:
    """The error that the field itself points to, as a screen reader would find it."""
    described = field(page, name).get_attribute("aria-describedby") or ""
    return page.locator(
        ", ".join(f"#{part}" for part in described.split() if part.endswith("_error")) or "#none"
    )


@pytest.fixture
def session_of_a_pod(visit: Visit, server: Server) -> tuple[str, str]:
    page = visit("qa")
    made = build(page, server, POD)
    session = play(page, mode="headless", speed=0)
    wait_for_state(page, "completed")
    return made, session


def test_a_manager_reads_everything_and_finds_no_control_that_changes_anything(
    visit: Visit, server: Server, session_of_a_pod: tuple[str, str]
):
    made, session = session_of_a_pod
    page = visit("manager")
    addresses = (
        "/",
        "/builds/",
        f"/builds/{made}/",
        "/sessions/",
        f"/sessions/{session}/",
        "/providers/",
        f"/providers/{PROVIDER}/",
        "/publishers/",
        "/publishers/living-room/",
    )
    for address in addresses:
        page.goto(server.url + address)
        expect(page.locator("main h1")).to_be_visible()
        expect(page.locator("main form:not([method=get])")).to_have_count(0)
        expect(page.locator("main [hx-post]")).to_have_count(0)
        expect(
            page.locator("main a").filter(has_text=re.compile(r"New|Build from|Delete|Reset"))
        ).to_have_count(0)


def test_a_manager_who_guesses_an_address_is_told_what_the_role_lacks(visit: Visit, server: Server):
    page = visit("manager", answers=(403,))
    for address, lacking in (("/builds/new/", "build"), ("/publishers/new/", "edit configuration")):
        page.goto(server.url + address)
        expect(page.get_by_role("heading", level=1)).to_have_text("This is not open to you")
        expect(page.locator("main")).to_contain_text(lacking)


def test_qa_builds_and_plays_but_does_not_edit_the_configuration(visit: Visit, server: Server):
    page = visit("qa")
    for address in (f"/providers/{PROVIDER}/", "/publishers/living-room/"):
        page.goto(server.url + address)
        expect(page.get_by_role("region", name="Interruption rules")).to_be_visible()
        expect(page.locator("main form:not([method=get])")).to_have_count(0)
    page.goto(f"{server.url}/builds/new/")
    expect(page.get_by_role("button", name="Build", exact=True)).to_be_visible()


def test_ad_ops_is_told_beside_the_field_what_a_rule_must_not_say_and_keeps_the_rest(
    visit: Visit, server: Server
):
    page = visit("adops", answers=(422,))
    page.goto(f"{server.url}/providers/{PROVIDER}/")
    row = rule(page, "start")
    field(page, f"rules-{row}-probability").fill("1.5")
    field(page, f"rules-{row}-max_offset_sec").fill("7")
    expect(error_of(page, f"rules-{row}-probability")).to_contain_text("1")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved")
    expect(error_of(page, f"rules-{row}-probability")).to_contain_text("1")
    expect(field(page, f"rules-{row}-probability")).to_have_value("1.5")
    expect(field(page, f"rules-{row}-max_offset_sec")).to_have_value("7")
    page.goto(f"{server.url}/providers/{PROVIDER}/")
    expect(field(page, f"rules-{row}-probability")).to_have_value("0.15")


def test_ad_ops_changes_a_rule_adds_one_and_resets_to_what_ships(visit: Visit, server: Server):
    page = visit("adops")
    page.goto(f"{server.url}/providers/{PROVIDER}/")
    row, new = rule(page, "start"), rule(page, "midpoint")
    field(page, f"rules-{row}-probability").fill("0.5")
    for name, value in (("probability", "0.2"), ("min_offset_sec", "10"), ("max_offset_sec", "20")):
        field(page, f"rules-{new}-{name}").fill(value)
    page.get_by_label("Why").fill("Busy evenings")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("status").first).to_contain_text("Published as version")
    expect(field(page, f"rules-{row}-probability")).to_have_value("0.5")
    expect(page.locator("main .heading")).to_contain_text("adops")
    # Either rule strikes unless both draws miss.
    expect(page.locator("#draft-said")).to_contain_text("60 % of ads of 30 s")

    page.get_by_role("button", name="Reset to “seed”").click()
    expect(page.get_by_role("region", name="What changes")).to_contain_text("no rule")
    page.get_by_role("button", name="Reset to the shipped set").click()
    expect(page.get_by_role("status").first).to_contain_text("shipped set")
    expect(field(page, f"rules-{rule(page, 'start')}-probability")).to_have_value("0.15")
    expect(page.locator("#draft-said")).to_contain_text("15 % of ads of 30 s")


def test_ad_ops_makes_edits_and_deletes_a_publisher(visit: Visit, server: Server):
    page = visit("adops", answers=(422,))
    page.goto(f"{server.url}/publishers/")
    page.get_by_role("link", name="New publisher").click()
    field(page, "name").fill("not a name")
    field(page, "title").fill("Kitchen TV")
    page.get_by_role("button", name="Save").click()
    expect(error_of(page, "name")).to_be_visible()
    expect(field(page, "title")).to_have_value("Kitchen TV")

    field(page, "name").fill("kitchen-tv")
    page.get_by_text("Playback settings").click()
    field(page, "max_session_duration_sec").fill("20")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    expect(page).to_have_url(f"{server.url}/publishers/kitchen-tv/")
    field(page, "title").fill("Kitchen")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kitchen")
    expect(field(page, "max_session_duration_sec")).to_have_value("20")

    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete Kitchen?")
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Kitchen")
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete Kitchen").click()
    expect(page.get_by_role("status")).to_contain_text("Kitchen is deleted")
    expect(page.get_by_role("link", name="Kitchen")).to_have_count(0)


def test_the_signed_out_see_the_sign_in_page_and_a_wrong_password_is_named(visit: Visit, server: Server):
    page = visit(None)
    page.goto(f"{server.url}/providers/{PROVIDER}/")
    page.get_by_label("Username").fill("qa")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Username").fill("qa")
    page.get_by_label("Password").fill(server.passwords["qa"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{server.url}/providers/{PROVIDER}/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
