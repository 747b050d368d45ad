"""What is logged of a request, and what never is."""

import structlog

from vastdash.logs import formatter


def logged(event: str, **facts: str) -> dict[str, str] | None:
    formatter()
    chosen = structlog.get_config()["processors"][1]
    try:
        return chosen(None, "info", {"event": event, **facts})
    except structlog.DropEvent:
        return None


def test_a_request_has_one_line_and_it_is_the_last():
    assert logged("request_started", request="GET /") is None
    assert logged("request_finished", request="GET /") is not None


def test_an_address_is_logged_without_its_query():
    line = logged("request_finished", request="POST /sign-in/?password=secret")
    assert line == {"event": "request_finished", "request": "POST /sign-in/"}
