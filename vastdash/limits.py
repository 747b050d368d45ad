"""Stops an over-large request before it is read: Django's ASGI handler would first write it to disk in full."""

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

# Room for form fields and escapes round an upload of the permitted size; that size itself is checked at the field.
SLACK = 4


class BodyLimit:
    """An ASGI application that answers 413 once a request body passes ``SLACK`` times the upload limit."""

    def __init__(self, application: Application) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        limit = SLACK * settings.UPLOAD_MAX_BYTES
        if _declared(scope) > limit:
            await _refuse(scope, send)
            return
        received = 0
        answered = False

        async def counted() -> dict[str, Any]:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            # To the application this looks like a caller who went away; the real one is answered below.
            return {"type": "http.disconnect"} if received > limit else message

        async def noticed(message: dict[str, Any]) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self.application(scope, counted, noticed)
        if received > limit and not answered:
            await _refuse(scope, send)


def _declared(scope: dict[str, Any]) -> int:
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


async def _refuse(scope: dict[str, Any], send: Send) -> None:
    text = (
        f"This request is far larger than the upload limit of {settings.UPLOAD_MAX_BYTES / 1_000_000:g} MB."
    )
    api = scope["path"].startswith("/api/")
    body = (
        f'{{"type": "about:blank", "title": "Too large", "status": 413, "detail": "{text}"}}'
        if api
        else f'<!doctype html><html lang="en"><title>Too large</title><h1>Too large</h1><p>{text}</p></html>'
    )
    kind = b"application/problem+json" if api else b"text/html; charset=utf-8"
    headers = [(b"content-type", kind), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body.encode()})
