"""Ad-ops ask which level says what, and bring profiles in from a document with a mistake in it."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.server import Server

DOCUMENT = """\
version: 1
providers:
  imported-one:
    title: Imported One
    playback:
      interruption_rules:
        start: {probability: 1.5, min_offset_sec: 0, max_offset_sec: 2}
publishers:
  imported-screen: {title: Imported Screen, playback: {mode: headless}}
"""


def row(page: Page, label: str, rule: str = "") -> Locator:
    """The cells of a setting, or of a part of a rule."""
    named = page.locator("code", has_text=rule) if rule else page.get_by_role("rowheader", name="Mode")
    body = page.locator(".effective tbody").filter(has=named)
    return (
        body.get_by_role("row")
        .filter(has=page.get_by_role("rowheader", name=label, exact=True))
        .locator("td")
    )


def test_ad_ops_ask_which_level_says_what_while_choosing(visit: Visit, server: Server):
    page = visit("adops")
    page.goto(f"{server.url}/providers/global/")
    page.get_by_role("link", name="Effective configuration").click()
    expect(row(page, "Probability", "start")).to_have_text(["0.05", "provider", "·", "·", "0.05", "·", "0"])
    page.get_by_label("Publisher").select_option("living-room")
    expect(row(page, "Probability", "start")).to_have_text(
        ["0.02", "publisher", "·", "0.02", re.compile(r"^0\.05"), "·", "0"]
    )
    page.get_by_text("What the player states itself").click()
    page.get_by_label("Mode").select_option("headless")
    expect(row(page, "Mode")).to_have_text(["headless", "override", "headless", "·", "·", "·", "auto"])
    rules = page.get_by_label("Rules of the player")
    rules.press_sequentially("start: {probabilty: 0}")
    expect(page.get_by_role("status").filter(has_text="Not resolved")).to_contain_text("unknown field")
    expect(rules.locator("..").locator(".field-error")).to_contain_text(
        "start.probabilty: unknown field; known: probability"
    )
    expect(rules).to_be_focused()
    rules.fill("start: {probability: 0}\nmidpoint: null")
    expect(row(page, "Probability", "start").first).to_have_text("0")
    expect(page.locator(".effective")).to_contain_text("taken away by the override")
    expect(rules.locator("..").locator(".field-error")).to_be_empty()
    expect(page).to_have_url(re.compile(r"\?provider=global&publisher=living-room&mode=headless&rules="))
    page.reload()
    expect(row(page, "Mode").first).to_have_text("headless")
    expect(row(page, "Probability", "start").nth(1)).to_have_text("override")


def test_ad_ops_import_a_document_with_a_mistake_mend_it_look_and_apply(visit: Visit, server: Server):
    page = visit("adops")
    page.goto(f"{server.url}/publishers/")
    page.get_by_role("link", name="Import and export").click()
    upload = {"name": "profiles.yaml", "mimeType": "application/yaml", "buffer": DOCUMENT.encode()}
    page.get_by_label("or a file").set_input_files(files=[upload])
    page.get_by_role("button", name="Preview").click()
    preview = page.get_by_role("region", name="What the import would change")
    expect(preview).to_contain_text("providers.imported-one.playback.interruption_rules.start.probability")
    expect(preview).to_contain_text("1.5 does not lie between 0 and 1")
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)

    page.get_by_label("Document").fill(DOCUMENT.replace("1.5", "0.5"))
    page.get_by_role("button", name="Preview").click()
    expect(preview).to_contain_text("0 changed, 2 new, 0 as stored")
    expect(preview).to_contain_text("50 %, from 0 s, to 2 s")
    page.get_by_label("Why").fill("from the field test")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_role("status").first).to_contain_text("Imported: imported-one, imported-screen")

    with page.expect_download() as download:
        page.get_by_role("link", name="Imported One").click()
    assert "probability: 0.5" in download.value.path().read_text()
    page.get_by_label("Document").fill(DOCUMENT.replace("1.5", "0.5"))
    page.get_by_role("button", name="Preview").click()
    expect(preview).to_contain_text("There is nothing to apply")
