"""QA runs batches: watches one come to its end and reads it down to a single session, and cancels a large one."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.server import Server
from tests.browser.walk import ask_for_batch, run_batch


def done(page: Page) -> int:
    return int(page.get_by_test_id("done").inner_text().split(" of ")[0].replace(",", ""))


def test_qa_runs_a_batch_over_two_providers_and_lengths_and_reads_it_down_to_one_session(
    visit: Visit, server: Server
):
    page = visit("qa")
    batch = run_batch(page, server, 20_000, "6 s", "Yandex")
    progress = page.locator("#progress")
    assert progress.locator("progress").get_attribute("value") == "20000"

    # The answer first, then the charts it is made of.
    answer = page.locator("#answer")
    expect(answer.get_by_test_id("verdict").first).to_contain_text("inside the band")
    expect(page.locator("#cells tbody tr")).to_have_count(4)
    funnel = page.get_by_role("figure", name="How far sessions get")
    funnel.get_by_text("The numbers by event").click()
    midpoint = funnel.get_by_role("row", name=re.compile("midpoint")).get_by_role("cell")
    measured, expected = (
        [float(text) for text in re.findall(r"[\d.]+(?= %)", midpoint.nth(n).inner_text())] for n in (0, 1)
    )
    low, high = map(float, re.findall(r"\((.*) to (.*)\)", midpoint.nth(1).inner_text())[0])
    assert low <= measured[0] <= high
    assert expected[0] == pytest.approx((low + high) / 2, abs=0.02)

    # One provider alone, and from a point of its chart to its sessions and to one of them.
    page.get_by_label("Provider", exact=True).select_option("yandex")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#answer-title")).to_have_text("The chosen 2 combinations")
    reasons = page.get_by_role("figure", name="Why sessions end")
    reasons.get_by_text("The numbers by reason").click()
    reasons.get_by_role("row", name=re.compile("network_error")).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sessions ended by network_error")
    page.locator("tbody a").first.click()
    expect(page).to_have_url(re.compile(rf"/sessions/{batch}-\d+/$"))
    expect(page.get_by_test_id("status")).to_contain_text("network_error")
    expect(page.locator("#live-head")).to_contain_text("struck")
    expect(page.locator("#ledger-body")).to_contain_text("dry run: not sent")


def test_qa_cancels_a_large_batch_and_what_is_done_is_kept(visit: Visit, server: Server):
    page = visit("qa")
    ask_for_batch(page, server, 2_000_000)
    page.wait_for_function("() => document.querySelector('#progress progress').value > 0", timeout=30_000)
    expect(page.get_by_test_id("left")).to_contain_text("left")
    page.get_by_role("button", name="Cancel, keep what is done").click()
    expect(page.locator("#progress")).to_contain_text("cancelled", timeout=15_000)
    kept = done(page)
    assert 0 < kept < 2_000_000
    expect(page.locator("#answer")).to_contain_text(f"of {kept:,} sessions completed")
    page.locator(".heading").get_by_role("link", name="Sessions", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(50)
