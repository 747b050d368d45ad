"""What a person does on the site, in a browser: sign in, build, play, watch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, WebSocket, expect, sync_playwright

from tests.browser.server import Server

THEMES = ("light", "dark")
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_OFFSET = re.compile(r'id="live-head" data-offset="([0-9.]+)"')
_PUBLIC_ID = re.compile(r"/(?:batches|builds|sessions|endpoints)/(\w+)/(?:#.*)?$")


class Chromium:
    """Debian's Chromium for the length of a `with` block."""

    def __enter__(self) -> Browser:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        return self._browser

    def __exit__(self, *_: object) -> None:
        self._browser.close()
        self._playwright.stop()


class News:
    """What arrives over the sockets of a page from now on."""

    def __init__(self, page: Page) -> None:
        self.frames: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.frames.append(str(frame)))

    @property
    def offsets(self) -> list[float]:
        """Every playhead position that was told, in seconds, in the order of its arrival."""
        return [float(offset) for frame in self.frames for offset in _OFFSET.findall(frame)]


def sign_in(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.url}/sign-in/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(server.passwords[name])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")


def upload(page: Page, server: Server, path: Path, receiver: str = "GENERIC", **options: str) -> None:
    """Hands a bid response over; where that leads depends on the response. `options` are select fields by name."""
    page.goto(f"{server.url}/builds/new/")
    page.get_by_label("Bid response file").set_input_files(path)
    page.get_by_label("Receiver").select_option(receiver)
    for name, value in options.items():
        page.locator(f"[name={name}]").select_option(value)
    page.get_by_role("button", name="Build", exact=True).click()


def build(page: Page, server: Server, path: Path, receiver: str = "GENERIC", **options: str) -> str:
    """Builds from a bid response; returns the public id of the build, whose page is then open."""
    upload(page, server, path, receiver, **options)
    expect(page.get_by_role("heading", name="Bids")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/builds/\w+/$"))
    return public_id(page)


def build_again(page: Page, receiver: str, **options: str) -> str:
    """Builds the response of the open build for another receiver; returns the public id of the new one, then open."""
    before = public_id(page)
    form = page.get_by_role("region", name="Build again")
    form.get_by_label("Receiver").select_option(receiver)
    for name, value in options.items():
        form.locator(f"[name={name}]").select_option(value)
    form.get_by_role("button", name="Build again").click()
    expect(page.get_by_role("region", name="Compared with")).to_contain_text(before)
    return public_id(page)


def play(page: Page, **choices: str | int) -> str:
    """Fills in the play form of the open build and starts; returns the public id of the session, then open."""
    form = page.locator("#play-form")
    for name, value in choices.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("node => node.matches('select')"):
            field.select_option(str(value))
        else:
            field.fill(str(value))
    form.get_by_role("button", name="Play").click()
    expect(page.get_by_role("heading", name="Playback", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"/sessions/\w+/$"))
    return public_id(page)


def play_other(page: Page, server: Server, **choices: str | int) -> str:
    """The same of a tag (`url`) or a document (`vast`), from a page of its own."""
    page.goto(f"{server.url}/sessions/new/")
    return play(page, **choices)


def ask_for_batch(page: Page, server: Server, sessions: int, *choices: str) -> str:
    """Starts a batch of the demonstration's 30 s ad with what else is chosen by its label; returns its public id. Its
    page is then open."""
    page.goto(f"{server.url}/batches/new/")
    for label in ("Television 30s", *choices):
        page.get_by_label(label, exact=True).check()
    page.get_by_label("Sessions", exact=True).fill(str(sessions))
    page.get_by_label("Sessions", exact=True).blur()
    told = page.locator("#estimate strong")
    expect(told).to_contain_text(f"{sessions:,} sessions")
    page.get_by_role("button", name="Run").click()
    expect(page).to_have_url(re.compile(r"/batches/(?!new)\w+/$"))
    return public_id(page)


def run_batch(page: Page, server: Server, sessions: int, *choices: str) -> str:
    """The same, run to its end."""
    batch = ask_for_batch(page, server, sessions, *choices)
    expect(page.locator("#progress")).to_contain_text("completed", timeout=30_000)
    return batch


def share(page: Page, server: Server, kind: str, subject: str) -> str:
    """Makes a link to a report; returns the path of its address."""
    page.goto(f"{server.url}/reports/{kind}/{subject}/")
    page.get_by_role("button", name="Make a link").click()
    return page.locator("#address").inner_text().removeprefix(server.url)


def delete_receiver(page: Page, server: Server, name: str) -> None:
    """Deletes a receiver profile, as somebody in another tab may."""
    page.goto(f"{server.url}/receivers/{name}/delete/")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".alert-success")).to_be_visible()


def make_receiver(page: Page, server: Server, name: str, title: str, **settings: str) -> None:
    """Makes a receiver profile, whose page is then open. `settings` are fields by name; "" is not set."""
    page.goto(f"{server.url}/receivers/new/")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Name").fill(name)
    for key, value in settings.items():
        field = page.locator(f"[name={key}]")
        if field.evaluate("node => node.matches('select')"):
            field.select_option(value)
        else:
            field.fill(value)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def make_publisher(page: Page, server: Server, name: str, **settings: str) -> None:
    """Makes a publisher with playback settings of its own, chosen by their fields' names; its page is then open."""
    page.goto(f"{server.url}/publishers/new/")
    page.get_by_label("Title").fill(name)
    page.get_by_label("Name").fill(name)
    page.get_by_text("Playback settings").click()
    for key, value in settings.items():
        page.locator(f"[name={key}]").select_option(value)
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"{server.url}/publishers/{name}/")


def make_endpoint(page: Page, server: Server, title: str, receiver: str, build: str) -> str:
    """Makes an endpoint that answers with a build's response; returns its public id. Its page is then open."""
    page.goto(f"{server.url}/endpoints/new/?build={build}")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Receiver profile").select_option(receiver)
    page.get_by_label("Record requests").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return public_id(page)


def public_id(page: Page) -> str:
    match = _PUBLIC_ID.search(page.url)
    assert match, page.url
    return match[1]


def playhead(page: Page) -> float:
    """Where the playhead is as the page says, in seconds."""
    return float(page.locator("#live-head").get_attribute("data-offset") or "nan")


def wait_for_playhead(page: Page, seconds: float, timeout_sec: float = 30) -> None:
    page.wait_for_function(
        "seconds => Number(document.getElementById('live-head').dataset.offset) >= seconds",
        arg=seconds,
        timeout=timeout_sec * 1000,
    )


def wait_for_state(page: Page, word: str, timeout_sec: float = 30) -> None:
    expect(page.get_by_test_id("status")).to_contain_text(word, timeout=timeout_sec * 1000)


def events(page: Page) -> list[str]:
    """The names of the events in the log, in order."""
    rows = page.locator("#live-events [data-event]")
    return list(rows.evaluate_all("rows => rows.map(row => row.dataset.event)"))


def record(page: Page, server: Server, session: str) -> dict[str, Any]:
    """The stored record as the page offers it for download."""
    answer = page.request.get(f"{server.url}/sessions/{session}/record.json")
    assert answer.ok, answer.status
    return dict(answer.json())
