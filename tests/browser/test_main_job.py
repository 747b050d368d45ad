"""The main job: a bid response goes in, every decision is shown, its ad is played and found again."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Page, expect

from examples.ad_server import serving
from playback.engine import ConfigResolver, HeadlessPlayer, PlaybackSession, VastClient, provider_configs
from tests.browser.conftest import Visit
from tests.browser.samples import (
    BROKEN_AMONG_OTHERS,
    FIFTEEN_SECONDS,
    NO_BID,
    OWN,
    PLAYABLE,
    POD,
    SEATS,
    WRAPPERS,
    Sample,
    nothing_but_broken,
)
from tests.browser.server import Server
from tests.browser.walk import News, build, events, play, record, sign_in, upload, wait_for_state

PROVIDER = "yandex"
BUILT = list(zip([*PLAYABLE, *SEATS, *WRAPPERS], cycle(["GENERIC", "GAM_SSU"]), strict=False))
VERDICT = re.compile(r"^(selected( · \d+)?|rejected)$")


def canonical(xml: str) -> bytes:
    """The document without the blanks between its elements."""
    parser = etree.XMLParser(remove_blank_text=True)
    return bytes(etree.tostring(etree.fromstring(xml.encode(), parser), method="c14n"))


def shown_xml(page: Page) -> str:
    return "".join(page.locator(".xml [id^='L-']").all_text_contents())


def served_xml(page: Page) -> str:
    return page.request.get(f"{page.url}vast.xml").text()


def bid_rows(page: Page) -> dict[str, list[tuple[str, str]]]:
    """Bid id -> (verdict, reason) of each of its rows."""
    rows: dict[str, list[tuple[str, str]]] = {}
    for row in page.get_by_role("region", name="Bids").locator("tbody tr").all():
        cells = [text.strip() for text in row.locator("td").all_inner_texts()]
        rows.setdefault(cells[1], []).append((cells[0], cells[-1]))
    return rows


def assert_every_bid_has_its_verdict(page: Page, sample: Sample) -> None:
    rows = bid_rows(page)
    verdicts = [verdict for of_bid in rows.values() for verdict in of_bid]
    assert len(verdicts) == len(sample.bids)
    assert {bid["id"] for bid in sample.bids if bid.get("id")} <= set(rows)
    for verdict, reason in verdicts:
        assert VERDICT.match(verdict)
        assert len(reason) > 10


def played(xml: str, seed: int) -> PlaybackSession:
    """What the engine makes of this ad with this seed, with nobody watching."""
    client = VastClient.from_xml(xml)
    override = {"headless_playback_speed": 0}
    config = ConfigResolver.resolve(
        mode="headless", provider=PROVIDER, providers=provider_configs(), override=override
    )

    async def play_it() -> PlaybackSession:
        return await HeadlessPlayer(client, await client.request_ad(), config, seed=seed).play()

    # Playwright's loop is at home in this thread.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, play_it()).result()


def seed_for(xml: str, *, interrupted: bool) -> tuple[int, PlaybackSession]:
    for seed in range(200):
        session = played(xml, seed)
        if bool(session.interrupted_by) == interrupted and session.current_offset_sec > 1:
            return seed, session
    raise AssertionError(f"no seed of 200 gives interrupted={interrupted}")


def pace(seconds: float, at_most: int) -> int:
    """A speed at which a viewing lasts long enough for its page to be open while it moves."""
    return next((speed for speed in (10, 2) if speed <= at_most and seconds / speed >= 1.5), 1)


def test_qa_signs_in_uploads_builds_and_plays_at_ten_times_until_complete(visit: Visit, server: Server):
    page = visit(None)
    page.goto(f"{server.url}/builds/new/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    sign_in(page, server, "qa")
    build(page, server, FIFTEEN_SECONDS, "GAM_SSU")
    news = News(page)
    session = play(page, mode="headless", speed=10)
    wait_for_state(page, "completed")
    assert len(set(news.offsets)) >= 3
    assert news.offsets == sorted(news.offsets)
    assert events(page)[-1] == "complete"
    assert record(page, server, session)["status"] == "completed"


@pytest.mark.parametrize(("sample", "receiver"), BUILT, ids=str)
def test_a_build_shows_its_xml_and_the_fate_of_every_bid(
    visit: Visit, server: Server, sample: Sample, receiver: str
):
    page = visit("qa")
    public_id = build(page, server, sample.path, receiver)
    assert_every_bid_has_its_verdict(page, sample)
    assert canonical(shown_xml(page)) == canonical(served_xml(page))
    assert page.locator(".xml [id^='L-']").count() > 3
    expect(page.locator("h1")).to_have_text(sample.path.name)
    expect(page.locator("section[aria-labelledby=lint-title]")).to_contain_text(re.compile(r"\d+ finding"))
    page.goto(f"{server.url}/builds/")
    page.get_by_role("link", name=public_id).click()
    expect(page.locator("h1")).to_have_text(sample.path.name)


@pytest.mark.parametrize("interrupted", [False, True], ids=["to-its-end", "until-the-drawn-interruption"])
@pytest.mark.parametrize("sample", PLAYABLE, ids=str)
def test_an_ad_is_played_and_found_again(visit: Visit, server: Server, sample: Sample, interrupted: bool):
    page = visit("qa")
    build(page, server, sample.path)
    seed, expected = seed_for(served_xml(page), interrupted=interrupted)
    news = News(page)
    speed = pace(expected.current_offset_sec, at_most=2 if interrupted else 10)
    session = play(page, mode="headless", speed=speed, provider=PROVIDER, seed=seed)

    wait_for_state(page, expected.status.value)
    assert len(set(news.offsets)) >= 3
    assert news.offsets == sorted(news.offsets)
    assert news.offsets[-1] == pytest.approx(expected.current_offset_sec, abs=0.001)
    assert events(page) == [event.event_type for event in expected.events]
    if interrupted:
        expect(page.get_by_test_id("status")).to_contain_text(str(expected.end_reason))
        expect(page.locator(".timeline .interrupt")).to_have_count(1)
    else:
        assert events(page)[-1] == "complete"
        marks = page.locator(".timeline .mark")
        assert marks.count() % 4 == 0
        expect(page.locator(".timeline .mark.fired")).to_have_count(marks.count())
    assert record(page, server, session)["events"][-1]["event_type"] == expected.events[-1].event_type

    page.goto(f"{server.url}/sessions/")
    page.get_by_label("Provider").select_option(PROVIDER)
    page.get_by_label("State").select_option(expected.status.value)
    page.get_by_label("Mode").select_option("headless")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name=session)).to_be_visible()
    page.get_by_label("State").select_option("closed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sessions")
    expect(page.get_by_role("link", name=session)).to_have_count(0)


def test_the_wrapper_of_a_build_is_followed_to_its_ad(visit: Visit, server: Server, tmp_path: Path):
    response = json.loads((OWN / "wrapper.json").read_bytes())
    page = visit("qa")
    with serving() as (here, _):
        for bid in response["seatbid"][0]["bid"]:
            bid["adm"] = re.sub(r"(<VASTAdTagURI><!\[CDATA\[).*?\]\]>", rf"\1{here}/clip]]>", bid["adm"])
        path = tmp_path / "wrapper.json"
        path.write_text(json.dumps(response))
        build(page, server, path)
        play(page, mode="headless", speed=0)
        wait_for_state(page, "completed")
    hops = page.locator(".hops > li")
    expect(hops).to_have_count(2)
    expect(hops.nth(0)).to_contain_text("wrapper")
    expect(hops.nth(1)).to_contain_text(re.compile(r"hop 2\s*127\.0\.0\.1\s*ad\s*HTTP 200"))
    expect(page.locator("#live-ledger")).to_contain_text("wrapper 1")


def test_an_ad_without_media_a_player_can_show_ends_in_an_error_that_says_so(
    visit: Visit, server: Server, tmp_path: Path
):
    response = tmp_path / "vpaid-only.json"
    response.write_text(FIFTEEN_SECONDS.read_text().replace("video/mp4", "application/javascript"))
    page = visit("qa")
    build(page, server, response)
    play(page, mode="headless", speed=0)
    wait_for_state(page, "error")
    expect(page.locator("#live-head [role=status]")).to_contain_text("no media file can be played")


def test_a_response_whose_only_adm_is_broken_is_refused_with_the_fate_of_its_bid(
    visit: Visit, server: Server, tmp_path: Path
):
    response = nothing_but_broken()
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(response))
    page = visit("qa", answers=(422,))
    upload(page, server, path)
    field = page.locator(".field", has=page.get_by_label("Bid response file"))
    expect(field.locator(".field-error")).to_contain_text("cannot be used")
    expect(page).to_have_url(re.compile(r"/builds/new/"))
    [[(verdict, reason)]] = bid_rows(page).values()
    assert verdict == "rejected"
    assert "ADM_" in reason


def test_a_broken_adm_among_others_is_rejected_alone(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, BROKEN_AMONG_OTHERS.path)
    assert_every_bid_has_its_verdict(page, BROKEN_AMONG_OTHERS)
    verdicts = [verdict for of_bid in bid_rows(page).values() for verdict, _ in of_bid]
    assert "rejected" in verdicts
    assert any(verdict.startswith("selected") for verdict in verdicts)


def test_a_no_bid_is_kept_as_a_build_without_ad_that_cannot_be_played(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, NO_BID.path)
    expect(page.get_by_role("status").filter(has_text="No ad")).to_contain_text(
        f"no-bid reason {NO_BID.body['nbr']}"
    )
    expect(page.locator("#play-form")).to_have_count(0)
    assert etree.fromstring(served_xml(page).encode()).find("Ad") is None


def test_the_xml_can_be_copied_and_downloaded_as_served(visit: Visit, server: Server):
    page = visit("qa", permissions=["clipboard-read", "clipboard-write"])
    public_id = build(page, server, POD)
    served = served_xml(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == served
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == f"vast-{public_id}.xml"
    assert download.value.path().read_bytes() == served.encode()


def test_a_finding_leads_to_its_line_of_the_xml(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, PLAYABLE[0].path)
    link = page.get_by_role("region", name="Lint").get_by_role("link").first
    line = link.inner_text()
    link.click()
    expect(page.locator(f"#L-{line}")).to_be_in_viewport()


def test_ads_of_a_pod_are_played_one_by_one(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, POD)
    labels = page.locator("#play-form [name=ad_index] option").all_inner_texts()
    assert labels.pop(0) == "the whole pod"
    assert len(labels) == page.locator("tr.selected").count() > 1
    play(page, ad_index=1, mode="headless", speed=0)
    wait_for_state(page, "completed")
    identity = re.search(r"\((.+?), ", labels[1])
    assert identity
    expect(page.locator("#ad .facts")).to_contain_text(identity[1])
