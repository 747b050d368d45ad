"""One browser and one server for all, and visitors whose pages are watched for trouble."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from tests.browser.server import FETCHING, Server
from tests.browser.walk import Chromium, sign_in

# Chromium and htmx report an answer of 4xx as an error of the page; a test that asks for one says so with `answers`.
_ANSWER = re.compile(r"(?:responded with a status of|Response Status Error Code) (\d+)")

DESK = {"width": 1280, "height": 900}

Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("site"), FETCHING).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def signed_in(chromium: Browser) -> Callable[[Server, str], Any]:
    """Cookies of somebody who signed in through the form, once a server and person."""
    states: dict[tuple[str, str], Any] = {}

    def state(server: Server, name: str) -> Any:
        key = (server.url, name)
        if key not in states:
            with chromium.new_context() as context:
                sign_in(context.new_page(), server, name)
                states[key] = context.storage_state()
        return states[key]

    return state


class Watch:
    """Notes what a page must not do: log an error, break a rule of its CSP, reach for another host."""

    def __init__(self, context: BrowserContext, origin: str, answers: tuple[int, ...], forgive: str) -> None:
        self.trouble: list[str] = []
        self._origin = origin
        self._answers = {str(status) for status in answers}
        self._forgive = re.compile(forgive) if forgive else None
        context.on("console", self._console)
        context.on("weberror", lambda error: self.trouble.append(f"script: {error.error}"))
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        answer = _ANSWER.search(text)
        expected = bool(answer and answer[1] in self._answers) or bool(
            self._forgive and self._forgive.search(text)
        )
        if message.type in {"error", "warning"} and not expected:
            self.trouble.append(f"console: {text} ({message.location.get('url')})")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self._origin, "data:", "blob:")):
            self.trouble.append(f"left the site: {request.url}")


@pytest.fixture
def visit(chromium: Browser, server: Server, signed_in: Callable[[Server, str], Any]) -> Iterator[Visit]:
    """`visit("qa")` is a page of a browser of its own, signed in (`None`: signed out); trouble fails the test.

    `answers` are the statuses of 4xx that are part of the test, `forgive` a pattern of console lines that are.
    """
    contexts: list[tuple[BrowserContext, Watch]] = []

    def page(
        name: str | None,
        *,
        at: Server | None = None,
        answers: tuple[int, ...] = (),
        forgive: str = "",
        **options: Any,
    ) -> Page:
        at = at or server
        state = signed_in(at, name) if name else None
        context = chromium.new_context(**{"storage_state": state, "viewport": DESK, **options})
        # Whoever stops or discards a session is asked first, and here means it.
        context.on("dialog", lambda dialog: dialog.accept())
        contexts.append((context, Watch(context, at.url, answers, forgive)))
        return context.new_page()

    yield page
    trouble = [line for context, watch in contexts for line in watch.trouble]
    for context, _ in contexts:
        context.close()
    assert not trouble, "\n".join(trouble)
