"""The build page as QA and ad-ops use it: the rule to blame, the line the linter means, what another receiver gets."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.samples import FIFTEEN_SECONDS, POD
from tests.browser.server import Server
from tests.browser.test_look import PHONE, overflow, violations
from tests.browser.walk import build, build_again, public_id

PRICED = '<Pricing model="CPM" currency="GBP"><![CDATA[3.00]]></Pricing>'


def disagreeing(folder: Path) -> Path:
    """The sample pod, with a price in the first ad's markup that is not its bid's, and a response of one pod's time."""
    response = json.loads(POD.read_bytes())
    first = response["seatbid"][0]["bid"][0]
    first["adm"] = first["adm"].replace("<Creatives>", f"{PRICED}<Creatives>", 1)
    path = folder / "disagreeing.json"
    path.write_text(json.dumps(response))
    return path


def crowd(folder: Path, count: int) -> Path:
    """A response of that many bids of seven seats; every tenth has no price."""
    pattern = json.loads(POD.read_bytes())["seatbid"][0]["bid"][0]
    bids = [pattern | {"id": f"bid-{n}", "price": n % 10 and round(1 + n / 100, 2)} for n in range(count)]
    seats = [{"seat": f"seat-{n}", "bid": bids[n::7]} for n in range(7)]
    path = folder / f"crowd-{count}.json"
    path.write_text(json.dumps({"id": "request", "cur": "USD", "seatbid": seats}))
    return path


def unwieldy(folder: Path) -> Path:
    """Two ads with long names, and a bid without markup whose reason is long."""
    pattern = json.loads(POD.read_bytes())["seatbid"][0]["bid"][0]
    bids = [
        pattern | {"id": f"{n}{'x' * 400}", "adomain": [f"{'w' * 300}.example"], "crid": None} for n in (1, 2)
    ]
    seats = [{"seat": "s" * 200, "bid": [*bids, pattern | {"id": "empty", "adm": "", "nurl": ""}]}]
    path = folder / f"{'long-name' * 15}.json"
    path.write_text(json.dumps({"id": "request", "cur": "USD", "seatbid": seats}))
    return path


def build_over_the_pod(page: Page, server: Server, path: Path) -> str:
    """Builds with a request whose time the ads exceed."""
    page.goto(f"{server.url}/builds/new/")
    page.get_by_label("Bid response file").set_input_files(path)
    page.get_by_text("The bid request it answers").click()
    imp = {"id": "1", "video": {"poddur": 10}}
    page.get_by_label("Bid request", exact=True).fill(json.dumps({"id": "request", "imp": [imp]}))
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.get_by_role("region", name="The pod")).to_contain_text("over")
    return public_id(page)


def line_of(page: Page, ad: int, kind: str, text: str) -> Any:
    return page.locator(f"#ad-{ad} tr.line-{kind}", has_text=text)


