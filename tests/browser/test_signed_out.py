"""A sign-in that runs out while somebody types costs a password, and nothing of what was typed."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.server import Server
from tests.browser.walk import delete_receiver, make_receiver

RULE = "[name='rules-0-probability']"


def sign_out_behind_its_back(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def come_back(page: Page, server: Server, name: str, *, told: bool = True) -> None:
    """Signs in on the page that one was sent to."""
    expect(page).to_have_url(re.compile(r"/sign-in/\?next=/"))
    expect(page.get_by_text("What you typed is kept")).to_be_visible(visible=told)
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(server.passwords[name])
    page.get_by_role("button", name="Sign in").click()


def told_that_it_is_back(page: Page):
    return page.get_by_text("What you had typed is back in the form")


def test_a_receiver_draft_is_back_with_its_panel_after_signing_in_again(visit: Visit, server: Server):
    page = visit("adops")
    make_receiver(page, server, "signed-out", "Signed out", receiver="GAM_SSU")
    page.get_by_label("Title").fill("Typed before")
    expect(page.locator("#draft")).to_be_visible()
    sign_out_behind_its_back(page)
    page.locator("[name=max_ads_in_pod]").fill("3")
    come_back(page, server, "adops")
    expect(told_that_it_is_back(page)).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Typed before")
    expect(page.locator("[name=max_ads_in_pod]")).to_have_value("3")
    expect(page.locator("#draft [data-setting=max_ads_in_pod].changed")).to_contain_text("3")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Typed before")
    expect(told_that_it_is_back(page)).to_be_hidden()


def test_a_form_that_was_sent_too_late_is_back_and_still_knows_which_version_it_edits(
    visit: Visit, server: Server
):
    page, other = visit("adops", answers=(409,)), visit("adops")
    for opened in (page, other):
        opened.goto(f"{server.url}/providers/leto/")
    page.locator(RULE).fill("0.125")
    page.get_by_label("Why").fill("Typed before")
    other.locator(RULE).fill("0.25")
    other.get_by_label("Why").fill("Another edit")
    other.get_by_role("button", name="Publish").click()
    expect(other.locator(".alert-success")).to_be_visible()
    sign_out_behind_its_back(page)
    page.get_by_role("button", name="Publish").click()
    come_back(page, server, "adops")
    expect(page.locator(RULE)).to_have_value("0.125")
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("somebody published another edit")).to_be_visible()
    expect(page.locator(RULE)).to_have_value("0.125")


def test_what_was_refused_and_is_sent_again_too_late_is_back_too(visit: Visit, server: Server):
    page = visit("qa", answers=(422,))
    page.goto(f"{server.url}/builds/new/")
    page.get_by_label("or paste it here").fill("{ not JSON")
    page.get_by_text("All settings").click()
    page.locator("[name=repair_markup]").select_option("true")
    build = page.get_by_role("button", name="Build", exact=True)
    build.click()
    expect(page.locator(".field-error").first).to_be_visible()
    sign_out_behind_its_back(page)
    build.click()
    come_back(page, server, "qa")
    expect(page.get_by_label("or paste it here")).to_have_value("{ not JSON")
    expect(page.locator("[name=repair_markup]")).to_be_visible()
    expect(page.locator("[name=repair_markup]")).to_have_value("true")


def test_nobody_else_finds_what_was_typed(visit: Visit, server: Server):
    page = visit("qa")
    page.goto(f"{server.url}/builds/new/")
    page.get_by_label("or paste it here").fill("a secret of qa")
    sign_out_behind_its_back(page)
    page.get_by_role("button", name="Build", exact=True).click()
    come_back(page, server, "adops")
    page.wait_for_url("**/builds/new/")
    expect(page.get_by_label("or paste it here")).to_have_value("")
    expect(told_that_it_is_back(page)).to_be_hidden()
    assert "a secret of qa" not in str(page.evaluate("() => Object.values(sessionStorage)"))


def test_what_was_typed_about_something_that_is_gone_is_not_said_to_be_back(visit: Visit, server: Server):
    page, other = visit("adops", answers=(404,)), visit("adops")
    make_receiver(page, server, "gone-meanwhile", "Gone meanwhile")
    delete_receiver(other, server, "gone-meanwhile")
    sign_out_behind_its_back(page)
    page.locator("[name=max_ads_in_pod]").fill("3")
    come_back(page, server, "adops")
    expect(page.get_by_text("what it named has been deleted")).to_be_visible()
    page.wait_for_load_state()
    expect(told_that_it_is_back(page)).to_be_hidden()


def test_who_leaves_a_form_for_another_page_leaves_it(visit: Visit, server: Server):
    page = visit("qa")
    page.goto(f"{server.url}/builds/new/")
    page.get_by_label("or paste it here").fill("given up")
    sign_out_behind_its_back(page)
    page.get_by_role("link", name="Sessions").click()
    come_back(page, server, "qa", told=False)
    page.goto(f"{server.url}/builds/new/")
    expect(page.get_by_label("or paste it here")).to_have_value("")


def test_a_page_that_stood_open_while_one_signed_in_elsewhere_still_works(visit: Visit, server: Server):
    page = visit("adops")
    make_receiver(page, server, "two-tabs", "Two tabs")
    sign_out_behind_its_back(page)
    tab = page.context.new_page()
    tab.goto(f"{server.url}/receivers/")
    come_back(tab, server, "adops", told=False)
    expect(tab.get_by_role("heading", level=1)).to_have_text("Receivers")
    page.locator("[name=max_ads_in_pod]").fill("7")
    expect(page.locator("#draft [data-setting=max_ads_in_pod].changed")).to_contain_text("7")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".alert-success")).to_be_visible()
