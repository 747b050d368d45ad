"""Ad-ops change what interrupts an ad: they see what it means first, say why, and can always go back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.server import Server
from tests.browser.test_roles import error_of, field, rule


def share(page: Page, stage: str, column: int = 0) -> str:
    """What the table of the picture says of a stage: published in column 0, the draft in column 1."""
    row = page.locator("#panel .weighed tr").filter(has=page.get_by_role("rowheader", name=stage))
    return row.locator("td").nth(column).inner_text().splitlines()[0]


def publish(page: Page, why: str) -> None:
    page.get_by_label("Why").fill(why)
    page.get_by_role("button", name="Publish").click()


def test_a_midpoint_rule_is_changed_weighed_published_compared_and_restored(visit: Visit, server: Server):
    # A picture that is on its way when another is asked for, or when the page is left, is let go.
    page = visit("adops", forgive="htmx:(sendAbort|afterRequest)")
    page.goto(f"{server.url}/providers/tiger/")
    assert share(page, "complete") == "98 %"
    row = rule(page, "midpoint")
    probability = field(page, f"rules-{row}-probability")
    probability.fill("2")
    expect(error_of(page, f"rules-{row}-probability")).to_contain_text("At most 1.")
    expect(probability).to_be_focused()
    probability.fill("0.5")
    expect(error_of(page, f"rules-{row}-probability")).to_be_hidden()
    field(page, f"rules-{row}-min_offset_sec").fill("10")
    field(page, f"rules-{row}-max_offset_sec").fill("14")
    expect(page.locator("#draft-said")).to_contain_text("interrupted 51 % instead of 2 % of ads of 30 s")
    assert share(page, "complete", 1) == "-49 pp 49 %"
    expect(page.locator("#panel .curve .before")).to_have_count(1)
    expect(page.locator("#panel .weighed small").first).to_contain_text("–")

    # All without a mouse: a shorter ad, on which the rule can never fire, then the order of the rules.
    page.locator("#length").focus()
    page.keyboard.press("Home")
    expect(page.locator("#length-said")).to_have_text("6 s")
    expect(page.locator(f"#rules-{row}-said")).to_contain_text("never fires: its window begins at 10 s")
    expect(page.locator("#panel .lanes .idle")).to_contain_text("midpoint")
    expect(page.locator("#length")).to_be_focused()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page.locator("#draft-said")).to_contain_text("of ads of 15 s")
    page.locator("#up-midpoint").focus()
    while rule(page, "midpoint"):
        before = rule(page, "midpoint")
        page.keyboard.press("Enter")
        expect(page.locator(f"[name='rules-{before}-event']")).not_to_have_value("midpoint")
        expect(page.locator("#up-midpoint")).to_be_focused()
    expect(field(page, "rules-0-probability")).to_have_value("0.5")

    publish(page, "Viewers leave at half time")
    expect(page.get_by_role("status").first).to_contain_text("Published as version 2")
    page.get_by_role("link", name="All versions").click()
    expect(page.locator("main")).to_contain_text("Viewers leave at half time")
    expect(page.get_by_role("region", name="Differences")).to_contain_text("Rule midpoint")
    page.get_by_label("with version").select_option("1")
    expect(page.locator("#differences")).to_contain_text("Both versions say the same")
    page.get_by_label("with version").select_option("2")
    expect(page.get_by_role("region", name="Differences")).to_contain_text("50 %")
    page.get_by_role("link", name="Restore version 1").click()
    expect(page.get_by_role("region", name="What changes")).to_contain_text("no rule")
    page.get_by_role("button", name="Restore version 1").click()
    expect(page.get_by_role("status").first).to_contain_text("It is version 3")
    expect(page.locator("#draft-said")).to_contain_text("As published: 2 % of ads")


def test_a_second_persons_conflicting_edit_is_refused_with_both_differences_and_nothing_is_lost(
    visit: Visit, server: Server
):
    mine, theirs = visit("adops", answers=(409,)), visit("adops")
    for page in (mine, theirs):
        page.goto(f"{server.url}/providers/google/")
    row = rule(mine, "start")
    field(theirs, f"rules-{row}-probability").fill("0.6")
    field(theirs, f"rules-{row}-reason").select_option("timeout")
    publish(theirs, "The network was slow")
    expect(theirs.get_by_role("status").first).to_contain_text("Published")

    field(mine, f"rules-{row}-probability").fill("0.4")
    field(mine, f"rules-{row}-max_offset_sec").fill("2")
    publish(mine, "Measured last week")
    expect(mine.get_by_role("alert")).to_contain_text("Not published")
    expect(mine.get_by_role("alert")).to_contain_text("The network was slow")
    expect(mine.get_by_role("region", name="Their changes")).to_contain_text("60 %")
    expect(mine.get_by_role("region", name="Your changes")).to_contain_text("40 %")
    expect(mine.get_by_role("alert")).to_contain_text("Both of you changed Rule start, probability")
    expect(field(mine, f"rules-{row}-probability")).to_have_value("0.4")
    expect(mine.get_by_label("Why")).to_have_value("Measured last week")

    mine.get_by_role("button", name="Put my changes on theirs").click()
    expect(mine.get_by_role("alert")).to_have_count(0)
    for name, value in (("probability", "0.4"), ("max_offset_sec", "2"), ("reason", "timeout")):
        expect(field(mine, f"rules-{row}-{name}")).to_have_value(value)
    expect(mine.get_by_label("Why")).to_have_value("Measured last week")
    mine.get_by_role("button", name="Publish").click()
    expect(mine.get_by_role("status").first).to_contain_text("Published as version 3")
