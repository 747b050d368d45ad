"""Ad-ops put an endpoint on the air: a receiver profile, what it would change, a tag to copy, its end by rotation."""

from __future__ import annotations

import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

from lxml import etree
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.samples import POD
from tests.browser.server import Server
from tests.browser.walk import build, delete_receiver, make_endpoint, make_receiver

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def fetch(address: str, **headers: str) -> tuple[int, bytes]:
    """Status and body as a program gets them: no cookies, no browser."""
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
    answer = connection.getresponse()
    told = answer.status, answer.read()
    connection.close()
    return told


def ask(tag: str) -> tuple[int, etree._Element]:
    """What a player gets."""
    status, document = fetch(tag)
    return status, etree.fromstring(document)


def ads(document: etree._Element) -> list[str]:
    return [ad.get("id") for ad in document.iter("{*}Ad")]


def setting(page: Page, key: str) -> tuple[str, str]:
    """The effective value of a setting and the layer that said it, as the page shows them."""
    row = page.locator(f"[data-setting={key}]")
    return row.locator("[data-value]").inner_text(), row.locator(".layer").inner_text()


def copied(page: Page) -> str:
    return str(page.evaluate("() => navigator.clipboard.readText()"))


def test_ad_ops_see_what_a_setting_changes_and_put_a_tag_on_the_air_and_off_again(
    visit: Visit, server: Server
):
    page = visit("adops", permissions=CLIPBOARD)
    built = build(page, server, POD, "GENERIC", selection_strategy="TOP_N")

    page.goto(f"{server.url}/receivers/new/")
    assert setting(page, "selection_strategy") == ("SINGLE", "default")
    page.locator("[name=selection_strategy]").select_option("TOP_N")
    expect(page.locator("#draft [data-setting=selection_strategy].changed")).to_contain_text("was SINGLE")
    assert setting(page, "selection_strategy") == ("TOP_N", "profile")
    expect(page.locator("#draft")).to_contain_text("another VAST")
    page.locator("[name=max_ads_in_pod]").fill("lots")
    expect(page.locator("#draft")).to_contain_text("Must be a whole number.")

    make_receiver(page, server, "pods", "Pods for all", selection_strategy="TOP_N", max_ads_in_pod="2")
    page.goto(f"{server.url}/endpoints/new/")
    page.get_by_label("Receiver profile").select_option("pods")
    expect(page.locator("#followed [data-setting=max_ads_in_pod]")).to_contain_text("profile")
    make_endpoint(page, server, "Evening pods", "pods", built)
    assert setting(page, "max_ads_in_pod") == ("2", "profile")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    tag = copied(page)
    assert re.fullmatch(re.escape(server.url) + r"/vast/\w+", tag)

    status, document = ask(f"{tag}?w=1920&h=1080")
    assert (status, len(ads(document))) == (200, 2)
    page.get_by_role("button", name="Try").click()
    expect(page.locator("#tried")).to_contain_text("2 selected")
    for ad in ads(document):
        expect(page.locator("#tried")).to_contain_text(ad)

    page.get_by_role("link", name="Rotate address…").click()
    expect(page.get_by_role("main")).to_contain_text(tag)
    page.get_by_role("button", name="Rotate the address").click()
    fresh = page.locator("#tag").inner_text()
    assert fresh != tag
    assert ask(tag)[0] == 404
    assert ads(ask(fresh)[1]) == ads(document)

    page.get_by_role("button", name="Close").click()
    expect(page.locator(".heading")).to_contain_text("closed")
    assert ask(fresh)[0] == 404


def test_the_second_of_two_people_is_told_what_the_first_has_saved(visit: Visit, server: Server):
    first, second = visit("adops"), visit("adops", answers=(409,))
    make_receiver(first, server, "shared", "Shared", max_ads_in_pod="3")
    for page in (first, second):
        page.goto(f"{server.url}/receivers/shared/")
    first.locator("[name=max_ads_in_pod]").fill("5")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("status").first).to_contain_text("Saved.")
    second.locator("[name=default_currency]").fill("EUR")
    second.get_by_role("button", name="Save").click()
    told = second.get_by_role("region", name="Differences")
    expect(told.get_by_role("row", name="Most ads in the pod")).to_contain_text("5")
    expect(second.locator("[name=default_currency]")).to_have_value("EUR")
    second.locator("[name=max_ads_in_pod]").fill("5")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("status").first).to_contain_text("Saved.")
    assert setting(second, "max_ads_in_pod") == ("5", "profile")
    assert setting(second, "default_currency") == ("EUR", "profile")


def test_the_draft_of_a_profile_that_is_gone_is_told_in_its_panel_alone(visit: Visit, server: Server):
    page, other = visit("adops", answers=(404,)), visit("adops")
    make_receiver(page, server, "soon-gone", "Soon gone")
    delete_receiver(other, server, "soon-gone")
    page.locator("[name=max_ads_in_pod]").fill("3")
    expect(page.locator("#draft")).to_contain_text("what it named has been deleted")
    expect(page.get_by_role("navigation", name="Main")).to_have_count(1)
    expect(page).to_have_title("Soon gone · vastdash")


def test_a_token_made_on_the_page_opens_the_api_until_it_is_revoked(visit: Visit, server: Server):
    page = visit("qa")
    page.goto(f"{server.url}/tokens/")
    page.get_by_label("Name").fill("nightly")
    page.get_by_role("button", name="Make a token").click()
    secret = page.locator("#secret").inner_text()

    def status() -> int:
        return fetch(f"{server.url}/api/v1/endpoints", authorization=f"Bearer {secret}")[0]

    assert status() == 200
    page.goto(f"{server.url}/tokens/")
    expect(page.locator("body")).not_to_contain_text(secret)
    page.get_by_role("link", name="Revoke… nightly").click()
    assert status() == 200
    page.get_by_role("button", name="Revoke nightly").click()
    expect(page.get_by_role("status").first).to_contain_text("revoked")
    assert status() == 401


def test_the_documentation_of_the_api_is_drawn_from_our_own_files_under_the_policy(
    visit: Visit, server: Server
):
    page = visit("qa")
    page.goto(f"{server.url}/api/v1/docs")
    expect(page.locator("#operations-endpoints-pipeline_api_endpoints_list_endpoints")).to_be_visible()
    expect(page.get_by_role("button", name="Authorize")).to_be_visible()
