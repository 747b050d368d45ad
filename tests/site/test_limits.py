"""An over-large request is stopped before Django reads it, whether it declares its size or not."""

import json

import pytest

from vastdash.limits import SLACK, BodyLimit

LIMIT = 100


class Application:
    """Reads its whole body, then answers 200; counts what it was given."""

    def __init__(self) -> None:
        self.read = 0
        self.asked = False

    async def __call__(self, scope, receive, send) -> None:
        self.asked = True
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read += len(message["body"])
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read"})


@pytest.fixture(autouse=True)
def small(settings):
    settings.UPLOAD_MAX_BYTES = LIMIT


async def ask(chunks: list[bytes], declared: bytes | None = None, path: str = "/builds/new/"):
    inside, sent = Application(), []
    headers = [(b"content-length", declared)] if declared is not None else []
    waiting = [
        {"type": "http.request", "body": chunk, "more_body": place < len(chunks) - 1}
        for place, chunk in enumerate(chunks)
    ]

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    await BodyLimit(inside)({"type": "http", "path": path, "headers": headers}, receive, send)
    head, body = sent
    return inside, head["status"], dict(head["headers"]), body["body"]


async def test_a_body_within_the_limit_passes_through_untouched():
    inside, status, _, body = await ask([b"x" * LIMIT * SLACK], str(LIMIT * SLACK).encode())
    assert (inside.read, status, body) == (LIMIT * SLACK, 200, b"read")


async def test_a_declared_size_past_the_limit_is_refused_before_a_byte_is_read():
    inside, status, headers, body = await ask([b""], str(LIMIT * SLACK + 1).encode())
    assert (inside.asked, status) == (False, 413)
    assert headers[b"content-type"].startswith(b"text/html")
    assert b"larger than the upload limit" in body


@pytest.mark.parametrize("declared", [None, b"10", b"many"])
async def test_a_body_that_grows_past_the_limit_is_cut_off_whatever_it_declared(declared):
    inside, status, _, _ = await ask([b"x" * LIMIT] * 50, declared)
    assert status == 413
    assert inside.read <= LIMIT * SLACK


async def test_an_api_caller_gets_a_problem_document():
    _, status, headers, body = await ask([b""], b"999999", "/api/v1/builds")
    assert status == 413
    assert headers[b"content-type"] == b"application/problem+json"
    assert json.loads(body)["status"] == 413
