"""QA follows a tag to what is to blame: the hop, the pixel, the macro; pods, skipping, and sessions that must wait."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from examples.ad_server import FOLDER, serving
from tests.browser.conftest import Visit
from tests.browser.samples import FIFTEEN_SECONDS
from tests.browser.server import Server
from tests.browser.walk import build, events, play, play_other, wait_for_playhead, wait_for_state

AT_ONCE: dict[str, str | int] = {"mode": "headless", "speed": 0, "seed": 7}
CLIP: Path = FOLDER / "short_clip.xml"


@pytest.fixture
def ad_server() -> Iterator[tuple[str, list[str]]]:
    with serving() as found:
        yield found


def test_qa_follows_a_tag_to_the_hop_to_blame_and_to_the_macros_of_a_pixel(
    visit: Visit, server: Server, ad_server: tuple[str, list[str]]
):
    here, received = ad_server
    page = visit("qa")
    session = play_other(page, server, url=f"{here}/wrapped/3/nothing", **AT_ONCE)
    blame = page.get_by_role("status").get_by_role(
        "link", name=re.compile(r"hop 4, 127\.0\.0\.1, code 303, \d+ ms")
    )
    expect(blame).to_be_in_viewport()
    blame.click()
    hop = page.locator("#hop-4")
    expect(hop).to_be_in_viewport()
    expect(hop).to_contain_text("204")
    hop.get_by_role("link", name="hop 3").click()
    expect(page.locator("#hop-3")).to_contain_text(f"{here}/wrapped/1/nothing")
    expect(page.locator("#hop-3 dl")).to_be_visible()

    page.get_by_label("Level").select_option("wrapper 2")
    expect(page.locator("#ledger-table tbody tr")).to_have_count(1)
    expect(page).to_have_url(f"{server.url}/sessions/{session}/?level=wrapper+2")
    page.reload()
    expect(page.locator("#ledger-table tbody tr")).to_have_count(1)
    page.locator("#ledger-table").get_by_role("link", name="error").click()
    row = page.get_by_role("group", name="Macros").locator("tbody tr")
    expect(row.locator("td")).to_have_text(["[ERRORCODE]", "303", "session", "303"])
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").click()
    expect(page.locator("#ledger-table tbody tr")).to_have_count(3)
    assert received == []


def test_counts_of_fates_narrow_the_ledger_and_it_can_be_shown_whole_again(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, FIFTEEN_SECONDS)
    play(page, **AT_ONCE)
    wait_for_state(page, "completed")
    rows = page.locator("#ledger-table tbody tr")
    total = rows.count()
    fates = page.locator("#live-fates")
    due = fates.get_by_role("link", name=re.compile("due"))
    number = int(due.inner_text().split()[0])
    assert 0 < number < total
    due.focus()
    page.keyboard.press("Enter")
    expect(rows).to_have_count(number)
    expect(due).to_be_focused()
    expect(page.get_by_label("Fate")).to_have_value("dry_run")
    page.get_by_label("Part of the address").fill("no such address")
    page.keyboard.press("Enter")
    expect(page.locator("#ledger-table")).to_contain_text("No row fits.")
    page.get_by_role("link", name=f"Show all {total}").click()
    expect(rows).to_have_count(total)
    expect(page.get_by_label("Fate")).to_have_value("")


def test_a_narrowed_ledger_follows_a_running_session_until_its_end(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, FIFTEEN_SECONDS)
    session = play(page, mode="headless", speed=10)
    page.goto(f"{server.url}/sessions/{session}/?fate=dry_run#ledger")
    rows = page.locator("#ledger-rows tr")
    wait_for_state(page, "completed")
    expect(page.locator("#ledger-rows:not([hx-trigger])")).to_have_count(1)
    expect(rows.filter(has_text="complete")).not_to_have_count(0)
    shown = rows.count()
    page.reload()
    expect(rows).to_have_count(shown)


def test_skip_is_offered_at_its_offset_and_leaves_the_ad(visit: Visit, server: Server):
    page = visit("qa")
    xml = (
        (FOLDER / "television_30s.xml").read_text().replace('skipoffset="00:00:05"', 'skipoffset="00:00:02"')
    )
    assert '="00:00:02"' in xml
    play_other(page, server, vast=xml, mode="real")
    skip = page.locator("#live-controls").get_by_role("button", name="Skip")
    expect(skip).to_have_text("Skip from 2.0 s")
    expect(skip).to_be_disabled()
    wait_for_playhead(page, 2)
    expect(skip).to_be_enabled()
    expect(skip).to_have_text("Skip")
    skip.click()
    wait_for_state(page, "closed: user_skip")
    assert events(page)[-1] in {"skip", "interrupt", "stop"}


def test_the_strip_of_a_pod_follows_its_ads(visit: Visit, server: Server, ad_server: tuple[str, list[str]]):
    page = visit("qa")
    play_other(page, server, url=f"{ad_server[0]}/break", mode="headless", speed=10)
    ads = page.get_by_role("list", name="Ads of the pod").get_by_role("listitem")
    expect(ads).to_have_count(3)
    expect(page.locator(".pod-strip rect")).to_have_count(3)
    wait_for_playhead(page, 16)
    page.get_by_role("button", name="Pause").click()
    wait_for_state(page, "paused")
    expect(ads.nth(0)).to_contain_text("played")
    expect(ads.nth(1)).to_contain_text("playing")
    expect(ads.nth(2)).to_contain_text("ahead")
    expect(page.locator("#live-events")).to_contain_text("ad 2 at 0.000 s")
    page.get_by_role("button", name="Stop").click()
    wait_for_state(page, "closed: stopped")
    expect(ads.nth(1)).to_contain_text("cut short")


def test_live_waits_for_ad_ops_and_qa_cannot_confirm(
    visit: Visit, server: Server, ad_server: tuple[str, list[str]]
):
    here, received = ad_server
    owner, qa = visit("adops"), visit("qa")
    qa.goto(f"{server.url}/sessions/new/")
    expect(qa.get_by_label("Pixels").locator("option[value=live]")).to_have_count(0)
    session = play_other(owner, server, url=f"{here}/wrapped/1/clip", delivery="live", **AT_ONCE)
    card = "Waits to be confirmed"
    expect(owner.get_by_role("region", name=card)).to_contain_text(
        re.compile(r"Nothing is sent until you confirm: \d+ pixels to 1 host.*127\.0\.0\.1", re.DOTALL)
    )
    qa.goto(f"{server.url}/sessions/{session}/")
    expect(qa.get_by_role("region", name=card)).to_contain_text("until ad-ops confirm")
    expect(qa.get_by_role("button", name="Confirm")).to_have_count(0)
    expect(qa.get_by_role("button", name="Discard")).to_be_visible()
    assert received == []
    owner.get_by_role("button", name="Confirm").click()
    wait_for_state(owner, "completed")
    wait_for_state(qa, "completed")
    expect(owner.locator("#live-delivery")).to_contain_text(re.compile(r"(\d+) of \1 pixels sent"))
    expect(owner.locator("#ad")).to_contain_text("confirmed by adops")
    assert len(received) == int(owner.locator("#live-delivery").inner_text().split()[0])


def test_the_sandbox_says_what_arrived(visit: Visit, server: Server):
    page = visit("qa")
    play_other(page, server, vast=CLIP.read_text(), delivery="sandbox", **AT_ONCE)
    wait_for_state(page, "completed")
    expect(page.locator("#live-delivery")).to_contain_text("each received once (sandbox)")
    page.locator("#live-ledger").get_by_role("link", name="start").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"received once, .* ms after it was due"))
    expect(page.get_by_role("region", name="Attempts").locator("tbody tr")).to_have_count(1)


def test_one_source_and_only_one_is_asked_for_at_its_field(visit: Visit, server: Server):
    page = visit("qa", answers=(422,))
    page.goto(f"{server.url}/sessions/new/")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("group", name="A tag")).to_contain_text("Give an address")
    page.get_by_label("Tag URL").fill("https://ads.example.com/tag")
    page.get_by_label("VAST document").fill(CLIP.read_text())
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("group", name="A pasted document")).to_contain_text("Give one of")
    expect(page.get_by_label("Tag URL")).to_have_value("https://ads.example.com/tag")