def test_a_price_on_which_markup_and_bid_disagree_is_traced_to_its_rule_and_settled_by_another_receiver(
    visit: Visit, server: Server, tmp_path: Path
):
    page = visit("qa")
    first = build(page, server, disagreeing(tmp_path))

    verdict = page.get_by_role("region", name="What was decided")
    expect(verdict).to_contain_text("3 selected · 1 rejected: 1 BID_PRICE_NOT_POSITIVE")
    expect(verdict).to_contain_text("the markup says pricing '3.00 GBP'")
    verdict.get_by_role("link", name="ad 1").click()
    edits = page.get_by_role("group", name="What was written into the ad").first
    kept = edits.get_by_role("row").filter(has_text="pricing")
    expect(kept).to_contain_text(re.compile(r"kept\s*3\.00 GBP\s*VAST_WINS"))

    expect(line_of(page, 1, "same", "3.00")).to_contain_text("VAST_WINS pricing kept: 3.00 GBP")
    added = line_of(page, 1, "added", "<Advertiser>")
    expect(added).to_contain_text("+added")
    expect(added).to_contain_text("GENERIC: advertiser")
    fold = page.locator("#ad-1 details.fold").first
    hidden = fold.locator("tr").last
    expect(hidden).not_to_be_visible()
    fold.locator("summary").click()
    expect(hidden).to_be_visible()

    lint = page.get_by_role("region", name="Lint")
    jump = lint.get_by_role("link", name=re.compile(r"^line \d+, ad 2$")).first
    number = jump.text_content() or ""
    jump.focus()
    page.keyboard.press("Enter")
    line = page.locator(f"#L-{number}")
    expect(line).to_be_in_viewport()
    expect(line).to_be_focused()
    assert line.evaluate("node => node.matches(':target') && getComputedStyle(node).boxShadow") != "none"
    back = page.locator(".remarked", has=line).get_by_role("link").first
    back.focus()
    page.keyboard.press("Enter")
    remark = lint.locator("li:target")
    expect(remark).to_be_in_viewport()
    expect(remark).to_contain_text(number)

    second = build_again(page, "FREEWHEEL")
    comparison = page.get_by_role("region", name="Compared with")
    expect(comparison).to_contain_text("another document")
    expect(comparison.get_by_role("row").filter(has_text="Receiver").first).to_contain_text(
        re.compile(r"GENERIC\s*FREEWHEEL")
    )
    rows = comparison.locator("th[scope=rowgroup]").all_inner_texts()
    assert {"Price", "Advertiser", "Category"} <= set(rows)
    assert (
        comparison.bounding_box()["y"]
        < page.get_by_role("region", name="What was decided").bounding_box()["y"]
    )
    assert second != first
    edits = page.get_by_role("group", name="What was written into the ad").first
    expect(edits).to_contain_text("FREEWHEEL: advertiser")
    comparison.get_by_role("link", name=first).click()
    expect(page).to_have_url(f"{server.url}/builds/{first}/")


def test_the_pod_is_drawn_to_scale_and_leads_to_its_ads(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, POD)
    pod = page.get_by_role("region", name="The pod")
    expect(pod).to_contain_text("3 ads, 65 s in all")
    widths = pod.locator("rect.spot").evaluate_all(
        "nodes => nodes.map(node => node.getBoundingClientRect().width)"
    )
    assert widths[1] / widths[0] == pytest.approx(2, rel=0.05)
    pod.get_by_role("link", name=re.compile("^Ad 2: 30 s")).click()
    expect(page.locator("#ad-2")).to_be_in_viewport()
    pod.get_by_text("As a table").click()
    expect(pod.get_by_role("row").nth(2)).to_contain_text("00:00:15")


def test_everything_is_reached_without_script(visit: Visit, server: Server, tmp_path: Path):
    maker = visit("qa")
    crowded = build(maker, server, crowd(tmp_path, 120), selection_strategy="ALL")
    page = visit("qa", java_script_enabled=False)
    page.goto(f"{server.url}/builds/{crowded}/")
    page.locator("#ad-1").get_by_role("link", name="Side by side with the bidder's markup").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ad 1")
    expect(page.locator("tr.line-changed").first).to_contain_text("id and place")
    page.go_back()
    page.get_by_role("link", name="Show 50 more").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Every bid of")
    expect(page.locator("#bid-rows tr").first).to_contain_text("selected · 51")
    page.get_by_label("Because").select_option("BID_PRICE_NOT_POSITIVE")
    page.get_by_role("button", name="Narrow").click()
    expect(page.locator("#bid-rows tr")).to_have_count(12)
    page.goto(f"{server.url}/builds/{crowded}/")
    page.get_by_role("link", name=re.compile("^Show more: 300 of")).click()
    expect(page.locator("#L-301")).to_be_visible()


def test_hundreds_of_bids_are_narrowed_and_followed_in_place(visit: Visit, server: Server, tmp_path: Path):
    page = visit("qa")
    build(page, server, crowd(tmp_path, 500))
    bids = page.get_by_role("region", name="Bids")
    rows = bids.locator("tr.selected, tr.rejected")
    expect(rows).to_have_count(50)
    expect(bids.get_by_label("Because")).to_contain_text("440 POD_FULL")
    bids.get_by_role("link", name="Show 50 more").click()
    expect(rows).to_have_count(100)
    bids.get_by_label("Because").select_option("BID_PRICE_NOT_POSITIVE")
    expect(rows).to_have_count(50)
    expect(rows.first).to_contain_text("BID_PRICE_NOT_POSITIVE")
    bids.get_by_label("Holds").fill("bid-490")
    expect(rows).to_have_count(1)
    bids.get_by_label("Holds").fill("nobody")
    expect(bids).to_contain_text("No bid matches.")


