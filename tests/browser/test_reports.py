"""Sharing what was found with somebody without an account, and waiting for what takes long."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from examples import ad_server
from tests.browser.conftest import Visit
from tests.browser.samples import FIFTEEN_SECONDS
from tests.browser.server import Server
from tests.browser.walk import build, play, wait_for_state


@pytest.fixture
def slow_ad_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(ad_server, "SLOW_SEC", 1.5)
    with ad_server.serving() as (here, _):
        yield here


def test_qa_shares_a_session_for_a_day_a_stranger_reads_it_until_ad_ops_revoke_the_link(
    visit: Visit, server: Server
):
    qa, adops, stranger = visit("qa"), visit("adops"), visit(None, answers=(410,))
    build(qa, server, FIFTEEN_SECONDS)
    session = play(qa, mode="headless", speed=0, seed=5)
    wait_for_state(qa, "completed")
    qa.get_by_role("link", name="Share", exact=True).click()
    qa.get_by_label("The link works for").select_option("1 day")
    qa.get_by_role("button", name="Make a link").click()
    address = qa.locator("#address").inner_text()
    expect(qa.get_by_role("button", name="Copy").first).to_be_visible()

    stranger.goto(address)
    expect(stranger.locator("main")).to_contain_text("It played to its end, 15 s.")
    expect(stranger.locator("main")).to_contain_text("Shared by somebody of this site")
    expect(stranger.get_by_role("navigation")).to_have_count(0)
    assert stranger.context.cookies() == []
    with stranger.expect_download() as download:
        stranger.get_by_role("link", name="Download as CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert {"impression", "start", "complete"} <= {row["event"] for row in rows if row["row"] == "event"}

    adops.goto(f"{server.url}/reports/")
    row = adops.get_by_role("row").filter(has_text=session)
    expect(row).to_contain_text("2")
    row.get_by_role("link", name="Revoke").click()
    adops.get_by_role("button", name="Revoke the link").click()
    expect(adops.get_by_role("status").first).to_contain_text("revoked")

    stranger.reload()
    expect(stranger.get_by_role("heading")).to_have_text("This link opens no report")
    expect(stranger.locator("main")).not_to_contain_text(session)


def test_a_slow_tag_is_waited_for_in_words_and_can_be_left(visit: Visit, server: Server, slow_ad_server: str):
    page = visit("qa")
    page.goto(f"{server.url}/sessions/new/")
    page.get_by_label("Tag URL").fill(f"{slow_ad_server}/slow")
    page.get_by_role("button", name="Play").click()
    form = page.locator("#play-form")
    expect(form.get_by_role("progressbar")).to_be_visible()
    expect(form.get_by_role("status")).to_contain_text("Ad servers are being asked")
    expect(form.get_by_role("button", name="Asking for the ad…")).to_be_visible()
    page.get_by_role("link", name="Leave it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sessions")
    left = page.get_by_role("row").filter(has_text=f"{slow_ad_server.partition('//')[2]}/slow")
    for _ in range(200):  # the list is read anew until the ad server has answered
        if left.count():
            break
        page.reload()
    expect(left).to_contain_text("error")


def test_times_are_told_in_the_readers_zone_or_in_utc_to_the_second(visit: Visit, server: Server):
    page = visit("qa", timezone_id="America/New_York")
    build(page, server, FIFTEEN_SECONDS)
    moment = page.locator(".heading time")
    told = (moment.get_attribute("datetime") or "")[:19].replace("T", " ")
    expect(page.locator("[data-zone]")).to_have_text("America/New_York")
    expect(moment).to_have_attribute("title", re.compile(f"America/New_York · {told} UTC$"))
    local = moment.inner_text()
    page.get_by_role("button", name="Switch to UTC").focus()
    page.keyboard.press("Enter")
    expect(moment).to_have_text(told)
    page.reload()
    expect(page.locator("[data-zone]")).to_have_text("UTC")
    page.get_by_role("button", name="Switch to America/New_York").click()
    expect(moment).to_have_text(local)
