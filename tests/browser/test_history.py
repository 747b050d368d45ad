"""A manager asks the history what fell, where, why, and which sessions; keeps the question, takes the answer away."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.server import ROOT, Server

# Ten days of viewings, and a yesterday on which one provider's ran into errors of the network.
STOCK = """
import django; django.setup()
from datetime import datetime, timedelta, UTC
from unittest.mock import patch
from playback.batches.deleting import delete_batch
from playback.models import Batch
from playback.records import recording
delete_batch(Batch.objects.get(title__startswith="Demonstration").public_id)
today = datetime.now(UTC).replace(hour=0, minute=0, second=1, microsecond=0)
def enter(back, reason, number, provider="leto"):
    status = {"completed": "completed", "user_close": "closed"}.get(reason, "error")
    for place in range(number):
        with patch("django.utils.timezone.now", return_value=today - timedelta(days=back) + timedelta(seconds=place)):
            recording.enter(status=status, end_reason=reason, provider=provider, title="Autumn travel",
                            mode="headless", seed=place, duration_ms=30000)
for back in range(2, 11):
    enter(back, "completed", 18)
    enter(back, "user_close", 2)
enter(1, "completed", 20)
enter(1, "network_error", 55)
enter(1, "user_close", 4, "tiger")
"""


@pytest.fixture(scope="module")
def stocked(server: Server) -> Server:
    environment = {"VASTDASH_DATA_DIR": str(server.data), "DJANGO_SETTINGS_MODULE": "vastdash.settings"}
    subprocess.run([sys.executable, "-c", STOCK], cwd=ROOT, env=os.environ | environment, check=True)
    return server


def found(page: Page) -> int:
    return int(page.locator("#history-said [data-count]").get_attribute("data-count") or 0)


def expect_found(page: Page, number: int) -> None:
    expect(page.locator(f"#history-said [data-count='{number}']")).to_be_visible()


def test_a_manager_sees_that_yesterday_fell_clicks_the_day_narrows_to_a_reason_and_opens_a_session(
    visit: Visit, stocked: Server
):
    page = visit("manager")
    page.goto(stocked.url)
    completion = page.locator(".tile", has=page.get_by_role("heading", name="Completion"))
    expect(completion).to_contain_text("unusually low")
    expect(page.get_by_text("What grew most: leto, network error")).to_be_visible()
    completion.get_by_role("link", name="Completion yesterday").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    chart = page.locator("figure", has=page.get_by_role("heading", name="Interruptions by reason"))
    chart.get_by_text("The numbers by reason").click()
    chart.get_by_role("row", name="network error").get_by_role("link").click()
    expect(page.get_by_role("link", name="Remove Reason: network error")).to_be_visible()
    expect_found(page, 55)
    expect(page.locator("table.table-hover tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Older", exact=True).click()
    expect(page.locator("table.table-hover tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Newer", exact=True).click()
    first = page.locator("table.table-hover tbody a").first
    name = first.inner_text()
    first.click()
    expect(page).to_have_url(re.compile(f"/sessions/{name}/$"))


def test_the_filter_is_worked_by_keyboard_and_keeps_the_focus_while_the_answer_follows(
    visit: Visit, stocked: Server
):
    page = visit("manager")
    page.goto(f"{stocked.url}/history/?days=30&provider=leto")
    before = found(page)
    page.get_by_label("Outcome").focus()
    page.keyboard.type("int")
    page.keyboard.press("Tab")
    expect_found(page, 73)
    assert before > 73
    expect(page.get_by_label("Reason", exact=True)).to_be_focused()
    expect(page).to_have_url(re.compile(r"/history/\?days=30&provider=leto&outcome=interrupted$"))
    page.get_by_label("Id or title").focus()
    page.keyboard.type("travel nowhere")
    expect(page.get_by_role("status").filter(has_text="No session in the last 30 days")).to_be_visible()
    expect(page.get_by_label("Id or title")).to_be_focused()
    page.get_by_role("link", name="Remove Id or title").focus()
    page.keyboard.press("Enter")
    expect_found(page, 73)


def test_qa_saves_a_view_and_everybody_opens_it_again(visit: Visit, stocked: Server):
    page = visit("qa")
    page.goto(f"{stocked.url}/history/?days=30&provider=leto&reason=network_error")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name").fill("Network trouble")
    page.get_by_label("Share with everybody").check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="is saved")).to_be_visible()
    manager = visit("manager")
    manager.goto(f"{stocked.url}/history/views/")
    expect(manager.get_by_text("Rename, share or delete")).to_have_count(0)
    manager.get_by_role("button", name="Pin Network trouble").click()
    manager.goto(f"{stocked.url}/history/")
    expect(manager.get_by_role("link", name="Network trouble")).to_have_attribute("aria-current", "page")
    expect_found(manager, 55)


def test_the_file_has_as_many_rows_as_the_filter_counts(visit: Visit, stocked: Server):
    page = visit("manager")
    page.goto(f"{stocked.url}/history/?days=30&provider=leto&outcome=interrupted")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text())))
    assert len(rows) == found(page) == 73
    assert {row["outcome"] for row in rows} == {"interrupted"}


def test_the_weekly_report_is_two_pages_at_most(visit: Visit, stocked: Server):
    page = visit("manager", color_scheme="dark")
    page.goto(f"{stocked.url}/history/week/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Week")
    printed = page.pdf(prefer_css_page_size=True)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


def test_the_overview_says_when_what_runs_is_no_longer_refreshed_and_recovers(visit: Visit, stocked: Server):
    page = visit("manager", forgive="ERR_FAILED|htmx:")
    page.goto(stocked.url)
    is_polled = re.compile(r"/$")
    page.route(is_polled, lambda route: route.abort())
    stale = page.get_by_text("Not refreshed since")
    expect(stale).to_be_visible(timeout=10_000)
    page.unroute(is_polled)
    expect(stale).to_have_count(0, timeout=10_000)