def test_a_finding_far_down_leads_to_its_part_of_the_document(visit: Visit, server: Server, tmp_path: Path):
    page = visit("qa")
    build(page, server, crowd(tmp_path, 60), selection_strategy="ALL")
    lint = page.get_by_role("region", name="Lint")
    far = lint.locator("a[href*='?line=']").first
    number = far.text_content() or ""
    assert int(number) > 300
    far.click()
    line = page.locator(f"#L-{number}")
    expect(line).to_be_in_viewport()
    expect(line).to_be_focused()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lines")


def test_a_rebuild_that_no_bid_survives_is_refused_with_the_reason(
    visit: Visit, server: Server, tmp_path: Path
):
    page = visit("qa", answers=(422,))
    response = json.loads(disagreeing(tmp_path).read_bytes())
    response["seatbid"] = [{"seat": "one", "bid": response["seatbid"][0]["bid"][:1]}]
    path = tmp_path / "one.json"
    path.write_text(json.dumps(response))
    build(page, server, path)
    again = page.get_by_role("region", name="Build again")
    again.get_by_label("When the ad already says it").select_option("ERROR")
    again.get_by_role("button", name="Build again").click()
    expect(page.get_by_role("alert")).to_contain_text("The only bid cannot be used")
    expect(page.get_by_role("region", name="Bids")).to_contain_text("FIELD_COLLISION")
    expect(page.get_by_label("When the ad already says it")).to_have_value("ERROR")


def test_the_list_is_narrowed_and_says_so(visit: Visit, server: Server, tmp_path: Path):
    page = visit("qa")
    made = build(page, server, disagreeing(tmp_path), "GAM_SSU")
    page.goto(f"{server.url}/builds/")
    page.get_by_label("Source").fill("disagreeing")
    page.get_by_label("Receiver").select_option("GAM_SSU")
    page.get_by_label("Lint errors").select_option("some")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name=made)).to_be_visible()
    page.get_by_label("Outcome").select_option("no ad")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="No build matches")).to_be_visible()


def test_what_is_shown_more_is_where_the_keyboard_goes_on(visit: Visit, server: Server, tmp_path: Path):
    page = visit("qa")
    build(page, server, crowd(tmp_path, 120), selection_strategy="ALL")
    bids = page.get_by_role("region", name="Bids")
    bids.get_by_role("link", name="Show 50 more").focus()
    page.keyboard.press("Enter")
    rows = bids.locator("tr.selected, tr.rejected")
    expect(rows).to_have_count(100)
    expect(rows.nth(50)).to_be_focused()
    bids.get_by_label("Holds").fill("bid-1")
    expect(rows).not_to_have_count(100)
    expect(bids.get_by_label("Holds")).to_be_focused()
    document = page.get_by_role("region", name="VAST document")
    document.get_by_role("link", name=re.compile("^Show more")).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Lines 301 to 600")).to_be_focused()
    expect(page.locator("#L-301")).to_be_in_viewport()
    expect(document.get_by_role("link", name=re.compile("^Lines before"))).to_have_count(0)


def test_a_form_pressed_twice_is_sent_once_and_again_after_going_back(visit: Visit, server: Server):
    page = visit("qa")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.goto(f"{server.url}/builds/new/")
    for times in (1, 2):
        page.get_by_label("Bid response file").set_input_files(POD)
        page.get_by_role("button", name="Build", exact=True).dblclick(delay=30, no_wait_after=True)
        expect(page).to_have_url(re.compile(r"/builds/\w{12}/$"))
        assert len(sent) == times
        page.go_back()


def test_a_play_button_pressed_twice_starts_one_session(visit: Visit, server: Server):
    page = visit("qa")
    built = build(page, server, FIFTEEN_SECONDS)
    play = page.locator("#play-form").get_by_role("button", name="Play")
    play.evaluate("button => { button.click(); button.click(); }")
    expect(page).to_have_url(re.compile(r"/sessions/\w+/$"))
    items = page.request.get(f"{server.url}/api/v1/sessions").json()["items"]
    assert [item["build"] for item in items].count(built) == 1


