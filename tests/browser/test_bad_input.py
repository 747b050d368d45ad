"""What cannot be used is refused beside its field, what was typed stays, and nothing is kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit
from tests.browser.samples import FIFTEEN_SECONDS, POD
from tests.browser.server import Server
from tests.browser.walk import build, upload

SMALL_LIMIT = 20_000
TRUNCATED = FIFTEEN_SECONDS.read_text()[:-40]
ENTITIES = '<!DOCTYPE VAST [<!ENTITY a "b">]><VAST version="3.0"><Ad id="1"><InLine>&a;</InLine></Ad></VAST>'

REFUSED = {
    "not JSON": ("<VAST/>", "JSON"),
    "cut off": (TRUNCATED, "JSON"),
    "not an object": ("[1, 2]", "object"),
    "too deep": ('{"seatbid":' + "[" * 5000 + "]" * 5000 + "}", "deep"),
    "entities in the only adm": (
        json.dumps(
            {"id": "r", "seatbid": [{"bid": [{"id": "b1", "impid": "1", "price": 2, "adm": ENTITIES}]}]}
        ),
        "cannot be used",
    ),
    "no price anywhere": (
        json.dumps(
            {"id": "r", "seatbid": [{"bid": [{"id": x, "impid": "1", "adm": "<VAST/>"} for x in "ab"]}]}
        ),
        "None of the 2 bids can be used",
    ),
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a small limit on uploads."""
    server = Server(
        tmp_path_factory.mktemp("strict"), {"VASTDASH_UPLOAD_MAX_BYTES": str(SMALL_LIMIT)}
    ).start()
    yield server
    server.stop()


def error_beside(page: Page, label: str) -> Locator:
    return page.locator(".field", has=page.get_by_label(label, exact=True)).locator(".field-error")


def builds_kept(page: Page, server: Server) -> int:
    return len(page.request.get(f"{server.url}/api/v1/builds").json()["items"])


@pytest.mark.parametrize("case", REFUSED)
def test_a_pasted_text_that_cannot_be_used_is_refused_and_stays_in_the_form(
    visit: Visit, server: Server, case: str
):
    text, word = REFUSED[case]
    page = visit("qa", answers=(422,))
    page.goto(f"{server.url}/builds/new/")
    kept = builds_kept(page, server)
    page.get_by_label("or paste it here").fill(text)
    page.get_by_label("Receiver").select_option("GAM_SSU")
    page.get_by_label("Most ads in the pod").fill("3")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(error_beside(page, "or paste it here")).to_contain_text(word)
    expect(page.get_by_label("or paste it here")).to_have_value(text)
    expect(page.get_by_label("Receiver")).to_have_value("GAM_SSU")
    expect(page.get_by_label("Most ads in the pod")).to_have_value("3")
    assert builds_kept(page, server) == kept


def test_a_form_without_a_response_asks_for_one(visit: Visit, server: Server):
    page = visit("qa", answers=(422,))
    page.goto(f"{server.url}/builds/new/")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(error_beside(page, "Bid response file")).to_contain_text("Choose a file")


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
def test_a_file_beyond_the_limit_is_refused_by_its_unpacked_size(
    visit: Visit, strict: Server, tmp_path: Path, packed: bool
):
    text = json.dumps({"id": "r", "seatbid": [], "ext": "x" * SMALL_LIMIT}).encode()
    large = tmp_path / "large.json.gz"
    large.write_bytes(gzip.compress(text) if packed else text)
    page = visit("qa", at=strict, answers=(422,))
    kept = builds_kept(page, strict)
    upload(page, strict, large)
    expect(error_beside(page, "Bid response file")).to_contain_text("larger than the limit of 0.02 MB")
    assert builds_kept(page, strict) == kept


def test_a_paste_beyond_the_limit_is_refused_beside_the_text(visit: Visit, strict: Server):
    page = visit("qa", at=strict, answers=(422,))
    page.goto(f"{strict.url}/builds/new/")
    page.get_by_label("or paste it here").fill(json.dumps({"id": "é" * SMALL_LIMIT}, ensure_ascii=False))
    page.get_by_role("button", name="Build", exact=True).click()
    expect(error_beside(page, "or paste it here")).to_contain_text("larger than the limit")


def test_a_gzipped_response_is_built_like_a_plain_one(visit: Visit, server: Server, tmp_path: Path):
    packed = tmp_path / "pod.json.gz"
    packed.write_bytes(gzip.compress(POD.read_bytes()))
    page = visit("qa")
    build(page, server, packed)
    expect(page.locator("tr.selected")).to_have_count(3)


def test_a_gzip_file_that_was_cut_off_is_refused(visit: Visit, server: Server, tmp_path: Path):
    packed = tmp_path / "cut.json.gz"
    packed.write_bytes(gzip.compress(POD.read_bytes())[:-20])
    page = visit("qa", answers=(422,))
    upload(page, server, packed)
    expect(error_beside(page, "Bid response file")).to_contain_text("cut off")


@pytest.mark.parametrize("seed", ["-1", str(2**53)])
def test_a_seed_out_of_range_is_refused_beside_its_field(visit: Visit, server: Server, seed: str):
    page = visit("qa", answers=(422,))
    build(page, server, FIFTEEN_SECONDS)
    page.locator("#play-form [name=seed]").fill(seed)
    page.locator("#play-form [name=mode]").select_option("real")
    page.locator("#play-form").get_by_role("button", name="Play").click()
    expect(error_beside(page, "Seed")).to_be_visible()
    expect(page.locator("#play-form [name=seed]")).to_have_value(seed)
    expect(page.locator("#play-form [name=mode]")).to_have_value("real")
