"""Every kind of page of the site, on a site stocked so that each has something to show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from examples.ad_server import serving
from tests.browser.samples import FIFTEEN_SECONDS, NO_BID, OWN, POD, THIRTY_SECONDS, nothing_but_broken
from tests.browser.server import Server
from tests.browser.walk import (
    build,
    build_again,
    make_endpoint,
    make_receiver,
    play,
    play_other,
    run_batch,
    share,
    sign_in,
    wait_for_playhead,
    wait_for_state,
)

INTERRUPTED_SEED = 3  # strikes a yandex session at 3.871 s


@dataclass(frozen=True, slots=True)
class Place:
    """One page: who looks (None: nobody signed in) and at which address; `status` is what it answers.

    A `twin` has no part that another place does not show: it is pictured, but not examined for accessibility again.
    """

    name: str
    who: str | None
    path: str
    status: int = 200
    twin: bool = False


def places(server: Server, context: BrowserContext) -> list[Place]:
    """Stocks the site as ad-ops would, in a context where `adops` is signed in, and lists its pages.

    A real-time session is left paused, so that a running one stays to be seen.
    """
    page = context.new_page()
    wrapper = build(page, server, OWN / "wrapper.json", "GAM_SSU")
    empty = build(page, server, NO_BID.path)
    pod = build(page, server, _pod_with_a_broken_bid(server), "GAM_SSU", collision_policy="MERGE")
    again = build_again(page, "FREEWHEEL")
    build(page, server, THIRTY_SECONDS)
    interrupted = play(page, mode="headless", speed=0, provider="yandex", seed=INTERRUPTED_SEED)
    wait_for_state(page, "error")
    inline = build(page, server, FIFTEEN_SECONDS)
    completed = play(page, mode="headless", speed=0, publisher="living-room", seed=1)
    wait_for_state(page, "completed")
    page.goto(f"{server.url}/builds/{inline}/")
    paused = play(page, mode="real", provider="global", seed=5)
    wait_for_playhead(page, 4)
    page.get_by_role("button", name="Pause").click()
    wait_for_state(page, "paused")
    tags = sessions_of_tags(page, server)
    shared = {what: share(page, server, *what) for what in (("build", pod), ("session", tags["no-ad"]))}
    revoked = page.request.get(f"{server.url}/api/v1/reports").json()["items"][0]["id"]
    make_receiver(page, server, "gam-pods", "GAM pods", receiver="GAM_SSU", selection_strategy="TOP_N")
    endpoint = make_endpoint(page, server, "Living room pre-roll", "gam-pods", pod)
    for query in ("w=1920&h=1080", "w=1920&h=1080&maxdur=1", "tmax=soon"):
        page.request.get(page.locator("#tag").inner_text() + f"?{query}")
    batch = run_batch(page, server, 2_000)
    keep_view(page, server)
    page.close()
    return [
        Place("sign-in", None, "/sign-in/"),
        Place("overview", "adops", "/"),
        Place("overview-manager", "manager", "/", twin=True),
        Place("builds", "adops", "/builds/"),
        Place("build-new", "adops", "/builds/new/"),
        Place("build-new-sample", "adops", "/builds/new/?sample=pod-three-seats", twin=True),
        Place("build-pod", "adops", f"/builds/{pod}/"),
        Place("build-inline", "adops", f"/builds/{inline}/", twin=True),
        Place("build-wrapper", "adops", f"/builds/{wrapper}/", twin=True),
        Place("build-no-ad", "adops", f"/builds/{empty}/"),
        Place("build-made-again", "adops", f"/builds/{again}/", twin=True),
        Place("build-again", "adops", f"/builds/{pod}/again/", twin=True),
        Place("build-ad", "adops", f"/builds/{pod}/ads/1/", twin=True),
        Place("build-bids", "adops", f"/builds/{pod}/bids/", twin=True),
        Place("build-document", "adops", f"/builds/{pod}/document/", twin=True),
        Place("build-manager", "manager", f"/builds/{pod}/", twin=True),
        Place("play", "adops", f"/sessions/new/?build={pod}"),
        Place("sessions", "adops", "/sessions/"),
        Place("sessions-none-match", "adops", "/sessions/?provider=leto&status=closed&mode=real"),
        Place("session-paused", "adops", f"/sessions/{paused}/"),
        Place("session-completed", "adops", f"/sessions/{completed}/", twin=True),
        Place("session-interrupted", "adops", f"/sessions/{interrupted}/"),
        Place("session-replay", "adops", f"/sessions/{interrupted}/replay/?at=4"),
        Place("session-otherwise", "adops", f"/sessions/{interrupted}/otherwise/?seed=1", twin=True),
        Place("compare-sessions", "adops", f"/compare/sessions/?a={interrupted}&b={completed}"),
        Place("compare-sessions-choice", "adops", f"/compare/sessions/?a={interrupted}&b=nothing", 422),
        Place("compare-builds", "adops", f"/compare/builds/?a={pod}&b={again}", twin=True),
        Place("session-manager", "manager", f"/sessions/{paused}/", twin=True),
        Place("session-new", "adops", "/sessions/new/"),
        Place("session-no-ad", "adops", f"/sessions/{tags['no-ad']}/"),
        Place("session-pod", "adops", f"/sessions/{tags['pod']}/"),
        Place("session-waiting", "adops", f"/sessions/{tags['live']}/"),
        Place("session-waiting-manager", "manager", f"/sessions/{tags['live']}/", twin=True),
        Place("session-sandbox", "adops", f"/sessions/{tags['sandbox']}/?fate=sent", twin=True),
        Place("session-pixel", "adops", tags["pixel"]),
        Place("history", "adops", "/history/?days=30"),
        Place("history-narrowed", "manager", "/history/?days=7&provider=yandex&outcome=interrupted"),
        Place("history-refused", "manager", "/history/?since=2026-02-02&until=2026-02-01", 422),
        Place("views", "adops", "/history/views/"),
        Place("week", "manager", "/history/week/"),
        Place("batches", "adops", "/batches/"),
        Place("batch-new", "adops", "/batches/new/"),
        Place("batch", "adops", f"/batches/{batch}/"),
        Place("batch-manager", "manager", f"/batches/{batch}/?provider=global", twin=True),
        Place("batch-sessions", "adops", f"/batches/{batch}/sessions/?missed=midpoint"),
        Place("batch-session", "adops", f"/sessions/{batch}-0/", twin=True),
        Place("batch-delete", "adops", f"/batches/{batch}/delete/"),
        Place("providers", "adops", "/providers/"),
        Place("provider", "adops", "/providers/global/"),
        Place("provider-manager", "manager", "/providers/global/"),
        Place("provider-versions", "adops", "/providers/global/versions/"),
        Place("publisher-versions", "manager", "/publishers/living-room/versions/", twin=True),
        Place("publisher-restore", "adops", "/publishers/living-room/versions/1/restore/"),
        Place("provider-restore", "adops", "/providers/global/versions/1/restore/", twin=True),
        Place("provider-reset", "adops", "/providers/global/reset/?profile_set=legacy&length=15"),
        Place("publishers", "adops", "/publishers/"),
        Place("publisher", "adops", "/publishers/living-room/"),
        Place("publisher-manager", "manager", "/publishers/living-room/"),
        Place("publisher-new", "adops", "/publishers/new/"),
        Place("publisher-delete", "adops", "/publishers/living-room/delete/"),
        Place("publisher-receiver", "adops", "/publishers/living-room/receiver/"),
        Place("receivers", "adops", "/receivers/"),
        Place("receiver", "adops", "/receivers/gam-pods/"),
        Place("receiver-manager", "manager", "/receivers/gam-pods/"),
        Place("receiver-new", "adops", "/receivers/new/", twin=True),
        Place("receiver-delete", "adops", "/receivers/gam-pods/delete/"),
        Place("endpoints", "adops", "/endpoints/"),
        Place("endpoint", "adops", f"/endpoints/{endpoint}/"),
        Place("endpoint-manager", "manager", f"/endpoints/{endpoint}/", twin=True),
        Place("endpoint-new", "adops", "/endpoints/new/"),
        Place("endpoint-edit", "adops", f"/endpoints/{endpoint}/edit/", twin=True),
        Place("endpoint-rotate", "adops", f"/endpoints/{endpoint}/rotate/"),
        Place("endpoint-delete", "adops", f"/endpoints/{endpoint}/delete/"),
        Place("tokens", "adops", "/tokens/"),
        Place("configuration", "adops", "/configuration/?provider=global&publisher=living-room&mode=real"),
        Place("profiles", "adops", "/profiles/"),
        Place("profiles-manager", "manager", "/profiles/", twin=True),
        Place("search", "adops", "/search/?q=room"),
        Place("glossary", "manager", "/glossary/"),
        Place("permissions", "manager", "/permissions/"),
        Place("report-of-session", None, shared["session", tags["no-ad"]]),
        Place("report-of-build", None, shared["build", pod]),
        Place("report-closed", None, "/share/nothing/", 404),
        Place("reports", "adops", "/reports/"),
        Place("report-links", "adops", f"/reports/build/{pod}/"),
        Place("report-revoke", "adops", f"/reports/{revoked}/revoke/", twin=True),
        Place("session-delete", "adops", f"/sessions/{tags['no-ad']}/delete/", twin=True),
        Place("build-delete", "adops", f"/builds/{pod}/delete/", twin=True),
        Place("not-found", "adops", "/builds/nothing/", 404),
        Place("not-allowed", "manager", "/builds/new/", 403),
    ]


def sessions_of_tags(page: Page, server: Server) -> dict[str, str]:
    """Sessions that ask an ad server on this machine: without an ad, of a pod, live, in the sandbox; and a pixel."""
    found = {}
    with serving() as (here, _):
        at_once: dict[str, str | int] = {"mode": "headless", "speed": 0, "seed": 5}
        found["no-ad"] = play_other(page, server, url=f"{here}/wrapped/3/nothing", **at_once)
        found["pod"] = play_other(page, server, url=f"{here}/break", mode="headless", speed=10)
        wait_for_playhead(page, 20)
        page.get_by_role("button", name="Pause").click()
        wait_for_state(page, "paused")
        found["live"] = play_other(page, server, url=f"{here}/wrapped/2/clip", delivery="live")
        sandboxed = play_other(page, server, url=f"{here}/wrapped/1/clip", delivery="sandbox", **at_once)
        wait_for_state(page, "completed")
        found["sandbox"] = sandboxed
        address = page.locator("#live-ledger a").first.get_attribute("href")
    return {**found, "pixel": address or ""}


def _pod_with_a_broken_bid(server: Server) -> Path:
    """The sample pod and one bid more whose ad is cut off: a build with every verdict."""
    response = json.loads(POD.read_bytes())
    response["seatbid"].append(nothing_but_broken()["seatbid"][0] | {"seat": "cut-off-dsp"})
    path = server.data / "pod-with-a-broken-bid.json"
    path.write_text(json.dumps(response))
    return path


def keep_view(page: Page, server: Server) -> None:
    """Keeps a history under a name."""
    page.goto(f"{server.url}/history/?days=7&outcome=failed")
    page.get_by_text("Save this view").click()
    page.get_by_label("Name").fill("What failed this week")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="What failed this week").wait_for()


def refused_form(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/builds/new/")
    page.get_by_label("or paste it here").fill(json.dumps(nothing_but_broken(), indent=2))
    page.get_by_role("button", name="Build", exact=True).click()
    page.locator(".field-error").first.wait_for()


def refused_rule(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/providers/global/")
    page.locator("[name='rules-0-probability']").fill("2")
    page.get_by_text("Playback settings").click()
    page.locator("[name='max_session_duration_sec']").fill("-1")
    page.get_by_role("button", name="Publish").click()
    page.locator(".field-error:not(:empty)").first.wait_for()


def tried_endpoint(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/endpoints/")
    page.get_by_role("link", name="Living room pre-roll").click()
    page.get_by_role("button", name="Try").click()
    page.locator("#tried .outcome").first.wait_for()
    row = page.locator("#recorded details").first
    if row.count():
        row.locator("summary").click()
        row.locator(".opened .xml").first.wait_for()


def drafted_receiver(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/receivers/gam-pods/")
    page.locator("[name=selection_strategy]").select_option("SINGLE")
    page.locator("[name=pricing_placement]").select_option("EXTENSIONS")
    page.locator("[name=max_ads_in_pod]").fill("many")
    page.locator("#draft tr.changed").first.wait_for()


def made_token(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/tokens/")
    page.get_by_label("Name").fill("nightly report")
    page.get_by_role("button", name="Make a token").click()
    page.locator("#secret").wait_for()


def revoked_token(page: Page, server: Server) -> None:
    """What is asked before a token is revoked."""
    made_token(page, server)
    page.goto(f"{server.url}/tokens/")
    page.get_by_role("link", name="Revoke").first.click()
    page.get_by_role("button", name="Revoke").wait_for()


def refused_source(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/sessions/new/")
    page.locator("[name=url]").fill("ads.example.com")
    page.get_by_role("button", name="Play").click()
    page.locator(".field-error").first.wait_for()


# Pages that only an answer to a form shows.
def previewed_import(page: Page, server: Server) -> None:
    """An import looked at, with a mistake in it and something new."""
    page.goto(f"{server.url}/profiles/")
    said = "{google: {playback: {mode: fast}}, hulu: {title: Hulu}, tiger: {title: Tigers}}"
    page.get_by_label("Document").fill(f"version: 1\nproviders: {said}")
    page.get_by_role("button", name="Preview").click()
    page.locator("#preview").wait_for()


FORMS = {
    "profiles-previewed": previewed_import,
    "endpoint-tried": tried_endpoint,
    "receiver-draft": drafted_receiver,
    "token-made": made_token,
    "token-revoke": revoked_token,
    "build-refused": refused_form,
    "session-refused": refused_source,
    "provider-refused": refused_rule,
}


def people(chromium: Browser, server: Server, **options: Any) -> dict[str | None, BrowserContext]:
    """A context for each who looks at the places, signed in."""
    contexts: dict[str | None, BrowserContext] = {None: chromium.new_context(**options)}
    for name in ("adops", "manager"):
        contexts[name] = chromium.new_context(**options)
        page = contexts[name].new_page()
        sign_in(page, server, name)
        page.close()
    return contexts