def test_copy_says_copied_for_a_moment_and_never_copies_the_sign_in_page(visit: Visit, server: Server):
    page = visit("qa", permissions=["clipboard-read", "clipboard-write"])
    made = build(page, server, POD)
    copy = page.locator("[data-copy-from]")
    copy.click()
    expect(copy).to_have_text("Copied")
    copy.click()
    expect(copy).to_have_text("Copy", timeout=10_000)
    vast = page.request.get(f"{server.url}/builds/{made}/vast.xml").text()
    assert page.evaluate("() => navigator.clipboard.readText()") == vast
    page.context.clear_cookies()
    copy.click()
    expect(copy).to_have_text("Not copied: use Download")
    assert page.evaluate("() => navigator.clipboard.readText()") == vast


def test_after_going_back_the_filters_say_what_is_listed(visit: Visit, server: Server):
    page = visit("qa")
    build(page, server, POD)
    page.goto(f"{server.url}/builds/?outcome=ad")
    page.get_by_label("Receiver").select_option("FREEWHEEL")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("receiver=FREEWHEEL"))
    page.go_back()
    expect(page).to_have_url(re.compile("outcome=ad$"))
    expect(page.get_by_label("Receiver")).to_have_value("")
    expect(page.get_by_label("Outcome")).to_have_value("ad")


def states(page: Page, server: Server, folder: Path) -> list[tuple[str, str]]:
    """Pages and states that only a build brings about, by name."""
    first = build(page, server, disagreeing(folder))
    second = build_again(page, "FREEWHEEL")
    crowded = build(page, server, crowd(folder, 60), selection_strategy="ALL")
    long = build_over_the_pod(page, server, unwieldy(folder))
    return [
        ("long names", f"/builds/{long}/"),
        ("build again", f"/builds/{second}/"),
        ("ad", f"/builds/{first}/ads/1/"),
        ("settings to build again", f"/builds/{first}/again/"),
        ("many bids", f"/builds/{crowded}/"),
        ("bids", f"/builds/{crowded}/bids/?from=50"),
        ("part of the document", f"/builds/{crowded}/document/?first=301"),
        ("no build matches", "/builds/?title=nothing-is-called-so"),
    ]


def test_axe_finds_nothing_and_nothing_is_wider_than_a_phone(visit: Visit, server: Server, tmp_path: Path):
    page = visit("adops")
    wrong: list[str] = []
    for name, path in states(page, server, tmp_path):
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(server.url + path)
        if page.locator("#ad-1-sides").count():
            page.locator("#ad-1-sides").scroll_into_view_if_needed()
            page.locator("#ad-1 .sides").wait_for()
        page.locator("main details").evaluate_all("nodes => nodes.forEach(node => { node.open = true; })")
        wrong += violations(page, name)
        page.set_viewport_size(PHONE)
        wrong += overflow(page, name)
    assert not wrong, "\n".join(wrong)


def test_the_two_sides_stand_beside_each_other_and_stack_on_a_phone(
    visit: Visit, server: Server, tmp_path: Path
):
    page = visit("qa")
    made = build(page, server, disagreeing(tmp_path))
    page.goto(f"{server.url}/builds/{made}/ads/1/")
    row = page.locator("tr.line-changed").first
    was, now = row.locator(".was"), row.locator(".now")
    assert was.bounding_box()["y"] == now.bounding_box()["y"]
    assert was.bounding_box()["x"] < now.bounding_box()["x"]
    page.set_viewport_size(PHONE)
    assert was.bounding_box()["y"] < now.bounding_box()["y"]
    assert was.bounding_box()["x"] == now.bounding_box()["x"]
    expect(page.locator("tr.line-added .was").first).not_to_be_visible()


def test_on_a_phone_reasons_and_rules_are_read_without_scrolling_sideways(
    visit: Visit, server: Server, tmp_path: Path
):
    page = visit("qa", viewport=PHONE)
    build(page, server, disagreeing(tmp_path))
    for part in ("#bids .reason", "#warnings .reason", ".edits .rule", ".edits .where"):
        for box in [item.bounding_box() for item in page.locator(part).all()]:
            assert box["width"] > 0
            assert box["x"] + box["width"] <= PHONE["width"], part
